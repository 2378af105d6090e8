import { credentials } from '@ledgersync/emulators/credentials'
import { type FaultPlan, type LocalNetwork, startLocalNetwork } from '@ledgersync/emulators/local'
import { twilioEffect } from './fault-providers.ts'

let network: LocalNetwork
beforeAll(async () => {
  network = await startLocalNetwork()
})
afterAll(() => network.close())
beforeEach(() => network.reset())

/** Looks a bank up; null when no whole answer came. */
async function look(): Promise<number | null> {
  const { clientId, secret } = credentials.plaid
  try {
    const response = await fetch(`${network.plaid.url}/institutions/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'plaid-client-id': clientId, 'plaid-secret': secret },
      body: JSON.stringify({ query: 'bank', products: null, country_codes: ['US'] }),
    })
    await response.text()
    return response.status
  } catch {
    // A cut connection, which the plan brought about
    return null
  }
}

describe('a schedule', () => {
  /** What became of the first 60 texts, with so many other calls after each. */
  async function run(seed: number, others: number): Promise<(number | null)[]> {
    await network.reset()
    const send = await twilioEffect(network).prepare()
    network.setFaults({ seed, percent: 60, slowMsMax: 1 })
    const outcomes = []
    for (let index = 0; index < 60; index++) {
      outcomes.push((await send()).status)
      for (let other = 0; other < others; other++) await look()
    }
    return outcomes
  }

  test('is replayed by its seed alone, whatever other calls come in between', async () => {
    const first = await run(11, 0)
    expect(new Set(first).size).toBeGreaterThan(3)
    expect(await run(11, 2)).toEqual(first)
    expect(await run(12, 0)).not.toEqual(first)
  })

  test('begins anew when it is set again', async () => {
    const outcomes = async () => {
      network.setFaults({ seed: 3, percent: 50, slowMsMax: 1 })
      return [await look(), await look(), await look(), await look(), await look(), await look()]
    }
    expect(await outcomes()).toEqual(await outcomes())
  })

  test('disturbs the percentage of calls it says, by all kinds that can happen, and counts what happened', async () => {
    network.setFaults({ seed: 4, percent: 20, slowMsMax: 1 })
    let failed = 0
    for (let index = 0; index < 400; index++) if ((await look()) !== 200) failed += 1
    const counts = network.faults().plaid
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
    expect(all).toBeGreaterThan(60)
    expect(all).toBeLessThan(100)
    expect(failed).toBe(all - (counts.slow ?? 0))
    expect(Object.keys(counts).sort()).toEqual([
      'cut_after',
      'cut_before',
      'half_body',
      'server_error',
      'server_error_after',
      'slow',
      'throttled',
    ])
  })
})

describe('a plan', () => {
  const wrong: [string, unknown][] = [
    ['A plan of faults is an object such as', 'ten'],
    ['A plan of faults is an object such as', 5],
    ['seed must be a whole number', { percent: 10 }],
    ['seed must be a whole number', { seed: 1.5, percent: 10 }],
    ['A plan of faults has either percent or rates', { seed: 1 }],
    ['A plan of faults has either percent or rates', { seed: 1, percent: 1, rates: {} }],
    ['percent must be a number from 0 to 100', { seed: 1, percent: 101 }],
    ['percent must be a number from 0 to 100', { seed: 1, percent: Number.NaN }],
    ['rates must be an object of percentages by kind', { seed: 1, rates: 5 }],
    ['There is no fault cut', { seed: 1, rates: { cut: 5 } }],
    ['The rate of cut_after must be a number from 0 to 100', { seed: 1, rates: { cut_after: '5' } }],
    ['must not be more than 100 together', { seed: 1, rates: { cut_after: 60, cut_before: 60 } }],
    ['slowMsMax must be a whole number of milliseconds', { seed: 1, percent: 1, slowMsMax: -1 }],
    ['holdMsMax must be a whole number of milliseconds', { seed: 1, percent: 1, holdMsMax: 1e9 }],
    ['A plan of faults has no speed', { seed: 1, percent: 1, speed: 2 }],
  ]

  test.each(wrong)('is refused: %s', async (sentence, plan) => {
    // What the types forbid is what arrives over HTTP
    expect(() => network.setFaults(plan as FaultPlan)).toThrow(sentence)
    const answer = await post(network.twilio.url, { plan })
    expect([answer.status, await answer.json()]).toEqual([400, { error: expect.stringContaining(sentence) }])
    expect(network.faults()).toEqual({ plaid: {}, intuit: {}, twilio: {}, sendgrid: {} })
  })

  test('that is not there at all is refused over HTTP', async () => {
    const answer = await post(network.twilio.url, {})
    expect([answer.status, await answer.json()]).toEqual([400, { error: expect.stringContaining('null for no faults') }])
  })

  test('is set, read and ended over HTTP at each provider, and a reset ends it', async () => {
    for (const { url } of [network.plaid, network.intuit, network.twilio, network.sendgrid]) {
      const plan = { seed: 9, percent: 5 }
      expect(await (await post(url, { plan })).json()).toEqual({ plan, counts: {} })
      expect(await read(url)).toEqual({ plan, counts: {} })
      expect(await (await post(url, { plan: null })).json()).toEqual({ plan: null, counts: {} })
      await post(url, { plan })
    }
    await network.reset()
    for (const { url } of [network.plaid, network.intuit, network.twilio, network.sendgrid])
      expect(await read(url)).toMatchObject({ plan: null })
  })

  test('without rates disturbs nothing, and pages a person looks at are never disturbed', async () => {
    network.setFaults({ seed: 1, rates: {} })
    expect([await look(), network.faults().plaid]).toEqual([200, {}])
    network.setFaults({ seed: 1, rates: { cut_before: 100 } })
    const pages = [
      `${network.intuit.url}/app`,
      `${network.intuit.url}/connect/oauth2`,
      `${network.plaid.url}/hl/none`,
      `${network.plaid.url}/_emulator/items`,
    ]
    for (const page of pages) expect((await fetch(page)).status).toBeLessThan(500)
    expect((await fetch(`${network.twilio.url}/nothing/here`)).status).toBe(501)
  })
})

const post = (url: string, body: unknown) =>
  fetch(`${url}/_emulator/faults`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
const read = async (url: string): Promise<unknown> => (await fetch(`${url}/_emulator/faults`)).json()
