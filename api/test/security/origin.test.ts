import { connections } from '@ledgersync/shared/connections'
import { invites } from '@ledgersync/shared/invites'
import { allEndpoints } from '../endpoints.ts'
import { makeClient, makeFirm, makeOperator, type Person } from '../factories.ts'
import { startTestApp, type TestApp } from '../harness.ts'
import { ask, type RawAnswer } from './kit.ts'

let product: TestApp
let dana: Person
let own: string
beforeAll(async () => {
  product = await startTestApp()
  dana = await makeFirm(product)
  // To everybody else the operators' endpoints are not there at all
  await makeOperator(product, dana)
  own = product.config.publicUrl
})
afterAll(() => product.close())

/** What a page of somebody else's can make a browser send. The same browser sends no such thing for our own pages. */
const strangers = (): Record<string, string | null> => ({
  'no origin at all': null,
  'an empty one': '',
  null: 'null',
  'another site': 'https://evil.example',
  'ours before theirs': `${own}.evil.example`,
  'ours as somebody’s name': own.replace('://', '://evil@'),
  'ours as a path': `https://evil.example/${own}`,
  'ours behind theirs': `https://evil.example${own}`,
  'another port': own.replace(/:\d+$/, ':1'),
  'no port': own.replace(/:\d+$/, ''),
  'another scheme': own.replace('http:', 'https:'),
  'the same machine by its number': own.replace('localhost', '127.0.0.1'),
  capitals: own.toUpperCase(),
  'a slash at the end': `${own}/`,
  'two of them': `${own}, https://evil.example`,
  'theirs, then ours': `https://evil.example ${own}`,
})

const types = {
  'no body': {},
  'a form': { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'name=Taken' },
  'a form with files': {
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    body: '--x\r\ncontent-disposition: form-data; name="name"\r\n\r\nTaken\r\n--x--\r\n',
  },
  'plain text': { headers: { 'content-type': 'text/plain' }, body: '{"name":"Taken"}' },
  JSON: { headers: { 'content-type': 'application/json' }, body: '{"name":"Taken"}' },
  'a type nobody knows': { headers: { 'content-type': 'text/x' }, body: '{"name":"Taken"}' },
  'JSON that says nothing of it': { body: '{"name":"Taken"}' },
} satisfies Record<string, { headers?: Record<string, string>; body?: string }>

const codeOf = (answer: RawAnswer): string => JSON.parse(answer.body).code

test('a write authorised by cookie is refused from everywhere else, whatever it sends', async () => {
  for (const [what, origin] of Object.entries(strangers())) {
    for (const [type, request] of Object.entries(types)) {
      const headers = { ...('headers' in request ? request.headers : {}), cookie: dana.cookie, ...(origin !== null && { origin }) }
      const answer = await ask(product, '/v1/firm', { method: 'PATCH', headers, ...('body' in request && { body: request.body }) })
      expect([what, type, answer.status, codeOf(answer)]).toEqual([what, type, 403, 'origin_refused'])
    }
  }
  const { rows } = await product.admin.query('select name from firms where firm_id = $1', [dana.firmId])
  expect(rows).toEqual([{ name: 'Quillstone Accounting' }])
})

test('from our own page only JSON is taken', async () => {
  const statusOf = async (type: keyof typeof types): Promise<number> => {
    const request = types[type]
    const headers = { ...('headers' in request ? request.headers : {}), cookie: dana.cookie, origin: own }
    return (await ask(product, '/v1/firm', { method: 'PATCH', headers, ...('body' in request && { body: request.body }) })).status
  }
  expect(await statusOf('JSON')).toBe(200)
  expect(await statusOf('no body')).toBe(400)
  for (const type of ['a form', 'a form with files', 'plain text', 'a type nobody knows', 'JSON that says nothing of it'] as const)
    expect([type, await statusOf(type)]).toEqual([type, 415])
})

const writes = allEndpoints.filter(({ method }) => method !== 'GET')
test.each(writes.map((endpoint) => [endpoint.schema.operationId, endpoint] as const))(
  '%s refuses a cookie from elsewhere',
  async (_id, { method, url }) => {
    const path = `/v1${url.replaceAll(/:\w+/g, '0190c1a0-0000-7000-8000-000000000001')}`
    for (const origin of [undefined, 'null', 'https://evil.example']) {
      const cookie = `${dana.cookie}; ledgersync-refresh=x`
      const answer = await ask(product, path, { method, headers: { cookie, ...(origin !== undefined && { origin }) } })
      expect([answer.status, codeOf(answer)]).toEqual([403, 'origin_refused'])
    }
  },
)

test('programs without a cookie may sign in without an origin, pages of others may not', async () => {
  const body = JSON.stringify({ username: 'nobody@quillstone.example', password: 'wrong' })
  const signIn = (origin?: string) =>
    ask(product, '/v1/auth/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(origin !== undefined && { origin }) },
      body,
    })
  expect((await signIn()).status).toBe(401)
  expect((await signIn(own)).status).toBe(401)
  for (const [what, origin] of Object.entries(strangers())) {
    if (origin !== null) expect([what, (await signIn(origin)).status]).toEqual([what, 403])
  }
})

describe('the clients’ pages, whose forms have no origin to tell', () => {
  let path: string
  let claim: string
  beforeAll(async () => {
    const clientId = await makeClient(product, dana)
    const { body } = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
    path = `${new URL(body.url ?? '').pathname}/connect`
    const tapped = await ask(product, path, { method: 'POST', headers: { origin: 'null', 'sec-fetch-site': 'same-origin' } })
    expect(tapped.status).toBe(303)
    claim = /ledgersync-link=[\w-]{43}/.exec(tapped.headers['set-cookie'] ?? '')?.[0] ?? ''
  })
  const tap = async (headers: Record<string, string>): Promise<number> =>
    (await ask(product, path, { method: 'POST', headers: { cookie: claim, ...headers } })).status
  test.each([
    ['our own page', { origin: 'null', 'sec-fetch-site': 'same-origin' }, 303],
    ['our own page in an older browser', { origin: 'null' }, 303],
    ['our own page that tells', { origin: 'own' }, 303],
    ['a frame of somebody else’s', { origin: 'null', 'sec-fetch-site': 'cross-site' }, 403],
    ['a neighbour of ours', { origin: 'null', 'sec-fetch-site': 'same-site' }, 403],
    ['somebody else’s page', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['a page that hides', {}, 403],
  ])('%s', async (_who, headers: Record<string, string>, status) => {
    expect(await tap('origin' in headers && headers.origin === 'own' ? { origin: own } : headers)).toBe(status)
  })
  test('"null" opens only them', async () => {
    const headers = { origin: 'null', 'sec-fetch-site': 'same-origin', cookie: dana.cookie }
    expect((await ask(product, '/v1/auth/sign-out', { method: 'POST', headers })).status).toBe(403)
    expect((await ask(product, '/v1/auth/sign-out?x=/i/', { method: 'POST', headers })).status).toBe(403)
    expect((await ask(product, '/v1/auth/../../i/x', { method: 'POST', headers })).status).toBe(404)
  })
})

test('reading needs no origin and changes nothing', async () => {
  expect((await product.call(connections.list, {}, dana)).status).toBe(200)
  expect((await ask(product, '/v1/connections', { headers: { cookie: dana.cookie, origin: 'https://evil.example' } })).status).toBe(200)
})
