import { createHmac, verify } from 'node:crypto'
import { credentials } from '@ledgersync/emulators/credentials'
import { type LocalNetwork, startLocalNetwork, type WebhookFault } from '@ledgersync/emulators/local'
import { Products } from 'plaid'
import twilio from 'twilio'
import { sendgridEffect } from './fault-providers.ts'
import { connect, expense, usualIds } from './intuit-client.ts'
import { plaidClient, verifyWebhook } from './plaid-client.ts'
import { type Received, startReceiver } from './receiver.ts'

let network: LocalNetwork
let receiver: Awaited<ReturnType<typeof startReceiver>>
/** The status of the answer to each webhook; null cuts the connection. */
let answer: (received: Received, index: number) => number | null = () => 200

beforeAll(async () => {
  receiver = await startReceiver((received, index) => ({ status: answer(received, index) }))
  network = await startLocalNetwork({ appUrl: receiver.url, webhookWaitsMs: [1, 1], plaid: { firstSyncReadyMs: 0 } })
})
afterAll(async () => {
  await network.close()
  await receiver.close()
})
beforeEach(async () => {
  await network.settled()
  await network.reset()
  receiver.received.length = 0
  answer = () => 200
})

/** One provider's webhooks, as a receiver sees them. */
interface Source {
  /** Makes everything ready; each call of what is returned brings about one webhook, told apart by `mark`. */
  prepare(): Promise<(mark: string) => Promise<void>>
  /** The mark in what was received. */
  markOf(received: Received): string
  isGenuine(received: Received): Promise<boolean>
}

const headerOf = ({ headers }: Received, name: string): string => String(headers[name] ?? '')

const plaid: Source = {
  async prepare() {
    const client = plaidClient(network.plaid.url)
    const { data } = await client.sandboxPublicTokenCreate({
      institution_id: 'ins_109508',
      initial_products: [Products.Transactions],
      options: { webhook: `${receiver.url}/first` },
    })
    const { data: item } = await client.itemPublicTokenExchange({ public_token: data.public_token })
    await network.settled()
    // Each address is acknowledged by a webhook to it
    return async (mark) => void (await client.itemWebhookUpdate({ access_token: item.access_token, webhook: `${receiver.url}/${mark}` }))
  },
  markOf: ({ url }) => url.slice(1),
  isGenuine: (received) =>
    verifyWebhook(plaidClient(network.plaid.url), headerOf(received, 'plaid-verification'), received.body).then(
      () => true,
      () => false,
    ),
}

const intuit: Source = {
  async prepare() {
    const books = await connect(network.intuit)
    const ids = await usualIds(books)
    const entries = new Map<string, string>()
    marks = (id) => entries.get(id) ?? '?'
    return async (mark) => void entries.set(String((await books.call('purchase', expense(ids))).body.Purchase.Id), mark)
  },
  markOf: ({ body }) => marks(JSON.parse(body)[0].intuitentityid),
  isGenuine: async (received) =>
    headerOf(received, 'intuit-signature') ===
    createHmac('sha256', credentials.intuit.webhookVerifierToken).update(received.body).digest('base64'),
}
let marks: (id: string) => string = () => '?'

const twilioSource: Source = {
  prepare: async () => async (mark) => void (await network.twilio.reply('+14155550123', credentials.twilio.from, mark)),
  markOf: ({ body }) => new URLSearchParams(body).get('Body') ?? '',
  isGenuine: async (received) =>
    twilio.validateRequest(
      credentials.twilio.authToken,
      headerOf(received, 'x-twilio-signature'),
      `${receiver.url}${received.url}`,
      Object.fromEntries(new URLSearchParams(received.body)),
    ),
}

const sendgrid: Source = {
  async prepare() {
    const send = await sendgridEffect(network).prepare()
    return async () => {
      await send()
      await network.sendgrid.settled()
    }
  },
  markOf: ({ body }) =>
    JSON.parse(body)
      .map((event: { event: string }) => event.event)
      .join(),
  async isGenuine(received) {
    const signed = Buffer.from(headerOf(received, 'x-twilio-email-event-webhook-timestamp') + received.body)
    const key = { key: Buffer.from(network.sendgrid.publicKey, 'base64'), format: 'der', type: 'spki' } as const
    return verify('sha256', signed, key, Buffer.from(headerOf(received, 'x-twilio-email-event-webhook-signature'), 'base64'))
  },
}

const sources: [keyof ReturnType<LocalNetwork['faults']>, Source][] = [
  ['plaid', plaid],
  ['intuit', intuit],
  ['twilio', twilioSource],
  ['sendgrid', sendgrid],
]

