import {
  accessibilityProblemsInBothColors,
  type Browser,
  launchBrowser,
  type Locator,
  openPage,
  type Page,
  scrollsSideways,
} from '../../api/test/browser.ts'
import { makeClient, makeFirm, makeOperator, makeStaff } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { type BusyFirm, goOn, lengthenNames, longest, makeBusyFirm, makeFailures, makeTeam, openSignedIn } from './kit.ts'
import { empty, full, publicScreens, type Screen } from './screens-list.ts'

/** As a link in the product leads there; anew where the page is there already, since what was opened on it would stay. */
async function go(page: Page, path: string): Promise<void> {
  const isOpen = !page.url().startsWith('about:')
  if (!isOpen || new URL(page.url()).pathname === new URL(path, 'http://localhost').pathname) return void (await page.goto(path))
  await goOn(page, path)
}

/** Whether it comes up in time: a screen that stays away is a finding like any other. */
function shown(here: Locator): Promise<boolean> {
  return here.waitFor({ state: 'attached', timeout: 20_000 }).then(
    () => true,
    () => false,
  )
}

/** What floats finds its new place a moment after the window has changed. */
async function staysSideways(page: Page): Promise<boolean> {
  for (let looks = 0; looks < 30; looks++) {
    if (!(await scrollsSideways(page))) return false
    await page.waitForTimeout(100)
  }
  return true
}

/** Names what reaches furthest to the right of the window. */
const widest = `(() => {
  const right = (element) => element.getBoundingClientRect().right
  const [most] = [...document.querySelectorAll('body *:not([role=grid] *)')].sort((one, other) => right(other) - right(one))
  return [most, most?.parentElement].map((element) => element?.outerHTML.slice(0, 160)).join(' in ')
})()`

const dialogsScroll = `[...document.querySelectorAll('[role=dialog]')].some(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)`

/** The bar and the list of clients around a screen, which are the same on all of them. */
const frame = [':has(> #content) > header', ':has(> #content) > aside']

/** What is wrong with a screen in light and in dark colours, each line with its address; empty is good. */
async function problemsOf(page: Page, { path, shows, after, leave, within, whole, fills }: Screen): Promise<string[]> {
  await go(page, path)
  const here = page.getByText(shows).first()
  if (!(await shown(here))) return [`${path}: does not show ${shows}`]
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' })
  await after?.(page)
  const place = { within, without: whole === true ? [] : frame }
  const found = [...(await accessibilityProblemsInBothColors(page, place)), ...(await sizeProblems(page, fills))]
  await leave?.(page)
  return found.map((problem) => `${path}: ${problem}`)
}

async function sizeProblems(page: Page, fills = false): Promise<string[]> {
  const found: string[] = []
  if (fills && (await page.evaluate('document.documentElement.scrollHeight > window.innerHeight'))) found.push('is higher than the window')
  const usual = page.viewportSize() ?? { width: 0, height: 0 }
  const narrow = { width: usual.width === 390 ? 360 : 1024, height: 844 }
  for (const size of [usual, narrow]) {
    if (size === narrow) await page.setViewportSize(narrow)
    if (await staysSideways(page)) found.push(`scrolls sideways at ${size.width}: ${String(await page.evaluate(widest))}`)
    if (await page.evaluate(dialogsScroll)) found.push(`has a dialog that scrolls sideways at ${size.width}`)
  }
  await page.setViewportSize(usual)
  return found
}

const pathOf = ({ path }: Screen): string => new URL(path, 'http://localhost').pathname

/** The same screens, no two of one page after each other where that can be: each is then come to by a link, and nothing stays open. */
function apart(screens: readonly Screen[]): Screen[] {
  const left = [...screens]
  const ordered: Screen[] = []
  const countOf = (screen: Screen): number => left.filter((other) => pathOf(other) === pathOf(screen)).length
  while (left.length > 0) {
    const last = ordered.at(-1)
    const possible = left.filter((screen) => last === undefined || pathOf(screen) !== pathOf(last))
    const [next = left[0]] = possible.toSorted((one, other) => countOf(other) - countOf(one))
    if (next === undefined) break
    ordered.push(...left.splice(left.indexOf(next), 1))
  }
  return ordered
}

async function problemsOfAll(page: Page, screens: Screen[]): Promise<string[]> {
  const found: string[] = []
  for (const screen of apart(screens)) found.push(...(await problemsOf(page, screen)))
  return found
}

/**
 * Declares the tests of every screen, at work and with nothing on it, in light and in dark. The desk and the phone have
 * a file each, so that they run beside each other.
 */
export function describeScreens(screen: 'desk' | 'phone'): void {
  let product: TestApp
  let browser: Browser
  let busy: BusyFirm
  let quiet: { firmId: string; clientId: string }
  beforeAll(async () => {
    product = await startTestApp()
    browser = await launchBrowser()
    busy = await makeBusyFirm(product)
    await makeFailures(product, busy.dana)
    await makeTeam(product, busy)
    await lengthenNames(product, busy)
    const dana = await makeFirm(product, 'Fernhill Books')
    const names = {
      businessName: longest('Fernhill Pottery'),
      contactFirstName: longest('Nora', 60),
      contactLastName: longest('Velasco', 60),
    }
    quiet = { firmId: dana.firmId, clientId: await makeClient(product, dana, names) }
  })
  afterAll(async () => {
    await browser.close()
    await product.close()
  })

  test('sign-in and sign-up stand without flaws', async () => {
    const { page, context, problems } = await openPage(browser, { screen, baseURL: product.config.publicUrl })
    expect([...(await problemsOfAll(page, publicScreens)), ...problems]).toEqual([])
    await context.close()
  })

  test('every screen of a firm at work stands without flaws', async () => {
    await makeOperator(product, busy.dana)
    const { page, context, problems } = await openSignedIn(browser, product, busy.dana, { screen })
    expect([...(await problemsOfAll(page, full(busy))), ...problems]).toEqual([])
    await context.close()
  }, 300_000)

  test('every screen with nothing on it stands without flaws', async () => {
    // A session of its own: the access cookie of the first may have run out by now
    const dana = await makeStaff(product, quiet.firmId, 'administrator', 'Dana Whitlock')
    const { page, context, problems } = await openSignedIn(browser, product, dana, { screen })
    expect([...(await problemsOfAll(page, empty(quiet.clientId))), ...problems]).toEqual([])
    await context.close()
  }, 180_000)
}
