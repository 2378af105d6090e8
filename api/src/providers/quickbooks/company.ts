import type {
  CompanyAccess,
  EntryToPost,
  PostedEntry,
  PostOutcome,
  ProviderBooksAccount,
  ProviderVendor,
  Quickbooks,
  QuickbooksConfig,
  RemoveOutcome,
  StandingEntry,
} from './types.ts'
import { doubt, type ItemAnswer, minorVersion, postBatch } from './batch.ts'
import { entityOf, type EntityName, markerOf, toWireEntry } from './entry-map.ts'
import { readFault, toRefusal, toSilence } from './errors.ts'
import { companyTurn, interactiveMs } from './limits.ts'
import {
  homeCurrencyOf,
  toBooksAccount,
  toPosted,
  toStanding,
  toVendor,
  type WireAccount,
  type WireEntry,
  type WirePreferences,
  type WireVendor,
} from './map.ts'
import { ProviderError } from '../../core/errors.ts'
import { once } from '../../core/once.ts'
import { isAxiosError, loadProvider } from '../../core/outgoing.ts'
import type { Pace } from '../../core/pace.ts'

const loadPackage = once(async () => {
  const module = (await loadProvider(() => import('node-quickbooks'))).default
  // The typings say `export default`, but at run time the module itself is the constructor
  return module as unknown as typeof module.default
})

/** No such object (any more), as Intuit's error codes have it. */
const noSuchObject = '610'
const nothing: ItemAnswer = { body: {}, refused: null }
const rowsPerPage = 1_000
/** Half a million rows of one list; beyond it something repeats itself. */
const pagesMax = 500

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
  value: string | number | boolean | string[] | boolean[]
  operator?: string
}
interface Listed {
  QueryResponse: Record<string, unknown>
}

/** Queries leave out what was made inactive unless they are asked not to. */
const alsoInactive: Criterion = { field: 'Active', value: [true, false], operator: 'IN' }

type CompanyCalls = Pick<Quickbooks, 'company' | 'accounts' | 'vendors' | 'post' | 'find' | 'read' | 'remove'>

interface Connection {
  config: QuickbooksConfig
  pace: Pace
}

interface Post {
  requestId: string
  entries: EntryToPost[]
}

/** What is done with one company's books: reads through node-quickbooks, posts by ourselves, for the package loses the request id. */
export function createCompanyCalls(config: QuickbooksConfig, pace: Pace): CompanyCalls {
  const open = (access: CompanyAccess): Company => openCompany(config, pace, access)
  return {
    async company(access) {
      const company = open(access)
      const until = performance.now() + interactiveMs
      const info = await company.ask<{ CompanyName?: string }>(
        'companyInfo',
        (sdk, done) => sdk.getCompanyInfo(access.realmId, done),
        interactiveMs,
      )
      const preferences = await readPreferences(company, Math.max(1, until - performance.now()))
      return {
        name: info.CompanyName ?? access.realmId,
        homeCurrency: homeCurrencyOf(preferences),
        closedThrough: preferences.AccountingInfoPrefs?.BookCloseDate ?? null,
      }
    },
    async accounts(access) {
      const company = open(access)
      const preferences = await readPreferences(company)
      const rows = await listing<WireAccount>(company, 'Account', [alsoInactive])
      const accounts = rows.map((row) => toBooksAccount(row, homeCurrencyOf(preferences)))
      return accounts.filter((account): account is ProviderBooksAccount => account !== null)
    },
    async vendors(access): Promise<ProviderVendor[]> {
      return (await listing<WireVendor>(open(access), 'Vendor', [alsoInactive])).map(toVendor)
    },
    post: (access, requestId, entries) => post({ config, pace }, access, { requestId, entries }),
    find: (access, entries) => find(open(access), entries),
    read: (access, entries) => read(open(access), entries),
    remove: (access, entries) => remove({ config, pace }, access, entries),
  }
}

/** One company, each of whose calls goes out when its turn has come. */
interface Company {
  /** `urgentMs` for somebody who waits: so long at most, the wait for the turn included. */
  ask<T>(operation: string, start: (sdk: Sdk, done: Callback<T>) => void, urgentMs?: number): Promise<T>
}

function openCompany(config: QuickbooksConfig, pace: Pace, { realmId, accessToken }: CompanyAccess): Company {
  const open = once(async () => {
    const QuickBooks = await loadPackage()
    const sdk = new QuickBooks(config.clientId, config.clientSecret, accessToken, false, realmId, false, false, minorVersion, '2.0', null)
    // Narrowed to the calls above, with what Intuit really takes and answers
    const narrowed = sdk as unknown as Sdk
    narrowed.endpoint = `${config.apiUrl}/v3/company/`
    return narrowed
  })
  return {
    ask: (operation, start, urgentMs) =>
      pace.inTurn(companyTurn(realmId, operation, urgentMs === undefined ? {} : { urgentMs }), async (timeoutMs) => {
        const sdk = await open()
        return calling(operation, timeoutMs, (done) => start(sdk, done))
      }),
  }
}

