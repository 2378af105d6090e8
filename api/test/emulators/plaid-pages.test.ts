import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { accessibilityProblemsInBothColors, type Browser, launchBrowser, openPage, type Page, scrollsSideways } from '../browser.ts'
import { connect, linkRequest, openStage, type Stage } from './plaid-client.ts'

let browser: Browser
let stage: Stage

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

/** A phone at the beginning of Hosted Link, without scripts. */
async function onPhone(more: Parameters<typeof linkRequest>[1] = {}): Promise<{ page: Page; linkToken: string }> {
  const { data } = await stage.plaid.linkTokenCreate(linkRequest(stage, more))
  const { page } = await openPage(browser, { screen: 'phone', javaScriptEnabled: false })
  await page.goto(data.hosted_link_url ?? '')
  return { page, linkToken: data.link_token }
}

async function signIn(page: Page, username: string, password: string) {
  await page.getByLabel('User ID').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 }).innerText()

test('a person on a phone goes from the list of banks to the end, with a wrong password and a code on the way', async () => {
  const { page } = await onPhone({ institution_data: { routing_number: '067990302' } })
  expect(await page.getByRole('button', { name: /Suggested for you/ }).count()).toBe(1)
  await page.getByLabel('Bank name or routing number').fill('platypus')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('button', { name: 'First Platypus Bank' }).click()
  await signIn(page, 'user_good', 'wrong')
  expect(await page.getByRole('alert').innerText()).toBe('The provided credentials were not correct. Please try again.')
  await signIn(page, 'user_good', 'mfa_device')
  await page.getByRole('textbox').fill('9999')
  await page.getByRole('button', { name: 'Continue' }).click()
  expect(await page.getByRole('alert').innerText()).toContain('not correct')
  await page.getByRole('textbox').fill('1234')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('checkbox', { name: /Business Savings/ }).uncheck()
  await page.getByRole('button', { name: 'Continue' }).click()
  expect(await page.getByRole('listitem').allInnerTexts()).toEqual([
    expect.stringContaining('Business Checking'),
    expect.stringContaining('Business Card'),
  ])
  await page.getByRole('button', { name: 'Allow' }).click()
  expect(await heading(page)).toBe('All done')
  expect(stage.bank.items()[0]?.accounts.map((account) => account.shared)).toEqual([true, false, true])
  const [events] = await stage.bodies('EVENTS')
  expect(JSON.stringify(events)).toMatch(/SEARCH_INSTITUTION.*SELECT_INSTITUTION.*INVALID_CREDENTIALS.*SUBMIT_MFA.*INVALID_MFA.*HANDOFF/)
  // Clicks are a person's, not the product's
  expect(stage.bank.calls.list().map((call) => call.path)).toEqual(['/link/token/create'])
})

test('the configuration of a custom user is pasted as it is', async () => {
  const { page } = await onPhone()
  await page.getByRole('button', { name: 'Harborview Bank' }).click()
  await page.getByText('Practice sign-ins').click()
  await page.getByRole('link', { name: "Paste a custom user's JSON" }).click()
  await page.getByLabel('Configuration (JSON)').fill('{"override_accounts": [')
  await page.getByRole('button', { name: 'Sign in' }).click()
  expect(await page.getByRole('alert').innerText()).toContain('this is not JSON')
  expect(await page.getByLabel('Configuration (JSON)').inputValue()).toBe('{"override_accounts": [')
  expect(stage.bank.items()).toEqual([])
  const name = '<script>document.title="taken"</script> & Sons'
  await page
    .getByLabel('Configuration (JSON)')
    .fill(JSON.stringify({ override_accounts: [{ meta: { name }, starting_balance: 12.5 }] }, null, 2))
  await page.getByRole('button', { name: 'Sign in' }).click()
  expect(await page.getByText(name).count()).toBe(1)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Allow' }).click()
  expect(stage.bank.items()).toMatchObject([{ username: 'user_custom', accounts: [{ name, current: 12.5 }] }])
})

