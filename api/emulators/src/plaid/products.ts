import type { Fields } from './fields.ts'
import { invalidField } from './errors.ts'

/** Plaid's product names. */
export const productNames = [
  'assets',
  'auth',
  'balance',
  'balance_plus',
  'beacon',
  'identity',
  'identity_match',
  'investments',
  'investments_auth',
  'liabilities',
  'payment_initiation',
  'identity_verification',
  'transactions',
  'credit_details',
  'income',
  'income_verification',
  'standing_orders',
  'transfer',
  'employment',
  'recurring_transactions',
  'transactions_refresh',
  'signal',
  'statements',
  'processor_payments',
  'processor_identity',
  'profile',
  'cra_base_report',
  'cra_income_insights',
  'cra_partner_insights',
  'cra_network_insights',
  'cra_cashflow_insights',
  'cra_monitoring',
  'cra_lend_score',
  'cra_plaid_credit_score',
  'cra_qualify',
  'cra_home_lending',
  'layer',
  'pay_by_bank',
  'protect_linked_bank',
  'protect_transactions',
] as const

/** Plaid's country codes. */
export const countryCodes = [
  'US',
  'GB',
  'ES',
  'NL',
  'FR',
  'IE',
  'CA',
  'DE',
  'IT',
  'PL',
  'DK',
  'NO',
  'SE',
  'EE',
  'LT',
  'LV',
  'PT',
  'BE',
  'AT',
  'FI',
] as const

/** The languages Link speaks. */
export const languages = ['da', 'nl', 'en', 'et', 'fr', 'de', 'hi', 'it', 'lv', 'lt', 'no', 'pl', 'pt', 'ro', 'es', 'sv', 'vi'] as const

/** The four product lists of a link token. */
export interface ProductLists {
  products: string[]
  requiredIfSupportedProducts: string[]
  optionalProducts: string[]
  additionalConsentedProducts: string[]
}

const alone = new Set(['balance', 'balance_plus', 'transactions_refresh'])

/** Reads the four lists: known names, no product in two of them, none that Plaid does not take here. */
export function readProducts(body: Fields): ProductLists {
  const read = (name: string): string[] => body.choices(name, productNames)
  const lists = {
    products: read('products'),
    requiredIfSupportedProducts: read('required_if_supported_products'),
    optionalProducts: read('optional_products'),
    additionalConsentedProducts: read('additional_consented_products'),
  }
  const seen = new Set<string>()
  for (const product of Object.values(lists).flat()) {
    if (seen.has(product)) {
      throw invalidField(
        `products, required_if_supported_products, optional_products and additional_consented_products must not overlap: ${product} is listed twice`,
      )
    }
    seen.add(product)
  }
  const wrong = lists.products.find((product) => alone.has(product))
  if (wrong !== undefined) throw invalidField(`${wrong} is not a valid value for products; it comes with the other products`)
  return lists
}
