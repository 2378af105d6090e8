import { type CallFault, type LocalNetwork, startLocalNetwork } from '@ledgersync/emulators/local'
import { type Effect, intuitEffect, plaidEffect, sendgridEffect, twilioEffect } from './fault-providers.ts'

let network: LocalNetwork
beforeAll(async () => {
  network = await startLocalNetwork()
})
afterAll(() => network.close())
beforeEach(() => network.reset())

const effects: [string, (network: LocalNetwork) => Effect][] = [
  ['Plaid', plaidEffect],
  ['Intuit', intuitEffect],
  ['Twilio', twilioEffect],
  ['SendGrid', sendgridEffect],
]

describe.each(effects)('%s', (_name, effectOf) => {
  /** One attempt under a fault that always happens. */
  async function attempt(kind: CallFault) {
    const effect = effectOf(network)
    const run = await effect.prepare()
    network.setFaults({ seed: 1, rates: { [kind]: 100 }, slowMsMax: 20 })
    const { status, body } = await run()
    const { [effect.provider]: counts, ...others } = network.faults()
    expect(Object.values(others)).toEqual([{}, {}, {}])
    return { status, body, made: effect.made(), counts, expected: effect.answers[kind] }
  }

  test.each([
    ['cut_before', 0],
    ['cut_after', 1],
    ['half_body', 1],
  ] as const)('%s: no answer, and the books have %i', async (kind, made) => {
    expect(await attempt(kind)).toMatchObject({ status: null, made, counts: { [kind]: 1 } })
  })

  test.each(['throttled', 'server_error'] as const)("%s: the provider's own answer, and nothing is done", async (kind) => {
    const { expected, ...result } = await attempt(kind)
    expect(result).toMatchObject({ ...expected, made: 0, counts: { [kind]: 1 } })
  })

  test('server_error_after: the same answer, although it is done', async () => {
    const { body } = effectOf(network).answers.server_error ?? {}
    expect(await attempt('server_error_after')).toMatchObject({ status: 500, body, made: 1, counts: { server_error_after: 1 } })
  })

  test('slow: it takes longer and is done once', async () => {
    expect(await attempt('slow')).toMatchObject({ status: 200, made: 1, counts: { slow: 1 } })
  })

  test('unauthorized: refused in the form of the provider where it has one, and nothing is done', async () => {
    const { expected, ...result } = await attempt('unauthorized')
    if (expected === undefined) expect(result).toMatchObject({ status: 200, made: 1, counts: {} })
    else expect(result).toMatchObject({ ...expected, made: 0, counts: { unauthorized: 1 } })
  })

  test('after three failures in a row the next call passes', async () => {
    const effect = effectOf(network)
    const run = await effect.prepare()
    network.setFaults({ seed: 5, rates: { cut_before: 100 } })
    const statuses = []
    for (let index = 0; index < 4; index++) statuses.push((await run()).status)
    expect(statuses).toEqual([null, null, null, 200])
  })

  test('without a plan nothing happens', async () => {
    const effect = effectOf(network)
    const run = await effect.prepare()
    network.setFaults({ seed: 1, rates: { cut_before: 100 } })
    network.setFaults(null)
    expect([(await run()).status, effect.made(), network.faults()[effect.provider]]).toEqual([200, 1, {}])
  })
})
