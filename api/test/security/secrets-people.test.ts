import { account } from '@ledgersync/shared/account'
import { auth } from '@ledgersync/shared/auth'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import type { Endpoint, Input } from '@ledgersync/shared/endpoint'
import { invites } from '@ledgersync/shared/invites'
import { codeOf, givePassword, mailsTo, textsTo } from '../auth-kit.ts'
import { makeClient, makeFirm, type Person } from '../factories.ts'
import { type Browser, startTestApp, type TestApp } from '../harness.ts'
import { type Canaries, createCanaries, databaseText, noteSettings } from './canaries.ts'

/** What opens something. May stand nowhere but sealed or hashed. */
const secrets: Canaries = createCanaries()
/** What is about people. Stands in its tables, and in no log, no job and no error of another's. */
const personal: Canaries = createCanaries()

let product: TestApp
let dana: Person
let clientId: string
/** Bodies of all answers that were no success. */
const refusals: string[] = []

beforeAll(async () => {
  product = await startTestApp({ QUIET_HOURS: 'off', LOG_LEVEL: 'trace' })
  noteSettings(secrets, product.config)
  dana = await makeFirm(product)
  secrets.note('a session', dana.cookie.split('=')[1] ?? '')
  clientId = await makeClient(product, dana)
}, 60_000)
afterAll(() => product.close())

/** A call of which any answer is fine. What is refused is kept. */
async function attempt<E extends Endpoint>(endpoint: E, input: Partial<Input<E>>, as?: Browser): Promise<{ cookie: string }> {
  const answer = await product.call(endpoint, input, as)
  if (answer.status >= 400) refusals.push(JSON.stringify(answer.body))
  for (const pair of answer.cookie.split('; ')) secrets.note('a cookie', pair.slice(pair.indexOf('=') + 1))
  return answer
}
const lines = (): string => product.logs.join('\n')

test('passwords, codes, cookies and links that people try stay with them', async () => {
  const password = 'canary lantern over the bay'
  secrets.note('a password', password)
  const person = { firmName: 'Northgate', name: 'Ada Marsh', email: 'ada@canaryfield.example', password }
  const { cookie } = await attempt(auth.signUp, { body: person })
  await product.drain()
  for (const wrong of ['canary lantern under the bay', 'canary-77', 'passwordcanarypassword', 'canary lantern over the bay'.repeat(9)]) {
    secrets.note('a wrong password', wrong)
    await attempt(auth.signIn, { body: { username: person.email, password: wrong } })
    await attempt(auth.signUp, { body: { ...person, email: 'eve@canaryfield.example', password: wrong, nickname: wrong } as never }) // a member too many
    await attempt(auth.signUp, { body: { ...person, password: wrong, email: wrong } })
  }
  await attempt(auth.signIn, { body: { username: person.email, password } })
  await attempt(auth.signIn, { body: { username: { $ne: password }, password: [password] } as never }) // what an attacker sends
  await attempt(auth.verifyEmail, { body: { code: 'canary-code-998877' } }, { cookie })
  secrets.note('a wrong code', 'canary-code-998877')
  const token = `canary${'x'.repeat(37)}`
  secrets.note('a wrong token', token)
  await attempt(auth.verifyEmailLink, { body: { token } })
  for (const path of [`/i/${token}`, `/i/${token}/connect`, `/i/back/${token}`, `/i/${token}/newest`, `/i/%E0%A4%A/${token}`]) {
    await product.request().get(path)
    refusals.push((await product.request().post(path)).text.replaceAll(token, 'itself'))
  }
  await product
    .request()
    .get('/v1/auth/me')
    .set('Cookie', `ledgersync=${token}; ledgersync-refresh=${token}`)
    .set('Authorization', `Bearer ${token}`)
  await product
    .request()
    .post('/v1/auth/refresh')
    .set({ Cookie: `ledgersync-refresh=${token}`, Origin: product.config.publicUrl })
  for (const path of ['plaid', 'intuit', 'sendgrid', 'twilio/status', 'twilio/inbound']) {
    const headers = {
      'plaid-verification': token,
      'intuit-signature': token,
      'x-twilio-signature': token,
      'x-twilio-email-event-webhook-signature': token,
    }
    await product.request().post(`/v1/webhooks/${path}`).set(headers).type('json').send({ access_token: token, link_token: token })
  }
  expect(secrets.in(lines())).toEqual([])
  expect(secrets.in(refusals.map((each) => each.replaceAll(/canaryfield|"email"[^,]*/g, '')).join('\n'))).toEqual([])
  expect(product.logs.join('\n')).not.toContain('canaryfield')
})

