import type { PushBatch } from '@ledgersync/shared/pushes'
import { DateTime } from '../../ui/date-time.tsx'
import { formatCount } from '../../ui/money.tsx'
import { BatchEntries } from './batch-entries.tsx'
import { Retry, State } from './batch-state.tsx'
import styles from './sync-status.module.css'
import { UndoBatch } from './undo.tsx'

interface BatchCardsProps {
  batches: PushBatch[]
  opened: ReadonlySet<string>
  onToggle: (batchId: string) => void
}

/** The pushes on a phone: client and state on line one, time and counts on line two; a card opens in place. */
export function BatchCards({ batches, opened, onToggle }: BatchCardsProps) {
  return (
    <ul className={styles.cards} aria-label="Pushes">
      {batches.map((batch) => (
        <li key={batch.id}>
          <div className={styles.cardLine}>
            <button
              type="button"
              className={styles.cardOpener}
              aria-expanded={opened.has(batch.id)}
              aria-label={`Entries of ${batch.clientName}`}
              onClick={() => onToggle(batch.id)}
            >
              {batch.clientName}
            </button>
            <div className={styles.cardState}>
              <State batch={batch} />
            </div>
          </div>
          <div className={styles.cardLine} data-second>
            <span>
              <DateTime at={batch.requestedAt} />, {batch.requestedBy.split(' ')[0]}
            </span>
            <span>{countsOf(batch)}</span>
          </div>
          {opened.has(batch.id) && <BatchEntries batch={batch} />}
          {batch.failed > 0 && opened.has(batch.id) && <Retry batch={batch} wide />}
          {batch.pushed > 0 && opened.has(batch.id) && <UndoBatch batch={batch} wide />}
        </li>
      ))}
    </ul>
  )
}

function countsOf({ pushed, failed, undone, count }: PushBatch): string {
  if (pushed === 0 && undone > 0) return `${formatCount(undone)} undone`
  if (pushed > 0) return `${formatCount(pushed)} pushed`
  return failed === 0 ? `${formatCount(count)} waiting` : `of ${formatCount(count)}`
}
