import { credentials } from '@ledgersync/emulators/credentials'
import { createIntuitEmulator, type IntuitEmulator, type IntuitEmulatorOptions } from '@ledgersync/emulators/intuit'
import QB from 'node-quickbooks'

// The typings say "export default class" while at run time the module itself is the class, so the default import is it
const QuickBooks = QB as unknown as typeof QB.default

const methods = [
  'batch',
  'changeDataCapture',
  'createDeposit',
  'createJournalEntry',
  'createPurchase',
  'createTransfer',
  'createVendor',
  'deletePurchase',
  'findAccounts',
  'findVendors',
  'getAccount',
  'getCompanyInfo',
  'getPreferences',
  'getVendor',
  'refreshAccessToken',
  'revokeAccess',
  'updatePurchase',
] as const

/** The SDK's entity types demand members Intuit does not, so the tests call it with whatever they mean to send. */
export type Sdk = Record<(typeof methods)[number], (...parameters: unknown[]) => void>

const { clientId, clientSecret, webhookVerifierToken } = credentials.intuit
export const redirectUri = 'https://books.example/callback'
/** A Monday noon in California: the server's day is 2026-06-15. */
const noon = Date.parse('2026-06-15T19:00:00Z')

export interface Clock {
  at: number
  now: () => Date
  advance(ms: number): void
}

export function createClock(at = noon): Clock {
  const clock: Clock = {
    at,
    now: () => new Date(clock.at),
    advance(ms) {
      clock.at += ms
    },
  }
  return clock
}

export function startIntuit(options: Partial<IntuitEmulatorOptions> = {}): Promise<IntuitEmulator> {
  // Ten requests a second are few for a test that is about something else
  const unhurried = { requestsPerSecondMax: 1_000 }
  return createIntuitEmulator({ clientId, clientSecret, webhookVerifierToken, redirectUris: [redirectUri], ...unhurried, ...options })
}

export function authorizeUrl(emulator: IntuitEmulator, changes: Record<string, string> = {}): string {
  const url = new URL('/connect/oauth2', emulator.url)
  const parameters = {
    client_id: clientId,
    response_type: 'code',
    scope: 'com.intuit.quickbooks.accounting',
    redirect_uri: redirectUri,
    state: 'state-1',
    ...changes,
  }
  for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value)
  return url.href
}

export interface Answer {
  status: number
  headers: Headers
  /** Provider JSON of many shapes, which the tests look into freely. */
  body: ReturnType<typeof JSON.parse>
}

async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text,
  }
}

/** A form post to the token endpoint with the application's own credentials. */
export async function postToken(emulator: IntuitEmulator, form: Record<string, string>, secret: string = clientSecret): Promise<Answer> {
  const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
  const headers = { authorization, 'x-include-refresh-token-hard-expires-in': 'true' }
  return toAnswer(await fetch(`${emulator.url}/oauth2/v1/tokens/bearer`, { method: 'POST', body: new URLSearchParams(form), headers }))
}

export interface Connection {
  realmId: string
  accessToken: string
  refreshToken: string
  sdk: Sdk
  /** A plain HTTP call below the company, with the access token. */
  call(path: string, body?: unknown, contentType?: string): Promise<Answer>
  /** The Id of an account by its full name. */
  account(name: string): Promise<string>
  vendor(name: string): Promise<string>
}

export function createSdk(emulator: IntuitEmulator, realmId: string, tokens: { access: string; refresh: string }): Sdk {
  const sdk = new QuickBooks(clientId, clientSecret, tokens.access, false, realmId, true, false, '75', '2.0', tokens.refresh)
  // "endpoint" is how the SDK is pointed at another host; its typings leave it out
  Object.assign(sdk, { endpoint: `${emulator.url}/v3/company/` })
  Object.assign(QuickBooks, {
    TOKEN_URL: `${emulator.url}/oauth2/v1/tokens/bearer`,
    REVOKE_URL: `${emulator.url}/v2/oauth2/tokens/revoke`,
  })
  // Every method named above exists on the SDK and takes its callback last
  return sdk as unknown as Sdk
}

