import type { Firm } from '@ledgersync/shared/firms'
import { fingerprint } from '../torture/fuzz/fingerprint.ts'
import { runFuzz } from '../torture/fuzz/fuzz.ts'
import { judge, judgeLog } from '../torture/fuzz/oracles.ts'
import type { Plan } from '../torture/fuzz/plan.ts'
import { verdictOf } from '../torture/fuzz/report.ts'
import { makeSite } from '../torture/fuzz/site.ts'
import { documentedTargets, type Target } from '../torture/fuzz/target.ts'
import type { Answer, Outgoing } from '../torture/fuzz/wire.ts'
import { makeWorld, type World } from '../torture/fuzz/world.ts'
import { report } from '../torture/verdict.ts'
import { startTestApp, type TestApp } from './harness.ts'

// FUZZ_REQUESTS=100000 npm test -- fuzz.test sends more, FUZZ_SEED sends the same again, FUZZ_REPLAY=seed:path sends one,
// FUZZ_TARGETS='Client|/i/' keeps to targets whose id has that.
const requests = Number(process.env.FUZZ_REQUESTS ?? 1_500)
// The same every time: `npm run torture` is where new requests are tried
const seed = Number(process.env.FUZZ_SEED ?? 20_261_125)
const wanted = new RegExp(process.env.FUZZ_TARGETS ?? '')
const [, replaySeed, replayPath] = /^(-?\d+):([\d:]+)$/.exec(process.env.FUZZ_REPLAY ?? '') ?? []

let product: TestApp
let world: World
let getFirm: Target
beforeAll(async () => {
  product = await startTestApp({ WEB_DIR: await makeSite() })
  world = await makeWorld(product)
  getFirm = (await documentedTargets(product)).find(({ id }) => id === 'getFirm') as Target // it is in the document
}, 300_000)
afterAll(() => product.close())

const say = (line: string): void => void process.stderr.write(`${line}\n`)

test(
  'whoever sends whatever: every answer is one that is documented, and the other firm notices nothing',
  async () => {
    const only = replaySeed === undefined || replayPath === undefined ? {} : { only: { seed: Number(replaySeed), path: replayPath } }
    const result = await runFuzz(product, { seed, requests, world, say, targets: (id) => wanted.test(id), ...only })
    report(verdictOf(result), say)
    expect(result.violations).toEqual([])
    expect(result.after).toEqual(result.before)
    expect(result.before.rows).toBeGreaterThan(100)
    if (replaySeed === undefined && process.env.FUZZ_TARGETS === undefined) expect(operationsAnswered(result.byTarget)).toBeGreaterThan(40)
  },
  6 * 3_600_000,
)

/** Operations that succeeded at least once: what only meets errors has not got far. */
const operationsAnswered = (byTarget: Awaited<ReturnType<typeof runFuzz>>['byTarget']): number =>
  Object.entries(byTarget).filter(([id, tally]) => !id.includes(' ') && tally['2xx'] + tally['3xx'] > 0).length

