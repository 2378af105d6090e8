import {
  accessibilityProblems,
  type Browser,
  launchBrowser,
  type Locator,
  openPage,
  type Page,
  scrollsSideways,
} from '../../api/test/browser.ts'
import { makeClient, makeFirm, makeOperator, makeStaff } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { type BusyFirm, makeBusyFirm, makeFailures, makeTeam, openSignedIn } from './kit.ts'

/** A screen: where it is, what shows that it is there, and what a person does to see all of it. */
interface Screen {
  path: string
  shows: string | RegExp
  after?: (page: Page) => Promise<void>
  /** What is looked at, where the rest is on another screen of the list already. */
  within?: string
  /** It is as high as the window and scrolls inside itself. */
  fills?: true
}

const dialog = '[role=dialog]'

const publicScreens: Screen[] = [
  { path: '/sign-in', shows: 'Sign in' },
  { path: '/sign-up', shows: 'Work email' },
  { path: '/lost-password', shows: 'Text message' },
  { path: '/forgot-username', shows: 'Send username' },
  { path: '/reset-password', shows: 'not complete' },
  { path: `/reset-password#${'x'.repeat(43)}`, shows: 'New password' },
]

const full = ({ clientId, ruleId, uploads }: BusyFirm): Screen[] => [
  { path: '/', shows: 'Next best steps' },
  { path: '/', shows: 'Next best steps', after: openSearch, within: dialog },
  { path: '/clients', shows: 'Bramble & Co Roasters' },
  { path: '/clients', shows: 'Bramble & Co Roasters', after: openColumns, within: '[role=menu], header' },
  { path: '/clients?health=needs_client&sort=-toReview', shows: 'Ninth Street Florists', after: tickAll },
  { path: '/clients?search=nobody', shows: '“nobody”' },
  { path: '/clients?add=client', shows: 'Business name', within: dialog },
  { path: '/clients?add=client', shows: 'Business name', after: chooseOwnAccess, within: dialog },
  { path: '/clients/upload', shows: 'Larkspur and others.csv' },
  { path: `/clients/upload/${uploads.matching}`, shows: 'What do the columns mean?' },
  { path: `/clients/upload/${uploads.ready}`, shows: 'This is not an e-mail address.', after: editCell },
  { path: `/clients/upload/${uploads.ready}?only=all`, shows: 'Fernhill 3' },
  { path: `/clients/upload/${uploads.done}`, shows: 'The list is added' },
  { path: `/clients/${clientId}`, shows: 'Business Checking' },
  { path: `/clients/${clientId}/transactions`, shows: 'LANTERN STREET SUPPLY' },
  { path: `/clients/${clientId}/rules`, shows: 'Fuel stations' },
  { path: `/clients/${clientId}/rules?rule=${ruleId}`, shows: 'Rule name' },
  { path: `/clients/${clientId}/rules?rule=new&words=diner`, shows: 'Rule name' },
  { path: `/clients/${clientId}/mapping`, shows: 'Categories of the firm' },
  { path: `/clients/${clientId}/messages`, shows: 'No messages yet' },
  { path: `/clients/${clientId}/settings`, shows: 'Save client', after: openDelete },
  { path: '/connections', shows: 'Ninth Street Florists' },
  { path: '/review', shows: 'PETRO NORTH 0412', after: openEditor, fills: true },
  { path: '/review', shows: 'PETRO NORTH 0412', after: openPush, within: dialog },
  { path: '/review?search=nowhere', shows: '“nowhere”' },
  { path: '/rules', shows: 'Choose a client' },
  { path: '/sync-status', shows: 'Saltgrass Outfitters', after: openBatch },
  { path: '/sync-status', shows: 'Saltgrass Outfitters', after: openUndo, within: dialog },
  { path: '/groups', shows: 'Weekly bookkeeping' },
  { path: '/groups', shows: 'Weekly bookkeeping', after: openGroup, within: dialog },
  { path: '/team', shows: 'Marcus Oyelade', after: openPerson },
  { path: '/team?view=invited', shows: 'priya@quillstone.example' },
  { path: '/audit-log', shows: 'Added a group', after: openEntry },
  { path: '/settings', shows: 'Sender name' },
  { path: '/account', shows: 'Dana Whitlock', after: openSecondFactor },
  { path: '/account', shows: 'Dana Whitlock', after: openPasswordChange, within: dialog },
  { path: '/ops', shows: 'twilio send', after: openDiscard },
  { path: '/ops?task=sweep', shows: 'No failures of' },
]

