import type { BuildContext } from './checks.ts'
import { buildJournalEntry } from './journal-entry.ts'
import type { JsonObject } from './json.ts'
import { buildAccount, buildContact, buildTreeName } from './names.ts'
import type { EntityName, Sequence } from './state.ts'
import { buildCreditCardPayment, buildDeposit, buildPurchase, buildTransfer } from './transactions.ts'

/** What the emulator knows of one entity. */
export interface EntityKind {
  /** The member name on the wire. */
  name: EntityName
  /** The endpoint's last path part. */
  path: string
  group: 'transaction' | 'list' | 'setting'
  sequence: Sequence
  /**
   * Makes the writable part of the object from a request, or throws the Fault Intuit answers. Null for what the API
   * cannot write.
   */
  build: ((source: JsonObject, context: BuildContext) => JsonObject) | null
  /** Members a query may filter and sort by. A member in neither list is refused as unknown. */
  filterable: readonly string[]
  /** Members a query may only select. */
  selectable: readonly string[]
}

const everywhere = ['Id', 'MetaData.CreateTime', 'MetaData.LastUpdatedTime']
const everywhereSelectable = [
  'SyncToken',
  'MetaData',
  'domain',
  'sparse',
  'CustomField',
  'CurrencyRef',
  'DepartmentRef',
  'PrivateNote',
  'Line',
]

const transaction = (
  name: EntityName,
  path: string,
  build: EntityKind['build'],
  { filterable, selectable }: { filterable: string[]; selectable: string[] },
): EntityKind => ({
  name,
  path,
  group: 'transaction',
  sequence: 'transaction',
  build,
  filterable: [...everywhere, 'TxnDate', ...filterable],
  selectable: [...everywhereSelectable, ...selectable],
})

const contactFilters = ['DisplayName', 'GivenName', 'FamilyName', 'CompanyName', 'PrintOnCheckName', 'Active', 'Balance']
const contactSelectable = [
  ...everywhereSelectable,
  'PrimaryPhone',
  'PrimaryEmailAddr',
  'BillAddr',
  'AcctNum',
  'Vendor1099',
  'FullyQualifiedName',
]

const kinds: readonly EntityKind[] = [
  transaction('Purchase', 'purchase', buildPurchase, {
    filterable: ['DocNumber', 'PaymentType', 'TotalAmt'],
    selectable: ['AccountRef', 'EntityRef', 'Credit', 'PurchaseEx', 'PrintStatus'],
  }),
  transaction('Deposit', 'deposit', buildDeposit, { filterable: ['TotalAmt'], selectable: ['DepositToAccountRef'] }),
  transaction('Transfer', 'transfer', buildTransfer, { filterable: [], selectable: ['FromAccountRef', 'ToAccountRef', 'Amount'] }),
  transaction('CreditCardPaymentTxn', 'creditcardpayment', buildCreditCardPayment, {
    filterable: [],
    selectable: ['BankAccountRef', 'CreditCardAccountRef', 'VendorRef', 'Amount'],
  }),
  transaction('JournalEntry', 'journalentry', buildJournalEntry, { filterable: ['DocNumber'], selectable: ['Adjustment', 'TotalAmt'] }),
  {
    name: 'Account',
    path: 'account',
    group: 'list',
    sequence: 'account',
    build: buildAccount,
    filterable: [
      ...everywhere,
      'Name',
      'FullyQualifiedName',
      'AccountType',
      'AccountSubType',
      'Classification',
      'Active',
      'SubAccount',
      'CurrentBalance',
      'Description',
    ],
    selectable: [...everywhereSelectable, 'AcctNum', 'ParentRef', 'CurrentBalanceWithSubAccounts'],
  },
  {
    name: 'Vendor',
    path: 'vendor',
    group: 'list',
    sequence: 'name',
    build: (source, context) => buildContact('Vendor', source, context),
    filterable: [...everywhere, ...contactFilters],
    selectable: contactSelectable,
  },
  {
    name: 'Customer',
    path: 'customer',
    group: 'list',
    sequence: 'name',
    build: (source, context) => buildContact('Customer', source, context),
    filterable: [...everywhere, ...contactFilters, 'FullyQualifiedName'],
    selectable: contactSelectable,
  },
  {
    name: 'Employee',
    path: 'employee',
    group: 'list',
    sequence: 'name',
    build: (source, context) => buildContact('Employee', source, context),
    filterable: [...everywhere, 'DisplayName', 'GivenName', 'FamilyName', 'Active', 'PrintOnCheckName'],
    selectable: contactSelectable,
  },
  {
    name: 'Class',
    path: 'class',
    group: 'list',
    sequence: 'class',
    build: (source, context) => buildTreeName('Class', source, context),
    filterable: [...everywhere, 'Name', 'FullyQualifiedName', 'SubClass', 'Active'],
    selectable: [...everywhereSelectable, 'ParentRef'],
  },
  {
    name: 'Department',
    path: 'department',
    group: 'list',
    sequence: 'department',
    build: (source, context) => buildTreeName('Department', source, context),
    filterable: [...everywhere, 'Name', 'FullyQualifiedName', 'SubDepartment', 'Active'],
    selectable: [...everywhereSelectable, 'ParentRef'],
  },
  {
    name: 'CompanyInfo',
    path: 'companyinfo',
    group: 'setting',
    sequence: 'name',
    build: null,
    filterable: everywhere,
    selectable: [...everywhereSelectable, 'CompanyName', 'LegalName', 'Country', 'FiscalYearStartMonth', 'NameValue'],
  },
  {
    name: 'Preferences',
    path: 'preferences',
    group: 'setting',
    sequence: 'name',
    build: null,
    filterable: everywhere,
    selectable: [...everywhereSelectable, 'AccountingInfoPrefs', 'CurrencyPrefs', 'OtherPrefs'],
  },
]

const byWord = new Map(kinds.flatMap((kind) => [kind.path, kind.name.toLowerCase()].map((word) => [word, kind] as const)))

/** The kind an endpoint, a query's FROM or a batch member names, letter case aside; null when it is not emulated. */
export function kindOf(word: string): EntityKind | null {
  return byWord.get(word.toLowerCase()) ?? null
}

export function kindNamed(name: EntityName): EntityKind {
  const kind = kindOf(name)
  if (kind === null) throw new Error(`No entity kind ${name}`)
  return kind
}
