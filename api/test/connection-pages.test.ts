import { connections } from '@ledgersync/shared/connections'
import { invites } from '@ledgersync/shared/invites'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { wantedBanksTable } from '../src/db/schema/clients.ts'
import { newestVisit, signInAtBank } from './bank-factories.ts'
import { accessibilityProblems, type Browser, launchBrowser, openPage, type Page, scrollsSideways } from './browser.ts'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
let browser: Browser
let dana: Person
let clientId: string

beforeAll(async () => {
  product = await startTestApp()
  browser = await launchBrowser()
}, 60_000)
beforeEach(async () => {
  dana = await makeFirm(product)
  clientId = await makeClient(product, dana)
})
afterAll(async () => {
  await browser.close()
  await product.close()
})

async function wantBank(institutionId: string, name: string): Promise<string> {
  const id = newId()
  const values = {
    firmId: dana.firmId,
    id,
    clientId,
    institutionId,
    name,
    routingNumber: '067990302',
    position: 0,
    createdAt: product.deps.now(),
  }
  await withFirm(dana.ctx, (tx) => tx.insert(wantedBanksTable).values(values))
  return id
}

/** A copied link: its path. */
async function invite(): Promise<string> {
  const { status, body } = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  if (status !== 201 || body.url === null) throw new Error(`The invite was answered ${status}`)
  return new URL(body.url).pathname
}
const stateOf = async () => (await product.call(invites.list, { params: { clientId } }, dana)).body.items[0]?.state

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('User ID').fill('user_good')
  await page.getByLabel('Password').fill('pass_good')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Allow' }).click()
}

test.each(['with script', 'without script'])(
  'a client taps a bank, signs in and comes back to a tick and the list (%s)',
  async (how) => {
    await wantBank('ins_900101', 'First Meridian Bank')
    const path = await invite()
    const { page, problems } = await openPage(browser, {
      baseURL: product.config.publicUrl,
      screen: 'phone',
      ...(how === 'without script' && { javaScriptEnabled: false }),
    })
    await page.goto(path)
    await page.locator('form[action$="/connect"] button').first().click()
    await page.getByRole('heading', { name: 'Choose your bank' }).waitFor()
    expect(page.url().startsWith(product.config.plaid.hostedLinkOrigin)).toBe(true)
    expect(await stateOf()).toBe('started')
    await page.getByRole('button', { name: /First Meridian Bank/ }).click()
    await signIn(page)
    await page.getByRole('heading', { name: /Finishing|connected/ }).waitFor()
    expect(page.url()).toMatch(/\/i\/back\/[\w-]{43}/)
    if (how === 'with script') expect(await accessibilityProblems(page)).toEqual([])
    expect(await product.drain()).toEqual([])
    await page.getByRole('heading', { name: 'First Meridian Bank is connected' }).waitFor({ timeout: 15_000 })
    expect(await scrollsSideways(page)).toBe(false)
    if (how === 'with script') expect(await accessibilityProblems(page)).toEqual([])
    await page.getByRole('link', { name: 'Back to your banks' }).click()
    await page
      .getByText(/Connected/)
      .first()
      .waitFor()
    expect(new URL(page.url()).pathname).toBe(path)
    expect(await stateOf()).toBe('connected')
    expect(problems.filter((text) => !text.includes('favicon'))).toEqual([])
  },
  60_000,
)

test('whoever leaves the bank is told so, in Spanish when that is the language, and can go on', async () => {
  await withFirm(dana.ctx, () => product.admin.query("update clients set language = 'es' where id = $1", [clientId]))
  const path = await invite()
  const { page } = await openPage(browser, { baseURL: product.config.publicUrl, screen: 'phone' })
  await page.goto(path)
  await page.locator('.another button').click()
  await page.getByRole('button', { name: 'Exit' }).click()
  await page.waitForURL(/\/i\/back\//)
  await product.drain()
  await page.getByRole('heading', { name: 'Todavía no está conectado' }).waitFor({ timeout: 15_000 })
  await page.getByRole('link', { name: 'Volver a sus bancos' }).click()
  expect(new URL(page.url()).pathname).toBe(path)
}, 60_000)

test('staff who add a bank come back to the client in the application', async () => {
  const { body } = await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  const { page, context } = await openPage(browser, { baseURL: product.config.publicUrl })
  const [name = '', value = ''] = dana.cookie.split('=')
  await context.addCookies([{ name, value, url: product.config.publicUrl }])
  await page.goto(body.url)
  await page.getByRole('button', { name: /First Meridian Bank/ }).click()
  await signIn(page)
  await page.waitForURL(/\/i\/back\/|\/clients\//)
  await product.drain()
  await page.waitForURL(`**/clients/${clientId}`, { timeout: 15_000 })
}, 60_000)

/** Where the newest visit returns to, as the provider was told. */
async function back(): Promise<string> {
  const body = JSON.stringify(product.network.plaid.calls.list('/link/token/create').at(-1)?.body)
  return /"completion_redirect_uri":"([^"]+)"/.exec(body)?.[1] ?? ''
}

