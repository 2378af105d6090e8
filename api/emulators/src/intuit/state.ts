import { chart, classifications, companyNames, vendorNames } from './chart.ts'
import type { JsonObject } from './json.ts'
import { metaTime } from './time.ts'

export const entityNames = [
  'Account',
  'Class',
  'CompanyInfo',
  'CreditCardPaymentTxn',
  'Customer',
  'Department',
  'Deposit',
  'Employee',
  'JournalEntry',
  'Preferences',
  'Purchase',
  'Transfer',
  'Vendor',
] as const
export type EntityName = (typeof entityNames)[number]

export const transactionNames = ['Purchase', 'Deposit', 'Transfer', 'CreditCardPaymentTxn', 'JournalEntry'] as const
export type TransactionName = (typeof transactionNames)[number]

/** Which counter an entity's Ids come from. All transactions share one, as do vendors, customers and employees. */
export type Sequence = 'transaction' | 'account' | 'name' | 'class' | 'department'

/** How an entry came to be. */
export interface Origin {
  byApi: boolean
  requestId: string | null
  requestCount: number
}

/** The first answer to a `requestid`, kept for ever: Intuit publishes no retention. */
export interface StoredAnswer {
  status: number
  body: JsonObject
  /** Origin keys of the entries this answer reports. */
  created: string[]
}

export interface Tombstone {
  entity: EntityName
  id: string
  /** MetaData form. */
  at: string
}

export interface Company {
  realmId: string
  nextIds: Record<Sequence, number>
  /** Wire objects by Id. */
  entities: Record<EntityName, Record<string, JsonObject>>
  tombstones: Tombstone[]
  /** By `requestid`, batches under `requestid` and their bIds. */
  answers: Record<string, StoredAnswer>
  replayCount: number
  /** By `entity:id`. */
  origins: Record<string, Origin>
  subscriptionLapsed: boolean
  warnDuplicateDocNumber: boolean
}

export interface AuthorizationCode {
  code: string
  realmId: string
  redirectUri: string
  expiresAt: number
}

export interface RefreshToken {
  value: string
  issuedAt: number
  expiresAt: number
  /** When a newer value took its place; null for the present one. */
  replacedAt: number | null
}

/** What one authorization gave the application. All times are epoch milliseconds. */
export interface Grant {
  realmId: string
  authorizedAt: number
  revoked: boolean
  refreshTokens: RefreshToken[]
  accessTokens: { value: string; expiresAt: number }[]
}

export interface State {
  companies: Record<string, Company>
  codes: AuthorizationCode[]
  grants: Grant[]
}

export const originKey = (entity: EntityName, id: string): string => `${entity}:${id}`

/** The usual members of a saved object. */
export function stamp(id: string, at: string): JsonObject {
  return { domain: 'QBO', sparse: false, Id: id, SyncToken: '0', MetaData: { CreateTime: at, LastUpdatedTime: at } }
}

/** A state with the companies that exist before anybody connects. */
export function firstState(now: Date): State {
  const state: State = { companies: {}, codes: [], grants: [] }
  for (const name of companyNames) addCompany(state, name, now)
  return state
}

/** Adds a company with the usual chart of accounts, vendors and settings, and no entries. */
export function addCompany(state: State, name: string, now: Date): Company {
  const index = Object.keys(state.companies).length
  const realmId = String(9_341_450_000_000_001n + BigInt(index))
  const company: Company = {
    realmId,
    // Every company counts from the same number, as in QuickBooks: an Id means nothing without its company
    nextIds: { transaction: 101, account: 1, name: 1, class: 1, department: 1 },
    entities: {
      Account: {},
      Class: {},
      CompanyInfo: {},
      CreditCardPaymentTxn: {},
      Customer: {},
      Department: {},
      Deposit: {},
      Employee: {},
      JournalEntry: {},
      Preferences: {},
      Purchase: {},
      Transfer: {},
      Vendor: {},
    },
    tombstones: [],
    answers: {},
    replayCount: 0,
    origins: {},
    subscriptionLapsed: false,
    warnDuplicateDocNumber: true,
  }
  const at = metaTime(now)
  addSettings(company, name, at)
  addChart(company, at)
  for (const displayName of vendorNames) {
    const id = takeId(company, 'name')
    company.entities.Vendor[id] = {
      ...stamp(id, at),
      DisplayName: displayName,
      PrintOnCheckName: displayName,
      Active: true,
      Balance: 0,
      Vendor1099: false,
      CurrencyRef: homeCurrency(),
    }
  }
  state.companies[realmId] = company
  return company
}

export const homeCurrency = (): JsonObject => ({ value: 'USD', name: 'United States Dollar' })

/** The next Id of a sequence. */
export function takeId(company: Company, sequence: Sequence): string {
  const id = company.nextIds[sequence]
  company.nextIds[sequence] = id + 1
  return String(id)
}

function addChart(company: Company, at: string): void {
  const idByName = new Map<string, string>()
  for (const { name, type, subType, parent } of chart) {
    const id = takeId(company, 'account')
    idByName.set(name, id)
    const parentId = parent === undefined ? undefined : idByName.get(parent)
    company.entities.Account[id] = {
      ...stamp(id, at),
      Name: name,
      SubAccount: parentId !== undefined,
      ...(parentId === undefined ? {} : { ParentRef: { value: parentId } }),
      FullyQualifiedName: parent === undefined ? name : `${parent}:${name}`,
      Active: true,
      Classification: classifications[type] ?? 'Asset',
      AccountType: type,
      AccountSubType: subType,
      CurrentBalance: 0,
      CurrentBalanceWithSubAccounts: 0,
      CurrencyRef: homeCurrency(),
    }
  }
}

function addSettings(company: Company, name: string, at: string): void {
  const address = {
    Id: '1',
    Line1: '100 Example Street',
    City: 'Springfield',
    Country: 'USA',
    CountrySubDivisionCode: 'CA',
    PostalCode: '90001',
  }
  company.entities.CompanyInfo['1'] = {
    ...stamp('1', at),
    CompanyName: name,
    LegalName: name,
    CompanyAddr: address,
    Country: 'US',
    CompanyStartDate: at.slice(0, 10),
    FiscalYearStartMonth: 'January',
    SupportedLanguages: 'en',
    DefaultTimeZone: 'America/Los_Angeles',
    NameValue: [
      { Name: 'SubscriptionStatus', Value: 'SUBSCRIBED' },
      { Name: 'OfferingSku', Value: 'QuickBooks Online Plus' },
      { Name: 'CompanyType', Value: 'Other' },
      { Name: 'AccountantFeature', Value: 'false' },
    ],
  }
  company.entities.Preferences['1'] = {
    ...stamp('1', at),
    AccountingInfoPrefs: {
      FirstMonthOfFiscalYear: 'January',
      UseAccountNumbers: false,
      TrackDepartments: false,
      ClassTrackingPerTxn: false,
      ClassTrackingPerTxnLine: false,
      CustomerTerminology: 'Customers',
      DepartmentTerminology: 'Location',
    },
    CurrencyPrefs: { MultiCurrencyEnabled: false, HomeCurrency: { value: 'USD' } },
    OtherPrefs: { NameValue: [{ Name: 'WarnDuplicateCheckNumber', Value: 'true' }] },
  }
}
