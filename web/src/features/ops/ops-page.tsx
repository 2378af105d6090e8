import { Button } from '@mantine/core'
import { type Operations, ops } from '@ledgersync/shared/ops'
import { useQuery } from '@tanstack/react-query'
import { RefreshCw } from 'lucide-react'
import { query } from '../../query.ts'
import { DateTime } from '../../ui/date-time.tsx'
import { Page } from '../../ui/page.tsx'
import { ErrorState, Notice, SkeletonRows } from '../../ui/states.tsx'
import { zoneName } from '../../ui/time.ts'
import { Failures } from './failures.tsx'
import { Machinery } from './machinery.tsx'
import { TaskTable } from './task-table.tsx'
import { Totals } from './totals.tsx'
import { refreshMs } from './use-ops.ts'
import styles from './ops.module.css'

/** How background work of the whole installation stands, and what to do where it is stuck. Refreshes itself while it is seen. */
export function OpsPage() {
  const found = useQuery({ ...query(ops.get), refetchInterval: refreshMs })
  return (
    <Page title="Operations" aside={`All firms, ${zoneName()}`} flush>
      {found.data ? (
        <>
          <Warnings work={found.data} stale={found.isError ? found.dataUpdatedAt : null} onRetry={() => void found.refetch()} />
          <Totals work={found.data} />
          <Failures tasks={found.data.tasks} databaseTime={found.data.databaseTime} />
          <TaskTable tasks={found.data.tasks} databaseTime={found.data.databaseTime} />
          <Machinery work={found.data} />
        </>
      ) : found.isError ? (
        <div className={styles.padded}>
          <ErrorState error={found.error} title="We could not load the state of work" onRetry={() => void found.refetch()} />
        </div>
      ) : (
        <SkeletonRows rows={12} />
      )}
    </Page>
  )
}

/** What an operator must know before anything else. */
function Warnings({ work, stale, onRetry }: { work: Operations; stale: number | null; onRetry: () => void }) {
  if (work.workers.length > 0 && stale === null) return null
  return (
    <div className={styles.warnings}>
      {stale !== null && (
        <Notice
          tone="warn"
          title="This page does not refresh"
          action={
            <Button size="sm" leftSection={<RefreshCw size={14} aria-hidden />} onClick={onRetry}>
              Try again
            </Button>
          }
        >
          Ledgersync does not answer just now. What you see is of <DateTime at={new Date(stale).toISOString()} />.
        </Notice>
      )}
      {work.workers.length === 0 && (
        <Notice tone="bad" title="No worker is running">
          Nothing is sent, fetched or pushed until one runs; nothing is lost meanwhile. Start a process with <code>PROCESS=worker</code>, or
          with <code>PROCESS=all</code> on a single machine. If one was started, its log says why it ended.
        </Notice>
      )}
    </div>
  )
}
