import { startWorker } from '../../api/src/runner.ts'
import { createMetrics } from '../../api/src/http/metrics.ts'
import { accessibilityProblems, type Browser, launchBrowser, type Page, scrollsSideways } from '../../api/test/browser.ts'
import { makeFirm, makeOperator } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { goOn, makeFailures, openSignedIn } from './kit.ts'

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

const nothingStuck = (page: Page) => page.getByRole('heading', { name: 'Nothing is stuck' })

test.each(['desk', 'phone'] as const)(
  'an operator at a %s finds nothing stuck, sees a failure come by itself, retries and discards by keyboard',
  async (screen) => {
    const dana = await makeFirm(product)
    await makeOperator(product, dana)
    const { page, context, problems } = await openSignedIn(browser, product, dana, { screen })
    await page.goto('/clients')
    await page.getByRole('button', { name: 'Account' }).click()
    await page.getByRole('menuitem', { name: 'Operations' }).click()
    await nothingStuck(page).waitFor()
    await page.getByRole('alert').getByText('No worker is running').waitFor()
    expect(await accessibilityProblems(page)).toEqual([])
    expect(await scrollsSideways(page)).toBe(false)

    await makeFailures(product, dana)
    const list = page.getByRole(screen === 'desk' ? 'table' : 'list', { name: 'Failures' })
    await list.getByText('twilio send: 20003 (401)').waitFor()
    expect(await list.getByText(dana.firmId).count()).toBe(3)

    const jobs = async () =>
      (await product.admin.query<{ key: string; attempts: number }>('select key, attempts from graphile_worker._private_jobs order by key'))
        .rows
    await list.getByRole('button', { name: /^Retry job \d+, Send a message/ }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('The job runs again').first().waitFor()
    await list.getByText('twilio send').waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement?.id')).toBe('failures')
    expect((await jobs()).find(({ key }) => key === 'failed 1')?.attempts).toBe(0)

    await list.getByRole('button', { name: /^Discard job \d+, Push to QuickBooks/ }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByText('is forgotten with its reason').waitFor()
    await page.keyboard.press('Escape')
    expect((await jobs()).map(({ key }) => key)).toContain('failed 2')
    await list.getByRole('button', { name: /^Discard job \d+, Push to QuickBooks/ }).click()
    await page.getByRole('button', { name: 'Discard job', exact: true }).click()
    await list.getByText('Push to QuickBooks').waitFor({ state: 'detached' })
    expect((await jobs()).map(({ key }) => key)).not.toContain('failed 2')

    const worker = await startWorker(product.config, product.deps, createMetrics())
    try {
      await page.getByText('No worker is running').first().waitFor({ state: 'detached' })
    } finally {
      await worker.stop()
    }
    await product.admin.query('truncate graphile_worker._private_jobs')
    await nothingStuck(page).waitFor()
    expect(problems).toEqual([])
    await context.close()
  },
)

test('everything that was given up of a task runs again with one button', async () => {
  const dana = await makeFirm(product)
  await makeOperator(product, dana)
  await makeFailures(product, dana)
  const { page, context } = await openSignedIn(browser, product, dana)
  await page.goto('/ops?task=push_books')
  await page.getByRole('button', { name: 'Work: Push to QuickBooks' }).waitFor()
  await page.getByRole('button', { name: 'Retry what was given up of Push to QuickBooks' }).click()
  await page.getByText('1 job runs again').waitFor()
  await page.getByText('No failures of').waitFor()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await page.getByText('plaid transactions/sync').waitFor()
  await product.admin.query('truncate graphile_worker._private_jobs')
  await context.close()
})

test('a page that cannot refresh says so and keeps what it showed', async () => {
  const dana = await makeFirm(product)
  await makeOperator(product, dana)
  const { page, context } = await openSignedIn(browser, product, dana)
  await page.goto('/ops')
  await nothingStuck(page).waitFor()
  await page.route('**/v1/ops', (route) => route.abort())
  await page.getByText('This page does not refresh').waitFor({ timeout: 30_000 })
  expect(await page.getByText('Held queues').count()).toBe(1)
  await page.unroute('**/v1/ops')
  await page.getByText('This page does not refresh').waitFor({ state: 'detached' })
  await context.close()
})

test('to somebody else there is no such page and no way to it', async () => {
  const dana = await makeFirm(product)
  const { page, context } = await openSignedIn(browser, product, dana)
  const asked: string[] = []
  page.on('request', (request) => void asked.push(new URL(request.url()).pathname))
  await page.goto('/ops')
  await page.getByText('There is nothing at this address').waitFor()
  expect(asked.filter((path) => path.startsWith('/v1/ops'))).toEqual([])
  await goOn(page, '/clients')
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).waitFor()
  expect(await page.getByRole('menuitem', { name: 'Operations' }).count()).toBe(0)
  await context.close()
})
