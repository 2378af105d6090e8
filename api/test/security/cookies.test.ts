import { createHmac } from 'node:crypto'
import { auth } from '@ledgersync/shared/auth'
import { invites } from '@ledgersync/shared/invites'
import { newId } from '../../src/core/ids.ts'
import { makeClient, makeFirm, type Person } from '../factories.ts'
import { startTestApp, type TestApp } from '../harness.ts'
import { ask } from './kit.ts'

const https = 'https://books.quillstone.example'
const password = 'copper lantern over the bay'

let secure: TestApp
let local: TestApp
beforeAll(async () => {
  secure = await startTestApp({ PUBLIC_URL: https })
  local = await startTestApp()
}, 60_000)
afterAll(() => Promise.all([secure.close(), local.close()]))

let count = 0
const signUp = (product: TestApp, cookie = '') => {
  count += 1
  const body = { firmName: 'Northgate Books', name: 'Ada Marsh', email: `ada${count}@northgate.example`, password }
  return product.request().post('/v1/auth/sign-up').set({ Origin: product.config.publicUrl, Cookie: cookie }).send(body)
}

/** The cookies an answer sets, by name: value, and attributes sorted. */
function cookiesOf(answer: { headers: Record<string, unknown> }): Record<string, { value: string; attributes: string[] }> {
  // Only set-cookie is a list
  const lines = (answer.headers['set-cookie'] ?? []) as string[]
  return Object.fromEntries(
    lines.map((line) => {
      const [pair = '', ...attributes] = line.split('; ')
      return [pair.slice(0, pair.indexOf('=')), { value: pair.slice(pair.indexOf('=') + 1), attributes: attributes.sort() }]
    }),
  )
}

describe('names and attributes', () => {
  test('on https the access cookie is bound to the host, the refresh cookie to its path', async () => {
    expect(cookiesOf(await signUp(secure))).toEqual({
      '__Host-ledgersync': { value: expect.any(String), attributes: ['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure'] },
      '__Secure-ledgersync-refresh': { value: expect.any(String), attributes: ['HttpOnly', 'Path=/v1/auth', 'SameSite=Lax', 'Secure'] },
    })
  })
  test('on plain-http loopback they have ordinary names without Secure', async () => {
    expect(cookiesOf(await signUp(local))).toEqual({
      ledgersync: { value: expect.any(String), attributes: ['HttpOnly', 'Path=/', 'SameSite=Lax'] },
      'ledgersync-refresh': { value: expect.any(String), attributes: ['HttpOnly', 'Path=/v1/auth', 'SameSite=Lax'] },
    })
  })
  test.each([
    ['https', () => secure, '__Host-ledgersync', '__Secure-ledgersync-refresh'],
    ['loopback', () => local, 'ledgersync', 'ledgersync-refresh'],
  ])('signing out on %s removes both, under the very names and paths they were set with', async (_where, at, access, refresh) => {
    const product = at()
    const cookie = Object.entries(cookiesOf(await signUp(product)))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ')
    const answer = await product.request().post('/v1/auth/sign-out').set({ Origin: product.config.publicUrl, Cookie: cookie })
    const gone = cookiesOf(answer)
    expect(Object.keys(gone).sort()).toEqual([access, refresh].sort())
    for (const [name, path] of [
      [access, 'Path=/'],
      [refresh, 'Path=/v1/auth'],
    ] as const) {
      expect(gone[name]?.value).toBe('')
      expect(gone[name]?.attributes).toEqual(expect.arrayContaining([path, 'Expires=Thu, 01 Jan 1970 00:00:00 GMT']))
    }
    expect((await product.request().get('/v1/auth/me').set('Cookie', cookie)).status).toBe(401)
  })
  test('a client’s browser gets a claim that outlives no link, and a way back that only the return page sees', async () => {
    for (const product of [secure, local]) {
      const dana = await makeFirm(product)
      const clientId = await makeClient(product, dana)
      const headers = { Origin: product.config.publicUrl, Cookie: dana.cookie }
      const { body } = await product.request().post(`/v1/clients/${clientId}/invites`).set(headers).send({ channel: 'copy' })
      const tapped = await product
        .request()
        .post(`${new URL(body.url).pathname}/connect`)
        .set('Origin', product.config.publicUrl)
      const [claim, way] =
        product === secure ? ['__Host-ledgersync-link', '__Secure-ledgersync-way'] : ['ledgersync-link', 'ledgersync-way']
      const tail = product === secure ? ['Secure'] : []
      expect(tapped.status).toBe(303)
      expect(cookiesOf(tapped)).toEqual({
        [claim]: {
          value: expect.stringMatching(/^[\w-]{43}$/),
          attributes: ['HttpOnly', 'Max-Age=518400', 'Path=/', 'SameSite=Lax', ...tail],
        },
        [way]: {
          value: expect.stringMatching(/^[\w-]{43}$/),
          attributes: ['HttpOnly', 'Max-Age=86400', 'Path=/i/back', 'SameSite=Lax', ...tail],
        },
      })
    }
  })
  test('on https an ordinary name is nobody’s session: a page on http could have set it', async () => {
    const value = cookiesOf(await signUp(secure))['__Host-ledgersync']?.value ?? ''
    expect((await secure.request().get('/v1/auth/me').set('Cookie', `__Host-ledgersync=${value}`)).status).toBe(200)
    expect((await secure.request().get('/v1/auth/me').set('Cookie', `ledgersync=${value}`)).status).toBe(401)
  })
})

