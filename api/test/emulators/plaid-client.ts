import { createHash, createPublicKey, verify } from 'node:crypto'
import { credentials } from '@ledgersync/emulators/credentials'
import { createPlaidEmulator, type PlaidEmulator, type PlaidEmulatorOptions } from '@ledgersync/emulators/plaid'
import { isAxiosError } from 'axios'
import {
  Configuration,
  CountryCode,
  type LinkTokenCreateRequest,
  PlaidApi,
  Products,
  type RemovedTransaction,
  type Transaction,
} from 'plaid'
import { startReceiver } from './receiver.ts'

const { clientId, secret } = credentials.plaid

/** The real SDK, pointed at an emulator. */
export function plaidClient(url: string, keys = { clientId, secret }): PlaidApi {
  return new PlaidApi(
    new Configuration({ basePath: url, baseOptions: { headers: { 'PLAID-CLIENT-ID': keys.clientId, 'PLAID-SECRET': keys.secret } } }),
  )
}

export interface Stage {
  bank: PlaidEmulator
  plaid: PlaidApi
  receiver: Awaited<ReturnType<typeof startReceiver>>
  /** What the receiver got so far, as `TYPE/CODE`, once all deliveries have come to an end. */
  webhooks(): Promise<string[]>
  /** The bodies of one code. */
  bodies(code: string): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

export async function openStage(options: Partial<PlaidEmulatorOptions> = {}): Promise<Stage> {
  const receiver = await startReceiver(() => ({ status: 200 }))
  const bank = await createPlaidEmulator({ clientId, secret, firstSyncReadyMs: 0, ...options })
  const bodies = async () => {
    await bank.settled()
    return receiver.received.map((one): Record<string, unknown> => JSON.parse(one.body))
  }
  return {
    bank,
    plaid: plaidClient(bank.url),
    receiver,
    webhooks: async () => (await bodies()).map((body) => `${String(body.webhook_type)}/${String(body.webhook_code)}`),
    bodies: async (code) => (await bodies()).filter((body) => body.webhook_code === code),
    async close() {
      await bank.close()
      await receiver.close()
    },
  }
}

export function linkRequest(stage: Stage, more: Partial<LinkTokenCreateRequest> = {}): LinkTokenCreateRequest {
  return {
    client_name: 'Mellow Books',
    language: 'en',
    country_codes: [CountryCode.Us],
    user: { client_user_id: 'client-7' },
    products: [Products.Transactions],
    transactions: { days_requested: 730 },
    webhook: `${stage.receiver.url}/plaid`,
    hosted_link: {},
    ...more,
  }
}

/** Links a login and exchanges its token, all over the public ways. */
export async function connect(stage: Stage, username = 'user_good', password = 'pass_good', more: Partial<LinkTokenCreateRequest> = {}) {
  const created = await stage.plaid.linkTokenCreate(linkRequest(stage, more))
  const linkToken = created.data.link_token
  await stage.bank.completeLink(linkToken, { institutionId: 'ins_109508', username, password })
  const got = await stage.plaid.linkTokenGet({ link_token: linkToken })
  const publicToken = got.data.link_sessions?.at(-1)?.results?.item_add_results[0]?.public_token
  if (publicToken === undefined) throw new Error('Link gave no public token')
  const exchanged = await stage.plaid.itemPublicTokenExchange({ public_token: publicToken })
  return { accessToken: exchanged.data.access_token, itemId: exchanged.data.item_id, publicToken, linkToken }
}

/** A client's own copy, kept by the rules of /transactions/sync. */
export class Copy {
  readonly rows = new Map<string, Transaction>()
  cursor: string | undefined
  pages = 0

  async sync(
    plaid: PlaidApi,
    accessToken: string,
    count = 100,
  ): Promise<{ added: Transaction[]; modified: Transaction[]; removed: RemovedTransaction[] }> {
    const all = { added: [] as Transaction[], modified: [] as Transaction[], removed: [] as RemovedTransaction[] }
    let cursor = this.cursor
    for (let more = true; more; ) {
      const { data } = await plaid.transactionsSync({
        access_token: accessToken,
        count,
        options: { include_original_description: true },
        ...(cursor === undefined ? {} : { cursor }),
      })
      this.pages += 1
      all.added.push(...data.added)
      all.modified.push(...data.modified)
      all.removed.push(...data.removed)
      cursor = data.next_cursor === '' ? undefined : data.next_cursor
      more = data.has_more
    }
    this.cursor = cursor
    for (const row of [...all.added, ...all.modified]) this.rows.set(row.transaction_id, row)
    for (const { transaction_id: id } of all.removed) this.rows.delete(id)
    return all
  }
}

/** Rows by id, for comparing two sides whatever their order. */
export function byId<T extends { transaction_id: string }>(rows: Iterable<T>): Record<string, T> {
  return Object.fromEntries([...rows].map((row) => [row.transaction_id, row]))
}

/** Plaid's error, as the SDK delivers it. */
export async function errorOf(promise: Promise<unknown>): Promise<{ status: number; body: Record<string, unknown> }> {
  try {
    await promise
  } catch (error) {
    if (!isAxiosError(error) || !error.response) throw error
    return { status: error.response.status, body: error.response.data }
  }
  throw new Error('The call should have failed')
}

/** Verifies a webhook as plaid.com/docs/api/webhooks/webhook-verification says. Throws on any doubt. */
export async function verifyWebhook(plaid: PlaidApi, header: string, body: string): Promise<void> {
  const [head = '', claims = '', signature = ''] = header.split('.')
  const read = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  const { alg, kid } = read(head)
  if (alg !== 'ES256') throw new Error('wrong algorithm')
  const { data } = await plaid.webhookVerificationKeyGet({ key_id: String(kid) })
  const { kty, crv, x, y } = data.key
  const key = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })
  const good = verify('sha256', Buffer.from(`${head}.${claims}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
  if (!good) throw new Error('wrong signature')
  if (read(claims).request_body_sha256 !== createHash('sha256').update(body).digest('hex')) throw new Error('wrong body hash')
}
