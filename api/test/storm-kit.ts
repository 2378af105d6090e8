import { connections } from '@ledgersync/shared/connections'
import { countSegments } from '@ledgersync/shared/sms'
import { signInAtBank } from './bank-factories.ts'
import { makeClient, type Person } from './factories.ts'
import type { TestApp } from './harness.ts'

type Call = ReturnType<TestApp['network']['plaid']['calls']['list']>[number]

/** Clients with a bank each, whose history has arrived. */
export async function makeBanks(test: TestApp, by: Person, count: number): Promise<string[]> {
  const clientIds: string[] = []
  for (let index = 0; index < count; index++) {
    const clientId = await makeClient(test, by)
    const { status } = await test.call(connections.add, { params: { clientId }, body: {} }, by)
    if (status !== 201) throw new Error(`The visit was answered ${status}`)
    await signInAtBank(test, by, clientId)
    clientIds.push(clientId)
  }
  return clientIds
}

/** What a call counts against: a key, the most of it in a span, and how much of it the call is. */
interface Counted {
  key: string
  max: number
  spanMs: number
  cost?: number
}

const minuteMs = 60_000
const plaidLimits: Record<string, { item?: number; client: number }> = {
  '/accounts/get': { item: 15, client: 15_000 },
  '/item/get': { item: 15, client: 5_000 },
  '/item/remove': { item: 30, client: 2_000 },
  '/transactions/sync': { item: 50, client: 2_500 },
}

function ofPlaid({ path, body }: Call): Counted[] {
  const limit = plaidLimits[path]
  if (limit === undefined) return []
  // The emulator has taken it, so it is an object with a token
  const { access_token: token } = body as { access_token: string }
  return [
    { key: `plaid ${path}`, max: limit.client, spanMs: minuteMs },
    ...(limit.item === undefined ? [] : [{ key: `plaid ${path} ${token}`, max: limit.item, spanMs: minuteMs }]),
  ]
}

function ofIntuit({ path }: Call): Counted[] {
  const realm = /^\/v3\/company\/(\d+)\//.exec(path)?.[1]
  if (realm === undefined) return []
  return [
    { key: `intuit ${realm}`, max: 500, spanMs: minuteMs },
    { key: `intuit ${realm} in a second`, max: 10, spanMs: 1_000 },
    ...(path.endsWith('/batch') ? [{ key: `intuit ${realm} batches`, max: 40, spanMs: minuteMs }] : []),
  ]
}

/** Every limit of the test's world, and the most that came within its span: counted from what the emulators recorded. */
export function mostOfEach(
  test: TestApp,
  rates: { segmentsPerMinute: number; mailsPerMinute: number },
): Map<string, { most: number; max: number }> {
  const { plaid, intuit, twilio, sendgrid } = test.network
  const ofTwilio = ({ method, path, body }: Call): Counted[] => {
    if (method !== 'POST' || !path.endsWith('/Messages.json')) return []
    // A form of the SDK
    const { Body: text } = body as { Body: string }
    return [{ key: 'twilio segments', max: rates.segmentsPerMinute, spanMs: minuteMs, cost: countSegments(text).segments }]
  }
  const ofSendgrid = ({ path }: Call): Counted[] =>
    path === '/v3/mail/send' ? [{ key: 'sendgrid mails', max: rates.mailsPerMinute, spanMs: minuteMs }] : []
  const sides: [Call[], (call: Call) => Counted[]][] = [
    [plaid.calls.list(), ofPlaid],
    [intuit.calls.list(), ofIntuit],
    [twilio.calls.list(), ofTwilio],
    [sendgrid.calls.list(), ofSendgrid],
  ]
  const times = new Map<string, { limit: Counted; calls: { at: number; cost: number }[] }>()
  for (const [calls, read] of sides) {
    for (const call of calls) {
      for (const limit of read(call)) {
        const seen = times.get(limit.key) ?? { limit, calls: [] }
        seen.calls.push({ at: Date.parse(call.at), cost: limit.cost ?? 1 })
        times.set(limit.key, seen)
      }
    }
  }
  return new Map([...times].map(([key, { limit, calls }]) => [key, { most: mostIn(calls, limit.spanMs), max: limit.max }]))
}

/** The most within any span, its beginning included and its end not, as the providers count. */
export function mostIn(turns: readonly { at: number; cost: number }[], spanMs: number): number {
  const inOrder = turns.toSorted((a, b) => a.at - b.at)
  let [most, sum, first] = [0, 0, 0]
  for (const { at, cost } of inOrder) {
    sum += cost
    for (let oldest = inOrder[first]; oldest !== undefined && oldest.at <= at - spanMs; oldest = inOrder[(first += 1)]) sum -= oldest.cost
    most = Math.max(most, sum)
  }
  return most
}

/** Calls that the providers refused because there were too many. */
export function refusedCalls(test: TestApp): Call[] {
  const { plaid, intuit, twilio, sendgrid } = test.network
  return [plaid, intuit, twilio, sendgrid].flatMap(({ calls }) => calls.list()).filter(({ status }) => status === 429)
}
