import { fromMinor, isIsoCurrency } from './money.ts'
import type { AccountPlan } from './types.ts'

/** The balance as the bank's page shows it. */
export function balanceText(account: AccountPlan): string {
  const amount = fromMinor(account.currentMinor, account.currency)
  if (isIsoCurrency(account.currency))
    return new Intl.NumberFormat('en-US', { style: 'currency', currency: account.currency }).format(amount)
  return `${amount} ${account.currency}`
}
