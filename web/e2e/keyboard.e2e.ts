import { clients } from '../../shared/src/clients.ts'
import { invites } from '../../shared/src/invites.ts'
import { transactions } from '../../shared/src/transactions.ts'
import { type Browser, launchBrowser, openPage, type Page } from '../../api/test/browser.ts'
import { makeClient, makeFirm, makeStaff, type Person } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { makeCategory, makeLedger, makeTransactions } from '../../api/test/ledger-factories.ts'
import { arrowTo, dayAgo, hasFocus, setPassword, tabTo, until } from './kit.ts'

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

const password = 'copper lantern over the bay'

async function signIn(page: Page, username: string): Promise<void> {
  await page.goto('/sign-in')
  await tabTo(page, page.getByLabel('Username'))
  await page.keyboard.type(username)
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/clients$/)
  await page.getByText('Saltgrass Outfitters').first().waitFor()
}

async function openBySearch(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+k')
  const field = page.getByRole('combobox', { name: 'Search' })
  // Whoever types before it listens types into the page
  await until('the search to listen', async () => (await field.count()) === 1 && hasFocus(field))
  await page.keyboard.type(name.slice(0, 6).toLowerCase())
  await page.getByRole('option', { name: new RegExp(name), selected: true }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name }).waitFor()
  await field.waitFor({ state: 'detached' })
}

/** Answers the client's id. */
async function addClient(page: Page, dana: Person): Promise<string> {
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
  const found = await product.call(clients.list, { query: { limit: 20, view: 'all', search: 'Larkspur' } }, dana)
  expect(found.body.items).toEqual([expect.objectContaining({ businessName: 'Larkspur Yoga', email: 'ada@larkspur.example' })])
  return found.body.items[0]?.id ?? ''
}

async function inviteByMail(page: Page, dana: Person, clientId: string): Promise<void> {
  const made = async () => (await product.call(invites.list, { params: { clientId } }, dana)).body.items
  const before = (await made()).length
  await tabTo(page, page.getByRole('button', { name: 'Invite', exact: true }))
  await page.keyboard.press('Enter')
  await arrowTo(page, page.getByRole('menuitem', { name: /^Email/ }))
  await page.keyboard.press('Enter')
  await until('the invite', async () => (await made()).length > before)
  await page.getByRole('menu').waitFor({ state: 'detached' })
}

async function assignToMarcus(page: Page): Promise<void> {
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await page.waitForURL(/\/clients$/)
  await tabTo(page, page.getByRole('checkbox', { name: 'Larkspur Yoga' }))
  await page.keyboard.press('Space')
  await tabTo(page, page.getByRole('button', { name: 'Assign' }))
  await page.keyboard.press('Enter')
  await tabTo(
    page,
    page
      .getByRole('combobox', { name: 'Staff' })
      .or(page.getByRole('textbox', { name: 'Staff' }))
      .first(),
  )
  await page.keyboard.type('marcus')
  await page.getByRole('option', { name: 'Marcus Oyelade' }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await tabTo(page, page.getByRole('button', { name: 'Assign to 1 client' }))
  await page.keyboard.press('Enter')
}

async function lock(page: Page): Promise<void> {
  await tabTo(page, page.getByRole('checkbox', { name: 'Larkspur Yoga' }))
  await page.keyboard.press('Space')
  await tabTo(page, page.getByRole('button', { name: 'Lock', exact: true }).last())
  await page.keyboard.press('Enter')
  await arrowTo(page, page.getByRole('menuitem', { name: 'Lock 1…' }))
  await page.keyboard.press('Enter')
  await tabTo(page, page.getByRole('button', { name: 'Lock 1 client' }))
  await page.keyboard.press('Enter')
}

async function takeBackLock(page: Page): Promise<void> {
  await page.getByText('Locked', { exact: true }).first().waitFor()
  // That of the assignment may stand there, too, until this one is over
  await tabTo(page, page.locator('section', { hasText: 'Locked 1 client' }).getByRole('button', { name: 'Undo', exact: true }).last())
  await page.keyboard.press('Enter')
}

async function signOut(page: Page): Promise<void> {
  await tabTo(page, page.getByRole('banner').getByRole('button', { name: 'Account' }))
  await page.keyboard.press('Enter')
  await arrowTo(page, page.getByRole('menuitem', { name: 'Sign out' }))
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/sign-in/)
}

/** A client with three rows to be coded, of which the second is meant. */
async function makeRows(dana: Person): Promise<{ categoryId: string; row: string }> {
  const clientId = await makeClient(product, dana, { businessName: 'Saltgrass Outfitters' })
  const { account, books } = await makeLedger(product, dana, clientId)
  const categoryId = await makeCategory(product, dana, 'Vehicle running costs', { clientId, booksAccountId: books.accounts.fuel })
  const [, row = ''] = await makeTransactions(product, dana, account, [
    { description: 'HARBOR DINER 0918', date: dayAgo(2) },
    { description: 'PETRO NORTH 0412', date: dayAgo(3) },
    { description: 'LANTERN STREET SUPPLY', date: dayAgo(4) },
  ])
  return { categoryId, row }
}

async function codeApproveAndUndo(page: Page, dana: Person, { categoryId, row: transactionId }: { categoryId: string; row: string }) {
  const row = async () => (await product.call(transactions.get, { params: { transactionId } }, dana)).body
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
}

test('sign in, find, add, invite, assign and lock clients, code, approve, undo and sign out with the keyboard alone', async () => {
  const dana = await makeFirm(product)
  await setPassword(product, dana, password)
  const marcus = await makeStaff(product, dana.firmId, 'employee', 'Marcus Oyelade')
  const rows = await makeRows(dana)
  const { page, problems } = await openPage(browser, { baseURL: product.config.publicUrl })
  await signIn(page, dana.email)
  await openBySearch(page, 'Saltgrass Outfitters')
  const clientId = await addClient(page, dana)
  const client = async () => (await product.call(clients.get, { params: { clientId } }, dana)).body
  await inviteByMail(page, dana, clientId)
  await assignToMarcus(page)
  await until('the assignment', async () => (await client()).staffIds.includes(marcus.staffId))
  await page.getByText('Assigned staff to 1 client').waitFor()
  await lock(page)
  await until('the lock', async () => (await client()).locked)
  await takeBackLock(page)
  await until('the undo', async () => !(await client()).locked)
  await page.getByText('Took back the change of').waitFor()
  await codeApproveAndUndo(page, dana, rows)
  expect(problems).toEqual(
    ['Failed to load resource: the server responded with a status of 401 (Unauthorized)'].slice(problems.length === 0 ? 1 : 0),
  )
  await signOut(page)
})