const empty = (clientId: string): Screen[] => [
  { path: '/', shows: 'Nobody is stuck' },
  { path: '/clients', shows: 'Fernhill Pottery' },
  { path: '/clients?locked=yes', shows: 'these filters' },
  { path: '/clients?view=to_review', shows: 'Nothing to review' },
  { path: '/clients/upload', shows: 'No lists yet' },
  { path: `/clients/${clientId}`, shows: 'No banks yet' },
  { path: `/clients/${clientId}/transactions`, shows: /No transactions/ },
  { path: `/clients/${clientId}/rules`, shows: 'No rules yet' },
  { path: `/clients/${clientId}/mapping`, shows: 'QuickBooks is not connected' },
  { path: `/clients/${clientId}/messages`, shows: 'No messages yet' },
  { path: '/connections', shows: /No bank/ },
  { path: '/review', shows: 'Nothing to review' },
  { path: '/sync-status', shows: 'Nothing pushed yet' },
  { path: '/groups', shows: 'No groups yet' },
  { path: '/team?view=invited', shows: 'Nobody is invited' },
  { path: '/team?view=left', shows: 'Nobody has left' },
  { path: '/audit-log', shows: 'Nothing recorded yet' },
]

async function openSearch(page: Page): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.keyboard.type('florist')
  await page.getByRole('option', { name: /Ninth Street Florists/ }).waitFor()
}

/** A phone's cards have none. */
async function openColumns(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Columns' })
  if ((await button.count()) === 0) return
  await button.click()
  await page.getByRole('menuitemcheckbox', { name: 'Cell phone' }).waitFor()
}

/** A phone's cards cannot be ticked. */
async function tickAll(page: Page): Promise<void> {
  const box = page.getByLabel('All that match')
  if ((await box.count()) === 0) return
  await box.check()
  await page.getByRole('region', { name: 'Selected clients' }).getByText('1 selected').waitFor()
}

async function editCell(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^E-mail of row 14/ }).click()
  await page.getByRole('textbox', { name: 'E-mail of row 14' }).waitFor()
}

async function chooseOwnAccess(page: Page): Promise<void> {
  await page.getByRole('dialog').getByRole('radio').nth(1).check({ force: true })
}

async function openSecondFactor(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Set up second factor' }).first().click()
  await page.getByRole('dialog').getByRole('img', { name: 'QR code of the key' }).waitFor()
}

async function openPasswordChange(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Change your password' }).click()
  await page.getByRole('dialog').getByLabel('New password', { exact: true }).waitFor()
}

/** On a desk the grid's field, on a phone the whole card list stands for it. */
async function openEditor(page: Page): Promise<void> {
  const grid = page.getByRole('grid')
  if ((await grid.count()) === 0) return
  await grid.focus()
  await page.keyboard.type('f')
  await page.getByRole('option', { name: /Fuel/ }).first().waitFor()
}

async function openPush(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Push 1/ }).click()
  await page.getByRole('dialog').getByText('Saltgrass Outfitters').waitFor()
}

async function openDiscard(page: Page): Promise<void> {
  await page.getByText('No worker is running').first().waitFor()
  await page
    .getByRole('button', { name: /^Discard/ })
    .first()
    .click()
  await page.getByRole('dialog').getByText('is forgotten with its reason').waitFor()
}

async function openGroup(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Open Monthly close/ }).click()
  await page.getByRole('dialog').getByText('Ninth Street Florists').waitFor()
}

async function openPerson(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Open Marcus Oyelade/ })
    .first()
    .click()
  await page.getByRole('button', { name: /^Let Marcus/ }).click()
  await page.getByRole('dialog').getByText('Who gets').waitFor()
}

async function openEntry(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Details/ })
    .first()
    .click()
  await page.getByRole('dialog').getByText('Entry').first().waitFor()
}

async function openBatch(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Entries of Saltgrass/ }).click()
  await page.getByText(/closed through/).waitFor()
}

async function openDelete(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Delete client…' }).click()
  await page.getByRole('dialog').getByText('This cannot be undone').waitFor()
}

/** On a phone Undo stands in the opened card. */
async function openUndo(page: Page): Promise<void> {
  await openBatch(page)
  await page.getByRole('button', { name: /^Undo (1…|the entries of Saltgrass)/ }).click()
  await page
    .getByRole('dialog')
    .getByText(/will be deleted in QuickBooks/)
    .waitFor()
}

