import type { LocalNetworkOptions } from '@ledgersync/emulators/local'
import { books } from '@ledgersync/shared/books'
import { rules } from '@ledgersync/shared/rules'
import { createPlaid } from '../../src/providers/plaid/client.ts'
import { createQuickbooks } from '../../src/providers/quickbooks/client.ts'
import { createMailer } from '../../src/providers/sendgrid/client.ts'
import { createSms } from '../../src/providers/twilio/client.ts'
import { makeFirm, type Person } from '../../test/factories.ts'
import { freePace } from '../../test/free-pace.ts'
import type { TestApp } from '../../test/harness.ts'
import { makeRule } from '../../test/ledger-factories.ts'
import { categoryCount, companyCount, globalRule, type Link } from './state.ts'

/** The outside world of a product that the model is compared with: quick, and without limits, for pace has its own tests. */
export const modelNetwork: LocalNetworkOptions = {
  plaid: { firstSyncReadyMs: 0, limits: { '/transactions/sync': {}, '/accounts/get': {}, '/item/get': {}, '/item/remove': {} } },
  intuit: { requestsPerMinuteMax: 1_000_000, batchesPerMinuteMax: 1_000_000, requestsPerSecondMax: 1_000_000, concurrentMax: 1_000_000 },
  twilio: { callbackDelayMs: 0 },
  sendgrid: { batchDelayMs: 0, deliveryDelayMs: 0 },
  webhookWaitsMs: [5, 20, 80],
}

/** What the product calls a client of the model, and what stands on its phone and in its browser. */
export interface RealClient {
  id: string
  phone: string
  email: string
  businessName: string
  cookie: string
  copied: string[]
}

/** The product, as one firm of its own uses it. */
export interface Real {
  product: TestApp
  dana: Person
  /** Tells one sequence from another in names and numbers. */
  number: number
  clients: RealClient[]
  categories: string[]
  globalRuleId: string
  companyNames: string[]
  /** By company, once it has been connected. */
  realms: (string | undefined)[]
  /** Ids of pushes, in the order of the model's, by client. */
  counts: Map<string, number>
}

/** Throws when the product is not as the model says. */
export function must(what: string, actual: unknown, expected: unknown): void {
  const [is, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== wanted) throw new Error(`${what}: is ${is}, must be ${wanted}`)
}

let sequences = 0

/** A new firm for one sequence, with its categories and its rule. */
export async function makeReal(product: TestApp): Promise<Real> {
  sequences += 1
  const dana = await makeFirm(product)
  const categories: string[] = []
  for (let number = 0; number < categoryCount; number++) {
    const { body } = await product.call(rules.createCategory, { body: { name: `Category ${number}` } }, dana)
    categories.push(body.id)
  }
  const { word, memo, category } = globalRule
  const globalRuleId = await makeRule(product, dana, word, { actions: { memo, categoryId: categories[category ?? 0] ?? null } })
  return {
    product,
    dana,
    number: sequences,
    clients: [],
    categories,
    globalRuleId,
    companyNames: Array.from({ length: companyCount }, (_, number) => `Model ${sequences} Company ${number}`),
    realms: Array.from({ length: companyCount }, () => undefined),
    counts: new Map(),
  }
}

export function clientOf(real: Real, index: number): RealClient {
  const client = real.clients[index]
  if (client === undefined) throw new Error('The model has a client that the product has not')
  return client
}

export const rowsOf = async <T extends object>(real: Real, text: string, values: unknown[] = []): Promise<T[]> =>
  (await real.product.admin.query<T>(text, values)).rows

/** Runs jobs until nothing is left; none may fail. */
export async function drain(real: Real): Promise<void> {
  must('failures of jobs', await real.product.drain(), [])
}

const number = `substring(t.description from '\\d+$')`
/** The model's key of a transaction `t` in SQL. */
export const keyText = `${number} || '.' || (row_number() over (partition by t.client_id, ${number} order by t.created_at, t.id) - 1)`

/** Ids of the client's transactions by the model's key of them: rows of one number in the order in which they came. */
export async function transactionIds(real: Real, index: number): Promise<Map<string, string>> {
  const rows = await rowsOf<{ id: string; key: string }>(
    real,
    `select t.id, ${keyText} as key from transactions t where t.client_id = $1`,
    [clientOf(real, index).id],
  )
  return new Map(rows.map(({ id, key }) => [key, id]))
}

/** Ids of accounts of the client's connected company by name. */
export async function chartOf(real: Real, index: number): Promise<Map<string, string>> {
  const { body } = await real.product.call(books.accounts, { params: { clientId: clientOf(real, index).id } }, real.dana)
  return new Map(body.items.map(({ id, name }) => [name, id]))
}

const tokenPattern = /\/i\/([\w-]{43})/

/** The token of a link as it stands on the phone, in the inbox, or in staff's clipboard. */
export function tokenOf(real: Real, index: number, { from }: Link): string {
  const { phone, email, copied } = clientOf(real, index)
  const { twilio, sendgrid } = real.product.network
  if ('copied' in from) return copied[from.copied] ?? ''
  const texts =
    from.channel === 'sms'
      ? twilio.messages().flatMap(({ to, body }) => (to === phone ? [body] : []))
      : sendgrid.messages().flatMap(({ to, text }) => (to.email === email ? [text] : []))
  return tokenPattern.exec(texts[from.nth] ?? '')?.[1] ?? ''
}

/** The login of a client at one of two banks: always the same accounts. */
export function loginOf(bank: number): { institutionId: string; username: string; password: string } {
  const accounts = [
    { type: 'depository', subtype: 'checking', starting_balance: 1_000, meta: { name: 'Checking', mask: `10${bank}1` }, transactions: [] },
    {
      type: 'credit',
      subtype: 'credit card',
      starting_balance: 100,
      meta: { name: 'Card', mask: `20${bank}2`, limit: 5_000 },
      transactions: [],
    },
  ]
  return {
    institutionId: institutionOf(bank),
    username: 'user_custom',
    password: JSON.stringify({ override_accounts: accounts }),
  }
}

export const institutionOf = (bank: number): string => `ins_90010${bank + 1}`

/** The provider's id of the client's connection to this bank, and ours. */
export async function connectionOf(real: Real, index: number, bank: number): Promise<{ id: string; itemId: string; clientId: string }> {
  const clientId = clientOf(real, index).id
  const [row] = await rowsOf<{ id: string; itemId: string }>(
    real,
    `select id, provider_item_id as "itemId" from connections where client_id = $1 and institution_id = $2`,
    [clientId, institutionOf(bank)],
  )
  if (row === undefined) throw new Error('The model has a connection that the product has not')
  return { ...row, clientId }
}

/** Takes the pace off the adapters of the product, which has tests of its own; answers the function that puts it back. */
export function withoutPace({ deps, config }: TestApp): () => void {
  const { plaid, quickbooks, sms, mailer } = deps
  deps.plaid = createPlaid(config.plaid, freePace)
  deps.quickbooks = createQuickbooks(config.quickbooks, freePace, deps.now)
  deps.sms = createSms(config.twilio, freePace)
  deps.mailer = createMailer(config.sendgrid, freePace, deps.now)
  return () => void Object.assign(deps, { plaid, quickbooks, sms, mailer })
}
