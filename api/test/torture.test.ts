import { runInvites } from '../torture/kills/invites.ts'
import { runKills } from '../torture/kills/run.ts'
import { runMessages } from '../torture/messages.ts'
import { runPushes } from '../torture/pushes.ts'
import { runSchedules } from '../torture/schedules.ts'
import { startTestApp, type TestApp } from './harness.ts'

// Short runs of what `npm run torture` does with ever new choices and for as long as one likes. Here the choices are the same every
// time; when which process dies at what, only the machine decides.
const seed = 20_261_125
const say = (): void => {}

let product: TestApp
beforeAll(async () => {
  product = await startTestApp(
    { LOG_LEVEL: 'silent', QUIET_HOURS: 'off' },
    { network: { plaid: { firstSyncReadyMs: 0 }, webhookWaitsMs: [5, 20, 80] } },
  )
})
afterAll(() => product.close())

test('killed at random and at every step, the product neither doubles nor loses a message, an entry or a row', async () => {
  const { violations, name } = await runKills({
    seed,
    secondsMax: 25,
    kills: 8,
    pauseMaxMs: 3_000,
    deathsPerStep: 0,
    faultPercent: 5,
    firstJobMaxMs: null,
    firms: 2,
    clients: 12,
    say,
  })
  expect({ name, violations }).toEqual({ name, violations: [] })
}, 180_000)

test('300 clients invited in one go each get a text and a mail once, whatever becomes of the workers', async () => {
  const { violations, name } = await runInvites({ seed, clients: 300, kills: 10, faultPercent: 5, say })
  expect({ name, violations }).toEqual({ name, violations: [] })
}, 400_000)

test('messages go once although answers are lost and nothing is heard of texts afterwards', async () => {
  const { violations, name } = await runMessages(product, { seed, invites: 40, faultPercent: 40, say })
  expect({ name, violations }).toEqual({ name, violations: [] })
}, 120_000)

test("our table equals the bank's after every schedule of faults", async () => {
  const { violations, name } = await runSchedules(product, { seed, schedules: 12, transactions: 200, faultPercent: 25, say })
  expect({ name, violations }).toEqual({ name, violations: [] })
}, 120_000)

test('entries stand once in books that ignore the request id and lose answers', async () => {
  const { violations, name } = await runPushes(product, { seed, entries: 400, companies: 2, droppedPercent: 20, say })
  expect({ name, violations }).toEqual({ name, violations: [] })
}, 120_000)
