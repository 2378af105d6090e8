import { codeOf, mailsTo } from '../../api/test/auth-kit.ts'
import { accessibilityProblems, type Browser, launchBrowser, openPage, type Page, scrollsSideways } from '../../api/test/browser.ts'
import { makeFirm } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { auth } from '../../shared/src/auth.ts'
import { goOn, openSignedIn, setPassword, until } from './kit.ts'

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
const better = 'violet harbor under the oak'

async function sound(page: Page): Promise<void> {
  expect(await accessibilityProblems(page)).toEqual([])
  expect(await scrollsSideways(page)).toBe(false)
}

/** Sets the second factor on the account page, confirming who it is on the way. Answers the key and the recovery codes. */
async function setUp(page: Page): Promise<{ secret: string; codes: string[] }> {
  await page.goto('/clients')
  await page.getByRole('link', { name: 'Set it up' }).click()
  await page.getByRole('button', { name: 'Set up second factor' }).click()
  const identity = page.getByRole('dialog', { name: 'Confirm that it is you' })
  await identity.getByLabel('Your password').fill('not the password at all')
  await identity.getByRole('button', { name: 'Confirm' }).click()
  await identity.getByText('This is not your password.').first().waitFor()
  await sound(page)
  await identity.getByLabel('Your password').fill(password)
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Set up the second factor' })
  await dialog.getByRole('img', { name: 'QR code of the key' }).waitFor()
  await sound(page)
  const secret = ((await dialog.locator('code').textContent()) ?? '').replaceAll(' ', '')
  await dialog.getByLabel('Six-digit code').fill(codeOf(product, secret))
  await dialog.getByRole('button', { name: 'Turn on' }).click()
  const kept = page.getByRole('dialog', { name: 'Keep your recovery codes' })
  await kept.waitFor()
  await sound(page)
  const codes = await kept.getByRole('listitem').allTextContents()
  await kept.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByText('10 of 10 recovery codes left.').waitFor()
  return { secret, codes }
}

async function enter(page: Page, username: string, given: string): Promise<void> {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(given)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Enter your code' }).waitFor()
}

test('a second factor is set, asked for at sign-in and when the password is lost, and a recovery code stands in for it', async () => {
  const dana = await makeFirm(product)
  await setPassword(product, dana, password)
  await product.admin.query('update sessions set confirmed_at = null')
  const desk = await openSignedIn(browser, product, dana)
  const { codes } = await setUp(desk.page)
  expect(codes).toHaveLength(10)
  await goOn(desk.page, '/clients')
  expect(await desk.page.getByText('Protect your firm').count()).toBe(0)

  const { page } = await openPage(browser, { baseURL: product.config.publicUrl, screen: 'phone' })
  await page.goto('/sign-in')
  await enter(page, dana.email, password)
  await page.getByLabel('Six-digit code').fill('000000')
  await page.keyboard.press('Enter')
  await page.getByText('This code is not right').first().waitFor()
  await sound(page)
  await page.getByRole('button', { name: 'I do not have my phone' }).click()
  await page.getByLabel('Recovery code').fill(codes[0] ?? '')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/clients$/)

  await goOn(page, '/lost-password')
  await page.getByLabel('Username').fill(dana.email)
  await page.getByRole('button', { name: 'Send link' }).click()
  await page.getByRole('heading', { name: 'Check your e-mail' }).waitFor()
  await sound(page)
  const token = await until('the link', () =>
    mailsTo(product, dana.email)
      .map(({ text }) => /reset-password#([\w-]{43})/.exec(text)?.[1])
      .find((found) => found !== undefined),
  )
  await page.goto(`/reset-password#${token}`)
  await page.getByLabel('New password').fill('short')
  await page.keyboard.press('Enter')
  await page.getByText('Choose a password of at least').first().waitFor()
  await page.getByLabel('New password').fill(better)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'I do not have my phone' }).click()
  await page.getByLabel('Recovery code').fill(codes[1] ?? '')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Password changed' }).waitFor()
  await sound(page)

  // All sessions have ended, the desk's too
  await desk.page.waitForURL(/\/sign-in/)
  await page.getByRole('link', { name: 'Sign in' }).click()
  await enter(page, dana.email, better)
})

test('name, username, e-mail and phone are changed on the account page, and other sessions ended', async () => {
  const marcus = await makeFirm(product)
  await setPassword(product, marcus, password)
  await product.call(auth.signIn, { body: { username: marcus.email, password } })
  const { page } = await openSignedIn(browser, product, marcus)
  await page.goto('/account')
  const change = async (what: string, label: string, value: string, action: string) => {
    await page.getByRole('button', { name: what, exact: true }).click()
    await page.getByRole('dialog').getByLabel(label).fill(value)
    await page.getByRole('dialog').getByRole('button', { name: action }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  await change('Change your name', 'Your name', 'Marcus O.', 'Change name')
  await change('Change your username', 'Username', 'marcus.o', 'Change username')
  await page.getByText('marcus.o', { exact: true }).first().waitFor()
  await change('Add your phone', 'Cell phone', '(503) 555-0188', 'Text a code')
  const texted = await until(
    'the text',
    () =>
      product.network.twilio
        .messages()
        .flatMap(({ to, body }) => (to === '+15035550188' ? (/code is (\d{6})/.exec(body)?.[1] ?? []) : []))[0],
  )
  await change('Enter code for your phone', 'Six-digit code', texted, 'Verify')
  await page.getByText('+15035550188').first().waitFor()
  await change('Change your e-mail', 'New e-mail', 'marcus.o@quillstone.example', 'Send code')
  const mailed = await until(
    'the mail',
    () => /code is (\d{6})/.exec(mailsTo(product, 'marcus.o@quillstone.example').at(-1)?.text ?? '')?.[1],
  )
  await change('Enter code for your new e-mail', 'Six-digit code', mailed, 'Verify')
  await page.getByText('marcus.o@quillstone.example').first().waitFor()
  await page.getByRole('button', { name: 'End all other sessions' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End session', exact: true }).click()
  await page.getByRole('button', { name: 'End all other sessions' }).waitFor({ state: 'detached' })
  await sound(page)
})
