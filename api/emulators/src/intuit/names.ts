import { classifications, defaultSubTypes } from './chart.ts'
import { type BuildContext, onlyKnown, refuseForeignCurrency, requireText, resolve, shortText } from './checks.ts'
import { accountingPrefs } from './company.ts'
import { badEnum, badText, businessRule, duplicateName, missing, tooLong, wrongAccountType } from './faults.ts'
import { type JsonObject, compact, flagAt, refAt, textAt } from './json.ts'
import { objectFields } from './lines.ts'
import { homeCurrency } from './state.ts'

const same = (left: string, right: string): boolean => left.trim().toLowerCase() === right.trim().toLowerCase()

/** `Active` after the write: creates are active, updates keep what they do not name. */
function activeAfter(source: JsonObject): boolean {
  return flagAt(source, 'Active') ?? true
}

/** Inactivated names carry “ (deleted)”, which frees the name for a new one; a return to life takes it off. */
function nameFor(name: string, active: boolean): string {
  const bare = name.replace(/ \(deleted\)$/, '')
  return active ? bare : `${bare} (deleted)`
}

const accountFields = [
  ...objectFields,
  'Name',
  'SubAccount',
  'ParentRef',
  'Description',
  'FullyQualifiedName',
  'AccountAlias',
  'TxnLocationType',
  'Active',
  'Classification',
  'AccountType',
  'AccountSubType',
  'AcctNum',
  'BankNum',
  'OpeningBalance',
  'OpeningBalanceDate',
  'CurrentBalance',
  'CurrentBalanceWithSubAccounts',
  'CurrencyRef',
  'TaxAccount',
  'TaxCodeRef',
  'OnlineBankingEnabled',
]

function accountType(source: JsonObject): { type: string; subType: string } {
  const sent = textAt(source, 'AccountType')
  const subType = textAt(source, 'AccountSubType')
  if (sent !== null) {
    if (!(sent in classifications)) throw badEnum('AccountType', sent)
    return { type: sent, subType: subType ?? defaultSubTypes[sent] ?? 'OtherMiscellaneousServiceCost' }
  }
  if (subType === null)
    throw wrongAccountType('Either an Account.AccountType or an Account.AccountSubType must be specified', 'AccountType')
  const type = Object.keys(defaultSubTypes).find((key) => defaultSubTypes[key] === subType)
  if (type === undefined) throw badEnum('AccountSubType', subType)
  return { type, subType }
}