describe('sessions', () => {
  const me = (cookie: string) => local.request().get('/v1/auth/me').set('Cookie', cookie)
  const accessOf = (answer: { headers: Record<string, unknown> }): string => cookiesOf(answer).ledgersync?.value ?? ''
  const refresh = (value: string) =>
    local
      .request()
      .post('/v1/auth/refresh')
      .set({ Origin: local.config.publicUrl, Cookie: `ledgersync-refresh=${value}` })
  const refreshOf = (answer: { headers: Record<string, unknown> }): string => cookiesOf(answer)['ledgersync-refresh']?.value ?? ''

  test('signing in never takes over a session that the browser brought along', async () => {
    const planted = accessOf(await signUp(local))
    const victim = await signUp(local, `ledgersync=${planted}`)
    expect(accessOf(victim)).not.toBe(planted)
    const { body } = await me(`ledgersync=${accessOf(victim)}`)
    const { body: attacker } = await me(`ledgersync=${planted}`)
    expect(attacker.sessionId).not.toBe(body.sessionId)
    expect(attacker.firm.id).not.toBe(body.firm.id)
    const again = await local
      .request()
      .post('/v1/auth/sign-in')
      .set({ Origin: local.config.publicUrl, Cookie: `ledgersync=${planted}` })
      .send({ username: body.staff.username, password })
    expect([again.status, again.body.sessionId === body.sessionId, again.body.sessionId === attacker.sessionId]).toEqual([
      200,
      false,
      false,
    ])
  })

  test('an access cookie lives ten minutes, then it is stale and the refresh cookie renews it', async () => {
    const first = await signUp(local)
    const claims = JSON.parse(Buffer.from(accessOf(first).split('.')[1] ?? '', 'base64url').toString())
    expect(claims.exp - claims.iat).toBe(600)
    expect(Object.keys(claims).sort()).toEqual(['exp', 'firmId', 'iat', 'sessionId'])
    const renewed = await refresh(refreshOf(first))
    expect(renewed.status).toBe(204)
    expect((await me(`ledgersync=${accessOf(renewed)}`)).status).toBe(200)
  })

  test('a refresh token of another session, a changed one and one of a future generation renew nothing, and end nothing', async () => {
    const [mine, other] = [await signUp(local), await signUp(local)]
    const facts = (answer: { headers: Record<string, unknown> }): [string, string, number, string] =>
      JSON.parse(Buffer.from(refreshOf(answer), 'base64url').toString())
    const packed = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const [firmId, sessionId, generation, mac] = facts(mine)
    const [otherFirm, otherSession, , otherMac] = facts(other)
    const forged = [
      [otherFirm, sessionId, generation, mac],
      [firmId, otherSession, generation, mac],
      [otherFirm, otherSession, generation, mac],
      [firmId, sessionId, generation, otherMac],
      [firmId, sessionId, generation + 1, mac],
      [firmId, sessionId, generation, ''],
      [firmId, sessionId, generation, mac.slice(0, -2)],
      [firmId, sessionId, -1, mac],
      { firmId, sessionId, generation, mac },
    ]
    for (const value of forged) expect((await refresh(packed(value))).status).toBe(401)
    for (const answer of [mine, other]) expect((await refresh(refreshOf(answer))).status).toBe(204)
  })

  test('a stolen refresh token that is used after its owner’s ends the session for both', async () => {
    const first = await signUp(local)
    const second = await refresh(refreshOf(first))
    const third = await refresh(refreshOf(second))
    expect(third.status).toBe(204)
    expect((await refresh(refreshOf(first))).status).toBe(401)
    expect((await refresh(refreshOf(third))).status).toBe(401)
    expect((await me(`ledgersync=${accessOf(third)}`)).status).toBe(401)
  })
})

