import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import { connections } from '@ledgersync/shared/connections'
import { invites } from '@ledgersync/shared/invites'
import { createMetrics, startMetricsServer } from '../../src/http/metrics.ts'
import type { App } from '../../src/http/app-type.ts'
import { securityHeaders } from '../../src/http/headers.ts'
import { registerHttpRules } from '../../src/http/http-rules.ts'
import { createHttpServer, refuseConnection } from '../../src/http/server.ts'
import { makeClient, makeFirm, type Person } from '../factories.ts'
import { startTestApp, type TestApp } from '../harness.ts'
import { ask, exchange, makeWebFolder, portOf, type RawAnswer, type RawRequest } from './kit.ts'

const https = 'https://books.quillstone.example'

/** The product at an https address, and on plain http as on a developer's machine. */
const products: { secure: TestApp; local: TestApp } = {} as { secure: TestApp; local: TestApp } // set before any test
let dana: Person
let link: string
let visit: string
beforeAll(async () => {
  const WEB_DIR = await makeWebFolder()
  products.secure = await startTestApp({ WEB_DIR, PUBLIC_URL: https })
  products.local = await startTestApp({ WEB_DIR })
  const { local } = products
  dana = await makeFirm(local)
  const clientId = await makeClient(local, dana)
  const copied = await local.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  link = new URL(copied.body.url ?? '').pathname
  await local.call(connections.add, { params: { clientId }, body: {} }, dana)
  visit = /\/i\/back\/[\w-]{43}/.exec(JSON.stringify(local.network.plaid.calls.list('/link/token/create')))?.[0] ?? ''
}, 60_000)
afterAll(() => Promise.all([products.secure.close(), products.local.close()]))

/** What must hold for every answer there is. `kept` says how long browsers may keep it; nothing else may be kept at all. */
function expectSafe({ headers, body }: RawAnswer, { secure = false, kept = 'no-store' }: { secure?: boolean; kept?: string } = {}): void {
  const policy = headers['content-security-policy'] ?? ''
  // A client's page has one script and one style in itself, and no other runs; everywhere else they are files of ours
  const inline = headers['content-type']?.startsWith('text/html') ? /<script>(.+)<\/script>/s.exec(body)?.[1] : undefined
  const script = inline === undefined ? "'self'" : `'sha256-${createHash('sha256').update(inline).digest('base64')}'`
  for (const part of ["default-src 'none'", `script-src ${script};`, "base-uri 'none'", "frame-ancestors 'none'"])
    expect(policy).toContain(part)
  if (inline !== undefined) expect(body.match(/<script|<style|\bstyle=|\bon\w+=/g)).toEqual(['<style', '<script'])
  expect(policy).not.toMatch(/unsafe-|\*|https?:(?!\/\/)/)
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': expect.stringContaining('camera=()'),
    'cache-control': kept,
  })
  if (secure) expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
  else expect(headers).not.toHaveProperty('strict-transport-security')
  for (const telling of ['server', 'x-powered-by', 'access-control-allow-origin']) expect(headers).not.toHaveProperty(telling)
}

const json = { 'content-type': 'application/json' }
const year = 'public, max-age=31536000, immutable'
const tooLarge = JSON.stringify({ code: '9'.repeat(300_000) })
const parts = () => ({ cookie: dana.cookie, origin: products.local.config.publicUrl })

interface Kind {
  path: string | (() => string)
  request?: () => RawRequest
  status: number
  kept?: string
}

