import { formatMinor, type Minor } from '@ledgersync/shared/money'
import styles from './marks.module.css'

/** What stands where there is no value: quiet, so that real numbers stand out. */
export function None({ label = 'None' }: { label?: string }) {
  return (
    <span className={styles.none}>
      <span aria-hidden>–</span>
      <span className="visually-hidden">{label}</span>
    </span>
  )
}

/** An amount in minor units of its currency: `$1,284.50`, `−$86.13`. Never coloured. `null` is an en dash. */
export function Money({ amountMinor, currency }: { amountMinor: Minor | null; currency: string }) {
  return amountMinor === null ? <None label="No amount" /> : <span>{formatMinor(amountMinor, currency)}</span>
}

/** A sum of amounts; `null` is one too large to be exact. */
export function Total({ totalMinor, currency }: { totalMinor: Minor | null; currency: string }) {
  return totalMinor === null ? <span>too large to add up in {currency}</span> : <Money amountMinor={totalMinor} currency={currency} />
}

/** A count with thousands separators; zero is an en dash. `strong` where it asks for work. */
export function Count({ value, strong = false }: { value: number; strong?: boolean }) {
  if (value === 0) return <None label="0" />
  return strong ? <strong>{formatCount(value)}</strong> : <span>{formatCount(value)}</span>
}

/** 1640 is `1,640`. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US')
}

/** Last digits of an account as shown on screen: `••4417`. */
export function Mask({ mask }: { mask: string | null }) {
  if (mask === null) return null
  return (
    <span className={styles.none}>
      <span aria-hidden>••{mask}</span>
      <span className="visually-hidden">ending {mask}</span>
    </span>
  )
}
