import type { RulePreview } from '@ledgersync/shared/rules'
import { ArrowRight } from 'lucide-react'
import { formatCount, Money, Total } from '../../ui/money.tsx'
import { formatDay } from '../../ui/time.ts'
import styles from './rules.module.css'

const figures = [
  ['newlyCoded', 'Newly coded'],
  ['changed', 'Changed'],
  ['kept', 'Kept, a person decided'],
  ['alreadyPushed', 'Already pushed'],
  ['notMapped', 'Not mapped'],
] as const

/** What saving would do, in rows and money. `stale` greys it while it is computed anew. */
export function Preview({ preview, stale }: { preview: RulePreview; stale: boolean }) {
  const touched = preview.newlyCoded.count + preview.changed.count
  return (
    <section className={styles.preview} data-stale={stale} aria-busy={stale} aria-label="If you save this">
      <h3>
        If you save this{' '}
        <span className={styles.quiet}>
          {touched === 0
            ? 'no transaction changes.'
            : `${formatCount(touched)} ${touched === 1 ? 'transaction gets' : 'transactions get'} a new category.`}
        </span>
      </h3>
      <dl className={styles.figures}>
        {figures.map(([name, label]) => (
          <div key={name} data-warn={(name === 'changed' || name === 'notMapped') && preview[name].count > 0}>
            <dt>{label}</dt>
            <dd>
              <strong>{formatCount(preview[name].count)}</strong>{' '}
              <span className={styles.quiet}>
                <Total totalMinor={preview[name].totalMinor} currency={preview.currency} />
              </span>
            </dd>
          </div>
        ))}
      </dl>
      {preview.examples.length > 0 && (
        <ul className={styles.examples}>
          {preview.examples.map((example) => (
            <li key={example.transactionId}>
              <span className={styles.quiet}>{formatDay(example.date)}</span>
              <span className={styles.cut}>{example.description}</span>
              <span className={styles.amount}>
                <Money amountMinor={example.amountMinor} currency={example.currency} />
              </span>
              <span className={styles.move}>
                {example.from !== null && <s>{example.from}</s>}
                <ArrowRight size={12} aria-label="to" />
                <strong>{example.to ?? 'no category'}</strong>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
