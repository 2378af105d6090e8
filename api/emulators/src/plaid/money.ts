/**
 * ISO 4217 currencies whose minor unit is not the hundredth. Fixed here, as the list below: the platform's Intl answers by its own
 * data, another in each version.
 */
const digitsOf: Record<string, number> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
}

/** The ISO 4217 currencies that have hundredths, the lately withdrawn ones last. */
const hundredths = `
  AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP
  CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD
  KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
  PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU
  UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
  ANG BGN CUC HRK LTL MRO SLL STD VEF ZWL`
const isoCodes = new Set([...hundredths.trim().split(/\s+/), ...Object.keys(digitsOf)])

/** Whether the code is an ISO 4217 currency; what is not goes out as `unofficial_currency_code`. */
export function isIsoCurrency(code: string): boolean {
  return isoCodes.has(code)
}

/** The two currency members of Plaid's objects: exactly one of them is set. */
export function currencyFields(code: string): { iso_currency_code: string | null; unofficial_currency_code: string | null } {
  return isIsoCurrency(code)
    ? { iso_currency_code: code, unofficial_currency_code: null }
    : { iso_currency_code: null, unofficial_currency_code: code }
}

/** Integer minor units of a JSON number, read from its shortest decimal text. Digits beyond the minor unit are rounded, half away from zero. */
export function toMinor(amount: number, currency: string): number {
  const digits = digitsOf[currency] ?? 2
  const text = decimalText(Math.abs(amount))
  const [whole = '0', fraction = ''] = text.split('.')
  const kept = `${fraction}${'0'.repeat(digits)}`.slice(0, digits)
  const rest = fraction.slice(digits)
  const minor = Number(`${whole}${kept}`) + (rest !== '' && Number(rest[0]) >= 5 ? 1 : 0)
  return amount < 0 && minor !== 0 ? -minor : minor
}

/** The JSON number for integer minor units. */
export function fromMinor(minor: number, currency: string): number {
  const digits = digitsOf[currency] ?? 2
  const text = String(Math.abs(minor)).padStart(digits + 1, '0')
  const value = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  return minor < 0 ? -Number(value) : Number(value)
}

/** Plain decimal text of a non-negative number, also where JavaScript would write an exponent. */
function decimalText(value: number): string {
  const [mantissa = '0', exponent] = String(value).split('e')
  if (exponent === undefined) return mantissa
  const [whole = '0', fraction = ''] = mantissa.split('.')
  const shift = Number(exponent)
  const digits = whole + fraction
  const point = whole.length + shift
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`
  return point >= digits.length ? digits.padEnd(point, '0') : `${digits.slice(0, point)}.${digits.slice(point)}`
}

/** An amount for a person: `1,234.50`, with the decimals the currency has. */
export function formatMinor(minor: number, currency: string): string {
  const digits = digitsOf[currency] ?? 2
  const text = String(Math.abs(minor)).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${minor < 0 ? '-' : ''}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`
}
