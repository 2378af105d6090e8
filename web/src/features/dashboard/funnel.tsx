import type { Dashboard } from '@ledgersync/shared/dashboard'
import { Badge } from '../../ui/badge.tsx'
import { formatCount } from '../../ui/money.tsx'
import styles from './dashboard.module.css'

/** How far the invites of the last 30 days got, and how many stopped at each step. */
export function Funnel({ of: { invited, delivered, opened, started, connected, failed } }: { of: Dashboard['funnel'] }) {
  const steps = [
    { label: 'Invited', value: invited, lost: failed > 0 ? `${formatCount(failed)} not delivered` : null },
    { label: 'Delivered', value: delivered, lost: lostBetween(delivered, opened, 'not opened') },
    { label: 'Opened', value: opened, lost: lostBetween(opened, started, 'opened and chose no bank') },
    { label: 'Started', value: started, lost: lostBetween(started, connected, 'chose a bank and did not finish') },
    { label: 'Connected', value: connected, lost: null },
  ]
  return (
    <section className={styles.card} aria-labelledby="funnel">
      <header>
        <h2 id="funnel">Invites, 30 days</h2>
        {invited > 0 && <Badge>{Math.round((connected / invited) * 100)}% connected</Badge>}
      </header>
      {invited === 0 ? (
        <p className={styles.nothing}>No invite in the last 30 days.</p>
      ) : (
        <ol className={styles.funnel}>
          {steps.map(({ label, value, lost }) => (
            <li key={label}>
              <span>{label}</span>
              <span className={styles.track} data-last={label === 'Connected'}>
                <span className={styles.fill} style={{ width: `${(value / invited) * 100}%` }} />
                <strong>{formatCount(value)}</strong>
              </span>
              {lost !== null && <span className={styles.lost}>{lost}</span>}
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

/** A link may be copied and never delivered: then more were opened than delivered, and nothing was lost. */
const lostBetween = (before: number, after: number, words: string): string | null =>
  before > after ? `${formatCount(before - after)} ${words}` : null
