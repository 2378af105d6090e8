import { makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { inviteKit } from './invite-kit.ts'

let app: TestApp
let dana: Person
let token: string

beforeAll(async () => {
  app = await startTestApp({ REQUESTS_PER_MINUTE_MAX: '60' })
  dana = await makeFirm(app)
  token = await copied(await client())
}, 60_000)
afterAll(() => app.close())

const { client, copied } = inviteKit(
  () => app,
  () => dana,
)
const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'accept-language': 'es-US,es;q=0.9' }
const form = () => ({ ...browser, origin: app.config.publicUrl, 'content-type': 'application/x-www-form-urlencoded' })

test.each(['connect', 'claim', 'newest', 'statements/x/remove', ''])(
  'who opens the address of a form again (%s) comes to its page',
  async (rest) => {
    const { status, headers } = await app.request().get(`/i/${token}/${rest}`).set(browser)
    expect([status, headers.location]).toEqual([303, `/i/${token}`])
  },
)

test('an address without a link is a page, too', async () => {
  for (const path of ['/i', '/i/', '/i/%20/x']) {
    const { status, headers, text } = await app.request().get(path).redirects(1).set(browser)
    expect([path, status, headers['content-type']]).toEqual([path, 404, 'text/html; charset=utf-8'])
    expect(text).toContain('No conocemos este enlace')
  }
})

test('what is refused on the way is said on a page, in the language of the phone, with the way back', async () => {
  const tooBig = await app
    .request()
    .post(`/i/${token}/connect`)
    .set(form())
    .send(`bankId=${'x'.repeat(9_000)}`)
  expect([tooBig.status, tooBig.headers['content-type']]).toEqual([413, 'text/html; charset=utf-8'])
  expect(tooBig.text).toContain('Es demasiado grande')
  expect(tooBig.text).toContain(`href="/i/${token}"`)
  const foreign = await app
    .request()
    .post(`/i/${token}/connect`)
    .set({ ...form(), origin: 'https://elsewhere.example', 'accept-language': 'en' })
    .send('')
  expect([foreign.status, foreign.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8'])
  expect(foreign.text).toContain('That did not work')
  const script = await app
    .request()
    .post(`/i/${token}/connect`)
    .set({ ...form(), accept: '*/*', origin: 'https://elsewhere.example' })
    .send('')
  expect([script.status, script.headers['content-type']]).toEqual([403, 'application/problem+json'])
})

test('trouble of ours is said on a page that tells nothing of it', async () => {
  await app.admin.query('alter table links rename to links_away')
  try {
    const { status, text } = await app.request().get(`/i/${token}`).set(browser)
    expect(status).toBe(500)
    expect(text).toContain('Esta página no se puede mostrar ahora')
    expect(text).not.toMatch(/links|relation|select/)
  } finally {
    await app.admin.query('alter table links_away rename to links')
  }
})

test('who comes too often is told so on a page, and when to come again', async () => {
  let answer = await app.request().get(`/i/${token}`).set(browser)
  for (let n = 0; n < 80 && answer.status === 200; n++) answer = await app.request().get(`/i/${token}`).set(browser)
  expect([answer.status, answer.headers['content-type']]).toEqual([429, 'text/html; charset=utf-8'])
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  expect(answer.text).toContain('Demasiados intentos')
})
