import { formatMinor, isIsoCurrency } from './money.ts'
import type { AccountPlan } from './types.ts'

/** The balance as the bank's page shows it. */
export function balanceText({ currentMinor, currency }: AccountPlan): string {
  if (currency === 'USD') return `${currentMinor < 0 ? '-' : ''}$${formatMinor(Math.abs(currentMinor), currency)}`
  const amount = formatMinor(currentMinor, currency)
  return isIsoCurrency(currency) ? `${currency} ${amount}` : `${amount} ${currency}`
}
