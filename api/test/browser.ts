import axe from 'axe-core'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findChromium } from '../dev/chromium.mjs'

export type { Browser, BrowserContext, Locator, Page } from 'playwright-core'

/** The two widths every page is made for: a desk and a phone, CSS pixels. */
const screens = {
  desk: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
} satisfies Record<string, BrowserContextOptions>

export interface PageOptions {
  screen?: keyof typeof screens
  colorScheme?: 'light' | 'dark'
  /** BCP 47, such as `es-US`; sets Accept-Language and the formats of the page. */
  locale?: string
  /** IANA name. */
  timezoneId?: string
  /** The origin that relative addresses in `page.goto` start from. */
  baseURL?: string
  /** The clients' pages must work without scripts. */
  javaScriptEnabled?: boolean
}

/** Starts a real Chromium, without a window. The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const { executablePath, env } = await findChromium()
  return chromium.launch({
    executablePath,
    env: { ...stringsOf(process.env), ...env },
    // Containers and root have no sandbox; the pages it opens are our own.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--font-render-hinting=none', '--force-color-profile=srgb'],
  })
}

/** Every problem the page ran into by itself, in the order met: uncaught errors and messages at level error. */
export type PageProblems = string[]

/**
 * A page in a context of its own (its own cookies and storage), at desk size in light colours unless told.
 * `problems` fills up while the page lives: a journey ends by expecting it to be empty.
 */
export async function openPage(
  browser: Browser,
  options: PageOptions = {},
): Promise<{ page: Page; context: BrowserContext; problems: PageProblems }> {
  const { screen = 'desk', colorScheme = 'light', locale = 'en-US', timezoneId = 'America/New_York', ...rest } = options
  const context = await browser.newContext({ ...screens[screen], colorScheme, locale, timezoneId, reducedMotion: 'reduce', ...rest })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const problems: PageProblems = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  return { page, context, problems }
}

const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

export interface AccessibilityOptions {
  /** Names of axe; the rules of WCAG 2.2 A and AA when left out. */
  rules?: string[]
  /** A selector: only what is in there is looked at, and there must be something. */
  within?: string | undefined
  /** Selectors: what is in there is not looked at. There may be nothing. */
  without?: readonly string[]
}

/** One line for each element that breaks a rule. Text in the colour of its ground axe holds for hidden on purpose, and cannot tell. */
const linesOf = `({ violations, incomplete }) => {
  const isUnseen = ({ any }) => any.some(({ data }) => data?.messageKey === 'equalRatio')
  const line = ({ id, help }, { target, html }) => id + ': ' + help + ' (' + target.join(' ') + ': ' + html.slice(0, 160) + ')'
  return [
    ...violations.flatMap((rule) => rule.nodes.map((node) => line(rule, node))),
    ...incomplete.flatMap((rule) => rule.nodes.filter(isUnseen).map((node) => line(rule, node))),
  ]
}`

/**
 * Of all elements with words of their own, two of each kind: those with the most words. Of one kind are elements whose classes and
 * states, and those of all around them, are the same, and that have come out in the same colours: their contrast is the same.
 */
const oneOfEachKind = `({ include, exclude }) => {
  const kinds = new Map()
  const around = new Map()
  const look = (element) => {
    if (element === null) return ''
    const known = around.get(element)
    if (known !== undefined) return known
    const { backgroundColor, backgroundImage, opacity, position } = getComputedStyle(element)
    const states = [...element.attributes].flatMap(({ name, value }) =>
      /^(class|style|disabled|hidden)$|^aria-(disabled|hidden|selected|current|checked|pressed|expanded|invalid)$/.test(name) || (name.startsWith('data-') && value.length < 20) ? [name + '=' + value] : [],
    )
    const own = [element.tagName, backgroundColor, backgroundImage, opacity, position, ...states].join(' ')
    const all = look(element.parentElement) + '|' + own
    around.set(element, all)
    return all
  }
  const wordsOf = (element) =>
    (typeof element.value === 'string' && (element.value.trim() || element.placeholder)) || [...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data.trim()).join('')
  const left = exclude.map(([selector]) => selector).join(', ') || 'nothing'
  for (const element of document.querySelectorAll(include.flatMap(([selector]) => [selector, selector + ' *']).join(', '))) {
    const { length } = wordsOf(element)
    if (length === 0 || !element.checkVisibility() || element.closest(left) !== null) continue
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element)
    const kind = [look(element), color, fontSize, fontWeight, textShadow].join(' ')
    const most = [...(kinds.get(kind) ?? []), { element, length }].sort((one, other) => other.length - one.length)
    kinds.set(kind, most.slice(0, 2))
  }
  return [...kinds.values()].flat().map(({ element }) => element)
}`

/** Runs axe: each rule for itself, or all but the contrasts, and these, which take most of the time, once for what is of one kind. */
const runAxe = `async (context, rules, common) => {
  const run = (context, rules) => axe.run(context, { ...common, ...rules })
  const contrasts = async () => {
    const include = (${oneOfEachKind})(context)
    if (include.length === 0) return { violations: [], incomplete: [] }
    return run({ include, exclude: context.exclude }, { runOnly: { type: 'rule', values: ['color-contrast'] } })
  }
  if (rules?.join() === 'color-contrast') return contrasts()
  if (rules !== null) return run(context, { runOnly: { type: 'rule', values: rules } })
  const others = await run(context, { runOnly: { type: 'tag', values: ${JSON.stringify(standards)} }, rules: { 'color-contrast': { enabled: false } } })
  const { violations, incomplete } = await contrasts()
  return { violations: [...others.violations, ...violations], incomplete: [...others.incomplete, ...incomplete] }
}`

/** What axe finds: one line for each element concerned; empty is good. Frames in the page are not looked into; ours have none. */
export async function accessibilityProblems(page: Page, { rules, within, without = [] }: AccessibilityOptions = {}): Promise<string[]> {
  // Long to send and to read: once a page
  if (await page.evaluate('typeof axe === "undefined"')) await page.evaluate(axe.source)
  const context = JSON.stringify({ include: [[within ?? 'html']], exclude: without.map((selector) => [selector]) })
  // Spared the addresses of everything that is well
  const common = JSON.stringify({ resultTypes: ['violations', 'incomplete'], iframes: false })
  return page.evaluate(`(${runAxe})(${context}, ${JSON.stringify(rules ?? null)}, ${common}).then(${linesOf})`)
}

/** What axe finds in light colours and, of the contrasts, in dark ones: these change nothing else. The page is to be in light colours. */
export async function accessibilityProblemsInBothColors(page: Page): Promise<string[]> {
  const found = await accessibilityProblems(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await accessibilityProblems(page, { rules: ['color-contrast'] })
  await page.emulateMedia({ colorScheme: 'light' })
  return [...found, ...dark.map((problem) => `in dark colours: ${problem}`)]
}

/** Whether the page is wider than its window: nothing may make a person scroll sideways. */
export function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')
}

function stringsOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}
