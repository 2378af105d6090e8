import { isAxiosError } from 'axios'
import QuickBooksModule from 'node-quickbooks'
import type {
  CompanyAccess,
  EntryToPost,
  PostedEntry,
  PostOutcome,
  ProviderBooksAccount,
  ProviderVendor,
  Quickbooks,
  QuickbooksConfig,
} from './types.ts'
import { entityOf, type EntityName, markerOf, toWireEntry } from './entry-map.ts'
import { isDoubtful, readFault, toRefusal, toSilence } from './errors.ts'
import { postText } from './http.ts'
import {
  homeCurrencyOf,
  toBooksAccount,
  toPosted,
  toVendor,
  type WireAccount,
  type WireEntry,
  type WirePreferences,
  type WireVendor,
} from './map.ts'
import { ProviderError } from '../../core/errors.ts'

// The typings say `export default`, but at run time the module itself is the constructor
const QuickBooks = QuickBooksModule as unknown as typeof QuickBooksModule.default

/** Intuit has answered every request in this version since August 2025, whatever is asked for. */
const minorVersion = '75'
/** Intuit's limit. */
const entriesPerPostMax = 30

type Callback<T> = (error: unknown, value: T) => void
/** The calls used, as narrow as they are used: the package's own types demand members that Intuit does not. */
interface Sdk {
  endpoint: string
  findAccounts(criteria: Criterion[], callback: Callback<Listed>): void
  findVendors(criteria: Criterion[], callback: Callback<Listed>): void
  findPurchases(criteria: Criterion[], callback: Callback<Listed>): void
  findDeposits(criteria: Criterion[], callback: Callback<Listed>): void
  getCompanyInfo(id: string, callback: Callback<{ CompanyName?: string }>): void
  getPreferences(callback: Callback<WirePreferences>): void
}
interface Criterion {
  field: string
  value: string | boolean | string[] | boolean[]
  operator?: string
}
interface Listed {
  QueryResponse: Record<string, unknown>
}

/** All pages, in the order of the ids, so that pages do not shift while they are read. */
const allPages: Criterion[] = [
  { field: 'fetchAll', value: true },
  { field: 'asc', value: 'Id' },
]
/** Queries leave out what was made inactive unless they are asked not to. */
const alsoInactive: Criterion = { field: 'Active', value: [true, false], operator: 'IN' }

type CompanyCalls = Pick<Quickbooks, 'company' | 'accounts' | 'vendors' | 'post' | 'find'>

/** What is done with one company's books: reads through node-quickbooks, posts by ourselves, for the package loses the request id. */
export function createCompanyCalls(config: QuickbooksConfig): CompanyCalls {
  const open = (access: CompanyAccess): Sdk => openCompany(config, access)
  return {
    async company(access) {
      const sdk = open(access)
      const info = await calling<{ CompanyName?: string }>('companyInfo', (done) => sdk.getCompanyInfo(access.realmId, done))
      const preferences = await calling<WirePreferences>('preferences', (done) => sdk.getPreferences(done))
      return {
        name: info.CompanyName ?? access.realmId,
        homeCurrency: homeCurrencyOf(preferences),
        closedThrough: preferences.AccountingInfoPrefs?.BookCloseDate ?? null,
      }
    },
    async accounts(access) {
      const sdk = open(access)
      const preferences = await calling<WirePreferences>('preferences', (done) => sdk.getPreferences(done))
      const rows = await listing<WireAccount>('Account', (done) => sdk.findAccounts([...allPages, alsoInactive], done))
      const accounts = rows.map((row) => toBooksAccount(row, homeCurrencyOf(preferences)))
      return accounts.filter((account): account is ProviderBooksAccount => account !== null)
    },
    async vendors(access): Promise<ProviderVendor[]> {
      const sdk = open(access)
      return (await listing<WireVendor>('Vendor', (done) => sdk.findVendors([...allPages, alsoInactive], done))).map(toVendor)
    },
    post: (access, requestId, entries) => post(config, access, { requestId, entries }),
    find: (access, entries) => find(open(access), entries),
  }
}

function openCompany(config: QuickbooksConfig, { realmId, accessToken }: CompanyAccess): Sdk {
  const sdk = new QuickBooks(config.clientId, config.clientSecret, accessToken, false, realmId, false, false, minorVersion, '2.0', null)
  // Narrowed to the calls above, with what Intuit really takes and answers
  const narrowed = sdk as unknown as Sdk
  narrowed.endpoint = `${config.apiUrl}/v3/company/`
  return narrowed
}

