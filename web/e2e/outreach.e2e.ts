import { accessibilityProblems, type Browser, launchBrowser, scrollsSideways } from '../../api/test/browser.ts'
import { makeClient, makeFirm, type Person } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { makeBankAccount } from '../../api/test/ledger-factories.ts'
import { optOutPhone } from '../../api/src/clients/opt-outs.ts'
import { withFirm } from '../../api/src/db/client.ts'
import { hasFocus, openSignedIn, tabTo } from './kit.ts'

let product: TestApp
let browser: Browser
let dana: Person
beforeAll(async () => {
  product = await startTestApp()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await product.close()
})
beforeEach(async () => {
  await product.network.twilio.reset()
  await product.network.sendgrid.reset()
  dana = await makeFirm(product)
})

const stoppedPhone = '+15035550411'
/** Two clients of one person, one of them with a bank that wants a new sign-in, and two who cannot be texted. */
async function makeClients(): Promise<void> {
  const lena = { phone: '+15035550410', contactFirstName: 'Lena', contactLastName: 'Okafor-Ruiz' }
  const marine = await makeClient(product, dana, { businessName: 'Bluewater Marine', ...lena })
  await makeClient(product, dana, { businessName: 'Bluewater Rentals', ...lena })
  await makeClient(product, dana, { businessName: 'Kestrel Freight', contactFirstName: 'Hugh', contactLastName: 'Pemberly' })
  await makeClient(product, dana, { businessName: 'Larkspur Yoga', phone: stoppedPhone, email: 'mo@larkspur.example' })
  await makeClient(product, dana, { businessName: 'Northline Plumbing', phone: null, email: null })
  await makeBankAccount(product, dana, marine, { mask: '8841' })
  await product.admin.query("update connections set health = 'needs_client' where client_id = $1", [marine])
  await product.admin.query('select client_list_refresh($1, array[$2::uuid])', [dana.firmId, marine])
  await withFirm(dana.ctx, (tx) => optOutPhone(tx, product.deps, stoppedPhone, product.deps.now()))
}

