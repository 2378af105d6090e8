import { countMax } from '@ledgersync/shared/ops'
import { formatCount } from '../../ui/money.tsx'
import { formatAge } from '../../ui/time.ts'

/** A sum of counts, with a plus when one of them stopped at its bound. */
export function formatSum(counts: readonly number[]): string {
  const sum = counts.reduce((total, count) => total + count, 0)
  return counts.some((count) => count >= countMax) ? `${formatCount(sum)}+` : formatCount(sum)
}

/** How long ago by the database's clock, by which jobs run: `12 min`, or `under a minute`. */
export function ageOf(at: string, databaseTime: string): string {
  const age = formatAge(at, new Date(databaseTime))
  return age === 'now' ? 'under a minute' : age
}

/** The earliest of these instants; null when there is none. */
export function earliest(instants: readonly (string | null)[]): string | null {
  return instants.reduce((first, at) => (at !== null && (first === null || at < first) ? at : first), null)
}