test('links, codes and keys that open an account are sealed or hashed, and in no log', async () => {
  const ada = await makeFirm(product)
  await givePassword(product, ada, 'canary harbor under the moon')
  secrets.note('a password', 'canary harbor under the moon')
  const phone = '+15035557123'
  await product.call(account.changePhone, { body: { phone } }, ada)
  await product.drain()
  const code = /code is (\d{6})/.exec(textsTo(product, phone).at(-1) ?? '')?.[1] ?? ''
  secrets.note('a texted code', code)
  expect((await product.call(account.verifyPhone, { body: { code } }, ada)).status).toBe(204)
  const { body: setup } = await product.call(account.beginSecondFactor, {}, ada)
  secrets.note('a key of a second factor', setup.secret)
  const shown = codeOf(product, setup.secret)
  const { body: made } = await product.call(account.confirmSecondFactor, { body: { code: shown } }, ada)
  expect(made.codes).toHaveLength(10)
  for (const each of made.codes) for (const text of [each, each.replace('-', '')]) secrets.note('a recovery code', text)
  for (const channel of ['email', 'sms'] as const) await product.call(auth.recoverPassword, { body: { username: ada.email, channel } })
  await product.drain()
  const links = [...mailsTo(product, ada.email).map(({ text }) => text), ...textsTo(product, phone)].flatMap(
    (text) => /reset-password#([\w-]{43})/.exec(text)?.[1] ?? [],
  )
  expect(links).toHaveLength(2)
  for (const token of links) {
    secrets.note('a link to choose a password', token)
    await attempt(auth.resetPassword, { body: { token, password: 'canary violet under the moon', code: 'canary-no-code' } })
  }
  secrets.note('a new password', 'canary violet under the moon')
  await attempt(auth.resetPassword, {
    body: { token: links[0] ?? '', password: 'canary violet under the moon', code: made.codes[0] ?? '' },
  })
  await attempt(auth.signIn, { body: { username: ada.email, password: 'canary violet under the moon', code: made.codes[1] ?? '' } })
  await product.drain()
  expect(secrets.in(lines())).toEqual([])
  expect(secrets.in(refusals.map((each) => each.replaceAll(/canaryfield|"email"[^,]*/g, '')).join('\n'))).toEqual([])
  expect(secrets.in(await databaseText(product.admin))).toEqual([])
})

/** Ways to make the database refuse, each with the way back. */
const refusing: [string, string, string][] = [
  [
    'a check that shows the row',
    'alter table audit_log add constraint spoilt check (false) not valid',
    'alter table audit_log drop constraint spoilt',
  ],
  [
    'a right that is missing',
    'revoke select, insert, update on clients from ledgersync_app',
    'grant select, insert, update on clients to ledgersync_app',
  ],
  ['a column that is missing', 'alter table messages rename column body to body_', 'alter table messages rename column body_ to body'],
  [
    'a check on what people write',
    "alter table staff add constraint spoilt check (name = '') not valid",
    'alter table staff drop constraint spoilt',
  ],
  [
    'a function that is missing',
    'alter function attempt_hit(text, integer, timestamptz) rename to attempt_hit_',
    'alter function attempt_hit_(text, integer, timestamptz) rename to attempt_hit',
  ],
  [
    'a job queue that is missing',
    'alter table graphile_worker._private_jobs rename to _private_jobs_',
    'alter table graphile_worker._private_jobs_ rename to _private_jobs',
  ],
]
test.each(refusing)('a database that refuses by %s gets nothing secret written down', async (_what, spoil, mend) => {
  const password = 'canary violet under the oak'
  secrets.note('a password', password)
  const before = product.logs.length
  await product.admin.query(spoil)
  try {
    await attempt(auth.signUp, {
      body: { firmName: 'Northgate', name: 'Canarina Marsh', email: `canary${before}@northgate.example`, password },
    })
    await attempt(auth.signIn, { body: { username: `canary-user-${before}@northgate.example`, password } })
    const created = {
      staffHaveAccess: false,
      businessName: 'Canary Works',
      contactFirstName: 'Canarina',
      email: 'canary-new@saltgrass.example',
      phone: '+15035557999',
      textConsent: true,
      invite: 'sms',
    } as const
    personal.note('an address', 'canary-new@saltgrass.example')
    await attempt(clients.create, { body: created }, dana)
    await attempt(invites.create, { params: { clientId }, body: { channel: 'both' } }, dana)
    await attempt(connections.add, { params: { clientId }, body: {} }, dana)
    await attempt(clients.list, { query: { search: 'Canary Works' } }, dana)
    refusals.push((await product.request().get(`/i/${'canary'.padEnd(43, 'x')}`)).text.replaceAll(/href="[^"]*"/g, ''))
  } finally {
    await product.admin.query(mend)
  }
  expect(product.logs.slice(before).join('\n')).toMatch(/unexpected error/)
  expect(product.logs.slice(before).join('\n')).toMatch(/Query failed: \d\w{4}/)
  expect(secrets.in(lines())).toEqual([])
  expect(personal.in(lines())).toEqual([])
  expect(secrets.in(refusals.map((each) => each.replaceAll(/"email"[^,]*/g, '')).join('\n'))).toEqual([])
})

test('connections that are cut in the middle get nothing secret written down', async () => {
  const calls = Array.from({ length: 40 }, (_, index) =>
    attempt(clients.create, { body: { staffHaveAccess: true, businessName: `Canary Works cut ${index}` } }, dana),
  )
  const cut = setInterval(() => {
    product.admin
      .query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ledgersync_app' and datname = current_database()")
      .catch(() => {})
  }, 5)
  await Promise.all(calls)
  clearInterval(cut)
  expect(product.logs.join('\n')).toMatch(/a database connection was lost/)
  expect(secrets.in(lines())).toEqual([])
  expect(personal.in(lines())).toEqual([])
})

test('after all of it no secret stands in the database, the audit log included', async () => {
  await product.drain()
  const text = await databaseText(product.admin)
  expect(text.length).toBeGreaterThan(10_000)
  expect(secrets.in(text)).toEqual([])
  expect(secrets.count()).toBeGreaterThan(20)
})
