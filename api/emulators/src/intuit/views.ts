import { closedOn, companyName } from './company.ts'
import { type JsonObject, flagAt, objectAt, objectsAt, refAt, textAt } from './json.ts'
import { postingsOf } from './ledger.ts'
import { minorOf } from './money.ts'
import { type Company, originKey, type TransactionName, transactionNames } from './state.ts'
import { isConnected } from './tokens.ts'
import type { CompanyView, EntryLineView, EntryView } from './types.ts'
import type { World } from './world.ts'

export function companyView(world: World, company: Company): CompanyView {
  return {
    realmId: company.realmId,
    name: companyName(company),
    connected: isConnected(world, company.realmId),
    closedOn: closedOn(company),
    entryCount: transactionNames.reduce((count, entity) => count + Object.keys(company.entities[entity]).length, 0),
    replayCount: company.replayCount,
  }
}

export function accountName(company: Company, id: string | null): string {
  const account = id === null ? undefined : company.entities.Account[id]
  return account === undefined ? '' : (textAt(account, 'FullyQualifiedName') ?? '')
}

/** Which member holds an entry's own account, its counter-account and its payee. */
const heads: Record<TransactionName, { account: string | null; toAccount: string | null; vendor: string | null }> = {
  Purchase: { account: 'AccountRef', toAccount: null, vendor: 'EntityRef' },
  Deposit: { account: 'DepositToAccountRef', toAccount: null, vendor: null },
  Transfer: { account: 'FromAccountRef', toAccount: 'ToAccountRef', vendor: null },
  CreditCardPaymentTxn: { account: 'BankAccountRef', toAccount: 'CreditCardAccountRef', vendor: 'VendorRef' },
  JournalEntry: { account: null, toAccount: null, vendor: null },
}

function lineViews(company: Company, entity: TransactionName, entry: JsonObject): EntryLineView[] {
  const postings = postingsOf(entity, entry)
  // Lines follow the posting to the entry's own account; journal entries have lines only
  const lines = entity === 'JournalEntry' ? postings : postings.slice(1)
  const stored = objectsAt(entry, 'Line')
  return lines.map(({ accountId, debitMinor }, index) => {
    const line = stored[index] ?? {}
    const detail = objectAt(line, textAt(line, 'DetailType') ?? '') ?? {}
    const payee = objectAt(detail, 'Entity')
    return {
      amountMinor: Math.abs(debitMinor),
      accountId,
      accountName: accountName(company, accountId),
      description: textAt(line, 'Description'),
      side: debitMinor < 0 ? 'credit' : 'debit',
      classId: refAt(detail, 'ClassRef'),
      vendorId: payee === null ? null : (textAt(payee, 'value') ?? refAt(payee, 'EntityRef')),
    }
  })
}

export function entryView(company: Company, entity: TransactionName, entry: JsonObject): EntryView {
  const id = textAt(entry, 'Id') ?? ''
  const head = heads[entity]
  const accountId = head.account === null ? null : refAt(entry, head.account)
  const lines = lineViews(company, entity, entry)
  const payee = head.vendor === null ? null : objectAt(entry, head.vendor)
  const origin = company.origins[originKey(entity, id)]
  const lineVendorId = lines.find(({ vendorId }) => vendorId !== null)?.vendorId ?? null
  const vendorId = payee === null ? lineVendorId : textAt(payee, 'value')
  const listed = vendorId === null ? undefined : (company.entities.Vendor[vendorId] ?? company.entities.Customer[vendorId])
  return {
    realmId: company.realmId,
    entity,
    id,
    syncToken: textAt(entry, 'SyncToken') ?? '0',
    txnDate: textAt(entry, 'TxnDate') ?? '',
    totalMinor: lines
      .filter(({ side }) => entity !== 'JournalEntry' || side === 'debit')
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0),
    privateNote: textAt(entry, 'PrivateNote'),
    docNumber: textAt(entry, 'DocNumber'),
    paymentType: textAt(entry, 'PaymentType'),
    credit: flagAt(entry, 'Credit') === true,
    accountId,
    accountName: accountName(company, accountId),
    toAccountId: head.toAccount === null ? null : refAt(entry, head.toAccount),
    vendorId,
    vendorName: listed === undefined ? null : textAt(listed, 'DisplayName'),
    departmentId: refAt(entry, 'DepartmentRef'),
    lines,
    createdAt: new Date(textAt(objectAt(entry, 'MetaData') ?? {}, 'CreateTime') ?? 0).toISOString(),
    createdByApi: origin?.byApi ?? false,
    createRequestCount: origin?.requestCount ?? 1,
    requestId: origin?.requestId ?? null,
  }
}

/** Live entries, by Id. Also proves that each stored total is the sum of its lines. */
export function entryViews(company: Company): EntryView[] {
  return transactionNames
    .flatMap((entity) =>
      Object.values(company.entities[entity]).map((entry) => {
        const view = entryView(company, entity, entry)
        const stored = entity === 'Purchase' || entity === 'Deposit' ? minorOf(entry['TotalAmt']) : view.totalMinor
        if (stored !== view.totalMinor) throw new Error(`${entity} ${view.id} holds a total of ${stored} and lines of ${view.totalMinor}`)
        return view
      }),
    )
    .sort((left, right) => Number(left.id) - Number(right.id))
}
