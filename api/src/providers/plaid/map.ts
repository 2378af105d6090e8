import type { AccountBase, Institution, LinkTokenGetSessionsResponse, Transaction, TransactionsSyncResponse } from 'plaid'
import type { Minor } from '@ledgersync/shared/money'
import { toMinor } from './amounts.ts'
import { leavingReason } from './causes.ts'
import { clean } from './clean.ts'
import type { BankInstitution, LinkedItem, LinkEnd, LinkOutcome, ProviderAccount, ProviderTransaction, SyncPage } from './types.ts'
import { visitOfSessions } from './visit.ts'

const currencyLengthMax = 12
/** Currency of an account that the bank reports without one. */
const fallbackCurrency = 'USD'

interface CurrencyCodes {
  iso_currency_code: string | null
  unofficial_currency_code: string | null
}

function currencyOf(codes: CurrencyCodes): string | null {
  const code = codes.iso_currency_code ?? codes.unofficial_currency_code
  return code === null || code === undefined || code === '' ? null : code.slice(0, currencyLengthMax)
}

function cleanOrNull(text: string | null | undefined): string | null {
  const cleaned = clean(text ?? '')
  return cleaned === '' ? null : cleaned
}

export function toInstitution(institution: Institution): BankInstitution {
  const color = institution.primary_color ?? null
  return {
    institutionId: institution.institution_id,
    name: clean(institution.name),
    routingNumber: institution.routing_numbers.find((number) => /^\d{9}$/.test(number)) ?? null,
    color: color !== null && /^#[0-9a-f]{6}$/i.test(color) ? color : null,
  }
}

const kinds: Partial<Record<string, ProviderAccount['kind']>> = { depository: 'bank', credit: 'card' }

/** An account in our words. The provider reports what is owed on a card or loan as positive; ours is negative. */
export function toProviderAccount(account: AccountBase): ProviderAccount {
  const { balances } = account
  const currency = currencyOf(balances) ?? fallbackCurrency
  const owed = account.type === 'credit' || account.type === 'loan'
  const amount = (value: number | null, flip: boolean): Minor | null => (value === null ? null : toMinor(value, currency, flip).amountMinor)
  return {
    providerAccountId: account.account_id,
    persistentId: account.persistent_account_id ?? null,
    name: clean(account.name),
    officialName: cleanOrNull(account.official_name),
    mask: cleanOrNull(account.mask),
    kind: kinds[account.type] ?? 'other',
    type: account.type,
    subtype: account.subtype ?? null,
    currency,
    balanceMinor: amount(balances.current, owed),
    availableMinor: amount(balances.available, false),
  }
}

/** `FOOD_AND_DRINK` with `FOOD_AND_DRINK_COFFEE` reads "Food and drink: Coffee". */
function categoryOf(category: Transaction['personal_finance_category']): string | null {
  if (category === null || category === undefined) return null
  const words = (code: string): string => {
    const lower = code.replaceAll('_', ' ').trim().toLowerCase()
    return lower.charAt(0).toUpperCase() + lower.slice(1)
  }
  const rest = category.detailed.startsWith(category.primary) ? category.detailed.slice(category.primary.length + 1) : category.detailed
  return rest === '' ? words(category.primary) : `${words(category.primary)}: ${words(rest)}`
}

/** A row in our words. The provider's positive amounts leave the account; ours come in. */
function toProviderTransaction(row: Transaction, accountCurrency: ReadonlyMap<string, string>): ProviderTransaction {
  const currency = currencyOf(row) ?? accountCurrency.get(row.account_id) ?? fallbackCurrency
  const { amountMinor, inexact } = toMinor(row.amount, currency, true)
  return {
    providerTransactionId: row.transaction_id,
    providerAccountId: row.account_id,
    pending: row.pending,
    pendingTransactionId: row.pending_transaction_id,
    date: row.date,
    authorizedDate: row.authorized_date,
    description: clean(row.original_description ?? row.name),
    payee: cleanOrNull(row.merchant_name),
    bankCategory: categoryOf(row.personal_finance_category),
    checkNumber: cleanOrNull(row.check_number),
    amountMinor,
    currency,
    inexactAmount: inexact,
  }
}

export function toSyncPage(page: TransactionsSyncResponse): SyncPage {
  const accounts = page.accounts.map(toProviderAccount)
  const currencies = new Map(accounts.map((account) => [account.providerAccountId, account.currency]))
  const status: string = page.transactions_update_status
  return {
    added: page.added.map((row) => toProviderTransaction(row, currencies)),
    modified: page.modified.map((row) => toProviderTransaction(row, currencies)),
    removedIds: page.removed.map((row) => row.transaction_id),
    accounts,
    nextCursor: page.next_cursor,
    hasMore: page.has_more,
    ready: status !== 'NOT_READY' && page.next_cursor !== '',
    historyComplete: status !== 'NOT_READY' && status !== 'INITIAL_UPDATE_COMPLETE',
  }
}

/**
 * How a visit stands, from all sessions of its link token: somebody may leave and come back. A session that ended well without
 * a new item was a repair.
 */
export function toLinkOutcome(sessions: readonly LinkTokenGetSessionsResponse[]): LinkOutcome {
  return { ...toEnd(sessions), visit: visitOfSessions(sessions) }
}

function toEnd(sessions: readonly LinkTokenGetSessionsResponse[]): LinkEnd {
  const added = sessions.flatMap((session) =>
    (session.results?.item_add_results ?? []).map(
      (result): LinkedItem => ({
        publicToken: result.public_token,
        institutionId: result.institution?.institution_id ?? null,
        institutionName: cleanOrNull(result.institution?.name),
      }),
    ),
  )
  if (added.length > 0) return { state: 'finished', added }
  const ended = sessions.filter((session) => typeof session.finished_at === 'string')
  if (ended.some((session) => (session.exit ?? null) === null && (session.on_exit ?? null) === null))
    return { state: 'finished', added: [] }
  const last = ended.at(-1)
  if (last === undefined || ended.length < sessions.length) return { state: 'open' }
  const exit = last.exit ?? last.on_exit
  return { state: 'exited', reason: leavingReason(exit?.error?.error_code ?? null, exit?.metadata?.status ?? null) }
}
