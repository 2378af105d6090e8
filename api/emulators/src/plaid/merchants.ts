import { base62 } from './ids.ts'
import type { Counterparty, PlaidTransaction } from './types.ts'

type Line = readonly [
  words: string,
  merchant: string | null,
  primary: string,
  detailed: string,
  channel: PlaidTransaction['payment_channel'],
]

/**
 * What the enrichment knows: the first line whose words stand in the description wins. All merchants are invented;
 * the category names are those of Plaid's personal finance category taxonomy.
 */
const lines: Line[] = [
  ['check ', null, 'TRANSFER_OUT', 'TRANSFER_OUT_WITHDRAWAL', 'other'],
  ['swiftgas', 'SwiftGas', 'TRANSPORTATION', 'TRANSPORTATION_GAS', 'in store'],
  ['roadhouse fuel', 'Roadhouse Fuel', 'TRANSPORTATION', 'TRANSPORTATION_GAS', 'in store'],
  ['cloudledger', 'CloudLedger', 'GENERAL_SERVICES', 'GENERAL_SERVICES_ACCOUNTING_AND_FINANCIAL_PLANNING', 'online'],
  ['pixelforge', 'PixelForge', 'GENERAL_MERCHANDISE', 'GENERAL_MERCHANDISE_ELECTRONICS', 'online'],
  ['mailpigeon', 'MailPigeon', 'GENERAL_SERVICES', 'GENERAL_SERVICES_OTHER_GENERAL_SERVICES', 'online'],
  ['paywell', 'PayWell Payroll', 'GENERAL_SERVICES', 'GENERAL_SERVICES_OTHER_GENERAL_SERVICES', 'other'],
  ['brightwire', 'Brightwire Electric', 'RENT_AND_UTILITIES', 'RENT_AND_UTILITIES_GAS_AND_ELECTRICITY', 'online'],
  ['fibernorth', 'FiberNorth', 'RENT_AND_UTILITIES', 'RENT_AND_UTILITIES_INTERNET_AND_CABLE', 'online'],
  ['elm street properties', 'Elm Street Properties', 'RENT_AND_UTILITIES', 'RENT_AND_UTILITIES_RENT', 'other'],
  ['deskmart', 'DeskMart', 'GENERAL_MERCHANDISE', 'GENERAL_MERCHANDISE_OFFICE_SUPPLIES', 'in store'],
  ['lumber & nail', 'Lumber & Nail', 'HOME_IMPROVEMENT', 'HOME_IMPROVEMENT_HARDWARE', 'in store'],
  ['bean counter', 'Bean Counter Coffee', 'FOOD_AND_DRINK', 'FOOD_AND_DRINK_COFFEE', 'in store'],
  ['noodle barn', 'Noodle Barn', 'FOOD_AND_DRINK', 'FOOD_AND_DRINK_RESTAURANT', 'in store'],
  ['skyhop air', 'SkyHop Air', 'TRAVEL', 'TRAVEL_FLIGHTS', 'online'],
  ['shieldstone', 'Shieldstone Insurance', 'GENERAL_SERVICES', 'GENERAL_SERVICES_INSURANCE', 'online'],
  ['interest', null, 'INCOME', 'INCOME_INTEREST_EARNED', 'other'],
  ['transfer to', null, 'TRANSFER_OUT', 'TRANSFER_OUT_ACCOUNT_TRANSFER', 'other'],
  ['transfer from', null, 'TRANSFER_IN', 'TRANSFER_IN_ACCOUNT_TRANSFER', 'other'],
  ['payment', null, 'LOAN_PAYMENTS', 'LOAN_PAYMENTS_CREDIT_CARD_PAYMENT', 'other'],
  ['service fee', null, 'BANK_FEES', 'BANK_FEES_OTHER_BANK_FEES', 'other'],
  ['deposit', null, 'TRANSFER_IN', 'TRANSFER_IN_DEPOSIT', 'other'],
  ['payroll', null, 'INCOME', 'INCOME_WAGES', 'other'],
]

/** What Plaid adds to a bank's bare row. */
export interface Enrichment {
  merchantName: string | null
  primary: string
  detailed: string
  confidence: string
  channel: PlaidTransaction['payment_channel']
}

/** Enriches a description. What is not known stays without a merchant, as it does with Plaid. */
export function enrich(description: string, amount: number): Enrichment {
  const text = description.toLowerCase()
  const found = lines.find(([words]) => text.includes(words))
  if (found)
    return {
      merchantName: found[1],
      primary: found[2],
      detailed: found[3],
      confidence: found[1] === null ? 'HIGH' : 'VERY_HIGH',
      channel: found[4],
    }
  return amount < 0
    ? { merchantName: null, primary: 'INCOME', detailed: 'INCOME_OTHER_INCOME', confidence: 'LOW', channel: 'other' }
    : {
        merchantName: null,
        primary: 'GENERAL_MERCHANDISE',
        detailed: 'GENERAL_MERCHANDISE_OTHER_GENERAL_MERCHANDISE',
        confidence: 'LOW',
        channel: 'other',
      }
}

/** Plaid's stable id of a merchant. */
export function merchantEntityId(merchant: string): string {
  return base62(`merchant:${merchant.toLowerCase()}`, 37)
}

/** The counterparties of a row with this merchant; none when there is no merchant. */
export function counterpartiesOf(merchant: string | null): Counterparty[] {
  if (merchant === null) return []
  return [
    {
      name: merchant,
      type: 'merchant',
      entity_id: merchantEntityId(merchant),
      website: websiteOf(merchant),
      logo_url: null,
      confidence_level: 'VERY_HIGH',
    },
  ]
}

/** The invented website of an invented merchant. */
export function websiteOf(merchant: string): string {
  return `${merchant.toLowerCase().replaceAll(/[^a-z0-9]+/g, '')}.example`
}