const kinds: Record<string, Kind> = {
  'the SPA': { path: '/', status: 200 },
  'a page of the SPA': { path: '/clients?page=2', status: 200 },
  'a hashed asset': { path: '/assets/index-Ab12Cd34.js', status: 200, kept: year },
  'a file beside the SPA': { path: '/favicon.svg', status: 200, kept: 'no-cache' },
  'an asset that is not there': { path: '/assets/none.js', status: 404 },
  'the documentation': { path: '/docs/', status: 200 },
  'the documentation without its slash': { path: '/docs', status: 200 },
  'the style of the documentation': { path: '/docs/static/swagger-ui.css', status: 200, kept: 'public, max-age=0' },
  'the script of the documentation': { path: '/docs/static/swagger-ui-bundle.js', status: 200, kept: 'public, max-age=0' },
  'the OpenAPI document': { path: '/openapi.json', status: 200 },
  'a client’s page': { path: () => link, status: 200 },
  'the page for sending statements': { path: () => `${link}/statements`, status: 200 },
  'the page of an unknown link': { path: `/i/${'x'.repeat(43)}`, status: 404 },
  'the page after the bank': { path: () => visit, status: 200 },
  'a look at the visit': { path: () => `${visit}/check`, request: () => ({ method: 'POST' }), status: 200 },
  'a preview’s tap': { path: () => `${link}/connect`, request: () => ({ method: 'POST', headers: parts() }), status: 303 },
  'a client’s tap': { path: () => `${link}/connect`, request: () => ({ method: 'POST' }), status: 303 },
  'the return from the books': { path: '/v1/books/callback?state=x', status: 302 },
  'an answer of the API': { path: '/v1/auth/me', request: () => ({ headers: parts() }), status: 200 },
  'an answer without body': { path: '/v1/auth/verification', request: () => ({ method: 'POST', headers: parts() }), status: 204 },
  'no session': { path: '/v1/auth/me', status: 401 },
  'another origin': {
    path: '/v1/auth/sign-out',
    request: () => ({ method: 'POST', headers: { cookie: dana.cookie, origin: 'https://evil.example' } }),
    status: 403,
  },
  'nothing there': { path: '/v1/nothing', status: 404 },
  'a method nobody has': { path: '/v1/auth/me', request: () => ({ method: 'OPTIONS' }), status: 404 },
  'HEAD of a page': { path: '/', request: () => ({ method: 'HEAD' }), status: 200 },
  'a field that is wrong': {
    path: '/v1/auth/verify-email',
    request: () => ({ method: 'POST', headers: { ...parts(), ...json }, body: '{}' }),
    status: 400,
  },
  'half a document': {
    path: '/v1/auth/verify-email',
    request: () => ({ method: 'POST', headers: { ...parts(), ...json }, body: '{' }),
    status: 400,
  },
  'a body that is too large': {
    path: '/v1/auth/verify-email',
    request: () => ({ method: 'POST', headers: { ...parts(), ...json }, body: tooLarge }),
    status: 413,
  },
  'a body of another type': {
    path: '/v1/auth/verify-email',
    request: () => ({ method: 'POST', headers: { ...parts(), 'content-type': 'text/plain' }, body: 'x' }),
    status: 415,
  },
  'an address that is none': { path: '/%', status: 400 },
  'an address with too long a part': { path: `/v1/clients/${'9'.repeat(300)}`, status: 404 },
  'an address that is too long': { path: `/${'9'.repeat(20_000)}`, status: 431 },
  'headers that are too large': { path: '/', request: () => ({ headers: { cookie: 'x'.repeat(20_000) } }), status: 431 },
  'two lengths': { path: '/', request: () => ({ method: 'POST', headers: { 'content-length': '1, 2' }, body: 'x' }), status: 400 },
  'a forged webhook': { path: '/v1/webhooks/plaid', request: () => ({ method: 'POST', headers: json, body: '{}' }), status: 403 },
  'the sign of life': { path: '/healthz', status: 200 },
  'the sign of readiness': { path: '/readyz', status: 200 },
}

describe.each(Object.entries(kinds))('%s', (_name, { path, request, status, kept }) => {
  test('has every header', async () => {
    const answer = await ask(products.local, typeof path === 'string' ? path : path(), request?.())
    expect(answer.status).toBe(status)
    expectSafe(answer, kept === undefined ? {} : { kept })
    if (status >= 400 && !answer.headers['content-type']?.startsWith('text/html')) {
      expect(answer.headers['content-type']).toContain('application/problem+json')
      expect(JSON.parse(answer.body)).toMatchObject({ status, code: expect.any(String), requestId: expect.any(String) })
    }
  })
})

test('on https every kind of answer says so', async () => {
  const paths = [
    '/',
    '/assets/index-Ab12Cd34.js',
    '/docs/',
    '/openapi.json',
    `/i/${'x'.repeat(43)}`,
    '/v1/auth/me',
    '/v1/nothing',
    '/%',
    `/${'9'.repeat(20_000)}`,
  ]
  for (const path of paths) {
    const answer = await ask(products.secure, path)
    expectSafe(answer, { secure: true, kept: path.startsWith('/assets') ? year : 'no-store' })
  }
})

test('what is no HTTP gets a refusal with every header', async () => {
  for (const bytes of [
    'hello\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET / HTTP/1.1\r\nbad header\r\n\r\n',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]),
  ]) {
    const answer = await exchange(portOf(products.local), bytes)
    expect([answer.status, JSON.parse(answer.body)]).toEqual([400, expect.objectContaining({ code: 'bad_request' })])
    expectSafe(answer)
    expect(answer.headers['connection']).toBe('close')
  }
})