test('with the keyboard alone clients are chosen, banks asked for, words looked at and sent, each person once', async () => {
  await makeClients()
  const { page, context, problems } = await openSignedIn(browser, product, dana)
  const press = async (name: string | RegExp, role: 'button' | 'link' = 'button') => {
    await tabTo(page, page.getByRole(role, { name }))
    await page.keyboard.press('Enter')
  }
  const heading = async (name: string | RegExp) => {
    const found = page.getByRole('heading', { name })
    await found.waitFor()
    expect(await hasFocus(found)).toBe(true)
  }
  await page.goto('/clients')
  await page.getByRole('link', { name: 'Kestrel Freight' }).first().waitFor()
  await page.keyboard.press('Control+a')
  await page.getByText('5 selected').waitFor()
  await press('Reconnect or add banks', 'link')

  await heading('What should they do?')
  await tabTo(page, page.getByRole('radio', { name: 'Their broken connections' }))
  await page.keyboard.press('Space')
  await page.getByText('1 client of 5 chosen clients has a bank that wants a new sign-in.').waitFor()
  await page.keyboard.press('ArrowDown')
  await tabTo(page, page.getByLabel('Bank name or routing number'))
  await page.keyboard.type('first meridian')
  await page.getByRole('option', { name: /First Meridian Bank/ }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('list', { name: 'Chosen banks' }).getByText('First Meridian Bank').waitFor()
  await press('Next: template')

  await heading('How does it go out?')
  await page.getByText('Text message in English, 2 messages').waitFor()
  await press('Next: preview')

  await page.getByText('5 clients chosen: 3 are covered, 2 are skipped.').waitFor()
  await heading('2 messages to 2 people')
  const sees = page.getByRole('region', { name: 'What Lena sees' })
  await sees.getByText('ending in 8841 (Bluewater Marine)').waitFor()
  expect(await accessibilityProblems(page)).toEqual([])
  await page.keyboard.press('ArrowRight')
  await page.getByRole('region', { name: 'What Hugh sees' }).getByText('2 of 2').waitFor()
  await page.keyboard.press('ArrowLeft')
  await sees.waitFor()
  // Down the list of people: what they see follows
  await tabTo(page, page.getByRole('button', { name: 'Lena Okafor-Ruiz' }))
  await page.keyboard.press('ArrowDown')
  await page.getByRole('region', { name: 'What Hugh sees' }).waitFor()
  await page.getByText(/^Opted out of texts on/).waitFor()
  await press('E-mail instead: Larkspur Yoga')
  await page.getByText('1 client gets an e-mail in place of a text.').waitFor()
  await page.getByRole('heading', { name: '3 messages to 3 people' }).waitFor()
  // What was asked while the run went on and is answered when it is over is not the last word
  await page.route(
    /bulk-runs\/[^/]+\/clients\?/,
    async (route) => {
      const response = await route.fetch()
      await page.getByRole('heading', { name: 'Messages about 4 clients' }).waitFor()
      await route.fulfill({ response })
    },
    { times: 1 },
  )
  await press('Send 3 messages')

  await heading('Writing about 5 clients')
  await product.drain()
  await heading('Messages about 4 clients are on their way, 1 skipped')
  await page.getByText('No cell phone or e-mail').waitFor()
  expect(await accessibilityProblems(page)).toEqual([])
  expect(
    product.network.twilio
      .messages()
      .map(({ to }) => to)
      .sort(),
  ).toEqual(['+15035550410', expect.any(String)].sort())
  expect(product.network.sendgrid.messages().map(({ to }) => to.email)).toEqual(['mo@larkspur.example'])
  // Back leads to no second sending
  await page.goBack()
  await page.getByRole('heading', { name: 'Who is it about?' }).waitFor()
  expect(problems).toEqual([])
  await context.close()
})

test('on a phone: nothing chosen is lost by Back, by a fix elsewhere or by a reload, and leaving asks first', async () => {
  await makeClients()
  const { page, context, problems } = await openSignedIn(browser, product, dana, { screen: 'phone' })
  const next = (name: string) => page.getByRole('button', { name: `Next: ${name}` }).click()
  // Who comes without a choice begins at the first step
  await page.goto('/communication/outreach?step=preview')
  await page.getByText('Step 1 of 5').waitFor()
  await page.getByLabel('Bluewater Marine').check()
  await page.getByLabel('Northline Plumbing').check()
  await next('banks')
  await page.getByRole('radio', { name: 'Connect banks' }).check({ force: true })
  await page.getByLabel('Bank name or routing number').fill('first meridian')
  await page.getByRole('option', { name: /First Meridian Bank/ }).click()
  await next('template')
  await page.getByRole('radio', { name: 'Both' }).check({ force: true })
  await next('preview')
  await page.getByText('2 messages to 1 person').waitFor()
  expect([await scrollsSideways(page), await accessibilityProblems(page)]).toEqual([false, []])

  await page.getByRole('link', { name: 'Fix number: Northline Plumbing' }).click()
  await page.getByLabel('Cell phone').fill('(503) 555-0412')
  await page.getByLabel('Email', { exact: true }).fill('al@northline.example')
  await page.getByRole('button', { name: 'Save client' }).click()
  await page.getByText('Client saved').waitFor()
  await page.goBack()
  await page.getByText('4 messages to 2 people').waitFor()
  await page.reload()
  await page.getByText('4 messages to 2 people').waitFor()
  await page.goBack()
  await page.getByText('Step 3 of 5').waitFor()
  expect(await page.getByRole('radio', { name: 'Both' }).isChecked()).toBe(true)
  await page.getByRole('button', { name: 'Back', exact: true }).click()
  await page.getByRole('list', { name: 'Chosen banks' }).getByText('First Meridian Bank').waitFor()
  await page.getByRole('button', { name: 'Back', exact: true }).click()
  await page.getByText('2 clients chosen').or(page.getByLabel('Bluewater Marine')).first().waitFor()
  expect(await page.getByLabel('Northline Plumbing').isChecked()).toBe(true)

  await page.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: 'Stay here' }).click()
  await page.getByText('Step 1 of 5').waitFor()
  await page.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: 'Leave page' }).click()
  await page.getByText('Kestrel Freight').first().waitFor()
  expect(problems).toEqual([])
  await context.close()
})
