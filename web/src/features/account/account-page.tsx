import { SegmentedControl, useMantineColorScheme } from '@mantine/core'
import { account } from '@ledgersync/shared/account'
import { useQuery } from '@tanstack/react-query'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { Page } from '../../ui/page.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { zoneName } from '../../ui/time.ts'
import { IdentityDialog } from './identity.tsx'
import { PasskeysSection } from './passkeys-section.tsx'
import { SecondFactorSection } from './second-factor-section.tsx'
import { SessionList } from './session-list.tsx'
import { SignInSection } from './sign-in-section.tsx'
import styles from './account.module.css'

/** The signed-in person: who they are, where they are signed in, and how the pages look. */
export function AccountPage() {
  const { staff, firm } = useMe()
  const found = useQuery(query(account.get))
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Page title="Account">
      <div className={styles.parts}>
        <section aria-labelledby="about-you">
          <h2 id="about-you">You</h2>
          <dl className={styles.facts}>
            <dt>Role</dt>
            <dd>{staff.role === 'administrator' ? 'Administrator' : 'Employee'}</dd>
            <dt>Firm</dt>
            <dd>{firm.name}</dd>
            <dt>Times shown in</dt>
            <dd>{staff.timeZone === null ? `${zoneName()}, as this browser` : zoneName(staff.timeZone)}</dd>
          </dl>
        </section>
        <section aria-labelledby="sign-in">
          <h2 id="sign-in">Name and sign-in</h2>
          {found.isError && !found.data && (
            <ErrorState error={found.error} title="We could not load how you sign in" onRetry={() => void found.refetch()} />
          )}
          {found.isPending && <SkeletonRows rows={5} height={56} />}
          {found.data && <SignInSection staff={staff} found={found.data} />}
        </section>
        <section aria-labelledby="second-factor">
          <h2 id="second-factor">Second factor</h2>
          {found.isPending && <SkeletonRows rows={1} height={56} />}
          {found.data && <SecondFactorSection found={found.data} />}
        </section>
        <section aria-labelledby="passkeys">
          <h2 id="passkeys">Passkeys</h2>
          <PasskeysSection />
        </section>
        <section aria-labelledby="sessions">
          <h2 id="sessions">Sessions</h2>
          <p className={styles.quiet}>Browsers where you are signed in. End those you do not know.</p>
          <SessionList />
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
      </div>
      <IdentityDialog />
    </Page>
  )
}