test('the event stream has every header', async () => {
  const head = `GET /v1/events HTTP/1.1\r\nhost: x\r\ncookie: ${dana.cookie}\r\n\r\n`
  const answer = await exchange(portOf(products.local), head, (text) => text.includes('retry:'))
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/event-stream'])
  expectSafe(answer)
})

test('refusals for asking too often have every header, and say when to come back', async () => {
  const busy = await startTestApp({ REQUESTS_PER_MINUTE_MAX: '10' })
  try {
    const answers: RawAnswer[] = []
    for (let times = 0; times < 12; times++) answers.push(await ask(busy, '/v1/auth/me'))
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429])
    const [last] = answers.slice(-1)
    if (last === undefined) throw new Error('There are twelve answers')
    expectSafe(last)
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0)
  } finally {
    await busy.close()
  }
})

test('the metrics have every header, on their port, and answer only to reading', async () => {
  const server = await startMetricsServer(createMetrics(), { host: '127.0.0.1', port: 0, headers: securityHeaders(products.local.config) })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    const get = (line: string): Promise<RawAnswer> => exchange(port, `${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
    for (const [line, status] of [
      ['GET /metrics', 200],
      ['GET /', 404],
      ['DELETE /metrics', 404],
      ['nonsense', 400],
    ] as const) {
      const answer = await get(line)
      expect([line, answer.status]).toEqual([line, status])
      expectSafe(answer)
    }
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})

describe('a connection that says too little', () => {
  const headers = securityHeaders({ publicUrl: https, plaid: { hostedLinkOrigin: 'https://secure.plaid.com' } })
  const hasty = { headersMs: 200, requestMs: 400, idleMs: 200, silenceMs: 600, checkMs: 50 }
  test.each([
    ['never ends its headers', 'GET / HTTP/1.1\r\nhost: x\r\n', 408],
    ['never ends its body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf', 408],
  ])('and %s is refused', async (_what, bytes, status) => {
    const server = createHttpServer(headers, (req, res) => void req.resume().on('end', () => res.end()), hasty)
    server.on('clientError', refuseConnection(headers))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    try {
      const answer = await exchange(typeof address === 'object' && address !== null ? address.port : 0, bytes)
      expect([answer.status, JSON.parse(answer.body)]).toEqual([status, expect.objectContaining({ code: 'request_timeout' })])
      expectSafe(answer, { secure: true })
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })
  test('has less time for a small body than for one of megabytes', async () => {
    const app: App = Fastify({ clientErrorHandler: refuseConnection(headers) }).withTypeProvider<TypeBoxTypeProvider>()
    registerHttpRules(app, 200)
    app.post('/small', { config: { access: 'public' } }, async () => 'read')
    app.post('/large', { config: { access: 'public', isSlow: true } }, async () => 'read')
    const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
    const send = (path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const request = {
          host: '127.0.0.1',
          port,
          path,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'content-length': 4 },
        }
        const sent = httpRequest(request, (answer) => void answer.resume().on('end', () => resolve(answer.statusCode ?? 0)))
        sent.on('error', reject)
        sent.write('nu')
        setTimeout(() => sent.end('ll'), 700)
      })
    try {
      expect(await Promise.all([send('/small'), send('/large')])).toEqual([408, 200])
    } finally {
      await app.close()
    }
  })
  test('is not kept for ever by the product', () => {
    const { server } = products.local.app
    expect([server.headersTimeout, server.requestTimeout, server.keepAliveTimeout, server.timeout]).toEqual([
      15_000, 600_000, 72_000, 120_000,
    ])
  })
})

test('each look at the SPA has a nonce of its own, and no other page has one', async () => {
  const nonceOf = (answer: RawAnswer): string => /'nonce-([\w-]+)'/.exec(answer.headers['content-security-policy'] ?? '')?.[1] ?? 'none'
  const [first, second] = [await ask(products.local, '/'), await ask(products.local, '/')]
  expect(nonceOf(first)).toHaveLength(22)
  expect(nonceOf(first)).not.toBe(nonceOf(second))
  expect(first.body).toContain(nonceOf(first))
  for (const path of ['/docs/', link, '/v1/auth/me', '/assets/index-Ab12Cd34.js'])
    expect(nonceOf(await ask(products.local, path))).toBe('none')
})
