import { auth } from '@ledgersync/shared/auth'
import { firms } from '@ledgersync/shared/firms'
import { makeFirm, makeStaff } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

let count = 0
const person = (overrides: object = {}) => {
  count += 1
  return {
    firmName: 'Quillstone Accounting',
    name: 'Dana Whitlock',
    email: `dana${count}@quillstone.example`,
    password: 'copper lantern over the bay',
    ...overrides,
  }
}

test('signing up makes a firm, signs in and sends one code that verifies', async () => {
  const body = person()
  const created = await product.call(auth.signUp, { body })
  expect(created.status).toBe(201)
  expect(created.body).toMatchObject({
    staff: { role: 'administrator', emailVerified: false, username: body.email },
    firm: { emailDomain: 'quillstone.example' },
  })
  expect(await product.drain()).toEqual([])
  const mails = product.network.sendgrid.messages().filter((mail) => JSON.stringify(mail).includes(body.email))
  expect(mails).toHaveLength(1)
  const code = /code is (\d{6})/.exec(JSON.stringify(mails[0]))?.[1] ?? ''
  const wrong = code === '000000' ? '000001' : '000000'
  expect((await product.call(auth.verifyEmail, { body: { code: wrong } }, created)).body).toMatchObject({ code: 'code_refused' })
  expect((await product.call(auth.verifyEmail, { body: { code } }, created)).body).toMatchObject({ staff: { emailVerified: true } })
  expect((await product.call(auth.verifyEmail, { body: { code } }, created)).status).toBe(409)
})

test('the link of the mail verifies without a session, once', async () => {
  const body = person()
  const created = await product.call(auth.signUp, { body })
  await product.drain()
  const mail = JSON.stringify(product.network.sendgrid.messages().find((each) => JSON.stringify(each).includes(body.email)))
  const token = /verify-email#([\w-]{43})/.exec(mail)?.[1] ?? ''
  expect((await product.call(auth.verifyEmailLink, { body: { token } })).status).toBe(204)
  expect((await product.call(auth.verifyEmailLink, { body: { token } })).status).toBe(409)
  expect((await product.call(auth.me, {}, created)).body).toMatchObject({ staff: { emailVerified: true } })
})

test('five wrong codes void the code', async () => {
  const body = person()
  const created = await product.call(auth.signUp, { body })
  await product.drain()
  const mail = JSON.stringify(product.network.sendgrid.messages().find((each) => JSON.stringify(each).includes(body.email)))
  const code = /code is (\d{6})/.exec(mail)?.[1] ?? ''
  const wrong = code === '000000' ? '000001' : '000000'
  for (let tries = 0; tries < 5; tries++) await product.call(auth.verifyEmail, { body: { code: wrong } }, created)
  expect((await product.call(auth.verifyEmail, { body: { code } }, created)).status).toBe(409)
})

test.each([
  ['firmName', ''],
  ['firmName', '   '],
  ['firmName', 'a'.repeat(121)],
  ['firmName', 'a\u0000b'],
  ['firmName', 'abc\u202Exyz'],
  ['firmName', 7],
  ['name', null],
  ['name', '\ud800'],
  ['email', 'nobody'],
  ['email', 'a@b'],
  ['email', 5],
  ['password', 'short'],
  ['password', 'a'.repeat(200)],
  ['password', 'passwordpassword'],
  ['password', 'quillstoneaccounting'],
  ['timeZone', 'Mars/Base'],
  ['nickname', 'x'],
])('a wrong %s (%j) is named', async (field, value) => {
  const answer = await product.call(auth.signUp, { body: person({ [field]: value }) })
  expect(answer.status).toBe(400)
  expect(JSON.stringify(answer.body)).toContain(`body.${field}`)
})

test('names may hold HTML and emoji and come back as they were', async () => {
  const name = '<b>Dana</b> & "Søn" 🧾'
  const answer = await product.call(auth.signUp, { body: person({ name }) })
  expect(answer.body).toMatchObject({ staff: { name } })
})

