import { clientList } from '../../shared/src/client-list.ts'
import { clients } from '../../shared/src/clients.ts'
import { invites } from '../../shared/src/invites.ts'
import { type Browser, launchBrowser } from '../../api/test/browser.ts'
import { makeClient, makeFirm } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { listAnew } from '../../api/src/core/client-list.ts'
import { withFirm } from '../../api/src/db/client.ts'
import { goOn, hasFocus, openSignedIn, until } from './kit.ts'

let product: TestApp
let browser: Browser
beforeAll(async () => {
  product = await startTestApp({}, { work: true })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await product.close()
})

test('each stuck client has the button that helps, and it takes the step', async () => {
  const dana = await makeFirm(product)
  const [silent, wrong, wary] = [
    await makeClient(product, dana, { businessName: 'Fern Hollow Gardens' }),
    await makeClient(product, dana, { businessName: 'Northline Plumbing', phone: '+15005550001' }),
    await makeClient(product, dana, { businessName: 'Kestrel Freight' }),
  ]
  const newest = async (clientId: string) => (await product.call(invites.list, { params: { clientId } }, dana)).body.items[0]
  const ask = async (clientId: string, channel: 'sms' | 'email', state: string) => {
    await product.call(invites.create, { params: { clientId }, body: { channel } }, dana)
    await until(state, async () => (await newest(clientId))?.state === state)
  }
  await ask(silent, 'email', 'delivered')
  await ask(wrong, 'sms', 'failed')
  await ask(wary, 'email', 'delivered')
  await product.admin.query(
    `update invites set created_at = created_at - interval '3 days', delivered_at = delivered_at - interval '3 days' where client_id = any ($1)`,
    [[silent, wary]],
  )
  await product.admin.query(`update invites set state = 'opened', opened_at = now() - interval '3 days' where client_id = $1`, [wary])
  await withFirm(dana.ctx, (tx) => listAnew(tx, dana.ctx, [silent, wary]))
  const { page, context, problems } = await openSignedIn(browser, product, dana)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.goto('/')

  await page.getByRole('button', { name: 'Copy the heads-up: Kestrel Freight' }).click()
  await page.getByText('Heads-up copied').waitFor()

  await page.getByRole('button', { name: 'Switch to text: Fern Hollow Gardens' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('What Nora receives').waitFor()
  expect(await newest(silent)).toMatchObject({ channel: 'email' })
  await dialog.getByRole('button', { name: 'Send text' }).click()
  await page.getByText('Invite to Fern Hollow Gardens is on its way').waitFor()
  await until('the text', async () => (await newest(silent))?.channel === 'sms')
  await page.getByRole('button', { name: /: Fern Hollow Gardens$/ }).waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'Fix the number: Northline Plumbing' }).click()
  const phone = page.getByLabel('Cell phone')
  await until('the field', () => hasFocus(phone))
  await phone.fill('(503) 555-0142')
  await page.keyboard.press('Enter')
  await page.getByText('Client saved').waitFor()
  await page.getByRole('link', { name: 'Summary' }).click()
  await page.getByText('Next best step: invite again').waitFor()
  await page.getByRole('button', { name: 'Invite again' }).click()
  await page.getByRole('dialog').getByText('(503) 555-0142').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Send text' }).click()
  await page.getByText('Invite to Northline Plumbing is on its way').waitFor()
  await page.getByText('Next best step').waitFor({ state: 'detached' })

  await goOn(page, `/clients/${wary}`)
  await page.getByRole('button', { name: 'Other steps' }).click()
  await page.getByRole('menuitem', { name: 'Ask for statements' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Copy the link' }).click()
  await page.getByText('Link for statements copied').waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/\/i\/[\w-]{43}\/statements$/)

  await goOn(page, '/invites')
  await page.getByRole('link', { name: '3 invited: see the list' }).first().click()
  await page.getByRole('table', { name: 'Invites: invited' }).getByRole('link', { name: 'Kestrel Freight' }).waitFor()
  expect(problems).toEqual([])
})

test('filters, order and columns are kept: by the address over Back, by name, and for the person on any machine', async () => {
  const dana = await makeFirm(product)
  for (const businessName of ['Alder Bakery', 'Birch Marine']) await makeClient(product, dana, { businessName })
  const locked = await makeClient(product, dana, { businessName: 'Cobalt Roofing' })
  await product.call(clients.lock, { params: { clientId: locked } }, dana)
  const { page, problems } = await openSignedIn(browser, product, dana)
  await page.goto('/clients')
  const table = page.getByRole('table', { name: 'Clients' })
  await table.getByRole('link', { name: 'Alder Bakery' }).waitFor()
  await page.getByRole('button', { name: 'Lock', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Locked', exact: true }).click()
  await table.getByRole('link', { name: 'Alder Bakery' }).waitFor({ state: 'detached' })
  await table.getByRole('button', { name: 'To review' }).click()
  await page.waitForURL(/locked=yes.*sort=-toReview/)
  await page.getByRole('button', { name: 'Saved' }).click()
  await page.getByRole('menuitem', { name: 'Save this filter…' }).click()
  await page.getByLabel('Name').fill('Paused')
  await page.keyboard.press('Enter')
  await page.getByText('“Paused” is saved').waitFor()

  await table.getByRole('link', { name: 'Cobalt Roofing' }).click()
  await page.getByRole('heading', { name: 'Cobalt Roofing' }).waitFor()
  await page.goBack()
  await table.getByRole('link', { name: 'Cobalt Roofing' }).waitFor()
  expect(await table.getByRole('link', { name: 'Alder Bakery' }).count()).toBe(0)
  await page.goBack()
  await page.goBack()
  await table.getByRole('link', { name: 'Alder Bakery' }).waitFor()

  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Cell phone' }).click()
  await table.getByRole('columnheader', { name: 'Cell phone' }).waitFor()
  await until('the columns', async () => (await product.call(clientList.settings, {}, dana)).body.columns.includes('phone'))

  const other = await openSignedIn(browser, product, dana)
  await other.page.goto('/clients')
  await other.page.getByRole('columnheader', { name: 'Cell phone' }).waitFor()
  await other.page.getByRole('button', { name: 'Saved' }).click()
  await other.page.getByRole('menuitem', { name: 'Paused', exact: true }).click()
  await other.page.waitForURL(/locked=yes/)
  expect([...problems, ...other.problems]).toEqual([])
})