/** As a link in the product leads there; anew where the page is there already, since what was opened on it would stay. */
async function go(page: Page, path: string): Promise<void> {
  const isOpen = !page.url().startsWith('about:')
  const [from, to] = [new URL(page.url()).pathname, new URL(path, 'http://localhost').pathname]
  if (!isOpen || from === to) return void (await page.goto(path))
  await page.evaluate(`__TSR_ROUTER__.navigate({ href: ${JSON.stringify(path)} })`)
  // The page before stands until this one is there
  const hasArrived = '(({ status, location, resolvedLocation }) => status === "idle" && location.href === resolvedLocation?.href)'
  await page.waitForFunction(`${hasArrived}(__TSR_ROUTER__.state)`)
}

/** Whether it comes up in time: a screen that stays away is a finding like any other. */
function shown(here: Locator): Promise<boolean> {
  return here.waitFor({ state: 'attached', timeout: 8_000 }).then(
    () => true,
    () => false,
  )
}

/** What floats finds its new place a moment after the window has changed. */
async function staysSideways(page: Page): Promise<boolean> {
  for (let looks = 0; looks < 10; looks++) {
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

/** What is wrong with a screen in light and in dark colours, each line with its address; empty is good. */
async function problemsOf(page: Page, { path, shows, after, within, fills }: Screen): Promise<string[]> {
  await go(page, path)
  const here = page.getByText(shows).first()
  if (!(await shown(here))) return [`${path}: does not show ${shows}`]
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' })
  await after?.(page)
  const found = [
    ...(await accessibilityProblems(page, { within })),
    ...(await sizeProblems(page, fills)),
    ...(await darkProblems(page, within)),
  ]
  return found.map((problem) => `${path}: ${problem}`)
}

/** Dark colours change nothing but the contrasts. The page follows the system's while it is open, as at nightfall. */
async function darkProblems(page: Page, within: string | undefined): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.locator('html[data-mantine-color-scheme=dark]').waitFor({ state: 'attached' })
  const found = await accessibilityProblems(page, { rules: ['color-contrast'], within })
  await page.emulateMedia({ colorScheme: 'light' })
  return found.map((problem) => `in dark colours: ${problem}`)
}

async function sizeProblems(page: Page, fills = false): Promise<string[]> {
  const found: string[] = []
  if (fills && (await page.evaluate('document.documentElement.scrollHeight > window.innerHeight'))) found.push('is higher than the window')
  for (const width of page.viewportSize()?.width === 390 ? [390, 360] : [1440, 1024]) {
    await page.setViewportSize({ width, height: 844 })
    if (await staysSideways(page)) found.push(`scrolls sideways at ${width}: ${String(await page.evaluate(widest))}`)
  }
  await page.setViewportSize(page.viewportSize()?.width === 360 ? { width: 390, height: 844 } : { width: 1440, height: 900 })
  return found
}

async function problemsOfAll(page: Page, screens: Screen[]): Promise<string[]> {
  const found: string[] = []
  for (const screen of screens) found.push(...(await problemsOf(page, screen)))
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
    const dana = await makeFirm(product, 'Fernhill Books')
    quiet = { firmId: dana.firmId, clientId: await makeClient(product, dana, { businessName: 'Fernhill Pottery' }) }
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await product.close()
  })

  test('sign-in and sign-up stand without flaws', async () => {
    const { page, context, problems } = await openPage(browser, { screen, baseURL: product.config.publicUrl })
    expect([...(await problemsOfAll(page, publicScreens)), ...problems]).toEqual([])
    await context.close()
  }, 60_000)

  test('every screen of a firm at work stands without flaws', async () => {
    await makeOperator(product, busy.dana)
    const { page, context, problems } = await openSignedIn(browser, product, busy.dana, { screen })
    expect([...(await problemsOfAll(page, full(busy))), ...problems]).toEqual([])
    await context.close()
  }, 180_000)

  test('every screen with nothing on it stands without flaws', async () => {
    // A session of its own: the access cookie of the first may have run out by now
    const dana = await makeStaff(product, quiet.firmId, 'administrator', 'Dana Whitlock')
    const { page, context, problems } = await openSignedIn(browser, product, dana, { screen })
    expect([...(await problemsOfAll(page, empty(quiet.clientId))), ...problems]).toEqual([])
    await context.close()
  }, 120_000)
}