/** The one way from the package's callbacks to promises. Nothing but ProviderError leaves: its errors hold the token. */
function calling<T>(operation: string, timeoutMs: number, start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    // The package takes no time-out of its caller. An answer that comes later is dropped
    const timer = setTimeout(() => reject(toSilence(operation, new DOMException('No answer in time', 'TimeoutError'))), timeoutMs)
    const settle = (error: unknown, value: T): void => {
      clearTimeout(timer)
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

const readPreferences = (company: Company, urgentMs?: number): Promise<WirePreferences> =>
  company.ask<WirePreferences>('preferences', (sdk, done) => sdk.getPreferences(done), urgentMs)

/** The package hands over axios's errors, or the body of a fault that came with status 200. */
function toProviderError(operation: string, error: unknown): ProviderError {
  // With a success whose body broke off axios throws too: what it would have said nobody knows
  if (isAxiosError(error) && error.response !== undefined && error.response.status >= 300) {
    const { status, data, headers } = error.response
    const tid: unknown = headers['intuit_tid']
    return toRefusal(operation, { status, body: data, requestId: typeof tid === 'string' ? tid : null })
  }
  return readFault(error) === null ? toSilence(operation, error) : toRefusal(operation, { status: 400, body: error, requestId: null })
}

type ListName = 'Account' | 'Vendor' | EntityName

function findPage(sdk: Sdk, entity: ListName, criteria: Criterion[], done: Callback<Listed>): void {
  switch (entity) {
    case 'Account':
      return sdk.findAccounts(criteria, done)
    case 'Vendor':
      return sdk.findVendors(criteria, done)
    case 'Purchase':
      return sdk.findPurchases(criteria, done)
    case 'Deposit':
      return sdk.findDeposits(criteria, done)
  }
}

/**
 * All rows of a query, a page a call; nothing found is answered by an empty object. In the order of the ids, so that pages do not
 * shift while they are read. The package's own way to fetch all of them never answers when a later page fails.
 */
async function listing<T>(company: Company, entity: ListName, criteria: Criterion[]): Promise<T[]> {
  const rows: T[] = []
  for (let page = 0; page < pagesMax; page++) {
    const place = [
      { field: 'asc', value: 'Id' },
      { field: 'limit', value: rowsPerPage },
      { field: 'offset', value: 1 + page * rowsPerPage },
    ]
    const { QueryResponse } = await company.ask<Listed>(`query${entity}`, (sdk, done) =>
      findPage(sdk, entity, [...criteria, ...place], done),
    )
    const found = QueryResponse[entity] ?? []
    if (!Array.isArray(found)) throw toSilence(`query${entity}`, null)
    rows.push(...(found as T[])) // Intuit's rows of this entity; only required members are read without a fallback
    if (found.length < rowsPerPage) return rows
  }
  throw new ProviderError({
    provider: 'quickbooks',
    operation: `query${entity}`,
    outcome: 'refused',
    status: null,
    code: 'endless_list',
    transient: false,
  })
}

async function post(on: Connection, access: CompanyAccess, { requestId, entries }: Post): Promise<PostOutcome[]> {
  const items = entries.map((item) => ({ operation: 'create', [entityOf(item.entry)]: toWireEntry(item) }))
  const answers = await postBatch(on, access, { operation: 'post', requestId, items })
  return entries.map(({ pushId, entry }, index) => {
    const { body, refused } = answers[index] ?? nothing
    if (refused !== null) return { pushId, refused }
    // An entry that was created comes back with its id
    const created = body[entityOf(entry)] as Partial<WireEntry> | undefined
    if (created?.Id === undefined || created.SyncToken === undefined) throw doubt('post', null)
    return { pushId, posted: toPosted(entityOf(entry), { Id: created.Id, SyncToken: created.SyncToken }) }
  })
}

/** A repeat of a deletion meets an entry that is gone, so it needs no request id. */
async function remove(on: Connection, access: CompanyAccess, entries: PostedEntry[]): Promise<RemoveOutcome[]> {
  const items = entries.map(({ entity, providerEntryId, syncToken }) => ({
    operation: 'delete',
    [entity]: { Id: providerEntryId, SyncToken: syncToken },
  }))
  const answers = await postBatch(on, access, { operation: 'remove', requestId: null, items })
  return entries.map(({ entity }, index) => {
    const { body, refused } = answers[index] ?? nothing
    if (refused !== null) return refused.code === noSuchObject ? { wasGone: true } : { refused }
    // What was deleted comes back as such
    const deleted = body[entity] as { status?: unknown } | undefined
    if (deleted?.status !== 'Deleted') throw doubt('remove', null)
    return { wasGone: false }
  })
}

/**
 * Entries are asked for by their days, all at once, for queries cannot filter by the note that holds the marker. By the time of
 * their making they could be told apart from older ones, but only if Intuit's clock and ours agreed.
 */
async function find(company: Company, entries: EntryToPost[]): Promise<Map<string, PostedEntry>> {
  const found = new Map<string, PostedEntry>()
  for (const entity of ['Purchase', 'Deposit'] as const) {
    const wanted = entries.filter(({ entry }) => entityOf(entry) === entity)
    if (wanted.length === 0) continue
    const days = [...new Set(wanted.map(({ entry }) => entry.date))]
    const rows = await listing<WireEntry>(company, entity, [{ field: 'TxnDate', value: days, operator: 'IN' }])
    for (const { pushId } of wanted) {
      const row = rows.find(({ PrivateNote }) => PrivateNote?.includes(markerOf(pushId)))
      if (row !== undefined) found.set(pushId, toPosted(entity, row))
    }
  }
  return found
}

async function read(company: Company, entries: PostedEntry[]): Promise<Map<string, StandingEntry>> {
  const standing = new Map<string, StandingEntry>()
  for (const entity of ['Purchase', 'Deposit'] as const) {
    const value = entries.filter((entry) => entry.entity === entity).map(({ providerEntryId }) => providerEntryId)
    const rows = value.length === 0 ? [] : await listing<WireEntry>(company, entity, [{ field: 'Id', value, operator: 'IN' }])
    for (const row of rows) standing.set(row.Id, toStanding(row))
  }
  return standing
}
