import { readFileSync } from 'node:fs'
import {
  accessibilityProblems,
  accessibilityProblemsInBothColors,
  type Browser,
  launchBrowser,
  openPage,
  scrollsSideways,
} from '../../api/test/browser.ts'
import { makeClient, makeFirm } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { csvFile, pdf } from '../../api/test/statement-kit.ts'
import { invites } from '../../shared/src/invites.ts'
import { openSignedIn, until } from './kit.ts'

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

test('a phone without script sends two files; staff see them come and download one, byte for byte', async () => {
  const dana = await makeFirm(product)
  const clientId = await makeClient(product, dana)
  const { body } = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  const desk = await openSignedIn(browser, product, dana)
  await desk.page.goto(`/clients/${clientId}/statements`)
  await desk.page.getByText('No statements yet').waitFor()

  const phone = await openPage(browser, { screen: 'phone', baseURL: product.config.publicUrl, javaScriptEnabled: false })
  await phone.page.goto(new URL(body.url ?? '').pathname)
  await phone.page.getByRole('button', { name: 'I would rather send statements' }).click()
  const march = pdf('March', 1_200_000)
  await phone.page.getByLabel('Choose one or several files').setInputFiles([
    { name: 'March 2026.pdf', mimeType: 'application/pdf', buffer: march },
    { name: 'activity.csv', mimeType: 'text/csv', buffer: csvFile() },
  ])
  await phone.page.getByRole('button', { name: 'Send', exact: true }).click()
  await phone.page.getByText('Your 2 files have been received. Thank you.').waitFor()
  await phone.page.setViewportSize({ width: 320, height: 700 })
  expect(await scrollsSideways(phone.page)).toBe(false)

  await desk.page.getByText('activity.csv').waitFor()
  const [download] = await Promise.all([
    desk.page.waitForEvent('download'),
    desk.page.getByRole('button', { name: 'Download March 2026.pdf' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('March 2026.pdf')
  expect(Buffer.compare(readFileSync(await download.path()), march)).toBe(0)
  await until('the badge of what was looked at', async () => (await desk.page.getByText('New from the client').count()) === 1)

  await phone.page.getByRole('button', { name: 'Take back activity.csv' }).click()
  await phone.page.getByText('The file was taken back.').waitFor()
  await until('the row to go', async () => (await desk.page.getByText('activity.csv').count()) === 0)
  expect([...desk.problems, ...phone.problems]).toEqual([])
  await Promise.all([desk.context.close(), phone.context.close()])
})

test('staff drop files, the good ones are kept and the others named, and a deletion is asked for', async () => {
  const dana = await makeFirm(product)
  const clientId = await makeClient(product, dana)
  const { page, context, problems } = await openSignedIn(browser, product, dana)
  await page.goto(`/clients/${clientId}/statements`)
  await page.getByLabel('Choose statements').setInputFiles([
    { name: 'april.pdf', mimeType: 'application/pdf', buffer: pdf('April') },
    { name: 'empty.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(0) },
    { name: 'page.pdf', mimeType: 'application/pdf', buffer: Buffer.from('<!doctype html><p>no') },
    { name: 'april.csv', mimeType: 'text/csv', buffer: csvFile('APRIL') },
  ])
  await page.getByText('2 files were not kept').waitFor()
  await page.getByText('empty.pdf is empty.').waitFor()
  await page.getByText('page.pdf is a web page.').waitFor()
  await page.getByText('april.csv', { exact: true }).waitFor()
  expect(await accessibilityProblems(page)).toEqual([])
  await page.getByRole('button', { name: 'Delete april.pdf' }).click()
  await page.getByRole('button', { name: 'Delete statement' }).click()
  await until('the row to go', async () => (await page.getByRole('button', { name: 'Delete april.pdf' }).count()) === 0)
  // The browser logs the answer that refused a file
  expect(problems.filter((text) => !text.includes('400'))).toEqual([])
  await context.close()
})

test('the page for sending stands without flaws in both languages, colours and widths, empty and full', async () => {
  const dana = await makeFirm(product)
  const clientId = await makeClient(product, dana, { contactFirstName: 'Nora' })
  const { body } = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  const path = new URL(body.url ?? '').pathname
  const { page, context, problems } = await openPage(browser, { screen: 'phone', baseURL: product.config.publicUrl })
  for (const lang of ['en', 'es']) {
    await page.goto(`${path}/statements?lang=${lang}`)
    expect(await accessibilityProblemsInBothColors(page)).toEqual([])
    await page.locator('input[type=file]').setInputFiles([
      { name: `${lang} ${'long name '.repeat(12)}.pdf`, mimeType: 'application/pdf', buffer: pdf(lang) },
      { name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from('\u0089PNG', 'latin1') },
    ])
    await page.locator('form.send button').click()
    await page.locator('.message.good').waitFor()
    expect(await accessibilityProblemsInBothColors(page)).toEqual([])
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 800 })
      expect([lang, width, await scrollsSideways(page)]).toEqual([lang, width, false])
    }
  }
  expect(problems).toEqual([])
  await context.close()
})
