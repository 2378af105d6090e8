import { type Browser, accessibilityProblems, launchBrowser, openPage, type Page, scrollsSideways } from '../../api/test/browser.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { dayAgo, until } from './kit.ts'

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

/** A zone where it is daytime now: texts wait for 8 to 21 o'clock of the client's day. */
function daytimeZone(): string {
  const zones = [
    'America/New_York',
    'America/Los_Angeles',
    'Pacific/Honolulu',
    'Asia/Tokyo',
    'Asia/Kolkata',
    'Europe/Paris',
    'Pacific/Auckland',
  ]
  const hourIn = (timeZone: string): number =>
    Number(new Intl.DateTimeFormat('en-US', { timeZone, hour: 'numeric', hourCycle: 'h23' }).format(new Date()))
  const zone = zones.find((timeZone) => hourIn(timeZone) >= 9 && hourIn(timeZone) < 20)
  if (zone === undefined) throw new Error('It is daytime somewhere')
  return zone
}

/** Custom-user JSON as somebody else would write it: a checking account and a card, a refund, a pending row, euros. */
const customUser = {
  override_accounts: [
    {
      type: 'depository',
      subtype: 'checking',
      starting_balance: 5200.1,
      currency: 'USD',
      meta: { name: 'Shop Checking', mask: '4417' },
      transactions: [
        { date_transacted: dayAgo(3), date_posted: dayAgo(3), amount: 86.13, description: 'PETRO NORTH 0412', currency: 'USD' },
        { date_transacted: dayAgo(4), date_posted: dayAgo(4), amount: 112.75, description: 'PETRO NORTH 0398', currency: 'USD' },
        { date_transacted: dayAgo(5), date_posted: dayAgo(5), amount: -2406.18, description: 'CARD SETTLEMENT', currency: 'USD' },
        { date_transacted: dayAgo(0), amount: 19.99, description: 'PETRO NORTH PENDING', currency: 'USD' },
        { date_transacted: dayAgo(6), date_posted: dayAgo(6), amount: 50, description: 'PETRO EUROPE', currency: 'EUR' },
      ],
    },
    {
      type: 'credit',
      subtype: 'credit card',
      starting_balance: 310.4,
      currency: 'USD',
      meta: { name: 'Shop Card', mask: '0318', limit: 5000 },
      transactions: [
        { date_transacted: dayAgo(2), date_posted: dayAgo(2), amount: 44.1, description: 'PETRO NORTH 0500', currency: 'USD' },
        { date_transacted: dayAgo(7), date_posted: dayAgo(7), amount: -36.5, description: 'REFUND PETRO NORTH', currency: 'USD' },
      ],
    },
  ],
}

async function signUp(desk: Page): Promise<void> {
  await desk.goto('/sign-up')
  await desk.getByLabel('Firm name').fill('Quillstone Accounting')
  await desk.getByLabel('Your name').fill('Dana Whitlock')
  await desk.getByLabel('Work email').fill('dana@gmail.com')
  await desk.getByLabel('Password', { exact: true }).fill('copper lantern over the bay')
  await desk.getByRole('button', { name: /Create|Sign up/ }).click()
  await desk
    .getByText(/gmail\.com is a personal/)
    .first()
    .waitFor()
  await desk.getByLabel('Work email').fill('dana@quillstone.example')
  await desk.getByRole('button', { name: /Create|Sign up/ }).click()
  await desk.getByLabel('Six-digit code').waitFor()
  const code = await until('the code', () => /code is (\d{6})/.exec(JSON.stringify(product.network.sendgrid.messages()))?.[1])
  await desk.getByLabel('Six-digit code').fill(code)
  await desk.getByRole('button', { name: 'Verify' }).click()
  await desk.getByLabel('Six-digit code').waitFor({ state: 'detached' })
}

async function addClient(desk: Page): Promise<void> {
  await desk.getByRole('button', { name: 'Add Client' }).first().click()
  await desk.getByLabel('Business name').fill('Saltgrass Outfitters')
  await desk.getByLabel('Contact first name').fill('Nora')
  await desk.getByLabel('Contact last name').fill('Velasco')
  await desk.getByLabel('Cell phone').fill('(503) 555-0187')
  await desk.getByRole('textbox', { name: 'Email' }).fill('nora@saltgrass.example')
  await desk.getByLabel(/agreed to receive texts/).check()
  await desk.getByLabel('Bank name or routing number').fill('First Meridian')
  await desk.getByRole('option', { name: /First Meridian Bank/ }).click()
  await desk.getByText('SMS', { exact: true }).click()
  await desk
    .getByText(/Hi Nora, this is Dana Whitlock/)
    .first()
    .waitFor()
  await desk.getByRole('button', { name: /Add client and send text/ }).click()
  await desk.getByRole('heading', { name: 'Saltgrass Outfitters' }).first().waitFor()
}

async function connectBank(phone: Page): Promise<void> {
  const text = await until('the text', () => product.network.twilio.messages().find((message) => message.to === '+15035550187')?.body)
  const link = /https?:\/\/\S+\/i\/[\w-]{43}/.exec(text)?.[0] ?? ''
  await phone.goto(link)
  await phone.getByText('Nobody can move your money').waitFor()
  expect(await accessibilityProblems(phone)).toEqual([])
  expect(await scrollsSideways(phone)).toBe(false)
  await phone.locator('form[action$="/connect"] button').first().click()
  const chooser = phone.getByRole('button', { name: /First Meridian Bank/ })
  if (await chooser.isVisible()) await chooser.click()
  await phone.getByLabel('User ID').fill('user_custom')
  await phone.getByLabel('Password').fill(JSON.stringify(customUser))
  await phone.getByRole('button', { name: 'Sign in' }).click()
  await phone.getByRole('button', { name: 'Continue' }).click()
  await phone.getByRole('button', { name: 'Allow' }).click()
  await phone.getByRole('heading', { name: 'First Meridian Bank is connected' }).waitFor({ timeout: 20_000 })
  await phone.getByRole('link', { name: 'Back to your banks' }).click()
  await phone.getByText('Connected, 2 accounts').waitFor()
}