describe('the fuzz notices', () => {
  test('a verb that throws, with the smallest request that shows it, and a row of the other firm that changes', async () => {
    const { searchInstitutions } = product.deps.plaid
    product.deps.plaid.searchInstitutions = async (query) => {
      await product.admin.query('update firms set name = name || $1 where firm_id = $2', ['x', world.otherFirmId])
      throw new Error(`no answer to ${query}`)
    }
    const targets = (id: string): boolean => id === 'searchInstitutions'
    const result = await runFuzz(product, { seed, requests: 40, world, targets })
    const isFailure = ({ oracle }: { oracle: string }): boolean => oracle === 'server error'
    const found = result.violations.find(isFailure)
    const only = { seed: found?.seed ?? 0, path: found?.path ?? '' }
    const again = await runFuzz(product, { seed, requests: 1, world, targets, only })
    product.deps.plaid.searchInstitutions = searchInstitutions
    expect(again.violations.find(isFailure)).toMatchObject({ target: 'searchInstitutions', ...only })
    expect(found).toMatchObject({ target: 'searchInstitutions', request: expect.stringMatching(/^GET \/v1\/institutions\?query=/) })
    expect(found?.request).not.toContain('eyJ')
    expect(result.violations.map(({ oracle }) => oracle)).toContain('log')
    expect(result.after.hash).not.toBe(result.before.hash)
    expect(result.after.tables.firms).not.toBe(result.before.tables.firms)
  }, 120_000)

  test('rows of the other firm that are added or taken away', async () => {
    const before = await fingerprint(product, world.otherFirmId)
    await product.admin.query('delete from message_events where firm_id = $1', [world.otherFirmId])
    expect((await fingerprint(product, world.otherFirmId)).hash).not.toBe(before.hash)
  })

  const request: Outgoing = { method: 'GET', path: '/v1/firm', headers: [], body: Buffer.alloc(0), framing: 'length', bytes: null }
  const firm: Firm = {
    id: '0190a6d2-7c3a-7000-8000-000000000001',
    name: 'Quillstone',
    emailDomain: 'quillstone.example',
    timeZone: 'Etc/UTC',
    senderName: null,
    mailSender: 'person',
    defaultLanguage: 'en',
    defaultInvite: 'sms',
    defaultTimeZone: null,
    assignAll: false,
    askRepairs: true,
    messagesPerPersonDay: 3,
    messagesPerHour: 10_000,
  }
  const problem = { type: '/docs#conflict', title: 'conflict', status: 409, code: 'conflict', detail: 'No.', requestId: 'x' }
  const json = 'application/json'
  const asProblem = 'application/problem+json'

  function oracles(answer: { status: number; type: string; body: unknown; outcome?: Answer['outcome'] }): string[] {
    const plan: Plan = {
      target: getFirm,
      role: 'administrator',
      focus: 0,
      honest: true,
      params: {},
      query: [],
      body: undefined,
      signature: 'none',
      spoils: [],
      times: 'once',
    }
    const { status, type, body, outcome = 'answered' } = answer
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const found = judge(plan, request, { status, outcome, ms: 1, body: text, headers: { 'content-type': type } }, ['a known secret'])
    return found.map(({ oracle }) => oracle)
  }

  test.each<[string, number, string, unknown, string[]]>([
    ['nothing in an answer as it should be', 200, json, firm, []],
    ['nothing in a problem as it should be', 401, asProblem, { ...problem, status: 401, code: 'unauthenticated' }, []],
    ['a member that is missing', 200, json, { ...firm, name: undefined }, ['undocumented']],
    ['a member of another type', 200, json, { ...firm, name: 7 }, ['undocumented']],
    ['an id that is none', 200, json, { ...firm, id: '1' }, ['undocumented']],
    ['a body that is no JSON', 200, json, '{', ['undocumented']],
    ['another content type', 200, 'text/html', firm, ['undocumented']],
    ['a status that is not documented', 409, asProblem, problem, ['undocumented']],
    ['a failure of ours', 500, asProblem, { ...problem, status: 500, code: 'internal' }, ['server error']],
    ['an error that is no problem', 400, json, { error: 'Bad' }, ['undocumented', 'problem']],
    ['a code nobody knows', 401, asProblem, { ...problem, status: 401, code: 'nope' }, ['problem']],
    ['a code of another status', 401, asProblem, { ...problem, status: 401 }, ['problem']],
    ['a stack', 200, json, { ...firm, name: 'Error\n    at run (/srv/app/service.ts:12:3)' }, ['stack']],
    ['a query', 200, json, { ...firm, name: 'Failed query: select "id" from "staff"' }, ['sql']],
    ['a secret', 200, json, { ...firm, name: 'a known secret' }, ['secret']],
    ['a password hash', 200, json, { ...firm, passwordHash: '$argon2id$v=19$x' }, ['secret']],
    ["a client's link", 200, json, { ...firm, name: `/i/${'a'.repeat(43)}` }, ['secret']],
    ['markup that was not escaped', 200, 'text/html', '<p><img src=x onerror=fuzz()></p>', ['undocumented', 'markup']],
  ])('%s', (...[, status, type, body, expected]) => {
    expect(oracles({ status, type, body })).toEqual(expected)
  })

  test.each(['cut', 'silent'] as const)('no answer at all (%s)', (outcome) => {
    expect(oracles({ status: 0, type: '', body: '', outcome })).toEqual(['silence'])
  })

  test('failures in the log', () => {
    const lines = ['{"level":30,"msg":"fine"}', '{"level":50,"error":"x","msg":"unexpected error"}', '{"level":40,"stack":"Error"}']
    expect(judgeLog(lines)).toHaveLength(2)
  })
})