/** Connects a company as the product does: authorize, exchange the code, open the SDK. */
export async function connect(emulator: IntuitEmulator, company?: string): Promise<Connection> {
  const redirect = new URL(await emulator.completeAuthorization(authorizeUrl(emulator), company))
  const realmId = redirect.searchParams.get('realmId') ?? ''
  const code = redirect.searchParams.get('code') ?? ''
  const { status, body } = await postToken(emulator, { grant_type: 'authorization_code', code, redirect_uri: redirectUri })
  if (status !== 200) throw new Error(`The code was refused with ${status}`)
  const [accessToken, refreshToken] = [String(body.access_token), String(body.refresh_token)]
  const call: Connection['call'] = async (path, sent, contentType = 'application/json') => {
    const headers: Record<string, string> = { authorization: `Bearer ${accessToken}`, accept: 'application/json' }
    if (sent === undefined) return toAnswer(await fetch(`${emulator.url}/v3/company/${realmId}/${path}`, { headers }))
    const text = typeof sent === 'string' ? sent : JSON.stringify(sent)
    return toAnswer(
      await fetch(`${emulator.url}/v3/company/${realmId}/${path}`, {
        method: 'POST',
        body: text,
        headers: { ...headers, 'content-type': contentType },
      }),
    )
  }
  const idOf = async (statement: string, entity: string): Promise<string> => {
    const found = await call(`query?query=${encodeURIComponent(statement)}`)
    return String(found.body.QueryResponse[entity][0].Id)
  }
  return {
    realmId,
    accessToken,
    refreshToken,
    sdk: createSdk(emulator, realmId, { access: accessToken, refresh: refreshToken }),
    call,
    account: (name) => idOf(`select * from Account where FullyQualifiedName = '${name}'`, 'Account'),
    vendor: (name) => idOf(`select * from Vendor where DisplayName = '${name}'`, 'Vendor'),
  }
}

/** An HTTP error answer, as the SDK handed it on. */
class SdkFailure extends Error {
  constructor(
    readonly status: number,
    readonly body: Answer['body'],
  ) {
    super(`The SDK's call was answered ${status}`)
  }
}

/** Turns one SDK call with a callback into a promise. */
export function sdkCall(start: (callback: (error: unknown, data?: unknown) => void) => void): Promise<Answer['body']> {
  return new Promise((resolve, reject) => {
    start((error, data) => {
      if (!error) return resolve(data)
      // The SDK hands on axios errors, which carry the answer
      const { response } = error as { response?: { status: number; data: unknown } }
      reject(response ? new SdkFailure(response.status, response.data) : new Error('The call got no answer', { cause: error }))
    })
  })
}

/** The status and body of the answer an SDK call failed with. */
export async function sdkFailure(promise: Promise<unknown>): Promise<{ status: number; body: Answer['body'] }> {
  try {
    await promise
  } catch (error) {
    if (error instanceof SdkFailure) return error
    throw error
  }
  throw new Error('The call did not fail')
}

/** The one error inside a Fault body. */
export const faultOf = (body: Answer['body']): { code: string; Message: string; Detail: string; element: string } => body.Fault.Error[0]

export interface Ids {
  checking: string
  card: string
  fuel: string
  meals: string
  sales: string
  vendor: string
}

export async function usualIds(connection: Connection): Promise<Ids> {
  return {
    checking: await connection.account('Checking'),
    card: await connection.account('Business Credit Card'),
    fuel: await connection.account('Automobile:Fuel'),
    meals: await connection.account('Meals'),
    sales: await connection.account('Sales'),
    vendor: await connection.vendor('Dunmore Fuel'),
  }
}

export const expenseLine = (accountId: string, amount: unknown, description?: string) => ({
  Amount: amount,
  ...(description === undefined ? {} : { Description: description }),
  DetailType: 'AccountBasedExpenseLineDetail',
  AccountBasedExpenseLineDetail: { AccountRef: { value: accountId } },
})

export const expense = (ids: Ids, amount: unknown = 12.5, changes: Record<string, unknown> = {}) => ({
  PaymentType: 'Cash',
  AccountRef: { value: ids.checking },
  TxnDate: '2026-06-10',
  Line: [expenseLine(ids.fuel, amount)],
  ...changes,
})
