import { classifications } from './chart.ts'
import { type JsonObject, copy, flagAt, objectAt, objectsAt, refAt, textAt } from './json.ts'
import { fromMinor, minorOf } from './money.ts'
import { type Company, type TransactionName, transactionNames } from './state.ts'

/** One side of an entry: a positive debit or a negative credit, in minor units. */
export interface Posting {
  accountId: string
  debitMinor: number
}

const ref = (source: JsonObject, key: string): string => {
  const id = refAt(source, key)
  if (id === null) throw new Error(`A stored entry has no ${key}`)
  return id
}

function linePostings(entry: JsonObject, detailType: string, sign: (detail: JsonObject) => 1 | -1): Posting[] {
  return objectsAt(entry, 'Line').map((line) => {
    const detail = objectAt(line, detailType) ?? {}
    return { accountId: ref(detail, 'AccountRef'), debitMinor: sign(detail) * minorOf(line['Amount']) }
  })
}

/** The balancing posting to `accountId`. */
function against(lines: Posting[], accountId: string): Posting[] {
  return [{ accountId, debitMinor: -lines.reduce((total, { debitMinor }) => total + debitMinor, 0) }, ...lines]
}

/** The double entry behind a stored transaction; its postings always sum to zero. */
export function postingsOf(entity: TransactionName, entry: JsonObject): Posting[] {
  switch (entity) {
    case 'Purchase': {
      const sign = flagAt(entry, 'Credit') === true ? -1 : 1
      return against(
        linePostings(entry, 'AccountBasedExpenseLineDetail', () => sign),
        ref(entry, 'AccountRef'),
      )
    }
    case 'Deposit':
      return against(
        linePostings(entry, 'DepositLineDetail', () => -1),
        ref(entry, 'DepositToAccountRef'),
      )
    case 'Transfer':
      return against([{ accountId: ref(entry, 'ToAccountRef'), debitMinor: minorOf(entry['Amount']) }], ref(entry, 'FromAccountRef'))
    case 'CreditCardPaymentTxn':
      return against(
        [{ accountId: ref(entry, 'CreditCardAccountRef'), debitMinor: minorOf(entry['Amount']) }],
        ref(entry, 'BankAccountRef'),
      )
    case 'JournalEntry':
      return linePostings(entry, 'JournalEntryLineDetail', (detail) => (textAt(detail, 'PostingType') === 'Debit' ? 1 : -1))
  }
}

/** Every account's balance in minor units, debits positive, from the live entries. Accounts without entries are absent. */
export function debitBalances(company: Company): Map<string, number> {
  const balances = new Map<string, number>()
  for (const entity of transactionNames) {
    for (const entry of Object.values(company.entities[entity])) {
      for (const { accountId, debitMinor } of postingsOf(entity, entry))
        balances.set(accountId, (balances.get(accountId) ?? 0) + debitMinor)
    }
  }
  return balances
}

/** A debit balance on the account's natural side: liabilities, equity and revenue grow by credits. */
export function naturalMinor(account: JsonObject, debitMinor: number): number {
  const classification = classifications[textAt(account, 'AccountType') ?? ''] ?? 'Asset'
  const isDebitSide = classification === 'Asset' || classification === 'Expense'
  return isDebitSide || debitMinor === 0 ? debitMinor : -debitMinor
}

/** Ids of the account and of all accounts below it. */
function familyOf(company: Company, id: string): string[] {
  const children = Object.entries(company.entities.Account).filter(([, account]) => refAt(account, 'ParentRef') === id)
  return [id, ...children.flatMap(([childId]) => familyOf(company, childId))]
}

/** The account as Intuit answers it: with balances, which exist for balance sheet accounts only. */
export function withBalances(company: Company, account: JsonObject, balances: Map<string, number>): JsonObject {
  const id = textAt(account, 'Id') ?? ''
  const answered = copy(account)
  if (!['Asset', 'Liability', 'Equity'].includes(textAt(account, 'Classification') ?? '')) return answered
  const familyMinor = familyOf(company, id).reduce((total, member) => total + (balances.get(member) ?? 0), 0)
  answered['CurrentBalance'] = fromMinor(naturalMinor(account, balances.get(id) ?? 0))
  answered['CurrentBalanceWithSubAccounts'] = fromMinor(naturalMinor(account, familyMinor))
  return answered
}

/** The objects as a client sees them: accounts gain their balances, everything is a copy. */
export function answered(company: Company, entity: string, objects: JsonObject[]): JsonObject[] {
  if (entity !== 'Account') return objects.map(copy)
  const balances = debitBalances(company)
  return objects.map((account) => withBalances(company, account, balances))
}
