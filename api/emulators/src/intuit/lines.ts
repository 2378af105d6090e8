import { onlyKnown, requireAmount, requireOneOf, shortText } from './checks.ts'
import { businessRule, missing, operationUnsupported } from './faults.ts'
import { type JsonObject, objectAt, objectsAt, textAt } from './json.ts'
import { fromMinor } from './money.ts'

/** Members every object may carry back; those Intuit sets itself are ignored when sent. */
export const objectFields = ['domain', 'sparse', 'Id', 'SyncToken', 'MetaData', 'CustomField', 'AttachableRef', 'status'] as const

/** Members every transaction may carry. */
export const transactionFields = [
  ...objectFields,
  'DocNumber',
  'TxnDate',
  'DepartmentRef',
  'CurrencyRef',
  'ExchangeRate',
  'PrivateNote',
  'TxnStatus',
  'LinkedTxn',
  'Line',
  'TxnTaxDetail',
  'TxnSource',
  'TaxFormType',
  'TaxFormNum',
  'TransactionLocationType',
  'Tag',
  'RecurDataRef',
] as const

const lineFields = ['Id', 'LineNum', 'Description', 'Amount', 'LinkedTxn', 'DetailType', 'CustomField', 'CustomExtensions', 'LineEx', 'Tag']

export interface CheckedLine {
  amountMinor: number
  /** The line without its Id and LineNum. */
  line: JsonObject
  sentId: string | null
}

/** Reads the lines of a transaction, each with a positive amount and the detail named by `detailType`. */
export function readLines(source: JsonObject, detailType: string, readDetail: (detail: JsonObject) => JsonObject): CheckedLine[] {
  const lines = objectsAt(source, 'Line')
  if (lines.length === 0) throw missing('Line')
  return lines.map((line) => {
    if (textAt(line, 'DetailType') === 'ItemBasedExpenseLineDetail') throw operationUnsupported('a line by item')
    if (objectsAt(line, 'LinkedTxn').length > 0) throw operationUnsupported('a line that links another transaction')
    onlyKnown(line, [...lineFields, detailType])
    requireOneOf(line, 'DetailType', [detailType])
    const amountMinor = requireAmount(line, 'Amount')
    const detail = objectAt(line, detailType)
    if (detail === null) throw missing(detailType)
    const description = shortText(line, 'Description', 4000)
    return {
      amountMinor,
      sentId: textAt(line, 'Id'),
      line: {
        ...(description === null ? {} : { Description: description }),
        Amount: fromMinor(amountMinor),
        DetailType: detailType,
        [detailType]: readDetail(detail),
      },
    }
  })
}

/** Gives the lines their Ids and LineNums: lines of the old object keep theirs, the others get the next free ones. */
export function numberLines(lines: CheckedLine[], old: JsonObject | null, firstId: number): JsonObject[] {
  const oldIds = new Set(old === null ? [] : objectsAt(old, 'Line').map((line) => textAt(line, 'Id')))
  let nextId = Math.max(firstId, ...[...oldIds].map((id) => Number(id) + 1))
  return lines.map(({ line, sentId }, index) => {
    const id = sentId !== null && oldIds.has(sentId) ? sentId : String(nextId++)
    return { Id: id, LineNum: index + 1, ...line }
  })
}

/** The sum in minor units, refused beyond what Intuit keeps. */
export function sumMinor(lines: CheckedLine[]): number {
  const sum = lines.reduce((total, { amountMinor }) => total + amountMinor, 0)
  if (sum > 10_000_000_000_000) throw businessRule('The transaction amount is too large', 'Line')
  return sum
}
