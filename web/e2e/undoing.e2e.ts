import { type Browser, launchBrowser } from '../../api/test/browser.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { makeBusyFirm, openSignedIn } from './kit.ts'

let product: TestApp
let browser: Browser
beforeAll(async () => {
  product = await startTestApp()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await product.close()
})

test('Sync Status asks with count and money, undoes, and shows what was held back and why', async () => {
  const { dana } = await makeBusyFirm(product)
  const [entry] = product.network.intuit.entries()
  if (entry === undefined) throw new Error('One entry stands in QuickBooks')
  product.network.intuit.changeEntry(entry.realmId, entry.entity, entry.id, { PrivateNote: 'seen by the owner' })
  const { page, problems } = await openSignedIn(browser, product, dana)
  await page.goto('/sync-status')
  await page.getByRole('button', { name: 'Undo the entries of Saltgrass Outfitters' }).click()
  const dialog = page.getByRole('dialog', { name: 'Undo Saltgrass Outfitters?' })
  await dialog.getByText('1 entry will be deleted in QuickBooks: money out −$6.00.').waitFor()
  await dialog.getByRole('button', { name: 'Keep entry' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Undo the entries of Saltgrass Outfitters' }).click()
  await dialog.getByRole('button', { name: 'Undo 1 entry' }).click()
  await page.getByText('1 entry being deleted in QuickBooks').waitFor()
  await product.drain()
  await page.getByText('1 not undone').waitFor()
  await page.getByRole('button', { name: /^Entries of Saltgrass/ }).click()
  await page.getByText('It was edited in QuickBooks since it was pushed.').waitFor()
  // As if the owner had thought better of it: the version is again the one we know
  await product.admin.query('update pushes set sync_token = $1 where provider_entry_id = $2', ['1', entry.id])
  await page.getByRole('button', { name: 'Undo GREENGROCER 78' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Undo 1 entry' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await product.drain()
  await page.getByText('1 undone').first().waitFor()
  expect(product.network.intuit.entries()).toEqual([])
  await page.getByRole('link', { name: 'Undone' }).click()
  await page.getByRole('button', { name: /^Entries of Saltgrass/ }).waitFor()
  expect(problems).toEqual([])
})
