import { Tooltip } from '@mantine/core'
import { type Minor, sumMinor } from '@ledgersync/shared/money'
import type { Transaction } from '@ledgersync/shared/transactions'
import { Money, Total } from '../../ui/money.tsx'
import styles from './transactions.module.css'

/** The row's amount. One with fractions of the smallest unit is shown as the bank wrote it, with the reason. */
export function Amount({ row }: { row: Transaction }) {
  if (row.inexactAmount === null) return <Money amountMinor={row.amountMinor} currency={row.currency} />
  const written = `${row.inexactAmount.replace(/^-/, '\u2212')} ${row.currency}`
  return (
    <Tooltip label="As the bank wrote it. It has fractions of the smallest unit, so it cannot be posted.">
      <span className={styles.inexact}>{written}</span>
    </Tooltip>
  )
}

/** Sums by currency, the currency of most rows first; currencies are never added to each other. `null`: too large to be exact. */
export function sumsOf(rows: readonly { amountMinor: Minor; currency: string }[]): { currency: string; totalMinor: Minor | null }[] {
  const byCurrency = new Map<string, Minor[]>()
  for (const { amountMinor, currency } of rows) byCurrency.set(currency, [...(byCurrency.get(currency) ?? []), amountMinor])
  return [...byCurrency]
    .sort(([, one], [, other]) => other.length - one.length)
    .map(([currency, amounts]) => ({ currency, totalMinor: sumMinor(amounts) }))
}

/** `net −$408.64`, one figure a currency. */
export function Net({ rows }: { rows: readonly { amountMinor: Minor; currency: string }[] }) {
  return (
    <span>
      net{' '}
      {sumsOf(rows).map(({ currency, totalMinor }, index) => (
        <span key={currency}>
          {index > 0 && ', '}
          <Total totalMinor={totalMinor} currency={currency} />
        </span>
      ))}
    </span>
  )
}
