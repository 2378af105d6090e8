import { type Push, type PushBatch, pushes } from '@ledgersync/shared/pushes'
import { useQuery } from '@tanstack/react-query'
import { ExternalLink } from 'lucide-react'
import { query } from '../../query.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Money } from '../../ui/money.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { formatDay } from '../../ui/time.ts'
import styles from './sync-status.module.css'
import { UndoEntry } from './undo.tsx'

const states: Record<Exclude<Push['state'], 'failed'>, { label: string; tone: Tone }> = {
  queued: { label: 'Waiting', tone: 'moving' },
  sending: { label: 'On its way', tone: 'moving' },
  pushed: { label: 'In QuickBooks', tone: 'ok' },
  undoing: { label: 'Being undone', tone: 'moving' },
  undone: { label: 'Undone', tone: 'neutral' },
}

/** Where an entry stands; one that was refused, or would not be undone, with the reason. */
function EntryState({ entry: { state, reason } }: { entry: Push }) {
  if (state === 'failed') return reason
  const isHeldBack = state === 'pushed' && reason !== null
  return (
    <>
      <Badge tone={isHeldBack ? 'warn' : states[state].tone}>{isHeldBack ? 'Not undone' : states[state].label}</Badge> {reason}
    </>
  )
}

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
              <EntryState entry={entry} />
            </span>
            <span className={styles.actions}>
              {entry.state === 'pushed' && <UndoEntry batch={batch} entry={entry} />}
              {entry.url !== null && (
                <a href={entry.url} target="_blank" rel="noreferrer" aria-label={`Open ${entry.description} in QuickBooks`}>
                  <ExternalLink size={16} aria-hidden />
                </a>
              )}
            </span>
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
