import { isAxiosError } from 'axios'
import QuickBooksModule from 'node-quickbooks'
import { ProviderError } from '../../core/errors.ts'
import { answerError, faultOf, silenceError } from './errors.ts'
import { markerOf, toAccount, toVendor, toWire, type Wire } from './map.ts'
import type { CompanyAccess, EntryToPost, PostedEntry, PostOutcome, Quickbooks, QuickbooksConfig } from './types.ts'

// The typings say `export default class`; at run time the module itself is the constructor.
const QuickBooks = QuickBooksModule as unknown as typeof QuickBooksModule.default
type Client = InstanceType<typeof QuickBooks>

const timeoutMs = 30_000
const minorVersion = '75'
const pageSize = 1_000
const pagesMax = 100

type Api = Pick<Quickbooks, 'company' | 'accounts' | 'vendors' | 'post' | 'find'>

/** The accounting API of one company. Reads go through node-quickbooks; a batch goes by our own request, for the SDK cannot give it a request id. */
export function createApi(config: QuickbooksConfig): Api {
  const clientFor = ({ realmId, accessToken }: CompanyAccess): Client => {
    const client = new QuickBooks(config.clientId, config.clientSecret, accessToken, false, realmId, true, false, minorVersion, '2.0', null)
    // An instance property of the SDK that its typings leave out
    Object.assign(client, { endpoint: `${config.apiUrl}/v3/company/` })
    return client
  }
  const company: Api['company'] = async (access) => {
    const client = clientFor(access)
    const info = await ask('company', (done) => client.getCompanyInfo(access.realmId, done))
    const preferences = await ask('preferences', (done) => client.getPreferences(done))
    const member = (value: unknown, name: string): Wire => (isWire(value) && isWire(value[name]) ? value[name] : {})
    const home = member(member(preferences, 'CurrencyPrefs'), 'HomeCurrency').value
    const closed = member(preferences, 'AccountingInfoPrefs').BookCloseDate
    return {
      name: isWire(info) && typeof info.CompanyName === 'string' ? info.CompanyName : 'QuickBooks company',
      homeCurrency: typeof home === 'string' ? home : 'USD',
      closedThrough: typeof closed === 'string' ? closed : null,
    }
  }
  return {
    company,
    async accounts(access) {
      const { homeCurrency } = await company(access)
      const rows = await queryAll(config, access, 'select * from Account where Active in (true, false) orderby Id')
      return rows.map((row) => toAccount(row, homeCurrency)).filter((row) => row !== null)
    },
    async vendors(access) {
      const rows = await queryAll(config, access, 'select * from Vendor where Active in (true, false) orderby Id')
      return rows.map(toVendor).filter((row) => row !== null)
    },
    post: (access, requestId, entries) => postBatch(config, access, requestId, entries),
    find: (access, entries) => findByMarker(config, access, entries),
  }
}

const isWire = (value: unknown): value is Wire => typeof value === 'object' && value !== null && !Array.isArray(value)

/** One call of the SDK as a promise. The callback does nothing else: one that throws is called a second time. */
function ask(operation: string, start: (done: (error: unknown, value?: unknown) => void) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(silenceError(operation, null)), timeoutMs)
    start((error, value) => {
      clearTimeout(timer)
      if (error === null || error === undefined) resolve(value)
      else reject(toError(operation, error))
    })
  })
}

/** The SDK hands over axios errors, whose configuration carries the access token. */
function toError(operation: string, error: unknown): ProviderError {
  if (!isAxiosError(error) || error.response === undefined) return silenceError(operation, error)
  const tid: unknown = error.response.headers.intuit_tid
  return answerError(operation, error.response.status, error.response.data, typeof tid === 'string' ? tid : null)
}

