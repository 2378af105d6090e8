/**
 * The currencies of ISO 4217 and their minor units, from the standard's list one (amendments to 179, with which XAD came), and
 * below it those it withdrew since 2015, in which older rows stand. A table of ours on purpose: the platform's Intl answers by its
 * own data, which differs between versions of Node and of browsers, and an amount in the database would change its meaning with it.
 * Not here is what the standard gives no minor unit (gold, special drawing rights, test codes).
 */
const withHundredths = `
  AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP
  CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD
  KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
  PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU
  UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
  ANG BGN CUC HRK LTL MRO SLL STD VEF ZWL`
const whole = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'
const withThousandths = 'BHD IQD JOD KWD LYD OMR TND'
const withTenThousandths = 'CLF UYW'

/** Decimals of each currency of the standard, by its code. */
export const isoDigits: ReadonlyMap<string, number> = new Map(
  (
    [
      [withHundredths, 2],
      [whole, 0],
      [withThousandths, 3],
      [withTenThousandths, 4],
    ] as const
  ).flatMap(([codes, digits]) =>
    codes
      .trim()
      .split(/\s+/)
      .map((code): [string, number] => [code, digits]),
  ),
)
