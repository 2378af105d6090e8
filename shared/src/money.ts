import { Type } from 'typebox'
import { isoDigits } from './currencies.ts'

declare const minorBrand: unique symbol
/** An amount in the smallest unit of its currency: cents for USD. Always an integer. Positive is money into the account. */
export type Minor = number & { readonly [minorBrand]: true }

/** Asserts that `value` is a whole number that JavaScript holds exactly, and brands it. */
export function minor(value: number): Minor {
  if (!Number.isSafeInteger(value)) throw new RangeError(`Not an amount in minor units: ${value}`)
  return value as Minor // checked above
}

/** Adds amounts of one currency; `null` when the sum is beyond what a number holds exactly: a wrong figure would look like a right one. */
export function sumMinor(amounts: Iterable<Minor>): Minor | null {
  let total = 0n
  for (const amount of amounts) total += BigInt(amount)
  const sum = Number(total)
  return Number.isSafeInteger(sum) ? minor(sum) : null
}

/** Schema of an amount. */
export const MinorSchema = (description: string) =>
  Type.Unsafe<Minor>(Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, description }))

/** What is no ISO currency (a crypto coin, points) has 8 decimals, enough for any amount a bank reports. */
const otherDigits = 8

/** How many decimals the currency has: USD 2, JPY 0, KWD 3. */
export function currencyDigits(code: string): number {
  return isoDigits.get(code) ?? otherDigits
}

/** Whether `code` is an ISO 4217 currency, as opposed to a coin or points. */
export function isIsoCurrency(code: string): boolean {
  return isoDigits.has(code)
}

/**
 * Turns minor units into a plain decimal string: (-12345, 'USD') is "-123.45". Exact, no floating point.
 */
export function minorToDecimal(amount: Minor, currency: string): string {
  const digits = currencyDigits(currency)
  const text = Math.abs(amount)
    .toString()
    .padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  const sign = amount < 0 ? '-' : ''
  return digits === 0 ? `${sign}${whole}` : `${sign}${whole}.${text.slice(-digits)}`
}

/**
 * Turns a decimal string ("-123.45", "1e-7", "12") into minor units without floating point.
 * `null` when the text is no number, has more decimals than the currency, or leaves the exact range.
 */
export function decimalToMinor(text: string, currency: string): Minor | null {
  const match = /^(-)?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text)
  if (match === null) return null
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const shift = currencyDigits(currency) + Number(exponent) - fraction.length
  let digits = BigInt(whole + fraction)
  if (shift >= 0) digits *= 10n ** BigInt(shift)
  else {
    const divisor = 10n ** BigInt(-shift)
    if (digits % divisor !== 0n) return null
    digits /= divisor
  }
  if (digits > BigInt(Number.MAX_SAFE_INTEGER)) return null
  return minor(Number(sign === '-' ? -digits : digits) + 0)
}

/**
 * How people read an amount: `$1,284.50`, `−$86.13` with a true minus, other currencies with their code
 * (`CA$12.00`, `EUR 5.00`, `0.00012345 BTC`). Two decimals always where the currency has them.
 */
export function formatMinor(amount: Minor, currency: string): string {
  const decimal = minorToDecimal(minor(Math.abs(amount)), currency)
  const [whole = '0', fraction] = decimal.split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  const number = fraction === undefined ? grouped : `${grouped}.${fraction}`
  const sign = amount < 0 ? '\u2212' : ''
  if (currency === 'USD') return `${sign}$${number}`
  if (currency === 'CAD') return `${sign}CA$${number}`
  return isIsoCurrency(currency) ? `${sign}${currency}\u00a0${number}` : `${sign}${number}\u00a0${currency}`
}