async function request(config: QuickbooksConfig, access: CompanyAccess, operation: string, path: string, body?: unknown): Promise<Wire> {
  let response: Response
  let text: string
  try {
    response = await fetch(`${config.apiUrl}/v3/company/${encodeURIComponent(access.realmId)}/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${access.accessToken}`,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    text = await response.text()
  } catch (error) {
    throw silenceError(operation, error)
  }
  const requestId = response.headers.get('intuit_tid')
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    // Half an answer, or a proxy's page: what happened over there is not known
    if (response.ok) throw silenceError(operation, null)
    throw answerError(operation, response.status, null, requestId)
  }
  if (!response.ok || faultOf(answer) !== null) throw answerError(operation, response.ok ? 400 : response.status, answer, requestId)
  if (!isWire(answer)) throw silenceError(operation, null)
  return answer
}

/** All pages of a query, ordered by Id so that pages stay whole. */
async function queryAll(config: QuickbooksConfig, access: CompanyAccess, query: string): Promise<Wire[]> {
  const rows: Wire[] = []
  for (let page = 0; page < pagesMax; page++) {
    const text = `${query} startposition ${page * pageSize + 1} maxresults ${pageSize}`
    const answer = await request(config, access, 'query', `query?minorversion=${minorVersion}&query=${encodeURIComponent(text)}`)
    const found = isWire(answer.QueryResponse) ? Object.values(answer.QueryResponse).find(Array.isArray) : undefined
    const part = (found ?? []).filter(isWire)
    rows.push(...part)
    if (part.length < pageSize) return rows
  }
  throw new ProviderError({
    provider: 'quickbooks',
    operation: 'query',
    outcome: 'refused',
    status: 200,
    code: 'too_many_rows',
    transient: false,
  })
}

async function postBatch(
  config: QuickbooksConfig,
  access: CompanyAccess,
  requestId: string,
  entries: EntryToPost[],
): Promise<PostOutcome[]> {
  const items = entries.map((entry, index) => {
    const { entity, body } = toWire(entry)
    return { bId: String(index), operation: 'create', [entity]: body }
  })
  const answer = await request(config, access, 'batch', `batch?requestid=${encodeURIComponent(requestId)}&minorversion=${minorVersion}`, {
    BatchItemRequest: items,
  })
  const responses = Array.isArray(answer.BatchItemResponse) ? answer.BatchItemResponse.filter(isWire) : []
  const byId = new Map(responses.map((response) => [response.bId, response]))
  return entries.map((entry, index) => outcomeOf(entry, byId.get(String(index))))
}

function outcomeOf(entry: EntryToPost, response: Wire | undefined): PostOutcome {
  const { entity } = toWire(entry)
  const fault = response === undefined ? null : faultOf(response)
  if (fault !== null) return { pushId: entry.pushId, refused: fault }
  const posted = response === undefined ? null : toPosted(entity, response[entity])
  // An answer without this entry: it may be there all the same, so the whole request is looked up
  if (posted === null)
    throw new ProviderError({
      provider: 'quickbooks',
      operation: 'batch',
      outcome: 'unknown',
      status: 200,
      code: 'incomplete_answer',
      transient: true,
    })
  return { pushId: entry.pushId, posted }
}

function toPosted(entity: string, wire: unknown): PostedEntry | null {
  if (!isWire(wire) || typeof wire.Id !== 'string') return null
  return { providerEntryId: wire.Id, entity, syncToken: typeof wire.SyncToken === 'string' ? wire.SyncToken : '0' }
}

/** Entries carry their marker in the private note, which cannot be asked for; their day can. */
async function findByMarker(config: QuickbooksConfig, access: CompanyAccess, entries: EntryToPost[]): Promise<Map<string, PostedEntry>> {
  const found = new Map<string, PostedEntry>()
  const days = new Map<string, EntryToPost[]>()
  for (const entry of entries) {
    const key = `${toWire(entry).entity} ${entry.entry.date}`
    days.set(key, [...(days.get(key) ?? []), entry])
  }
  for (const [key, wanted] of days) {
    const [entity = '', day = ''] = key.split(' ')
    for (const row of await queryAll(config, access, `select * from ${entity} where TxnDate = '${day}' orderby Id`)) {
      const note = typeof row.PrivateNote === 'string' ? row.PrivateNote : ''
      const match = wanted.find(({ pushId }) => note.includes(markerOf(pushId)))
      const posted = toPosted(entity, row)
      if (match !== undefined && posted !== null) found.set(match.pushId, posted)
    }
  }
  return found
}
