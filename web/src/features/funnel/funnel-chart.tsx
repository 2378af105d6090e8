import type { Tally } from '@ledgersync/shared/funnel'
import { Link } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { formatCount } from '../../ui/money.tsx'
import { Numbers } from '../../ui/numbers.tsx'
import type { RequestAddress } from './address.ts'
import { countedReason, stepWords } from './words.ts'
import styles from './funnel.module.css'

/** How far requests got, and why the others stopped at each step. Each figure opens its list, within `address`. */
export function FunnelChart({ tally, address }: { tally: Tally; address: RequestAddress }) {
  const all = tally[0]?.count ?? 0
  const share = (count: number): number => (all === 0 ? 0 : (count / all) * 100)
  return (
    <figure className={styles.figure}>
      <figcaption className="visually-hidden">{sentenceOf(tally)}</figcaption>
      <ol className={styles.funnel}>
        {tally.map(({ step, count, stopped }) => (
          <li key={step}>
            <span>{stepWords[step]}</span>
            <span className={styles.track}>
              <svg className={styles.bar} data-last={step === 'connected'} style={{ width: `${share(count)}%` }} height="16" aria-hidden>
                <rect width="100%" height="16" rx="2" />
              </svg>
              <strong>
                <Link
                  to={paths.inviteRequests}
                  search={{ ...address, reached: step }}
                  aria-label={`${formatCount(count)} ${stepWords[step].toLowerCase()}: see the list`}
                >
                  {formatCount(count)}
                </Link>
              </strong>
            </span>
            {stopped.length > 0 && (
              <span className={styles.lost}>
                {stopped.map(({ reason, count: many }, index) => (
                  <span key={reason}>
                    <Link to={paths.inviteRequests} search={{ ...address, stopped: step, reason }}>
                      {countedReason(reason, many)}
                      {index < stopped.length - 1 && ','}
                    </Link>{' '}
                  </span>
                ))}
              </span>
            )}
          </li>
        ))}
      </ol>
      <Numbers
        heads={[
          { label: 'Step' },
          { label: 'Requests', isNumber: true },
          { label: 'Of all', isNumber: true },
          { label: 'Went no further' },
        ]}
        rows={tally.map(({ step, count, stopped }) => ({
          name: stepWords[step],
          cells: [
            formatCount(count),
            `${Math.round(share(count))}%`,
            stopped.map(({ reason, count: many }) => countedReason(reason, many)).join(', ') || '–',
          ],
        }))}
      />
    </figure>
  )
}

/** "29 of 64 requests ended with a bank connected; the most stopped after Opened." */
function sentenceOf(tally: Tally): string {
  const all = tally[0]?.count ?? 0
  const connected = tally.at(-1)?.count ?? 0
  const lost = tally.slice(0, -1).map(({ step, count }, index) => ({ step, lost: count - (tally[index + 1]?.count ?? 0) }))
  const worst = lost.reduce<{ step: Tally[number]['step']; lost: number } | null>(
    (most, each) => (each.lost > (most?.lost ?? 0) ? each : most),
    null,
  )
  const end = worst === null ? '' : `; the most stopped after ${stepWords[worst.step]}`
  return `${formatCount(connected)} of ${formatCount(all)} requests ended with a bank connected${end}.`
}
