import { type PushBatch, pushes } from '@ledgersync/shared/pushes'
import { useQuery } from '@tanstack/react-query'
import { ExternalLink } from 'lucide-react'
import { query } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { Money } from '../../ui/money.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { formatDay } from '../../ui/time.ts'
import styles from './sync-status.module.css'

const states = { queued: 'Waiting', sending: 'On its way', pushed: 'In QuickBooks', failed: 'Failed' } as const

/** The entries of one batch: refused ones first with the reason, the others with a link to where they stand. */
export function BatchEntries({ batch }: { batch: PushBatch }) {
  const found = useQuery(query(pushes.get, { params: { batchId: batch.id } }))
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (!found.data) return <SkeletonRows rows={3} height={36} />
  const { entries } = found.data
  const safe = batch.pushed
  return (
    <div className={styles.entries}>
      <ul>
        {entries.map((entry) => (
          <li key={entry.id}>
            <span className={styles.second}>{formatDay(entry.date)}</span>
            <span className={styles.description}>{entry.description}</span>
            <span className={styles.amount}>
              <Money amountMinor={entry.amountMinor} currency={entry.currency} />
            </span>
            <span className={styles.reason}>
              {entry.state === 'failed' ? (
                entry.reason
              ) : (
                <Badge tone={entry.state === 'pushed' ? 'ok' : 'moving'}>{states[entry.state]}</Badge>
              )}
            </span>
            {entry.url !== null && (
              <a href={entry.url} target="_blank" rel="noreferrer" aria-label={`Open ${entry.description} in QuickBooks`}>
                <ExternalLink size={16} aria-hidden />
              </a>
            )}
          </li>
        ))}
      </ul>
      {batch.failed > 0 && safe > 0 && (
        <p className={styles.second}>
          {safe === 1
            ? 'The other entry is in QuickBooks and will not be sent again.'
            : `The other ${safe} entries are in QuickBooks and will not be sent again.`}
        </p>
      )}
    </div>
  )
}