test('the page after the bank shows the tick without a claim, but no way into the list', async () => {
  const path = await invite()
  const tapped = await product.request().post(`${path}/connect`).set('origin', product.config.publicUrl).type('form').send({})
  expect(tapped.status).toBe(303)
  const returnPath = new URL(await back()).pathname
  const waiting = await product.request().get(returnPath)
  expect(waiting.text).toContain('Finishing')
  expect(waiting.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
  expect(waiting.headers['content-security-policy']).toContain("connect-src 'self'")
  await signInAtBank(product, dana, clientId)
  const check = await product.request().post(`${returnPath}/check`).set('origin', product.config.publicUrl)
  expect([check.status, check.body]).toEqual([200, { waiting: true }])
  expect(await product.drain()).toEqual([])
  const stranger = await product.request().get(returnPath)
  expect(stranger.text).toContain('First Meridian Bank is connected')
  expect(stranger.text).not.toContain('Back to your banks')
  // supertest types headers loosely; set-cookie is the only list
  const cookies = (tapped.headers['set-cookie'] as unknown as string[]).map((line) => line.split(';')[0]).join('; ')
  const owner = await product.request().get(returnPath).set('cookie', cookies)
  expect(owner.text).toContain(`href="${path}"`)
  expect((await product.request().post(`${returnPath}/check`).set('origin', product.config.publicUrl)).body).toEqual({ waiting: false })
})

test("a second browser, a stranger's bank, another site and unknown names get nothing", async () => {
  const path = await invite()
  const origin = product.config.publicUrl
  const first = await product.request().post(`${path}/connect`).set('origin', origin).type('form').send({})
  expect(first.status).toBe(303)
  expect((await product.request().post(`${path}/connect`).set('origin', origin).type('form').send({})).status).toBe(403)
  const cookies = (first.headers['set-cookie'] as unknown as string[]).map((line) => line.split(';')[0]).join('; ')
  const tap = (form: object) =>
    product.request().post(`${path}/connect`).set('origin', origin).set('cookie', cookies).type('form').send(form)
  expect((await tap({ bankId: newId() })).status).toBe(404)
  expect((await tap({ bankId: "x' or 1=1" })).status).toBe(404)
  expect((await tap({})).status).toBe(303)
  for (const [header, site] of [
    ['https://elsewhere.example', undefined],
    ['null', 'cross-site'],
  ] as const) {
    const request = product.request().post(`${path}/connect`).set('origin', header).set('cookie', cookies)
    expect((await (site === undefined ? request : request.set('sec-fetch-site', site)).type('form').send({})).status).toBe(403)
  }
  const visits = (await product.admin.query('select 1 from link_sessions where client_id = $1', [clientId])).rows.length
  const preview = await product.request().post(`${path}/connect`).set('origin', origin).set('cookie', dana.cookie).type('form').send({})
  expect([preview.status, preview.headers.location]).toEqual([303, path])
  expect((await product.admin.query('select 1 from link_sessions where client_id = $1', [clientId])).rows).toHaveLength(visits)
  expect((await product.request().get(`/i/back/${'x'.repeat(43)}`)).status).toBe(404)
  expect((await product.request().get('/i/back/short')).status).toBe(404)
  expect(
    (
      await product
        .request()
        .post(`/i/${'x'.repeat(43)}/connect`)
        .set('origin', origin)
    ).status,
  ).toBe(404)
})

test('looking at the pages changes nothing', async () => {
  const path = await invite()
  await product.request().post(`${path}/connect`).set('origin', product.config.publicUrl).type('form').send({})
  const returnPath = new URL(await back()).pathname
  await newestVisit(product, dana, clientId)
  const snapshot = async () =>
    JSON.stringify(
      (
        await product.admin.query(
          'select s.*, i.state as invite from link_sessions s join invites i on i.id = s.invite_id where s.client_id = $1',
          [clientId],
        )
      ).rows,
    )
  const before = await snapshot()
  const jobs = async () =>
    (
      await product.admin.query(
        "select task_identifier, count(*)::int as n from graphile_worker.jobs where task_identifier <> 'handle_webhook' group by 1 order by 1",
      )
    ).rows
  const jobsBefore = await jobs()
  for (let i = 0; i < 3; i++) {
    await product.request().get(returnPath).expect(200)
    await product.request().head(returnPath).expect(200)
  }
  expect(await snapshot()).toBe(before)
  expect(await jobs()).toEqual(jobsBefore)
})