test('leaving at any step ends the session and goes where the product said', async () => {
  const home = createServer((_req, res) => res.end('<h1>Home</h1>'))
  await new Promise<void>((resolve) => home.listen(0, '127.0.0.1', resolve))
  // A server listening on a TCP port has an AddressInfo
  const completion = `http://127.0.0.1:${(home.address() as AddressInfo).port}/done?nonce=1`
  for (const steps of [0, 1, 2, 3]) {
    const { page, linkToken } = await onPhone({ hosted_link: { completion_redirect_uri: completion } })
    if (steps > 0) await page.getByRole('button', { name: 'Cascade Community CU' }).click()
    if (steps > 1) await signIn(page, 'user_good', 'pass_good')
    if (steps > 2) await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Exit' }).click()
    expect(page.url()).toBe(completion)
    const { data } = await stage.plaid.linkTokenGet({ link_token: linkToken })
    expect(data.link_sessions?.[0]).toMatchObject({ finished_at: expect.any(String), exit: { error: null }, results: null })
  }
  expect((await stage.bodies('SESSION_FINISHED')).map((body) => body.status)).toEqual(['EXITED', 'EXITED', 'EXITED', 'EXITED'])
  expect(stage.bank.items()).toEqual([])
  await new Promise((resolve) => home.close(resolve))
})

test('update mode opens at the sign-in of the broken bank and repairs it', async () => {
  const { accessToken, itemId } = await connect(stage)
  stage.bank.breakLogin(itemId)
  const { page } = await onPhone({ access_token: accessToken, products: null })
  expect(await heading(page)).toBe('First Platypus Bank')
  expect(await page.getByRole('button', { name: 'Choose another bank' }).count()).toBe(0)
  await signIn(page, 'user_good', 'pass_good')
  expect(await heading(page)).toBe('All done')
  expect(stage.bank.items()).toMatchObject([{ itemId, status: 'healthy' }])
})

test('update mode with account selection shares another account, whose rows then come', async () => {
  const created = await stage.plaid.linkTokenCreate(linkRequest(stage))
  await stage.bank.completeLink(created.data.link_token, {
    institutionId: 'ins_109508',
    username: 'user_good',
    password: 'pass_good',
    accounts: ['Business Checking'],
  })
  const { data } = await stage.plaid.linkTokenGet({ link_token: created.data.link_token })
  const publicToken = data.link_sessions?.[0]?.results?.item_add_results[0]?.public_token ?? ''
  const { access_token: accessToken, item_id: itemId } = (await stage.plaid.itemPublicTokenExchange({ public_token: publicToken })).data
  const before = stage.bank.transactions(itemId).length
  const { page } = await onPhone({ access_token: accessToken, products: null, update: { account_selection_enabled: true } })
  await signIn(page, 'user_good', 'pass_good')
  await page.getByRole('checkbox', { name: /Business Savings/ }).check()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Allow' }).click()
  expect((await stage.plaid.accountsGet({ access_token: accessToken })).data.accounts.map((account) => account.name)).toEqual([
    'Business Checking',
    'Business Savings',
  ])
  expect(stage.bank.transactions(itemId).length).toBeGreaterThan(before)
})

test('a dead, used or unknown link says so', async () => {
  let nowMs = Date.now()
  const timed = await openStage({ now: () => new Date(nowMs) })
  const { data } = await timed.plaid.linkTokenCreate(linkRequest(timed))
  nowMs += 31 * 60_000
  const { page } = await openPage(browser, { screen: 'phone' })
  expect((await page.goto(data.hosted_link_url ?? ''))?.status()).toBe(410)
  expect(await heading(page)).toBe('This link has ended')
  expect((await page.goto(`${timed.bank.url}/hl/nothing`))?.status()).toBe(404)
  await timed.close()
})

test('the pages are accessible in light and dark, fit the phone and have large controls', async () => {
  const { data } = await stage.plaid.linkTokenCreate(linkRequest(stage))
  const { page, problems } = await openPage(browser, { screen: 'phone' })
  const check = async () => {
    expect(await accessibilityProblemsInBothColors(page)).toEqual([])
    expect(await scrollsSideways(page)).toBe(false)
    for (const control of await page
      .locator('button:visible, input[type=text]:visible, input[type=password]:visible, textarea:visible')
      .all()) {
      expect((await control.boundingBox())?.height).toBeGreaterThanOrEqual(48)
    }
  }
  await page.goto(data.hosted_link_url ?? '')
  await check()
  await page.getByRole('button', { name: 'First Meridian Bank' }).click()
  await signIn(page, 'user_good', 'wrong')
  await check()
  await signIn(page, 'user_good', 'mfa_device')
  await check()
  await page.getByRole('textbox').fill('1234')
  await page.getByRole('button', { name: 'Continue' }).click()
  await check()
  await page.getByRole('button', { name: 'Continue' }).click()
  await check()
  await page.getByRole('button', { name: 'Allow' }).click()
  await check()
  // The page of a refused password is answered 422, which the browser writes to its console
  expect(problems.filter((problem) => !problem.includes('422'))).toEqual([])
})
