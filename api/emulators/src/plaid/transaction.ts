import { counterpartiesOf, enrich, merchantEntityId, websiteOf } from './merchants.ts'
import { currencyFields } from './money.ts'
import type { BankRow, PlaidTransaction, RowChanges } from './types.ts'

/** The number of a cheque, when the description names one ("CHECK 1042", "Check #1042"). */
function checkNumberIn(description: string): string | null {
  return /\bche(?:ck|que)\s*#?\s*(\d{1,10})\b/i.exec(description)?.[1] ?? null
}

// What a row has in it is never changed in place, so that rows without these details can share one object
const noPaymentMeta: PlaidTransaction['payment_meta'] = Object.freeze({
  reference_number: null,
  ppd_id: null,
  payee: null,
  by_order_of: null,
  payer: null,
  payment_method: null,
  payment_processor: null,
  reason: null,
})
const nowhere: PlaidTransaction['location'] = Object.freeze({
  address: null,
  city: null,
  region: null,
  postal_code: null,
  country: null,
  lat: null,
  lon: null,
  store_number: null,
})

/** How a row goes out: whether it is still pending, and which currency it has when the row itself names none. */
export interface RowState {
  transactionId: string
  accountId: string
  accountCurrency: string
  pending: boolean
  pendingTransactionId: string | null
}

/**
 * A bank's row in Plaid's shape. `amount` is passed through untouched. `date` is the day a posted row posted and the day a
 * pending one happened; `authorized_date` is the day it happened.
 */
export function toPlaidTransaction(row: BankRow, state: RowState): PlaidTransaction {
  const known = enrich(row.description, row.amount)
  const merchant = row.merchantName ?? known.merchantName
  return {
    transaction_id: state.transactionId,
    account_id: state.accountId,
    amount: row.amount,
    ...currencyFields(row.currency ?? state.accountCurrency),
    date: state.pending ? row.date : (row.datePosted ?? row.date),
    authorized_date: row.date,
    datetime: null,
    authorized_datetime: null,
    name: row.description,
    original_description: row.description,
    ...merchantFields(merchant),
    personal_finance_category: { primary: known.primary, detailed: known.detailed, confidence_level: known.confidence, version: 'v2' },
    personal_finance_category_icon_url: `https://plaid-category-icons.plaid.com/PFC_${known.primary}.png`,
    payment_channel: known.channel,
    payment_meta: noPaymentMeta,
    check_number: row.checkNumber ?? checkNumberIn(row.description),
    transaction_code: null,
    location: nowhere,
    logo_url: null,
    pending: state.pending,
    pending_transaction_id: state.pendingTransactionId,
    account_owner: null,
    category: null,
    category_id: null,
    transaction_type: known.channel === 'in store' ? 'place' : 'special',
  }
}

function merchantFields(merchant: string | null) {
  return {
    merchant_name: merchant,
    merchant_entity_id: merchant === null ? null : merchantEntityId(merchant),
    website: merchant === null ? null : websiteOf(merchant),
    counterparties: counterpartiesOf(merchant),
  }
}

/** The transaction with a bank's corrections. What depends on the description follows it. */
export function withChanges(transaction: PlaidTransaction, changes: RowChanges): PlaidTransaction {
  const out = { ...transaction }
  if (changes.amount !== undefined) out.amount = changes.amount
  if (changes.date !== undefined) out.date = changes.date
  if (changes.authorizedDate !== undefined) out.authorized_date = changes.authorizedDate
  if (changes.checkNumber !== undefined) out.check_number = changes.checkNumber
  if (changes.description !== undefined) {
    out.name = changes.description
    out.original_description = changes.description
    Object.assign(out, merchantFields(enrich(changes.description, out.amount).merchantName))
  }
  if (changes.merchantName !== undefined) Object.assign(out, merchantFields(changes.merchantName))
  return out
}
