import { SegmentedControl, useMantineColorScheme } from '@mantine/core'
import { useMe } from '../../session.ts'
import { Badge } from '../../ui/badge.tsx'
import { Page } from '../../ui/page.tsx'
import { zoneName } from '../../ui/time.ts'
import { SessionList } from './session-list.tsx'
import styles from './account.module.css'

/** The signed-in person: who they are, where they are signed in, and how the pages look. */
export function AccountPage() {
  const { staff, firm } = useMe()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Page title="Account">
      <div className={styles.parts}>
        <section aria-labelledby="about-you">
          <h2 id="about-you">You</h2>
          <dl className={styles.facts}>
            <dt>Name</dt>
            <dd>{staff.name}</dd>
            <dt>E-mail</dt>
            <dd className={styles.mail}>
              {staff.email} {staff.emailVerified ? <Badge tone="ok">Verified</Badge> : <Badge tone="warn">Not verified</Badge>}
            </dd>
            <dt>Username</dt>
            <dd>{staff.username}</dd>
            <dt>Role</dt>
            <dd>{staff.role === 'administrator' ? 'Administrator' : 'Employee'}</dd>
            <dt>Firm</dt>
            <dd>{firm.name}</dd>
            <dt>Times shown in</dt>
            <dd>{staff.timeZone === null ? `${zoneName()}, as this browser` : zoneName(staff.timeZone)}</dd>
          </dl>
        </section>
        <section aria-labelledby="theme">
          <h2 id="theme">Theme</h2>
          <p className={styles.quiet}>Kept in this browser.</p>
          <SegmentedControl
            aria-label="Theme"
            value={colorScheme}
            onChange={(value) => setColorScheme(value === 'light' || value === 'dark' ? value : 'auto')}
            data={[
              { value: 'light', label: 'Light' },
              { value: 'dark', label: 'Dark' },
              { value: 'auto', label: 'System' },
            ]}
          />
        </section>
        <section aria-labelledby="sessions">
          <h2 id="sessions">Sessions</h2>
          <p className={styles.quiet}>Browsers where you are signed in. End those you do not know.</p>
          <SessionList />
        </section>
      </div>
    </Page>
  )
}