describe.each(sources)('%s', (provider, source) => {
  /** What arrives of one webhook under a fault that always happens. */
  async function under(kind: WebhookFault, { seed = 1, holdMsMax = 20 } = {}) {
    const cause = await source.prepare()
    await network.settled()
    receiver.received.length = 0
    network.setFaults({ seed, rates: { [kind]: 100 }, holdMsMax })
    await cause('one')
    await network.settled()
    const genuine = await Promise.all(receiver.received.map((received) => source.isGenuine(received)))
    return { received: receiver.received, genuine, count: network.faults()[provider][kind] ?? 0 }
  }

  test('lost: nothing arrives', async () => {
    const { received, count } = await under('webhook_lost')
    expect(received).toEqual([])
    expect(count).toBeGreaterThan(0)
  })

  test('duplicated: the same bytes arrive twice, both genuine', async () => {
    const { received, genuine, count } = await under('webhook_duplicated')
    expect(genuine).toEqual(Array(2 * count).fill(true))
    expect(new Set(received.map(({ body }) => body)).size).toBe(count)
  })

  test('delayed: it arrives later, once', async () => {
    const began = performance.now()
    // With this seed each provider holds its first webhook back for more than half of the longest time
    const { genuine, count } = await under('webhook_delayed', { seed: 26, holdMsMax: 200 })
    expect(genuine).toEqual(Array(count).fill(true))
    expect(performance.now() - began).toBeGreaterThan(100)
  })

  // Seeds with which the body, or the signature, of each provider's first webhook is changed
  test.each([
    ['body', 10],
    ['signature', 34],
  ])('forged: one more arrives with another %s that does not fit, and the real one', async (_what, seed) => {
    answer = () => 401
    const { genuine, count } = await under('webhook_forged', { seed })
    expect(genuine.filter((good) => !good)).toHaveLength(count)
    expect(genuine.filter((good) => good).length).toBeGreaterThanOrEqual(count)
    expect(network.faults()[provider].webhook_forged_taken).toBeUndefined()
  })

  test('forged: that a receiver takes it is counted', async () => {
    const { genuine, count } = await under('webhook_forged')
    expect([genuine.length, network.faults()[provider].webhook_forged_taken]).toEqual([2 * count, count])
  })

  test('reordered: what came about later arrives first', async () => {
    const cause = await source.prepare()
    await network.settled()
    receiver.received.length = 0
    if (provider === 'sendgrid') {
      // Events of one batch are out of order
      network.setFaults({ seed: 1, rates: { webhook_reordered: 100 }, holdMsMax: 20 })
      await cause('')
      expect(receiver.received.map(source.markOf)).toEqual(['delivered,processed'])
    } else {
      network.setFaults({ seed: 1, rates: { webhook_reordered: 100 }, holdMsMax: 5000 })
      const first = cause('one')
      while ((network.faults()[provider].webhook_reordered ?? 0) === 0) await new Promise((resolve) => setTimeout(resolve, 2))
      network.setFaults(null)
      await Promise.all([first, cause('two')])
      await network.settled()
      expect(receiver.received.map(source.markOf)).toEqual(['two', 'one'])
    }
    for (const received of receiver.received) expect(await source.isGenuine(received)).toBe(true)
  })
})

describe('what is not taken comes again as its provider does it', () => {
  /** How often one webhook came when the first answers were these. */
  async function times(source: Source, first: (number | null)[]): Promise<number> {
    const cause = await source.prepare()
    await network.settled()
    receiver.received.length = 0
    answer = (_received, index) => (index < first.length ? (first[index] ?? null) : 200)
    await cause('one')
    await network.settled()
    return receiver.received.length
  }

  test.each([
    ['Plaid, until it is 200', plaid, [204, 500], 3],
    ['Plaid, not after 200', plaid, [200], 1],
    ['Intuit, until it is taken', intuit, [500, null], 3],
    ['Intuit, as often as its waits say', intuit, [500, 500, 500, 500], 3],
    ['Twilio, not after any answer', twilioSource, [500], 1],
    ['Twilio, when no answer came', twilioSource, [null, 500], 2],
    ['Twilio, once more only', twilioSource, [null, null, null], 2],
  ] as const)('%s', async (_name, source, first, count) => {
    expect(await times(source, [...first])).toBe(count)
  })

  test('SendGrid, until it is 2xx', async () => {
    const cause = await sendgrid.prepare()
    answer = (_received, index) => (index < 2 ? 503 : 204)
    await cause('')
    const bodies = receiver.received.map(({ body }) => body)
    expect(bodies.length).toBeGreaterThanOrEqual(3)
    expect(new Set(bodies.slice(0, 3)).size).toBe(1)
  })
})
