import { type Calls, createCalls } from '@ledgersync/emulators/kit/calls'
import { credentials } from '@ledgersync/emulators/credentials'
import { startLocalNetwork } from '@ledgersync/emulators/local'
import { Products } from 'plaid'
import { intuitEffect, plaidEffect, sendgridEffect, twilioEffect } from './fault-providers.ts'
import { byId, Copy, plaidClient } from './plaid-client.ts'

const hourMs = 3_600_000

describe('recorded calls', () => {
  const arrivedAt = new Date('2026-06-15T19:00:00Z')
  /** As Fastify hands it over, as far as it is read. */
  const request = (path: string, bytes = 2) =>
    ({
      url: `${path}?a=1`,
      method: 'POST',
      query: { a: '1' },
      body: {},
      rawBody: Buffer.alloc(bytes),
      arrivedAt,
      routeOptions: { url: '/items/:id' },
    }) as unknown as Parameters<Calls['record']>[0]

  test('are counted without being kept: 300,000 of them', () => {
    const calls = createCalls()
    for (let index = 0; index < 300_000; index++)
      calls.record(request(index % 3 === 0 ? '/v3/company/1/batch' : '/v3/company/2/query'), 200)
    expect([calls.count(), calls.count('/batch'), calls.count('/v3/company/2/query'), calls.count('/none')]).toEqual([
      300_000, 100_000, 200_000, 0,
    ])
    expect(calls.list().length).toBeLessThanOrEqual(10_000)
    expect(calls.list('/batch').at(-1)).toEqual({
      at: '2026-06-15T19:00:00.000Z',
      method: 'POST',
      path: '/v3/company/1/batch',
      query: { a: '1' },
      body: {},
      status: 200,
    })
    calls.clear()
    expect([calls.count(), calls.list()]).toEqual([0, []])
  })

  test('with big bodies are kept as long as there is room, the latest always', () => {
    const calls = createCalls()
    for (let index = 0; index < 100; index++) calls.record(request(`/big/${index}`, 10 * 1024 * 1024), 200)
    expect([calls.count(), calls.list().length, calls.list().at(-1)?.path]).toEqual([100, 3, '/big/99'])
  })

  test('of no end of different paths count under their route', () => {
    const calls = createCalls()
    for (let index = 0; index < 30_000; index++) calls.record(request(`/items/${index}`), 200)
    expect([calls.count(), calls.count('/items/5'), calls.count('/items/:id')]).toEqual([30_000, 1, 10_000])
  })

  test('by a caller that went away are recorded too, for they happened', async () => {
    const network = await startLocalNetwork()
    const { accountSid, authToken, from } = credentials.twilio
    const path = `/2010-04-01/Accounts/${accountSid}/Messages.json`
    const gone = AbortSignal.timeout(200)
    network.twilio.intercept(async () => {
      while (network.twilio.calls.count() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      return null
    })
    const headers = { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}` }
    const body = new URLSearchParams({ To: '+14155550123', From: from, Body: 'Hello' })
    await expect(fetch(network.twilio.url + path, { method: 'POST', headers, body, signal: gone })).rejects.toThrow()
    while (network.twilio.messages().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(network.twilio.calls.list(path).map(({ status }) => status)).toEqual([0])
    await network.close()
  })
})

test('a clock that jumps by hours and days, forwards and backwards, stops nothing', async () => {
  let at = Date.parse('2026-06-15T19:00:00Z')
  const network = await startLocalNetwork({ now: () => new Date(at), plaid: { firstSyncReadyMs: 0 } })
  const client = plaidClient(network.plaid.url)
  const created = await client.sandboxPublicTokenCreate({ institution_id: 'ins_109508', initial_products: [Products.Transactions] })
  const { data: item } = await client.itemPublicTokenExchange({ public_token: created.data.public_token })
  const effects = [plaidEffect, intuitEffect, twilioEffect, sendgridEffect].map((effectOf) => effectOf(network))
  const before = effects.map((effect) => effect.made())
  const copy = new Copy()
  const jumps = [0, 5, -9, 30, -26, 24 * 40, -24 * 45, 1, -1]
  for (const [seed, hours] of jumps.entries()) {
    at += hours * hourMs
    for (const effect of effects) {
      const run = await effect.prepare()
      expect(await run()).toMatchObject({ status: 200 })
    }
    network.plaid.act(item.item_id, { seed, steps: 30, rowsMax: 400 })
    await copy.sync(client, item.access_token)
    expect(byId(copy.rows.values())).toEqual(byId(network.plaid.transactions(item.item_id)))
    await network.settled()
  }
  expect(effects.map((effect, index) => effect.made() - (before[index] ?? 0))).toEqual(Array(4).fill(jumps.length))
  await network.close()
})