/** The one way from the package's callbacks to promises. Nothing but ProviderError leaves: its errors hold the token. */
function calling<T>(operation: string, start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (error: unknown, value: T): void => {
      if (error === null || error === undefined) resolve(value)
      else reject(toProviderError(operation, error))
    }
    try {
      start(settle)
    } catch (error) {
      settle(error, undefined as T) // not read when there is an error
    }
  })
}

/** The package hands over axios's errors, or the body of a fault that came with status 200. */
function toProviderError(operation: string, error: unknown): ProviderError {
  if (isAxiosError(error) && error.response !== undefined) {
    const { status, data, headers } = error.response
    const tid: unknown = headers['intuit_tid']
    return toRefusal(operation, { status, body: data, requestId: typeof tid === 'string' ? tid : null })
  }
  return readFault(error) === null ? toSilence(operation, error) : toRefusal(operation, { status: 400, body: error, requestId: null })
}

/** All rows of a query; nothing found is answered by an empty object. */
async function listing<T>(entity: 'Account' | 'Vendor' | EntityName, start: (done: Callback<Listed>) => void): Promise<T[]> {
  const { QueryResponse } = await calling<Listed>(`query${entity}`, start)
  const rows = QueryResponse[entity] ?? []
  if (!Array.isArray(rows)) throw toSilence(`query${entity}`, null)
  return rows as T[] // Intuit's rows of this entity; only required members are read without a fallback
}

interface Batch {
  requestId: string
  entries: EntryToPost[]
}

async function post(
  config: QuickbooksConfig,
  { realmId, accessToken }: CompanyAccess,
  { requestId, entries }: Batch,
): Promise<PostOutcome[]> {
  if (entries.length === 0 || entries.length > entriesPerPostMax) throw new RangeError(`A post takes 1 to ${entriesPerPostMax} entries`)
  const url = new URL(`${config.apiUrl}/v3/company/${encodeURIComponent(realmId)}/batch`)
  url.searchParams.set('requestid', requestId)
  url.searchParams.set('minorversion', minorVersion)
  const items = entries.map((item, index) => ({ bId: String(index), operation: 'create', [entityOf(item.entry)]: toWireEntry(item) }))
  const answer = await postText({
    operation: 'post',
    url: url.href,
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ BatchItemRequest: items }),
  })
  return readOutcomes(answer, entries)
}

/**
 * What became of each entry; items come back in any order. When one is missing or Intuit stumbled over it, the whole request is
 * doubtful: looking the entries up then tells which of them stand in the books.
 */
function readOutcomes(answer: unknown, entries: EntryToPost[]): PostOutcome[] {
  // Every member is checked below
  const items = (answer as { BatchItemResponse?: unknown } | null)?.BatchItemResponse
  if (!Array.isArray(items)) throw toSilence('post', null)
  const byId = new Map(items.map((item: Record<string, unknown>) => [item['bId'], item]))
  return entries.map(({ pushId, entry }, index) => {
    const item = byId.get(String(index)) ?? {}
    const fault = readFault(item)
    if (fault !== null && fault.code !== null && !isDoubtful(fault)) return { pushId, refused: { code: fault.code, detail: fault.detail } }
    // An entry that was created comes back with its id
    const created = item[entityOf(entry)] as Partial<WireEntry> | undefined
    if (fault !== null || created?.Id === undefined || created.SyncToken === undefined) throw doubt(fault?.code ?? null)
    return { pushId, posted: toPosted(entityOf(entry), { Id: created.Id, SyncToken: created.SyncToken }) }
  })
}

const doubt = (code: string | null): ProviderError =>
  new ProviderError({ provider: 'quickbooks', operation: 'post', outcome: 'unknown', status: 200, code, transient: true })

/**
 * Entries are asked for by their days, all at once, for queries cannot filter by the note that holds the marker. By the time of
 * their making they could be told apart from older ones, but only if Intuit's clock and ours agreed.
 */
async function find(sdk: Sdk, entries: EntryToPost[]): Promise<Map<string, PostedEntry>> {
  const found = new Map<string, PostedEntry>()
  for (const entity of ['Purchase', 'Deposit'] as const) {
    const wanted = entries.filter(({ entry }) => entityOf(entry) === entity)
    if (wanted.length === 0) continue
    const days = [...new Set(wanted.map(({ entry }) => entry.date))]
    const criteria: Criterion[] = [...allPages, { field: 'TxnDate', value: days, operator: 'IN' }]
    const rows = await listing<WireEntry>(entity, (done) =>
      entity === 'Purchase' ? sdk.findPurchases(criteria, done) : sdk.findDeposits(criteria, done),
    )
    for (const { pushId } of wanted) {
      const row = rows.find(({ PrivateNote }) => PrivateNote?.includes(markerOf(pushId)))
      if (row !== undefined) found.set(pushId, toPosted(entity, row))
    }
  }
  return found
}
