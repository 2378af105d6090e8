import { books } from '@ledgersync/shared/books'
import type { BooksAccount, Vendor } from '@ledgersync/shared/books'
import { type Category, rules } from '@ledgersync/shared/rules'
import { useQuery } from '@tanstack/react-query'
import { query } from '../../query.ts'

/** A choice of what a row or rule is coded to: `category:<id>` of the firm, `account:<id>` or `vendor:<id>` of the client. */
export interface CodingOption {
  value: `${'category' | 'account' | 'vendor'}:${string}`
  label: string
  group: string
  /** At the right of the option: an account's number. */
  hint: string | null
}

/** The id within an option's value. */
export function idOf(value: string): string {
  return value.slice(value.indexOf(':') + 1)
}

const firmGroup = 'Firm categories'
const accountGroup = 'QuickBooks accounts'

function categoryOptions(categories: readonly Category[]): CodingOption[] {
  return categories.map(({ id, name }) => ({ value: `category:${id}`, label: name, group: firmGroup, hint: null }))
}

/** Accounts an entry can be coded to; those that stand for a bank or a card are where the money is, not what it was for. */
function accountOptions(accounts: readonly BooksAccount[]): CodingOption[] {
  return accounts
    .filter(({ active, type }) => active && type !== 'Bank' && type !== 'Credit Card')
    .map(({ id, name, number }) => ({ value: `account:${id}`, label: name, group: accountGroup, hint: number }))
}

function vendorOptions(vendors: readonly Vendor[]): CodingOption[] {
  return vendors
    .filter(({ active }) => active)
    .map(({ id, name }) => ({ value: `vendor:${id}`, label: name, group: 'Vendors', hint: null }))
}

/** What rows of a client can be coded to; with `null` only what every client shares. `undefined` while it is fetched. */
export function useCodingOptions(clientId: string | null): { categories: CodingOption[] | undefined; vendors: CodingOption[] | undefined } {
  const params = { clientId: clientId ?? '' }
  const enabled = clientId !== null
  const firm = useQuery(query(rules.listCategories))
  const accounts = useQuery({ ...query(books.accounts, { params }), enabled })
  const vendors = useQuery({ ...query(books.vendors, { params }), enabled })
  const settled = !enabled || accounts.isFetched
  return {
    categories: firm.data && settled ? [...categoryOptions(firm.data.items), ...accountOptions(accounts.data?.items ?? [])] : undefined,
    vendors: !enabled || vendors.isFetched ? vendorOptions(vendors.data?.items ?? []) : undefined,
  }
}

/** Options whose words all begin a word of the label or the number, best first: those that begin the label. */
export function findOptions(options: readonly CodingOption[], typed: string): CodingOption[] {
  const wanted = typed.trim().toLowerCase()
  if (wanted === '') return [...options]
  const words = wanted.split(/\s+/)
  const hits = options.filter(({ label, hint }) => words.every((word) => label.toLowerCase().includes(word) || hint?.startsWith(word)))
  const rank = ({ label, hint }: CodingOption) => {
    const name = label.toLowerCase()
    if (name.startsWith(wanted) || hint === wanted) return 0
    return new RegExp(`[^\\p{L}\\p{N}]${wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'u').test(name) ? 1 : 2
  }
  return hits.sort((one, other) => rank(one) - rank(other))
}
