import {
  type BuildContext,
  classRef,
  customerRef,
  departmentRef,
  docNumber,
  onlyKnown,
  payee,
  referenceTo,
  refuseForeignCurrency,
  requireAccount,
  requireAmount,
  requireOneOf,
  shortText,
  txnDate,
} from './checks.ts'
import { badEnum, businessRule, wrongAccountType } from './faults.ts'
import { type JsonObject, compact, flagAt, refAt, textAt } from './json.ts'
import { numberLines, readLines, sumMinor, transactionFields } from './lines.ts'
import { fromMinor } from './money.ts'
import type { TransactionName } from './state.ts'
import { homeCurrency } from './state.ts'

/** The members all transactions share, checked. Deposits, transfers and card payments keep no DocNumber. */
export function head(source: JsonObject, entity: TransactionName, context: BuildContext): JsonObject {
  refuseForeignCurrency(source)
  const keepsNumber = entity === 'Purchase' || entity === 'JournalEntry'
  return compact({
    TxnDate: txnDate(source, context),
    DocNumber: keepsNumber ? docNumber(source, entity, context) : null,
    PrivateNote: shortText(source, 'PrivateNote', 4000),
    DepartmentRef: departmentRef(context.company, source),
    CurrencyRef: homeCurrency(),
    CustomField: [],
  })
}

/** PurchaseEx.TxnType as Intuit reports it: 54 expense, 11 card credit, 3 check. */
function purchaseExtension(paymentType: string, credit: boolean): JsonObject {
  const txnType = paymentType === 'Check' ? '3' : credit ? '11' : '54'
  return {
    any: [
      {
        name: '{http://schema.intuit.com/finance/v3}NameValue',
        declaredType: 'com.intuit.schema.finance.v3.NameValue',
        scope: 'javax.xml.bind.JAXBElement$GlobalScope',
        value: { Name: 'TxnType', Value: txnType },
        nil: false,
        globalScope: true,
        typeSubstituted: false,
      },
    ],
  }
}

const purchaseFields = [
  ...transactionFields,
  'PaymentType',
  'AccountRef',
  'EntityRef',
  'Credit',
  'TotalAmt',
  'PurchaseEx',
  'PrintStatus',
  'PaymentMethodRef',
  'PaymentRefNum',
  'RemitToAddr',
  'GlobalTaxCalculation',
  'CheckPayment',
  'CreditCardPayment',
]

function expenseDetail(detail: JsonObject, context: BuildContext): JsonObject {
  onlyKnown(detail, ['AccountRef', 'ClassRef', 'CustomerRef', 'BillableStatus', 'TaxCodeRef', 'TaxAmount', 'TaxInclusiveAmt', 'MarkupInfo'])
  const account = requireAccount(context.company, detail, 'AccountRef')
  if (textAt(account, 'AccountType') === 'Non-Posting') throw wrongAccountType('A non-posting account takes no entries', 'AccountRef')
  const billable = textAt(detail, 'BillableStatus') ?? 'NotBillable'
  if (!['Billable', 'NotBillable', 'HasBeenBilled'].includes(billable)) throw badEnum('BillableStatus', billable)
  return compact({
    AccountRef: referenceTo(account),
    ClassRef: classRef(context.company, detail),
    CustomerRef: customerRef(context.company, detail),
    BillableStatus: billable,
    TaxCodeRef: { value: refAt(detail, 'TaxCodeRef') ?? 'NON' },
  })
}

/** An expense, a check, a card charge or (`Credit`) a card refund. */
export function buildPurchase(source: JsonObject, context: BuildContext): JsonObject {
  onlyKnown(source, purchaseFields)
  const paymentType = requireOneOf(source, 'PaymentType', ['Cash', 'Check', 'CreditCard'])
  const account = requireAccount(context.company, source, 'AccountRef')
  const wanted = paymentType === 'CreditCard' ? 'Credit Card' : 'Bank'
  const found = textAt(account, 'AccountType') ?? ''
  if (found !== wanted) throw wrongAccountType(`PaymentType ${paymentType} needs an account of type ${wanted}, not ${found}`, 'AccountRef')
  const credit = flagAt(source, 'Credit') === true
  if (credit && paymentType !== 'CreditCard') throw businessRule('Credit is allowed only when PaymentType is CreditCard', 'Credit')
  const lines = readLines(source, 'AccountBasedExpenseLineDetail', (detail) => expenseDetail(detail, context))
  const printStatus = paymentType === 'Check' ? (textAt(source, 'PrintStatus') ?? 'NotSet') : null
  if (printStatus !== null && !['NotSet', 'NeedToPrint', 'PrintComplete'].includes(printStatus)) throw badEnum('PrintStatus', printStatus)
  return compact({
    AccountRef: referenceTo(account),
    PaymentType: paymentType,
    PrintStatus: printStatus,
    EntityRef: payee(context.company, source, 'EntityRef'),
    Credit: paymentType === 'CreditCard' ? credit : null,
    TotalAmt: fromMinor(sumMinor(lines)),
    PurchaseEx: purchaseExtension(paymentType, credit),
    ...head(source, 'Purchase', context),
    Line: numberLines(lines, context.old, 1),
  })
}

