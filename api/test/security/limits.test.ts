import { request } from 'node:http'
import { makeFirm, makeStaff, type Person } from '../factories.ts'
import { startTestApp, type TestApp } from '../harness.ts'
import { ask, portOf, type RawAnswer } from './kit.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
}, 60_000)
afterAll(() => product.close())

const statuses = async (times: number, call: (index: number) => Promise<{ status: number }>): Promise<number[]> => {
  const all: number[] = []
  for (let index = 0; index < times; index++) all.push((await call(index)).status)
  return all
}
const expectRetry = ({ headers }: { headers: Record<string, string> }, windowSeconds: number): void => {
  expect(Number(headers['retry-after'])).toBeGreaterThan(0)
  expect(Number(headers['retry-after'])).toBeLessThanOrEqual(windowSeconds)
}
const json = { 'content-type': 'application/json' }

describe('the size of bodies', () => {
  const statusOf = async (path: string, type: string, bytes: number): Promise<number> => {
    const body = type === 'application/json' ? JSON.stringify({ x: 'x'.repeat(bytes - 8) }) : 'x'.repeat(bytes)
    return (await ask(product, path, { method: 'POST', headers: { 'content-type': type }, body })).status
  }
  const form = 'application/x-www-form-urlencoded'
  test.each([
    ['JSON', ['/v1/auth/sign-in', 'application/json'], 256 * 1024, 400],
    ['a form', [`/i/${'x'.repeat(43)}/connect`, form], 8 * 1024, 404],
    ['a webhook of the bank provider', ['/v1/webhooks/plaid', 'application/json'], 256 * 1024, 403],
    ['a webhook of the books', ['/v1/webhooks/intuit', 'application/json'], 1024 * 1024, 403],
    ['a webhook of the mail service', ['/v1/webhooks/sendgrid', 'application/json'], 1024 * 1024, 403],
    ['a status of the text service', ['/v1/webhooks/twilio/status', form], 64 * 1024, 403],
    ['a reply by text', ['/v1/webhooks/twilio/inbound', form], 64 * 1024, 403],
  ] as const)('%s has its own bound', async (_what, [path, type], bytes, within) => {
    expect(await statusOf(path, type, bytes)).toBe(within)
    expect(await statusOf(path, type, bytes + 1)).toBe(413)
  })
  test('a body without an end is cut off at the bound', async () => {
    const answer = await new Promise<number>((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: portOf(product), method: 'POST', path: '/v1/auth/sign-in', headers: json },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
          sent.destroy()
        },
      )
      sent.on('error', reject)
      const more = (): void => {
        if (!sent.destroyed) sent.write(' '.repeat(16_384), () => setImmediate(more))
      }
      more()
    })
    expect(answer).toBe(413)
  })
  test('of a body full of mistakes twenty are named', async () => {
    const body = JSON.stringify({ transactionIds: Array.from({ length: 60_000 }, () => 1) })
    const dana = await makeFirm(product)
    const answer = await ask(product, '/v1/review/approve', {
      method: 'POST',
      headers: { ...json, cookie: dana.cookie, origin: product.config.publicUrl },
      body,
    })
    expect([answer.status, JSON.parse(answer.body).fields.length]).toEqual([400, 20])
  })
})

describe('requests', () => {
  const from = (app: TestApp, address: string, path = '/healthz', headers: Record<string, string> = {}): Promise<RawAnswer> =>
    ask(app, path, { headers: { 'x-forwarded-for': address, ...headers } })

  test('of one address are bounded before anything is looked up, whatever they ask for', async () => {
    const busy = await startTestApp({ REQUESTS_PER_MINUTE_MAX: '12', TRUST_PROXY: 'true' })
    try {
      const paths = ['/healthz', '/v1/auth/me', '/nothing', '/i/x', '/docs/', '/v1/nothing']
      const all = await statuses(14, (index) => from(busy, '198.51.100.7', paths[index % paths.length]))
      expect(all.slice(0, 12).every((status) => status !== 429)).toBe(true)
      expect(all.slice(12)).toEqual([429, 429])
      expect((await from(busy, '198.51.100.8')).status).toBe(200)
      const dana = await makeFirm(busy)
      const before = busy.logs.length
      const refused = await from(busy, '198.51.100.7', '/v1/auth/me', { cookie: dana.cookie })
      expect([refused.status, busy.logs.length]).toEqual([429, before])
      expect(refused.headers).toMatchObject({ 'x-ratelimit-limit': '12', 'x-ratelimit-remaining': '0' })
      expectRetry(refused, 60)
    } finally {
      await busy.close()
    }
  })

  test('of IPv6 count together within one subscriber’s network', async () => {
    const busy = await startTestApp({ REQUESTS_PER_MINUTE_MAX: '12', TRUST_PROXY: 'true' })
    try {
      const all = await statuses(14, (index) => from(busy, `2001:db8:1:2:${index}::${index}`))
      expect(all.slice(12)).toEqual([429, 429])
      expect((await from(busy, '2001:db8:1:3::1')).status).toBe(200)
    } finally {
      await busy.close()
    }
  })

  test('of one person are bounded over all addresses and sessions, and nobody else’s are', async () => {
    const busy = await startTestApp({ REQUESTS_PER_MINUTE_MAX: '24', TRUST_PROXY: 'true' })
    try {
      const dana = await makeFirm(busy)
      const marcus = await makeStaff(busy, dana.firmId, 'employee')
      const me = (as: Person, address: string): Promise<RawAnswer> => from(busy, address, '/v1/auth/me', { cookie: as.cookie })
      const answers: RawAnswer[] = []
      for (let index = 0; index < 13; index++) answers.push(await me(dana, `198.51.100.${index}`))
      expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 12 }, () => 200), 429])
      expect(answers[0]?.headers).toMatchObject({ 'x-ratelimit-limit': '12', 'x-ratelimit-remaining': '11', 'x-ratelimit-reset': '60' })
      const last = answers[12]
      expect(last?.headers).toMatchObject({ 'x-ratelimit-remaining': '0' })
      if (last !== undefined) expectRetry(last, 60)
      expect((await me(marcus, '198.51.100.1')).status).toBe(200)
    } finally {
      await busy.close()
    }
  })

  test('of providers are not counted: what they deliver must arrive', async () => {
    const busy = await startTestApp({ REQUESTS_PER_MINUTE_MAX: '10' })
    try {
      const all = await statuses(15, () => ask(busy, '/v1/webhooks/plaid', { method: 'POST', headers: json, body: '{}' }))
      expect(new Set(all)).toEqual(new Set([403]))
    } finally {
      await busy.close()
    }
  })

  test('are documented where the API is', async () => {
    const { body } = await product.request().get('/openapi.json')
    expect(body.info.description).toMatch(/X-RateLimit-Limit.*X-RateLimit-Remaining.*X-RateLimit-Reset/)
    expect(body.info.description).toMatch(/429 with `Retry-After`/)
  })
})