describe('forged access cookies', () => {
  let victim: Person
  let attacker: Person
  beforeAll(async () => {
    victim = await makeFirm(local, 'Victim')
    attacker = await makeFirm(local, 'Attacker')
  })
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = (): number => Math.floor(Date.now() / 1000)
  const signed = (header: object, claims: object, secret: Buffer | string = local.config.sessionSecret, hash = 'sha256'): string => {
    const text = `${part(header)}.${part(claims)}`
    return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`
  }
  const hs256 = { alg: 'HS256', typ: 'JWT' }
  const claimsOf = (person: Person): object => ({
    firmId: person.firmId,
    sessionId: person.ctx.actor.sessionId,
    iat: now(),
    exp: now() + 600,
  })
  const genuine = (person: Person): string => person.cookie.slice(person.cookie.indexOf('=') + 1)

  test('what this test signs rightly is taken, so the rest is refused for what is wrong with it', async () => {
    const answer = await ask(local, '/v1/auth/me', { headers: { cookie: `ledgersync=${signed(hs256, claimsOf(victim))}` } })
    expect(answer.status).toBe(200)
  })

  const forged: [string, () => string][] = [
    ['no algorithm', () => `${part({ alg: 'none', typ: 'JWT' })}.${part(claimsOf(victim))}.`],
    ['no algorithm, in capitals', () => `${part({ alg: 'NONE' })}.${part(claimsOf(victim))}.`],
    ['no algorithm, with a signature', () => signed({ alg: 'none' }, claimsOf(victim))],
    ['another algorithm of the family', () => signed({ alg: 'HS512' }, claimsOf(victim), local.config.sessionSecret, 'sha512')],
    ['an algorithm with keys in public', () => signed({ alg: 'RS256' }, claimsOf(victim))],
    [
      'a key of its own in the header',
      () => signed({ ...hs256, jwk: { kty: 'oct', k: 'AAAA' }, kid: '../../dev/null' }, claimsOf(victim), ''),
    ],
    ['another secret', () => signed(hs256, claimsOf(victim), 'x'.repeat(32))],
    ['no secret', () => signed(hs256, claimsOf(victim), '')],
    ['no signature', () => `${part(hs256)}.${part(claimsOf(victim))}.`],
    ['another firm in the claims', () => genuine(attacker).replace(/\.[^.]+\./, `.${part(claimsOf(victim))}.`)],
    ['one letter of the signature changed', () => genuine(victim).replace(/.(?=.{5}$)/, (letter) => (letter === 'A' ? 'B' : 'A'))],
    ['another firm with this firm’s session', () => signed(hs256, { ...claimsOf(victim), firmId: attacker.firmId })],
    ['this firm with another firm’s session', () => signed(hs256, { ...claimsOf(victim), sessionId: attacker.ctx.actor.sessionId })],
    ['a session that never was', () => signed(hs256, { ...claimsOf(victim), sessionId: newId() })],
    ['a time that has passed', () => signed(hs256, { ...claimsOf(victim), iat: now() - 1200, exp: now() - 1 })],
    ['a time that has not come', () => signed(hs256, { ...claimsOf(victim), nbf: now() + 300 })],
    ['a refresh token', () => Buffer.from(JSON.stringify([victim.firmId, victim.ctx.actor.sessionId, 0, 'x'])).toString('base64url')],
    ['nothing', () => ''],
    ['dots', () => '..'],
    ['a mountain', () => `${'A'.repeat(5_000)}.${'A'.repeat(5_000)}.A`],
  ]
  test.each(forged)('%s is no session', async (_what, cookie) => {
    const answer = await ask(local, '/v1/auth/me', { headers: { cookie: `ledgersync=${cookie()}` } })
    expect([answer.status, answer.body]).toEqual([401, expect.stringMatching(/"code":"(unauthenticated|session_stale)"/)])
    expect(answer.body).not.toContain(victim.firmId)
  })
  test('two access cookies, one of them forged, give nobody the other’s place', async () => {
    const pair = `ledgersync=${signed(hs256, claimsOf(victim), 'wrong')}; ${attacker.cookie}`
    const answer = await ask(local, '/v1/auth/me', { headers: { cookie: pair } })
    expect([401, 200]).toContain(answer.status)
    expect(answer.body).not.toContain(victim.firmId)
  })
  test('a cookie of one firm reaches nothing of another', async () => {
    const clientId = await makeClient(local, victim)
    const answer = await local.call(invites.list, { params: { clientId } }, attacker)
    expect(answer.status).toBe(404)
    expect((await local.call(auth.revokeSession, { params: { sessionId: victim.ctx.actor.sessionId } }, attacker)).status).toBe(404)
  })
  test('none of it is a failure of ours', () => {
    expect(local.logs.filter((line) => line.includes('unexpected error'))).toEqual([])
  })
})
