import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findChromium } from '../dev/chromium.mjs'
import { inRoot } from '../dev/paths.mjs'

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

/** Half as long as the other file of the package, and sent to every page. */
const axe = readFileSync(createRequire(inRoot('api/package.json')).resolve('axe-core/axe.min.js'), 'utf8')
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
const linesOf = `(rules) => {
  const isUnseen = ({ any }) => any.some(({ data }) => data?.messageKey === 'equalRatio')
  return rules.flatMap(({ id, help, violations, incomplete }) =>
    [...violations, ...incomplete.filter(isUnseen)].map(
      ({ node: { selector, element } }) => id + ': ' + help + ' (' + selector.join(' ') + ': ' + element.outerHTML.slice(0, 160) + ')',
    ),
  )
}`

/**
 * All elements with words of their own that are shown, and two of each kind: those with the most words. Of one kind are elements whose classes and
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
  const shown = new Set()
  for (const element of document.querySelectorAll(include.map(([selector]) => ':is(' + selector + '), :is(' + selector + ') *').join(', '))) {
    const { length } = wordsOf(element)
    if (length === 0 || !element.checkVisibility() || element.closest(left) !== null) continue
    shown.add(element)
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element)
    const kind = [look(element), color, fontSize, fontWeight, textShadow].join(' ')
    const most = [...(kinds.get(kind) ?? []), { element, length }].sort((one, other) => other.length - one.length)
    kinds.set(kind, most.slice(0, 2))
  }
  return { shown, places: new Set([...kinds.values()].flat().map(({ element }) => element)) }
}`

/**
 * Teaches axe to look at contrasts, which take most of its time, once for what is of one kind; to read each colour once; and to look
 * again after the colours have changed, when all it knows of where things are and what covers them, half of its work, is still true.
 * What axe has no public name for is read off its version, which is pinned.
 */
const teachAxe = `(() => {
  axe.configure({ noHtml: true })
  const { Color } = axe.commons.color
  const { parseString } = Color.prototype
  const colors = new Map()
  Color.prototype.parseString = function (text) {
    if (colors.has(text)) return Object.assign(this, colors.get(text))
    const { r, g, b, alpha } = parseString.call(this, text)
    colors.set(text, { r, g, b, alpha })
    return this
  }
  const contrasts = axe.utils.getRule('color-contrast')
  const { matches } = contrasts
  let seen
  contrasts.matches = (element, node, context) => {
    seen.context = context
    return seen.places.has(element) && matches.call(contrasts, element, node, context)
  }
  axe.look = (place, runOnly) => {
    seen = { place, ...(${oneOfEachKind})(place) }
    return new Promise((resolve, reject) => {
      const keep = (results, forget) => {
        seen.forget = forget
        resolve(results)
      }
      axe._runRules(place, { runOnly, iframes: false }, keep, reject)
    })
  }
  axe.lookAgain = async (rules) => {
    const { shown, places } = (${oneOfEachKind})(seen.place)
    if ([...shown].some((element) => !seen.shown.has(element))) {
      axe.forget()
      return axe.look(seen.place, { type: 'rule', values: rules })
    }
    seen.places = places
    const forgetStyles = (node) => {
      node._cache = {}
      node._stackingContext = undefined
      node.children.forEach(forgetStyles)
    }
    axe._tree.forEach(forgetStyles)
    axe._memoizedFns.forEach((known) => known.clear())
    const run = (id) => new Promise((resolve, reject) => axe.utils.getRule(id).run(seen.context, {}, resolve, reject))
    const results = await Promise.all(rules.map(run))
    results.forEach(axe.utils.publishMetaData)
    return results.map(axe.utils.finalizeRuleResult)
  }
  axe.forget = () => seen.forget()
})()`

/** Has axe look at the page. It keeps what it knows of the page until told to forget. */
async function look(page: Page, { rules, within, without = [] }: AccessibilityOptions): Promise<string[]> {
  // Long to send and to read: once a page
  if (await page.evaluate('typeof axe === "undefined"')) await page.evaluate(`${axe}; ${teachAxe}`)
  const place = JSON.stringify({ include: [[within ?? 'html']], exclude: without.map((selector) => [selector]) })
  const runOnly = JSON.stringify(rules === undefined ? { type: 'tag', values: standards } : { type: 'rule', values: rules })
  return page.evaluate(`axe.look(${place}, ${runOnly}).then(${linesOf})`)
}

/** What axe finds: one line for each element concerned; empty is good. Frames in the page are not looked into; ours have none. */
export async function accessibilityProblems(page: Page, options: AccessibilityOptions = {}): Promise<string[]> {
  const found = await look(page, options)
  await page.evaluate('axe.forget()')
  return found
}

/** The rules whose answer depends on the colours. */
const rulesOfColors = ['color-contrast', 'link-in-text-block']

/**
 * What axe finds in the colours the page is in, and then in the others, dark or light, in which it is left. The page follows the
 * system's while it is open, as at nightfall.
 */
export async function accessibilityProblemsInBothColors(page: Page, place: Omit<AccessibilityOptions, 'rules'> = {}): Promise<string[]> {
  const first = (await page.evaluate('matchMedia("(prefers-color-scheme: dark)").matches')) === true ? 'dark' : 'light'
  const second = first === 'dark' ? 'light' : 'dark'
  const found = await look(page, place)
  await page.emulateMedia({ colorScheme: second })
  await page.locator(`html:not([data-mantine-color-scheme=${first}])`).waitFor({ state: 'attached' })
  const others: string[] = await page.evaluate(`axe.lookAgain(${JSON.stringify(rulesOfColors)}).then(${linesOf})`)
  await page.evaluate('axe.forget()')
  return [...found.map((problem) => `in ${first} colours: ${problem}`), ...others.map((problem) => `in ${second} colours: ${problem}`)]
}

/** Whether the page is wider than its window: nothing may make a person scroll sideways. */
export function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')
}

function stringsOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}
