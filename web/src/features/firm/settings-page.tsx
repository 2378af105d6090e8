import { firms } from '@ledgersync/shared/firms'
import { useQuery } from '@tanstack/react-query'
import { query } from '../../query.ts'
import { Page } from '../../ui/page.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { AssignAll } from '../team/assign-all.tsx'
import { FirmForm } from './firm-form.tsx'
import styles from './firm.module.css'

/** Tools → Settings: what the firm is called, what clients read, what new clients begin with, and how much is sent. */
export function FirmSettingsPage() {
  const found = useQuery(query(firms.get))
  return (
    <Page title="Settings">
      {found.isError && !found.data && (
        <ErrorState error={found.error} title="We could not load the settings" onRetry={() => void found.refetch()} />
      )}
      {found.isPending && <SkeletonRows rows={8} />}
      {found.data && (
        <div className={styles.parts}>
          <FirmForm firm={found.data} />
          <section aria-labelledby="settings-assign">
            <h2 id="settings-assign">Assignments</h2>
            <p className={styles.quiet}>Saved at once.</p>
            <AssignAll on={found.data.assignAll} />
          </section>
        </div>
      )}
    </Page>
  )
}
