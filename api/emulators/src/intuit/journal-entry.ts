import { type BuildContext, classRef, departmentRef, onlyKnown, payee, referenceTo, requireAccount, requireOneOf } from './checks.ts'
import { businessRule, missing, unbalanced } from './faults.ts'
import { type JsonObject, compact, flagAt, objectAt, textAt } from './json.ts'
import { type CheckedLine, numberLines, readLines, transactionFields } from './lines.ts'
import { formatMinor } from './money.ts'
import { head } from './transactions.ts'

const detailType = 'JournalEntryLineDetail'

function readDetail(detail: JsonObject, context: BuildContext): JsonObject {
  onlyKnown(detail, [
    'PostingType',
    'AccountRef',
    'ClassRef',
    'DepartmentRef',
    'Entity',
    'TaxCodeRef',
    'TaxApplicableOn',
    'TaxAmount',
    'BillableStatus',
  ])
  const postingType = requireOneOf(detail, 'PostingType', ['Debit', 'Credit'])
  const account = requireAccount(context.company, detail, 'AccountRef')
  const entity = readEntity(detail, context)
  const accountType = textAt(account, 'AccountType')
  const entityType = entity === null ? null : textAt(entity, 'Type')
  if (accountType === 'Accounts Receivable' && entityType !== 'Customer') {
    throw businessRule('When you use Accounts Receivable, you must choose a customer in the Name field', 'Entity')
  }
  if (accountType === 'Accounts Payable' && entityType !== 'Vendor') {
    throw businessRule('When you use Accounts Payable, you must choose a vendor in the Name field', 'Entity')
  }
  return compact({
    PostingType: postingType,
    Entity: entity,
    AccountRef: referenceTo(account),
    ClassRef: classRef(context.company, detail),
    DepartmentRef: departmentRef(context.company, detail),
  })
}

/** The name of a line, which journal entries nest one level deeper than other transactions: `{Type, EntityRef: {value}}`. */
function readEntity(detail: JsonObject, context: BuildContext): JsonObject | null {
  const entity = objectAt(detail, 'Entity')
  if (entity === null) return null
  onlyKnown(entity, ['Type', 'EntityRef'])
  const type = requireOneOf(entity, 'Type', ['Vendor', 'Customer', 'Employee'])
  const reference = objectAt(entity, 'EntityRef')
  if (reference === null) throw missing('EntityRef')
  const found = payee(context.company, { EntityRef: { ...reference, type } }, 'EntityRef')
  if (found === undefined) throw missing('EntityRef')
  return { Type: type, EntityRef: { value: found['value'], name: found['name'] } }
}

function sideTotal(lines: CheckedLine[], side: 'Debit' | 'Credit'): number {
  return lines
    .filter(({ line }) => textAt(objectAt(line, detailType) ?? {}, 'PostingType') === side)
    .reduce((total, { amountMinor }) => total + amountMinor, 0)
}

/** A journal entry; its debits equal its credits. TotalAmt comes back 0, as it does from Intuit. */
export function buildJournalEntry(source: JsonObject, context: BuildContext): JsonObject {
  onlyKnown(source, [...transactionFields, 'Adjustment', 'TotalAmt', 'HomeTotalAmt', 'GlobalTaxCalculation'])
  const lines = readLines(source, detailType, (detail) => readDetail(detail, context))
  const debitMinor = sideTotal(lines, 'Debit')
  const creditMinor = sideTotal(lines, 'Credit')
  if (debitMinor !== creditMinor) {
    throw unbalanced(`Debits of ${formatMinor(debitMinor)} and credits of ${formatMinor(creditMinor)} must be equal`)
  }
  return compact({
    Adjustment: flagAt(source, 'Adjustment') === true,
    TotalAmt: 0,
    ...head(source, 'JournalEntry', context),
    // Intuit counts the lines of a journal entry from 0
    Line: numberLines(lines, context.old, 0),
  })
}