const depositFields = [...transactionFields, 'DepositToAccountRef', 'TotalAmt', 'CashBack', 'GlobalTaxCalculation', 'HomeTotalAmt']

function depositDetail(detail: JsonObject, context: BuildContext): JsonObject {
  onlyKnown(detail, ['AccountRef', 'Entity', 'ClassRef', 'PaymentMethodRef', 'CheckNum', 'TxnType', 'TaxCodeRef', 'TaxApplicableOn'])
  const account = requireAccount(context.company, detail, 'AccountRef')
  return compact({
    Entity: payee(context.company, detail, 'Entity'),
    AccountRef: referenceTo(account),
    ClassRef: classRef(context.company, detail),
    CheckNum: shortText(detail, 'CheckNum', 21),
  })
}

/** Money received into a bank account. */
export function buildDeposit(source: JsonObject, context: BuildContext): JsonObject {
  onlyKnown(source, depositFields)
  const account = requireAccount(context.company, source, 'DepositToAccountRef')
  const type = textAt(account, 'AccountType') ?? ''
  if (type !== 'Bank' && type !== 'Other Current Asset') {
    throw wrongAccountType(`A deposit goes to an account of type Bank or Other Current Asset, not ${type}`, 'DepositToAccountRef')
  }
  const lines = readLines(source, 'DepositLineDetail', (detail) => depositDetail(detail, context))
  return compact({
    DepositToAccountRef: referenceTo(account),
    TotalAmt: fromMinor(sumMinor(lines)),
    ...head(source, 'Deposit', context),
    Line: numberLines(lines, context.old, 1),
  })
}

/** Money moved between two balance-sheet accounts, the wider of the two readings of Intuit's text. */
export function buildTransfer(source: JsonObject, context: BuildContext): JsonObject {
  onlyKnown(source, [...transactionFields, 'FromAccountRef', 'ToAccountRef', 'Amount'])
  const from = requireAccount(context.company, source, 'FromAccountRef')
  const to = requireAccount(context.company, source, 'ToAccountRef')
  for (const [account, element] of [
    [from, 'FromAccountRef'],
    [to, 'ToAccountRef'],
  ] as const) {
    const classification = textAt(account, 'Classification') ?? ''
    if (!['Asset', 'Liability', 'Equity'].includes(classification)) {
      throw wrongAccountType('A transfer is between balance sheet accounts', element)
    }
  }
  if (from === to) throw businessRule('You cannot transfer funds to the same account', 'ToAccountRef')
  const amountMinor = requireAmount(source, 'Amount')
  return {
    FromAccountRef: referenceTo(from),
    ToAccountRef: referenceTo(to),
    Amount: fromMinor(amountMinor),
    ...head(source, 'Transfer', context),
  }
}

/** A payment from a bank account to a credit card, endpoint `creditcardpayment`. */
export function buildCreditCardPayment(source: JsonObject, context: BuildContext): JsonObject {
  onlyKnown(source, [
    ...transactionFields,
    'Amount',
    'BankAccountRef',
    'CreditCardAccountRef',
    'VendorRef',
    'CheckNum',
    'PrintStatus',
    'Memo',
  ])
  const bank = requireAccount(context.company, source, 'BankAccountRef')
  if (textAt(bank, 'AccountType') !== 'Bank') throw wrongAccountType('BankAccountRef needs an account of type Bank', 'BankAccountRef')
  const card = requireAccount(context.company, source, 'CreditCardAccountRef')
  if (textAt(card, 'AccountType') !== 'Credit Card') {
    throw wrongAccountType('CreditCardAccountRef needs an account of type Credit Card', 'CreditCardAccountRef')
  }
  const amountMinor = requireAmount(source, 'Amount')
  const vendor = payee(context.company, source, 'VendorRef')
  return compact({
    BankAccountRef: referenceTo(bank),
    CreditCardAccountRef: referenceTo(card),
    VendorRef: vendor === undefined ? null : { value: vendor['value'], name: vendor['name'] },
    Amount: fromMinor(amountMinor),
    ...head(source, 'CreditCardPaymentTxn', context),
  })
}
