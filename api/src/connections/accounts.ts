import type { ProviderAccount } from '../providers/plaid/client.ts'

/** What identifies an account, of ours or as the bank reports it. */
export type AccountIdentity = Pick<ProviderAccount, 'providerAccountId' | 'persistentId' | 'mask' | 'type' | 'currency' | 'name'>

/** How accounts are recognised, surest first: the provider's id changes when a bank is linked again, the persistent one does not. */
const keys: ((account: AccountIdentity) => string | null)[] = [
  (account) => account.providerAccountId,
  (account) => account.persistentId,
  (account) => (account.mask === null ? null : JSON.stringify([account.mask, account.type, account.currency, account.name])),
]

/**
 * Which known account each reported account is: by provider id, else persistent id, else mask + type + currency + name.
 * Each known account is matched once, so two accounts that look alike stay two. Reported accounts without a match are absent.
 */
export function matchAccounts<Known extends AccountIdentity, Reported extends AccountIdentity>(
  known: readonly Known[],
  reported: readonly Reported[],
): Map<Reported, Known> {
  const matches = new Map<Reported, Known>()
  const free = new Set(known)
  for (const keyOf of keys) {
    for (const account of reported) {
      const key = matches.has(account) ? null : keyOf(account)
      if (key === null) continue
      const found = [...free].find((candidate) => keyOf(candidate) === key && differ(candidate, account) === false)
      if (found === undefined) continue
      matches.set(account, found)
      free.delete(found)
    }
  }
  return matches
}

/** Two persistent ids that are both known and unequal are two accounts, however alike they look. */
function differ(a: AccountIdentity, b: AccountIdentity): boolean {
  return (
    a.providerAccountId !== b.providerAccountId && a.persistentId !== null && b.persistentId !== null && a.persistentId !== b.persistentId
  )
}
