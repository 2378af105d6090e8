import type { Json } from './json.ts'

/** Why an amount was refused. */
export type AmountProblem = 'not a number' | 'more than 2 decimals' | 'too large'

const minorMax = 10_000_000_000_000

/**
 * Reads a wire amount into integer minor units, through the shortest decimal text of the number and never through
 * arithmetic on the float: 1.005 is refused for its third decimal instead of being rounded to 1.00.
 */
export function toMinor(value: Json | undefined): number | AmountProblem {
  if (typeof value !== 'number' && typeof value !== 'string') return 'not a number'
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(value).trim())
  if (!match) return Math.abs(Number(value)) >= 1 ? 'too large' : 'not a number'
  const [, sign, whole = '', fraction = ''] = match
  if (fraction.replace(/0+$/, '').length > 2) return 'more than 2 decimals'
  const minor = Number(whole) * 100 + Number(fraction.slice(0, 2).padEnd(2, '0') || '0')
  if (!Number.isSafeInteger(minor) || minor > minorMax) return 'too large'
  return sign === '-' && minor !== 0 ? -minor : minor
}

/** Minor units of an amount that has been validated before; throws on anything else, for that is a bug in the emulator. */
export function minorOf(value: Json | undefined): number {
  const minor = toMinor(value)
  if (typeof minor !== 'number') throw new Error(`A stored amount is ${minor}`)
  return minor
}

/** The JSON number for an amount in minor units. Division by 100 is correctly rounded, so it prints with at most 2 decimals. */
export function fromMinor(minor: number): number {
  return minor / 100
}

/** An amount for a person: `1,234.50` or `-12.00`. */
export function formatMinor(minor: number): string {
  const digits = String(Math.abs(minor)).padStart(3, '0')
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${minor < 0 ? '-' : ''}${whole}.${digits.slice(-2)}`
}