async function connectBooks(desk: Page): Promise<void> {
  await desk.getByRole('link', { name: 'Mapping', exact: true }).click()
  await desk.getByRole('button', { name: 'Connect QuickBooks' }).click()
  await desk.getByRole('button', { name: 'Connect', exact: true }).click()
  await desk.waitForURL(/\/mapping\?books=connected/)
  await desk.getByText('Connected', { exact: true }).first().waitFor()
  await choose(desk, /QuickBooks account of .*Shop Checking/, /Checking/)
  await choose(desk, /QuickBooks account of .*Shop Card/, /Credit Card/)
  await choose(desk, 'QuickBooks account for Fuel', /Fuel/)
}

async function choose(desk: Page, field: string | RegExp, option: RegExp): Promise<void> {
  const select = desk
    .getByRole('combobox', { name: field })
    .or(desk.getByRole('textbox', { name: field }))
    .first()
  await until(`${field} to be ready`, () => select.isEnabled())
  await select.click()
  await desk.getByRole('option', { name: option }).first().click()
  await until(`${field} to be saved`, async () => option.test(await select.inputValue()))
}

async function makeRule(desk: Page): Promise<void> {
  await desk.getByRole('link', { name: 'Rules', exact: true }).click()
  await desk.getByRole('button', { name: 'New rule' }).click()
  await desk.getByLabel('Rule name').fill('Fuel stations')
  await desk.getByLabel('Text to compare with').fill('petro')
  await choose(desk, 'Money in or out', /Money in or out/)
  await choose(desk, 'Category', /^Fuel$/)
  // Six rows hold the word; the euros are counted and never added to dollars
  await desk.getByRole('button', { name: /Save and apply to 6/ }).waitFor()
  await desk.getByText('$299.47').first().waitFor()
  await desk.getByRole('button', { name: /Save and apply/ }).click()
  await desk.getByText('“Fuel stations” is saved').waitFor()
}

async function approveAndPush(desk: Page): Promise<void> {
  await desk.getByRole('link', { name: /^Review/ }).click()
  await desk.getByRole('link', { name: /^Ready/ }).click()
  const grid = desk.getByRole('grid')
  await grid.getByText('PETRO NORTH 0412').waitFor()
  expect(await grid.getByText('PENDING').count()).toBe(0)
  await grid.focus()
  await desk.keyboard.press('Control+a')
  await desk.getByText('4 selected').waitFor()
  await desk.keyboard.press('Control+Shift+Enter')
  await desk.getByRole('button', { name: /Push 4/ }).click()
  const dialog = desk.getByRole('dialog')
  await dialog.getByText('Saltgrass Outfitters').waitFor()
  await dialog.getByRole('button', { name: 'Push 4' }).click()
  await desk.getByRole('link', { name: 'Sync Status', exact: true }).click()
  // A tab of the page is called the same
  const batch = desk.getByRole('row').filter({ hasText: 'Saltgrass Outfitters' })
  await batch.getByText('Done', { exact: true }).waitFor({ timeout: 20_000 })
}

test('from sign-up to the entry in QuickBooks, accountant and phone side by side', async () => {
  const zone = daytimeZone()
  const at = { baseURL: product.config.publicUrl, timezoneId: zone }
  const [accountant, client] = [await openPage(browser, at), await openPage(browser, { ...at, screen: 'phone' })]
  const desk = accountant.page
  await signUp(desk)
  await addClient(desk)
  await connectBank(client.page)
  // Without a reload: the account list reaches the accountant's open page by itself
  await desk.getByText('Shop Checking').first().waitFor()
  await desk.getByText('$5,200.10').first().waitFor()
  await desk.getByRole('link', { name: 'Transactions', exact: true }).click()
  await desk.getByText('PETRO NORTH PENDING').first().waitFor()
  await desk.getByText(/EUR/).first().waitFor()
  await connectBooks(desk)
  await makeRule(desk)
  await approveAndPush(desk)

  const entries = product.network.intuit.entries()
  const seen = entries.map((entry) => [entry.entity, entry.paymentType ?? null, entry.credit ?? false, entry.totalMinor]).sort()
  expect(seen).toEqual(
    [
      ['Purchase', 'Cash', false, 8_613],
      ['Purchase', 'Cash', false, 11_275],
      ['Purchase', 'CreditCard', false, 4_410],
      ['Purchase', 'CreditCard', true, 3_650],
    ].sort(),
  )
  await desk.getByRole('button', { name: /Entries of Saltgrass/ }).click()
  const [books] = await Promise.all([
    accountant.context.waitForEvent('page'),
    desk.getByRole('link', { name: /Open PETRO NORTH 0412 in QuickBooks/ }).click(),
  ])
  await books.getByText('86.13').first().waitFor()
  // The browser tells the refused sign-up with the free address, which was meant
  const refusedSignUp = 'Failed to load resource: the server responded with a status of 400 (Bad Request)'
  expect([...accountant.problems, ...client.problems]).toEqual([refusedSignUp])
})
