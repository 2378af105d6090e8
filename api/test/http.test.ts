import { connect } from 'node:net'
import { connections } from '@ledgersync/shared/connections'
import type { Problem } from '@ledgersync/shared/errors'
import { eventsPath } from '@ledgersync/shared/events'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
let dana: Person
beforeAll(async () => {
  product = await startTestApp()
  dana = await makeFirm(product)
})
afterAll(() => product.close())

/** Sends exactly these bytes and answers all that comes back. `leave` goes away without waiting for an answer. */
function exchange(bytes: string, leave = false): Promise<string> {
  const { port } = new URL(product.config.publicUrl)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => (leave ? socket.end(bytes) : socket.write(bytes, 'latin1')))
    const parts: Buffer[] = []
    socket.on('data', (part: Buffer) => parts.push(part))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')))
  })
}

const host = 'Host: localhost\r\n'
const end = 'Connection: close\r\n\r\n'

test.each([
  ['an address that cannot be decoded', `GET /v1/clients/%E0%A4%A HTTP/1.1\r\n${host}${end}`, 400, 'bad_request'],
  ['a part of the address that is too long', `DELETE /v1/clients/${'a'.repeat(300)} HTTP/1.1\r\n${host}${end}`, 414, 'uri_too_long'],
  ['bytes that are no HTTP', 'hello\r\n\r\n', 400, 'bad_request'],
  ['a method that does not exist', `FROB / HTTP/1.1\r\n${host}\r\n`, 400, 'bad_request'],
  ['no host', `GET /v1/auth/me HTTP/1.1\r\n${end}`, 400, 'bad_request'],
  ['too many headers', `GET / HTTP/1.1\r\n${host}X-Much: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
])('%s is answered with a problem', async (_what, bytes, status, code) => {
  const [head = '', body = ''] = (await exchange(bytes)).split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(head.toLowerCase()).toContain('content-type: application/problem+json')
  expect(JSON.parse(body)).toMatchObject({ status, code, requestId: expect.stringMatching(/.+/) })
})

test('a body that breaks off is answered with a problem', async () => {
  const [head = '', body = ''] = (
    await exchange(`POST /v1/auth/sign-in HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"user`, true)
  ).split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1.1 400 /)
  expect(JSON.parse(body)).toMatchObject({ code: 'bad_request' })
})

test('an expectation nobody knows is passed over', async () => {
  expect(await exchange(`GET /healthz HTTP/1.1\r\n${host}Expect: the unexpected\r\n${end}`)).toMatch(/^HTTP\/1.1 200 /)
})

test('whoever leaves before the answer is no failure of ours', async () => {
  product.logs.length = 0
  await Promise.all(Array.from({ length: 20 }, () => exchange(`GET /v1/auth/me HTTP/1.1\r\n${host}\r\n`, true)))
  // A request that comes after them is answered after them
  expect((await product.request().get('/healthz')).status).toBe(200)
  expect(product.logs.join('')).not.toContain('unexpected error')
})

test('HEAD of the event stream ends', async () => {
  const answer = await exchange(`HEAD ${eventsPath} HTTP/1.1\r\n${host}Cookie: ${dana.cookie}\r\n${end}`)
  expect(answer).toMatch(/^HTTP\/1.1 200 [^]*text\/event-stream/)
})

test('what is only begun answers 202 without a body', async () => {
  const { status, headers, body } = await product.call(connections.sync, { params: { clientId: await makeClient(product, dana) } }, dana)
  expect([status, headers['content-length'], headers['content-type'], body]).toEqual([202, '0', undefined, {}])
})

test.each(['/v1/books/callback?state=x', `/i/${'a'.repeat(43)}`, `/i/back/${'a'.repeat(43)}`])(
  '%s takes an empty cookie for none',
  async (path) => {
    expect((await product.request().get(path).set('Cookie', 'ledgersync=')).status).toBeLessThan(500)
  },
)

test('every error an operation can answer is documented, once', async () => {
  const { body } = await product.request().get('/openapi.json')
  const operations: { responses: Record<string, { $ref?: string }> }[] = Object.values(body.paths as object).flatMap((methods: object) =>
    Object.values(methods),
  )
  for (const { responses } of operations) expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '429', '500']))
  const errors = operations.flatMap(({ responses }) => Object.entries(responses).filter(([status]) => Number(status) >= 400))
  const described = new Set(Object.keys(body.components.responses).map((name) => `#/components/responses/${name}`))
  for (const [status, { $ref }] of errors) expect([status, described.has($ref ?? '')]).toEqual([status, true])
  const problem: Problem = (await product.request().get('/v1/clients')).body
  expect(Object.keys(body.components.schemas.Problem.properties)).toEqual(expect.arrayContaining(Object.keys(problem)))
})
