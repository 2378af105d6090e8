import { invites } from '@ledgersync/shared/invites'
import { type Browser, launchBrowser, openPage } from '../browser.ts'
import { makeClient, makeFirm } from '../factories.ts'
import { startTestApp, type TestApp } from '../harness.ts'

let product: TestApp
let browser: Browser
beforeAll(async () => {
  product = await startTestApp()
  browser = await launchBrowser()
}, 60_000)
afterAll(async () => {
  await browser.close()
  await product.close()
})

test('the documentation works under the policy, and asks nobody else for anything', async () => {
  const { page, problems } = await openPage(browser, { baseURL: product.config.publicUrl })
  const elsewhere: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(product.config.publicUrl) && !request.url().startsWith('data:')) elsewhere.push(request.url())
  })
  // Of the document only what is opened below: to read all of it takes Swagger UI seconds, and what the policy is asked for is the same
  await page.route('**/docs/json', async (route) => {
    // An OpenAPI document; what is in it http.test.ts says
    const document = (await (await route.fetch()).json()) as { paths: Record<string, object> }
    const paths = Object.fromEntries(Object.entries(document.paths).filter(([path]) => path.startsWith('/v1/auth/sign-up')))
    await route.fulfill({ json: { ...document, paths } })
  })
  await page.goto('/docs/')
  await page.locator('#operations-tag-Access').click()
  await page.getByText('Create a firm').first().click()
  await page.getByText('Creates a firm and its first administrator').first().waitFor()
  // Of its pictures one has a style of its own, which the policy leaves out and nobody misses
  expect(problems.filter((problem) => !problem.startsWith('Applying inline style'))).toEqual([])
  expect(elsewhere).toEqual([])
})

test('what somebody calls themselves is text on a client’s page, and no script runs even if it were not', async () => {
  const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>"\'><svg onload=document.title=3>'
  const dana = await makeFirm(product, evil)
  const clientId = await makeClient(product, dana, { contactFirstName: evil, businessName: evil })
  const copied = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  const { page, problems } = await openPage(browser, { baseURL: product.config.publicUrl })
  await page.goto(new URL(copied.body.url ?? '').pathname)
  expect(await page.evaluate('document.querySelectorAll("main img, main script, main svg[onload]").length')).toBe(0)
  expect(await page.title()).not.toMatch(/^[123]$/)
  expect(problems).toEqual([])
  // Had it come through: the policy stops it
  await page.evaluate(`document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(evil)})`)
  await page.waitForTimeout(100)
  expect(await page.title()).not.toMatch(/^[123]$/)
})
