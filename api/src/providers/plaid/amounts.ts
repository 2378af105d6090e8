import { decimalToMinor, minor, type Minor, currencyDigits } from '@ledgersync/shared/money'

/**
 * An amount of the provider, a JSON number, in minor units, with its sign flipped when `flip`. Works on the number's shortest
 * decimal text, never by floating-point arithmetic. An amount finer than the currency's smallest unit is rounded away from
 * zero and `inexact` holds the text (sign flipped likewise); so is one beyond the exact range, as the largest that fits.
 */
export function toMinor(value: number, currency: string, flip: boolean): { amountMinor: Minor; inexact: string | null } {
  const text = signed(String(value), flip)
  const exact = decimalToMinor(text, currency)
  if (exact !== null) return { amountMinor: exact, inexact: null }
  return { amountMinor: roundAway(text, currency), inexact: text }
}

function signed(text: string, flip: boolean): string {
  if (!flip || Number(text) === 0) return text
  return text.startsWith('-') ? text.slice(1) : `-${text}`
}

function roundAway(text: string, currency: string): Minor {
  const match = /^(-)?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text)
  if (match === null) throw new RangeError('The provider sent an amount that is no number')
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const shift = currencyDigits(currency) + Number(exponent) - fraction.length
  const digits = BigInt(whole + fraction)
  const divisor = shift < 0 ? 10n ** BigInt(-shift) : 1n
  const scaled = shift < 0 ? (digits + divisor - 1n) / divisor : digits * 10n ** BigInt(shift)
  const largest = BigInt(Number.MAX_SAFE_INTEGER)
  const size = scaled > largest ? largest : scaled
  return minor(Number(sign === '-' ? -size : size))
}
