import { mailsTo } from '../../api/test/auth-kit.ts'
import {
  accessibilityProblems,
  type Browser,
  type BrowserContext,
  launchBrowser,
  openPage,
  type Page,
  scrollsSideways,
} from '../../api/test/browser.ts'
import { makeFirm } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { passkeys } from '../../shared/src/passkeys.ts'
import { openSignedIn, setPassword, until } from './kit.ts'

let product: TestApp
let browser: Browser
beforeAll(async () => {
  product = await startTestApp({}, { work: true })
  browser = await launchBrowser()
}, 60_000)
afterAll(async () => {
  await browser.close()
  await product.close()
})

const password = 'copper lantern over the bay'

async function sound(page: Page): Promise<void> {
  expect(await accessibilityProblems(page)).toEqual([])
  expect(await scrollsSideways(page)).toBe(false)
}

/**
 * Gives the page's device a screen lock that a finger opens. `show` says whether the finger is the right one from now on, and `hold`
 * whether it lies on the lock, which answers every question at once then.
 */
async function giveFingerprint(
  context: BrowserContext,
  page: Page,
): Promise<{ show: (isRight: boolean) => Promise<void>; hold: (isThere: boolean) => Promise<void> }> {
  const devTools = await context.newCDPSession(page)
  await devTools.send('WebAuthn.enable')
  const { authenticatorId } = await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return {
    show: async (isUserVerified) => {
      await devTools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
    },
    hold: async (enabled) => {
      await devTools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
    },
  }
}

test('a passkey is added on the account page, signs in by itself, and opens nothing once it is removed', async () => {
  const dana = await makeFirm(product)
  await setPassword(product, dana, password)
  await product.admin.query('update sessions set confirmed_at = null')
  const { page, context, problems } = await openSignedIn(browser, product, dana)
  const { show, hold } = await giveFingerprint(context, page)
  await page.goto('/account')
  await page.getByText('A passkey is a key').waitFor()
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  const identity = page.getByRole('dialog', { name: 'Confirm that it is you' })
  await identity.getByLabel('Your password').fill(password)
  await page.keyboard.press('Enter')
  const list = page.getByRole('list', { name: 'Passkeys' })
  await list.getByText(/Chrome on/).waitFor()
  await list.getByText('not used yet').waitFor()
  await list.getByRole('button', { name: /^Rename/ }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('Desk at the office')
  await page.getByRole('button', { name: 'Rename passkey' }).click()
  await list.getByText('Desk at the office').waitFor()
  await sound(page)
  // The device has one for this account already
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('has a passkey for your account already').waitFor()

  await context.clearCookies()
  await show(false)
  await page.goto('/sign-in')
  await page.getByLabel('Username').fill(dana.email)
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.locator('button[data-loading]').waitFor({ state: 'detached' })
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(await page.getByLabel('Username').inputValue()).toBe(dana.email)
  await sound(page)
  await show(true)
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.waitForURL(/\/clients$/)

  await page.goto('/account')
  await list.getByText(/last used/).waitFor()
  await list.getByRole('button', { name: 'Remove the passkey Desk at the office' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove passkey' }).click()
  await list.waitFor({ state: 'detached' })
  await context.clearCookies()
  // The field for the username offers the passkey as well, again after each refusal: a finger that stays there would take it each time
  await hold(false)
  await page.goto('/sign-in')
  await page.getByLabel('Username').waitFor()
  await hold(true)
  const refusal = page.waitForResponse((response) => response.url().endsWith(passkeys.signIn.url) && response.status() === 401)
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await refusal
  await hold(false)
  await page.getByText('This passkey does not open an account here.').waitFor()
  await sound(page)
  await page.getByLabel('Username').fill(dana.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/clients$/)
  await until('both mails', () => mailsTo(product, dana.email).filter(({ subject }) => subject.startsWith('A passkey was')).length === 2)
  expect(problems.filter((text) => !text.includes('401') && !text.includes('403'))).toEqual([])
}, 60_000)

test('a browser that cannot use passkeys says so', async () => {
  const dana = await makeFirm(product)
  const { page } = await openSignedIn(browser, product, dana, { screen: 'phone' })
  await page.addInitScript('delete window.PublicKeyCredential')
  await page.goto('/account')
  await page.getByText('This browser cannot use passkeys.').waitFor()
  expect(await page.getByRole('button', { name: 'Add a passkey' }).count()).toBe(0)
  await sound(page)
  const { page: visitor } = await openPage(browser, { baseURL: product.config.publicUrl })
  await visitor.addInitScript('delete window.PublicKeyCredential')
  await visitor.goto('/sign-in')
  await visitor.getByRole('button', { name: 'Sign in with a passkey' }).focus()
  await visitor.getByRole('tooltip').getByText('This browser cannot use passkeys.').waitFor()
}, 30_000)
