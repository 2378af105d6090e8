import { accessibilityProblems, type Browser, launchBrowser, openPage, scrollsSideways } from '../../api/test/browser.ts'
import { makeClient, makeFirm, makeStaff } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { makeLedger, makeTransactions } from '../../api/test/ledger-factories.ts'
import { groups } from '../../shared/src/groups.ts'
import { staff } from '../../shared/src/team.ts'
import { dayAgo, goOn, openSignedIn, until } from './kit.ts'

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

test('an invited colleague joins by the link, gets a role, clients and bulk work, and leaves again', async () => {
  const dana = await makeFirm(product)
  await makeClient(product, dana, { businessName: 'Saltgrass Outfitters' })
  const { page, context, problems } = await openSignedIn(browser, product, dana)
  await page.goto('/team')
  await page.getByRole('button', { name: 'Invite colleague' }).click()
  const panel = page.getByRole('dialog')
  await panel.getByLabel('Name').fill('Priya Raman')
  await panel.getByLabel('Work email').fill('priya@gmail.com')
  await panel.getByRole('button', { name: 'Send invitation' }).click()
  await panel.getByText(/gmail.com is a personal/).waitFor()
  await panel.getByLabel('Work email').fill('priya@quillstone.example')
  await panel.getByLabel('Push to QuickBooks').check()
  await panel.getByRole('button', { name: 'Send invitation' }).click()
  await page.getByText('The invitation is on its way').waitFor()
  await page.getByRole('link', { name: /Invited/ }).click()
  await page.getByText('priya@quillstone.example').first().waitFor()

  await product.drain()
  const mail = JSON.stringify(product.network.sendgrid.messages().at(-1))
  const path = /\/join#[\w-]{43}/.exec(mail)?.[0] ?? ''
  const theirs = await openPage(browser, { baseURL: product.config.publicUrl, screen: 'phone' })
  await theirs.page.goto(path)
  await theirs.page.getByText('Dana Whitlock invited priya@quillstone.example.').waitFor()
  expect(await accessibilityProblems(theirs.page)).toEqual([])
  expect(await scrollsSideways(theirs.page)).toBe(false)
  await theirs.page.getByLabel('Password', { exact: true }).fill('forty silent harbor cranes')
  await theirs.page.getByRole('button', { name: 'Join' }).click()
  await theirs.page.waitForURL(/\/clients$/)

  await page.getByRole('link', { name: /Working here/ }).click()
  await page.getByRole('button', { name: 'Open Priya Raman' }).click()
  await panel.getByText('priya@quillstone.example').waitFor()
  await panel.getByLabel('Undo', { exact: false }).first().waitFor({ state: 'detached' })
  await panel.getByLabel('Find clients to add').fill('salt')
  await panel.getByRole('button', { name: 'Add Saltgrass Outfitters' }).click()
  await theirs.page.getByText('Saltgrass Outfitters').first().waitFor()
  await panel.getByRole('button', { name: 'Make administrator' }).click()
  await panel.getByRole('button', { name: 'Make employee' }).waitFor()
  expect(await accessibilityProblems(page)).toEqual([])
  await panel.getByRole('button', { name: 'Let Priya Raman leave…' }).click()
  await panel.getByLabel(/Dana Whitlock/).check()
  await panel.getByRole('button', { name: 'Hand over and let leave…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Let Priya Raman leave', exact: true }).click()
  await page.getByText('Priya Raman has left').waitFor()
  await theirs.page.waitForURL(/\/sign-in/)
  const members = (await product.call(staff.team, {}, dana)).body.members
  expect(members.map(({ name, deactivatedAt }) => [name, deactivatedAt === null])).toEqual([
    ['Dana Whitlock', true],
    ['Priya Raman', false],
  ])
  expect(problems.filter((line) => !/400|401/.test(line))).toEqual([])
  await Promise.all([context.close(), theirs.context.close()])
})

test('a group is added, filled, shown in the sidebar, and deleted without its clients', async () => {
  const dana = await makeFirm(product)
  for (const businessName of ['Alder & Finch Bakery', 'Bluewater Marine']) await makeClient(product, dana, { businessName })
  const { page, context, problems } = await openSignedIn(browser, product, dana)
  await page.goto('/groups')
  await page.getByRole('button', { name: 'Add group' }).click()
  const panel = page.getByRole('dialog')
  await panel.getByLabel('Name').fill('Monthly close')
  await panel.getByRole('button', { name: 'Add group' }).click()
  await panel.getByLabel('Find clients to add').fill('blue')
  await panel.getByRole('button', { name: 'Add Bluewater Marine' }).click()
  await panel.getByRole('button', { name: 'Take out Bluewater Marine' }).waitFor()
  const section = page.getByRole('complementary', { name: 'Clients' }).getByRole('region', { name: 'Monthly close' })
  await until('the client in the sidebar', async () => (await section.getByText('Bluewater Marine').count()) === 1)
  await panel.getByRole('button', { name: 'Delete group…' }).click()
  await page.getByRole('button', { name: 'Delete group', exact: true }).click()
  await page.getByText('No groups yet').waitFor()
  expect((await product.call(groups.list, {}, dana)).body.ungrouped.clientCount).toBe(2)
  expect(problems).toEqual([])
  await context.close()
})

test('who lacks a permission finds the button, and why it does not work', async () => {
  const dana = await makeFirm(product)
  const marcus = await makeStaff(product, dana.firmId, 'employee')
  const { account, books } = await makeLedger(product, dana, await makeClient(product, marcus))
  const coded = { booksAccountId: books.accounts.fuel, categoryBy: 'person' as const }
  await makeTransactions(product, dana, account, [
    { description: 'PETRO NORTH 0412', date: dayAgo(2), ...coded },
    { description: 'PETRO NORTH 0398', date: dayAgo(3), ...coded },
  ])
  const { page, context } = await openSignedIn(browser, product, marcus)
  await page.goto('/team')
  await page.getByText('Dana Whitlock').waitFor()
  for (const path of ['/settings', '/audit-log']) {
    await goOn(page, path)
    await page.getByRole('heading', { name: /nothing|not here|No page/i }).waitFor()
  }
  await goOn(page, '/groups')
  const add = page.getByRole('button', { name: 'Add group' })
  await add.hover()
  await page.getByText('Only an administrator can change groups.').waitFor()
  expect(await add.getAttribute('aria-disabled')).toBe('true')
  await goOn(page, '/review')
  const grid = page.getByRole('grid')
  await grid.getByText('PETRO NORTH 0412').waitFor()
  await grid.focus()
  for (const key of ['Space', 'ArrowDown', 'Space']) await page.keyboard.press(key)
  const approve = page.getByRole('button', { name: /^Approve 2/ })
  expect(await approve.getAttribute('aria-disabled')).toBe('true')
  await approve.hover()
  await page.getByText(/An administrator of your firm has to allow you this first/).waitFor()
  await grid.focus()
  await page.keyboard.press('Control+Shift+Enter')
  await page.getByText('Not approved').waitFor()
  const { rows } = await product.admin.query<{ stage: string }>('select stage from transactions where firm_id = $1', [dana.firmId])
  expect(rows).toEqual([{ stage: 'open' }, { stage: 'open' }])
  await context.close()
})
