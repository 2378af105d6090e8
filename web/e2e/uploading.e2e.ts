import { readFileSync } from 'node:fs'
import { type Browser, launchBrowser } from '../../api/test/browser.ts'
import { makeClient, makeFirm } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { csv, goodRows, header } from '../../api/test/upload-kit.ts'
import { openSignedIn, until } from './kit.ts'

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

test('a list is dropped, matched, corrected in place and added, and rows left out are downloaded', async () => {
  const dana = await makeFirm(product)
  await makeClient(product, dana, { businessName: 'Before', username: 'saltgrass1@saltgrass.example' })
  const { page, context, problems } = await openSignedIn(browser, product, dana)
  const list = csv(
    [...header, 'Colour'],
    ...goodRows(3).map((row) => [...row, 'blue']),
    ['Harbor', 'nope', '5035550188', ''],
    ['Fern', '', '', ''],
  )
  await page.goto('/clients')
  await page.getByRole('link', { name: 'Upload a list' }).click()
  await page.getByLabel('Choose a list of clients').setInputFiles({ name: 'spring.csv', mimeType: 'text/csv', buffer: Buffer.from(list) })
  await page.getByRole('heading', { name: 'spring.csv' }).waitFor()
  expect(await page.getByLabel('E-mail').inputValue()).toBe('email')
  expect(await page.getByLabel('Colour').inputValue()).toBe('')
  await page.getByRole('button', { name: 'Check 5 rows' }).click()

  await page.getByText('This is not an e-mail address.').waitFor()
  await page.getByRole('button', { name: 'E-mail of row 5: nope' }).press('Enter')
  await page.getByLabel('E-mail of row 5').fill('harbor@saltgrass.example')
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'With errors 1' }).waitFor()
  // The row has left the list, and the next cell to correct has the focus
  await until('the focus', async () => (await page.locator('[data-row="6"][data-bad="true"]:focus').count()) === 1)
  const add = page.getByRole('button', { name: 'Add 3 clients, change 1 client' })
  expect(await add.getAttribute('aria-disabled')).toBe('true')
  await page.getByText('Leave them out').click()
  await add.click()

  await page.getByRole('heading', { name: 'The list is added' }).waitFor()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download these rows' }).click()])
  expect(readFileSync(await download.path(), 'utf8')).toContain('Fern')
  const names = await until('the clients', async () => {
    const { rows } = await product.admin.query<{ name: string }>(
      'select business_name as name from clients where firm_id = $1 order by business_name',
      [dana.firmId],
    )
    return rows.length === 4 && rows.map(({ name }) => name)
  })
  expect(names).toEqual(['Harbor', 'Saltgrass 0', 'Saltgrass 1', 'Saltgrass 2'])
  expect(problems).toEqual([])
  await context.close()
})

test('in a list that was scrolled far a corrected cell stays as it was typed', async () => {
  const dana = await makeFirm(product)
  const { page, context, problems } = await openSignedIn(browser, product, dana)
  const list = csv([...header], ...goodRows(520).map(([name = '', email = '']) => [name, email, '12']))
  await page.goto('/clients/upload')
  await page.getByLabel('Choose a list of clients').setInputFiles({ name: 'long.csv', mimeType: 'text/csv', buffer: Buffer.from(list) })
  await page.getByRole('button', { name: 'Check 520 rows' }).click()
  const last = page.getByRole('button', { name: 'Cell phone of row 521: 12' })
  // News of the check may cut off a page that is being fetched
  await until('the last row', async () => {
    await page.evaluate(`[...document.querySelectorAll('button')].find((button) => button.textContent === 'Show more rows')?.click()`)
    return (await last.count()) > 0
  })
  await page.getByRole('button', { name: 'Cell phone of row 3: 12' }).press('Enter')
  await page.getByLabel('Cell phone of row 3', { exact: true }).fill('(503) 555-0142')
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'With errors 519' }).waitFor()
  await page.getByRole('row', { name: /^3 New client .*Cell phone of row 3: \(503\) 555-0142/ }).waitFor()
  expect(problems).toEqual([])
  await context.close()
})

test('a file that cannot be read says why, and nothing is lost', async () => {
  const dana = await makeFirm(product)
  const { page, context } = await openSignedIn(browser, product, dana)
  await page.goto('/clients/upload')
  const choose = page.getByLabel('Choose a list of clients')
  await choose.setInputFiles({
    name: 'photo.png',
    mimeType: 'image/png',
    buffer: Buffer.from('\u0089PNG\r\n\u001a\u0001\u0002\u0003\u0004\u0005', 'latin1'),
  })
  await page.getByText('This is not a spreadsheet').waitFor()
  await choose.setInputFiles({ name: 'big.csv', mimeType: 'text/csv', buffer: Buffer.alloc(9 * 1024 * 1024, 65) })
  await page.getByText('big.csv has 9 MB; at most 8 MB can be uploaded').waitFor()
  await page.getByText('No lists yet').waitFor()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Template as CSV' }).click()])
  expect(download.suggestedFilename()).toBe('Clients.csv')
  await context.close()
})
