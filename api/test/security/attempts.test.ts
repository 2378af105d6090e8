import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { auth } from '@ledgersync/shared/auth'
import { connections } from '@ledgersync/shared/connections'
import { invites } from '@ledgersync/shared/invites'
import { makeClient, makeFirm } from '../factories.ts'
import { startTestApp, type TestApp } from '../harness.ts'
import { ask, type RawAnswer } from './kit.ts'

const password = 'copper lantern over the bay'

let product: TestApp
/** A second process of the same installation, behind a proxy that tells the callers' addresses. */
let behind: TestApp
beforeAll(async () => {
  product = await startTestApp()
  const { databaseUrl: DATABASE_URL, databaseOwnerUrl: DATABASE_OWNER_URL } = product.config
  behind = await startTestApp({ TRUST_PROXY: 'true', DATABASE_URL, DATABASE_OWNER_URL })
}, 60_000)
afterAll(() => Promise.all([product.close(), behind.close()]))

const statuses = async (times: number, call: (index: number) => PromiseLike<{ status: number }>): Promise<number[]> => {
  const all: number[] = []
  for (let index = 0; index < times; index++) all.push((await call(index)).status)
  return all
}
const expectRetry = ({ headers }: { headers: Record<string, string> }, windowSeconds: number): void => {
  expect(Number(headers['retry-after'])).toBeGreaterThan(0)
  expect(Number(headers['retry-after'])).toBeLessThanOrEqual(windowSeconds)
}

describe('attempts, counted in the database for all processes', () => {
  test('to sign up: a hundred an hour from one network, refused ones included', async () => {
    const signUp = (index: number, address = '2001:db8:9:9::') =>
      behind
        .request()
        .post('/v1/auth/sign-up')
        .set({ Origin: behind.config.publicUrl, 'X-Forwarded-For': `${address}${index}` })
        .send({ firmName: 'Northgate', name: 'Ada Marsh', email: `ada${index}@gmail.com`, password })
    const all = await statuses(101, signUp)
    expect(all).toEqual([...Array.from({ length: 100 }, () => 400), 429])
    expectRetry(await signUp(200), 3600)
    expect((await signUp(1, '2001:db8:9:a::')).status).toBe(400)
    const { rows } = await product.admin.query<{ count: number }>("select max(count) as count from attempts where key like 'sign-up:%'")
    expect(rows[0]?.count).toBe(102)
  }, 60_000)

  test('to sign in: ten a quarter of an hour to one name from anywhere, three hundred from one network to any', async () => {
    const signIn = (username: string, address: string) =>
      behind
        .request()
        .post('/v1/auth/sign-in')
        .set({ Origin: behind.config.publicUrl, 'X-Forwarded-For': address })
        .send({ username, password: 'x' })
    const one = await statuses(11, (index) =>
      signIn(index % 2 === 0 ? 'Guessed@quillstone.example' : ' guessed@quillstone.example', `198.51.100.${index}`),
    )
    expect(one).toEqual([...Array.from({ length: 10 }, () => 401), 429])
    // The first 295 would take a while to be judged: they are counted as the product counts them
    const seconds = 900
    await product.admin.query(
      "insert into attempts values ('sign-in-from:203.0.113.9', to_timestamp(floor(extract(epoch from $1::timestamptz) / 900) * 900), 295)",
      [behind.deps.now()],
    )
    const many = await statuses(6, (index) => signIn(`name${index}@quillstone.example`, '203.0.113.9'))
    expect(many).toEqual([401, 401, 401, 401, 401, 429])
    expectRetry(await signIn('name7@quillstone.example', '203.0.113.9'), seconds)
  }, 60_000)

  test('hold at the same moment and over processes, too', async () => {
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_, index) =>
        (index % 2 === 0 ? product : behind).call(auth.signIn, { body: { username: 'burst@quillstone.example', password: 'x' } }),
      ),
    )
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15)
  }, 60_000)

  test('at codes: the sixth sending within the hour waits', async () => {
    const { cookie } = await product.call(auth.signUp, { body: { firmName: 'N', name: 'Ada Marsh', email: 'ada@sixth.example', password } })
    const all = await statuses(6, () => product.call(auth.sendVerification, {}, { cookie }))
    expect(all).toEqual([204, 204, 204, 204, 204, 429])
  })

  test('to open a bank’s sign-in: twenty an hour by a client, over all of their links; each would be a token at the provider', async () => {
    const dana = await makeFirm(product)
    const clientId = await makeClient(product, dana)
    const { body } = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
    const path = `${new URL(body.url ?? '').pathname}/connect`
    let cookie = ''
    const tap = async (): Promise<RawAnswer> => {
      const answer = await ask(product, path, { method: 'POST', headers: { origin: product.config.publicUrl, cookie } })
      cookie ||= /ledgersync-link=[\w-]{43}/.exec(answer.headers['set-cookie'] ?? '')?.[0] ?? ''
      return answer
    }
    const tokens = () => product.network.plaid.calls.list('/link/token/create').length
    const before = tokens()
    const all = await statuses(22, tap)
    expect(all).toEqual([...Array.from({ length: 20 }, () => 303), 429, 429])
    expect(tokens() - before).toBe(20)
    const refused = await tap()
    expect(refused.body).toContain('Wait an hour, then try again.')
    expectRetry(refused, 3600)
    expect((await product.call(connections.add, { params: { clientId }, body: {} }, dana)).status).toBe(201)
    await product.advance(3_600_000)
    expect((await tap()).status).toBe(303)
  }, 60_000)
})

test('every 429 that is thrown says when to come back', () => {
  const folder = resolve(import.meta.dirname, '../../src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const throwing = files.flatMap((name) =>
    readFileSync(resolve(folder, name), 'utf8')
      .split("new AppError('too_many_requests'")
      .slice(1)
      .map((rest) => [name, rest.slice(0, 200)] as const),
  )
  expect(throwing.length).toBeGreaterThan(2)
  for (const [name, rest] of throwing) expect([name, rest]).toEqual([name, expect.stringContaining('retryAfterSeconds')])
})
