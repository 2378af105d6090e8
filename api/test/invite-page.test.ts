import { clients } from '@ledgersync/shared/clients'
import { invites } from '@ledgersync/shared/invites'
import { accessibilityProblemsInBothColors, type Browser, launchBrowser, openPage, type PageOptions, scrollsSideways } from './browser.ts'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { inviteKit } from './invite-kit.ts'

let app: TestApp
let browser: Browser
let dana: Person
let path: string

beforeAll(async () => {
  app = await startTestApp()
  browser = await launchBrowser()
  dana = await makeFirm(app)
  const clientId = await makeClient(app, dana)
  for (const [institutionId, name] of [
    ['ins_1', 'First Meridian Bank'],
    ['ins_2', 'Cascade Community CU'],
    ['ins_3', 'Unity Card'],
  ] as const) {
    await app.call(clients.addBank, { params: { clientId }, body: { institutionId, name } }, dana)
  }
  const answer = await app.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  path = new URL(answer.body.url ?? '').pathname
}, 90_000)
afterAll(async () => {
  await browser?.close()
  await app?.close()
})

const open = (options: PageOptions = {}) => openPage(browser, { baseURL: app.config.publicUrl, screen: 'phone', ...options })

test.each<[string, PageOptions, string]>([
  ['in light and dark', {}, ''],
  ['in Spanish', {}, '?lang=es'],
  ['without JavaScript', { javaScriptEnabled: false }, ''],
  ['on a desk', { screen: 'desk' }, ''],
])('the page works %s: whole, within the width, and for everybody', async (name, options, query) => {
  const { page, context, problems } = await open(options)
  await page.goto(path + query)
  const button = page.getByRole('button', { name: query === '' ? 'Connect' : 'Conectar' }).first()
  expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44)
  expect(await page.locator('.bank.next').count()).toBe(1)
  expect(await scrollsSideways(page)).toBe(false)
  if (options.javaScriptEnabled !== false) expect(await accessibilityProblemsInBothColors(page)).toEqual([])
  const shots = process.env.LEDGERSYNC_SHOTS
  if (shots !== undefined) await page.screenshot({ path: `${shots}/invite-${name.replaceAll(' ', '-')}.png`, fullPage: true })
  expect(problems).toEqual([])
  await context.close()
})

test('at 320 px, and with text twice as large, nothing scrolls sideways', async () => {
  const { page, context } = await open()
  await page.setViewportSize({ width: 320, height: 640 })
  await page.goto(path)
  expect(await scrollsSideways(page)).toBe(false)
  await page.evaluate("document.body.style.fontSize = '32px'")
  expect(await scrollsSideways(page)).toBe(false)
  await context.close()
})

test('a link that opens nothing says so in a page that is as accessible', async () => {
  const { page, context } = await open()
  await page.goto(`/i/${'A'.repeat(43)}`)
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('We do not know this link')
  expect(await accessibilityProblemsInBothColors(page)).toEqual([])
  const shots = process.env.LEDGERSYNC_SHOTS
  if (shots !== undefined) await page.screenshot({ path: `${shots}/unknown.png` })
  await context.close()
})

test('whatever looks at a link before its person does changes nothing, and the person succeeds', async () => {
  const { everything, listOf } = inviteKit(
    () => app,
    () => dana,
  )
  const clientId = await makeClient(app, dana, { businessName: 'Bluewater Marine' })
  await app.call(clients.addBank, { params: { clientId }, body: { institutionId: 'ins_1', name: 'First Meridian Bank' } }, dana)
  const { body } = await app.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  const link = new URL(body.url ?? '').pathname
  await app.drain()
  const before = await everything()
  const agents = ['Slackbot-LinkExpanding 1.0', 'Mozilla/5.0 (compatible; bingbot/2.0)', 'Barracuda Sentinel (EE)', 'curl/8.5.0']
  for (let nth = 0; nth < 100; nth++) {
    const method = (['get', 'head', 'options'] as const)[nth % 3] ?? 'get'
    const path = [link, `${link}/later`, `${link}?code=sent`, `${link}?lang=es`][nth % 4] ?? link
    const answer = await app
      .request()
      [method](path)
      .set({ 'user-agent': agents[nth % agents.length] ?? '', 'sec-purpose': 'prefetch' })
    expect(answer.status).toBe(method === 'options' ? 404 : 200)
  }
  // A mail gateway's browser runs the scripts, waits, scrolls, and taps nothing
  const scanner = await open({ screen: 'desk' })
  for (const path of [link, `${link}/later`]) {
    await scanner.page.goto(path, { waitUntil: 'networkidle' })
    await scanner.page.mouse.wheel(0, 2_000)
    await scanner.page.waitForTimeout(300)
  }
  await scanner.context.close()
  expect(await everything()).toBe(before)
  const person = await open()
  await person.page.goto(link)
  await person.page.getByRole('button', { name: 'Connect' }).click()
  await person.page.waitForURL((url) => url.origin !== app.config.publicUrl)
  expect((await listOf(clientId))[0]).toMatchObject({ state: 'started', times: { openedAt: expect.any(String) } })
  await person.context.close()
})