/** An account: its name is at most 100 characters, has no `"` or `:`, and is new among its siblings. */
export function buildAccount(source: JsonObject, context: BuildContext): JsonObject {
  onlyKnown(source, accountFields)
  refuseForeignCurrency(source)
  const { company, old } = context
  const active = activeAfter(source)
  const name = nameFor(requireText(source, 'Name').trim(), active)
  if (name.length > 100) throw tooLong('Name', 100, name.length)
  if (/[":]/.test(name)) throw badText('Name', 'An account name must not contain a double quote or a colon')
  const { type, subType } = accountType(source)
  if (old !== null && classifications[type] !== textAt(old, 'Classification'))
    throw wrongAccountType('The account type cannot be changed', 'AccountType')
  const parentId = refAt(source, 'ParentRef')
  const parent = parentId === null ? null : resolve(company, 'Account', parentId, 'ParentRef')
  if (parent !== null && textAt(parent, 'AccountType') !== type) {
    throw wrongAccountType('A sub-account has the same type as its parent', 'AccountType')
  }
  refuseCycle(company.entities.Account, old, parent)
  refuseTwin(company.entities.Account, source, name, parentId)
  return compact({
    Name: name,
    SubAccount: parent !== null,
    ParentRef: parent === null ? null : { value: parentId },
    Description: shortText(source, 'Description', 4000),
    FullyQualifiedName: parent === null ? name : `${textAt(parent, 'FullyQualifiedName')}:${name}`,
    Active: active,
    Classification: classifications[type] ?? 'Asset',
    AccountType: type,
    AccountSubType: subType,
    AcctNum: flagAt(accountingPrefs(company), 'UseAccountNumbers') === true ? shortText(source, 'AcctNum', 20) : null,
    CurrencyRef: homeCurrency(),
  })
}

/** Refuses a parent that lies below the object itself. */
function refuseCycle(others: Record<string, JsonObject>, old: JsonObject | null, parent: JsonObject | null): void {
  if (old === null) return
  // The stored tree has no cycle, so the walk to its root ends
  for (let above = parent; above !== null; above = others[refAt(above, 'ParentRef') ?? ''] ?? null) {
    if (textAt(above, 'Id') === textAt(old, 'Id')) throw businessRule('A name cannot be its own parent', 'ParentRef')
  }
}

/** Refuses a name used by another object below the same parent. */
function refuseTwin(others: Record<string, JsonObject>, source: JsonObject, name: string, parentId: string | null): void {
  for (const [otherId, other] of Object.entries(others)) {
    if (otherId === textAt(source, 'Id') || refAt(other, 'ParentRef') !== parentId) continue
    if (same(textAt(other, 'Name') ?? '', name)) throw duplicateName(otherId)
  }
}

const contactFields = [
  ...objectFields,
  'DisplayName',
  'Title',
  'GivenName',
  'MiddleName',
  'FamilyName',
  'Suffix',
  'CompanyName',
  'FullyQualifiedName',
  'PrintOnCheckName',
  'Active',
  'Notes',
  'PrimaryPhone',
  'AlternatePhone',
  'Mobile',
  'Fax',
  'PrimaryEmailAddr',
  'WebAddr',
  'BillAddr',
  'ShipAddr',
  'PrimaryAddr',
  'CurrencyRef',
  'Balance',
  'BalanceWithJobs',
  'AcctNum',
  'Vendor1099',
  'TaxIdentifier',
  'TermRef',
  'BillRate',
  'Taxable',
  'Job',
  'PreferredDeliveryMethod',
  'V4IDPseudonym',
  'IsProject',
  'ClientEntityId',
]

const keptContactFields = [
  'Title',
  'GivenName',
  'MiddleName',
  'FamilyName',
  'Suffix',
  'CompanyName',
  'PrimaryPhone',
  'Mobile',
  'PrimaryEmailAddr',
  'WebAddr',
  'BillAddr',
  'PrimaryAddr',
  'AcctNum',
]

function displayName(source: JsonObject): string {
  const sent = textAt(source, 'DisplayName')
  const parts = ['Title', 'GivenName', 'MiddleName', 'FamilyName', 'Suffix']
    .map((key) => textAt(source, key))
    .filter((part) => part !== null)
  const name = (sent ?? parts.join(' ')).trim()
  if (name === '') throw missing('DisplayName')
  if (name.length > 500) throw tooLong('DisplayName', 500, name.length)
  if (/[:\t\n]/.test(name)) throw badText('DisplayName', 'A name must not contain a colon, a tab or a new line')
  return name
}

/** A vendor, customer or employee. The DisplayName is new over all three lists, letter case aside. */
export function buildContact(entity: 'Vendor' | 'Customer' | 'Employee', source: JsonObject, context: BuildContext): JsonObject {
  onlyKnown(source, contactFields)
  refuseForeignCurrency(source)
  const active = activeAfter(source)
  const name = nameFor(displayName(source), active)
  for (const list of ['Vendor', 'Customer', 'Employee'] as const) {
    for (const [otherId, other] of Object.entries(context.company.entities[list])) {
      if (list === entity && otherId === textAt(source, 'Id')) continue
      if (same(textAt(other, 'DisplayName') ?? '', name)) throw duplicateName(otherId)
    }
  }
  return compact({
    ...Object.fromEntries(keptContactFields.map((key) => [key, source[key]])),
    DisplayName: name,
    ...(entity === 'Customer' ? { FullyQualifiedName: name, Job: false, BalanceWithJobs: 0 } : {}),
    PrintOnCheckName: textAt(source, 'PrintOnCheckName') ?? name,
    Active: active,
    ...(entity === 'Employee' ? {} : { Balance: 0, CurrencyRef: homeCurrency() }),
    ...(entity === 'Vendor' ? { Vendor1099: flagAt(source, 'Vendor1099') === true } : {}),
  })
}

/** A class or a department (location): a tree of names at most 5 deep. */
export function buildTreeName(entity: 'Class' | 'Department', source: JsonObject, context: BuildContext): JsonObject {
  onlyKnown(source, [...objectFields, 'Name', 'SubClass', 'SubDepartment', 'ParentRef', 'FullyQualifiedName', 'Active', 'Address'])
  const active = activeAfter(source)
  const name = nameFor(requireText(source, 'Name').trim(), active)
  if (name.length > 100) throw tooLong('Name', 100, name.length)
  if (name.includes(':')) throw badText('Name', 'A name must not contain a colon')
  const parentId = refAt(source, 'ParentRef')
  const parent = parentId === null ? null : resolve(context.company, entity, parentId, 'ParentRef')
  refuseCycle(context.company.entities[entity], context.old, parent)
  refuseTwin(context.company.entities[entity], source, name, parentId)
  const fullName = parent === null ? name : `${textAt(parent, 'FullyQualifiedName')}:${name}`
  if (fullName.split(':').length > 5) throw businessRule('Names are nested at most 5 levels deep', 'ParentRef')
  return compact({
    Name: name,
    [entity === 'Class' ? 'SubClass' : 'SubDepartment']: parent !== null,
    ParentRef: parent === null ? null : { value: parentId, name: textAt(parent, 'Name') },
    FullyQualifiedName: fullName,
    Active: active,
  })
}