test('unknown username and wrong password get the same answer', async () => {
  const body = person()
  await product.call(auth.signUp, { body })
  const wrong = await product.call(auth.signIn, { body: { username: body.email, password: 'not the password at all' } })
  const unknown = await product.call(auth.signIn, { body: { username: 'nobody@quillstone.example', password: 'not the password at all' } })
  const strip = ({ requestId: _, ...rest }: Record<string, unknown>) => rest
  expect(strip(wrong.body as never)).toEqual(strip(unknown.body as never))
  expect(wrong.status).toBe(401)
  const right = await product.call(auth.signIn, { body: { username: ` ${body.email.toUpperCase()} `, password: body.password } })
  expect(right.status).toBe(200)
})

test('guessing is stopped', async () => {
  const statuses: number[] = []
  for (let guess = 0; guess < 12; guess++) {
    statuses.push(
      (await product.call(auth.signIn, { body: { username: 'guessed@quillstone.example', password: `guess number ${guess}` } })).status,
    )
  }
  expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401))
  expect(statuses.slice(10)).toEqual([429, 429])
})

test('signing out ends the session at once', async () => {
  const dana = await makeFirm(product)
  expect((await product.call(auth.signOut, {}, dana)).status).toBe(204)
  expect((await product.call(auth.me, {}, dana)).status).toBe(401)
})

test("sessions: idle for an hour or a day old ends; a revoked one ends at once; only one's own can be revoked", async () => {
  const dana = await makeFirm(product)
  const other = await makeStaff(product, dana.firmId, 'administrator')
  const mine = await product.call(auth.listSessions, {}, dana)
  expect(mine.body.items).toHaveLength(1)
  expect((await product.call(auth.revokeSession, { params: { sessionId: mine.body.items[0]?.id ?? '' } }, other)).status).toBe(404)
  expect((await product.call(auth.revokeSession, { params: { sessionId: mine.body.items[0]?.id ?? '' } }, dana)).status).toBe(204)
  expect((await product.call(auth.me, {}, dana)).status).toBe(401)
  await product.advance(61 * 60_000)
  expect((await product.call(auth.me, {}, other)).status).toBe(401)
})

test('the refresh token rotates; its predecessor yields the same successor for 30 s; reuse after that ends the session', async () => {
  const signedUp = await product.call(auth.signUp, { body: person() })
  const first = { cookie: signedUp.cookie }
  const [a, b] = [await product.call(auth.refresh, {}, first), await product.call(auth.refresh, {}, first)]
  expect([a.status, b.status]).toEqual([204, 204])
  const refreshOf = (cookie: string) => /ledgersync-refresh=([^;]+)/.exec(cookie)?.[1]
  expect(refreshOf(a.cookie)).toBe(refreshOf(b.cookie))
  expect(refreshOf(a.cookie)).not.toBe(refreshOf(first.cookie))
  await product.advance(31_000)
  expect((await product.call(auth.refresh, {}, first)).status).toBe(401)
  expect((await product.call(auth.me, {}, a)).status).toBe(401)
  expect((await product.call(auth.refresh, {}, { cookie: 'ledgersync-refresh=e30' })).status).toBe(401)
})

test('a write from another origin is refused', async () => {
  const dana = await makeFirm(product)
  const send = (origin?: string) => {
    const request = product.request().patch('/v1/firm').set('Cookie', dana.cookie).send({ name: 'Elsewhere' })
    return origin === undefined ? request : request.set('Origin', origin)
  }
  expect((await send('https://evil.example')).status).toBe(403)
  expect((await send()).status).toBe(403)
  expect((await send(product.config.publicUrl)).status).toBe(200)
})

test('an employee cannot change the firm', async () => {
  const dana = await makeFirm(product)
  const employee = await makeStaff(product, dana.firmId, 'employee')
  expect((await product.call(firms.update, { body: { name: 'Other' } }, employee)).status).toBe(403)
  expect((await product.call(firms.update, { body: {} }, dana)).status).toBe(400)
})

test('neither password nor code nor token is logged', async () => {
  const body = person({ password: 'canary lantern over the bay' })
  await product.call(auth.signUp, { body })
  await product.call(auth.signIn, { body: { username: body.email, password: body.password } })
  await product.drain()
  expect(product.logs.join('\n')).not.toMatch(/canary|verify-email#|code is/)
})
