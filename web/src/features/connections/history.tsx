import type { Health } from '@ledgersync/shared/client-states'
import type { Connection } from '@ledgersync/shared/connections'
import { DateTime } from '../../ui/date-time.tsx'
import { HealthMark } from '../../ui/health-mark.tsx'
import styles from './history.module.css'

/** The mark of a line of history: it worked from then on, it ended, or somebody had to act. */
function markOf(kind: string): Health {
  if (kind === 'Added') return 'none'
  if (kind === 'Reconnected' || kind === 'Linked again') return 'healthy'
  return kind === 'Removed' ? 'disconnected' : 'needs_client'
}

/** What happened to one connection, newest first. */
export function History({ connection: { institutionName, history } }: { connection: Pick<Connection, 'institutionName' | 'history'> }) {
  if (history.length === 0) return null
  return (
    <section aria-label={`History: ${institutionName}`}>
      <h2>History: {institutionName}</h2>
      <ol className={styles.list}>
        {history.map(({ kind, at, by }) => (
          <li key={`${at} ${kind}`}>
            <span className={styles.mark}>
              <HealthMark health={markOf(kind)} />
            </span>
            <strong>{kind}</strong>
            <span className={styles.by}>{by}</span>
            <span className={styles.at}>
              <DateTime at={at} />
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}
