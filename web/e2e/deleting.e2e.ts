import { clients } from '../../shared/src/clients.ts'
import { type Browser, launchBrowser } from '../../api/test/browser.ts'
import { makeClient, makeStaff } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { type BusyFirm, goOn, hasFocus, makeBusyFirm, openSignedIn, until } from './kit.ts'

let product: TestApp
let browser: Browser
let busy: BusyFirm
/** An administrator at their desk. */
let desk: Awaited<ReturnType<typeof openSignedIn>>
beforeAll(async () => {
  product = await startTestApp()
  browser = await launchBrowser()
  busy = await makeBusyFirm(product)
  desk = await openSignedIn(browser, product, busy.dana)
  await desk.page.goto('/clients')
})
afterAll(async () => {
  await browser.close()
  await product.close()
})

test('keeping is one click or Esc; from the settings it leads back to the list; employees are not offered it', async () => {
  const clientId = await makeClient(product, busy.dana, { businessName: 'Fernhill Pottery' })
  const { page } = desk
  await goOn(page, `/clients/${clientId}/settings`)
  const open = page.getByRole('button', { name: 'Delete client…' })
  await open.click()
  await page.getByRole('button', { name: 'Keep client' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await open.click()
  await page.getByLabel('Type Fernhill Pottery to confirm').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await open.click()
  await page.getByLabel('Type Fernhill Pottery to confirm').fill('Fernhill Pottery')
  await page.getByRole('button', { name: 'Delete client', exact: true }).click()
  await page.waitForURL(/\/clients$/)
  await page.getByText('Fernhill Pottery is deleted').waitFor()
  const marcus = await makeStaff(product, busy.dana.firmId, 'employee')
  await makeClient(product, { ...marcus, ctx: busy.dana.ctx }, { businessName: 'Quiet Harbor Two' })
  const { page: theirs } = await openSignedIn(browser, product, marcus)
  await theirs.goto('/clients')
  await theirs.getByRole('link', { name: 'Quiet Harbor Two' }).first().waitFor()
  expect(await theirs.getByRole('button', { name: /^Delete/ }).count()).toBe(0)
})

test('the red X asks for the name, says what goes and what stays, and deletes', async () => {
  const { page, problems } = desk
  await page.getByRole('button', { name: 'Delete Saltgrass Outfitters' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete Saltgrass Outfitters?' })
  await dialog.getByText('disconnect 2 banks and QuickBooks (Saltgrass Outfitters LLC)').waitFor()
  await dialog.getByText('erase 8 transactions, 1 rule, 3 statements, and the client’s own details').waitFor()
  await dialog.getByText('leave 1 entry already in QuickBooks where it is').waitFor()
  const [field, final] = [dialog.getByLabel('Type Saltgrass Outfitters to confirm'), dialog.getByRole('button', { name: 'Delete client' })]
  await until('the field to listen', () => hasFocus(field))
  expect(await final.getAttribute('aria-disabled')).toBe('true')
  await page.keyboard.type('Saltgrass Outfit')
  await page.keyboard.press('Enter')
  expect(await final.getAttribute('aria-disabled')).toBe('true')
  await page.keyboard.type('ters')
  await page.keyboard.press('Enter')
  await page.getByText('Saltgrass Outfitters is deleted').waitFor()
  await page.getByRole('link', { name: 'Saltgrass Outfitters' }).first().waitFor({ state: 'detached' })
  expect((await product.call(clients.get, { params: { clientId: busy.clientId } }, busy.dana)).status).toBe(404)
  expect(problems).toEqual([])
})
