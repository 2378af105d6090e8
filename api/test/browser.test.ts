import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import {
  accessibilityProblems,
  accessibilityProblemsInBothColors,
  type Browser,
  launchBrowser,
  openPage,
  scrollsSideways,
} from './browser.ts'

const html = `<!doctype html><html lang="en"><title>Trial</title><meta name="viewport" content="width=device-width">
<style>body{background:#fff;color:#111}@media (prefers-color-scheme:dark){body{background:#111;color:#eee}}</style>
<main><h1>Hello</h1><button onclick="this.textContent='pressed'">press</button></main></html>`

const server = createServer((_req, res) => res.setHeader('content-type', 'text/html').end(html))
let browser: Browser
let baseURL: string

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on TCP has an AddressInfo.
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await launchBrowser()
}, 60_000)

afterAll(async () => {
  await browser?.close()
  server.close()
})

test('a page has a font, runs its scripts and obeys the colour scheme', async () => {
  const { page, problems } = await openPage(browser, { baseURL, colorScheme: 'dark' })
  await page.goto('/')
  const heading = await page.getByRole('heading', { name: 'Hello' }).boundingBox()
  expect(heading?.height).toBeGreaterThan(10)
  await page.getByRole('button').click()
  await page.getByRole('button', { name: 'pressed' }).waitFor()
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(17, 17, 17)')
  expect(await accessibilityProblems(page)).toEqual([])
  expect(problems.filter((text) => !text.includes('favicon'))).toEqual([])
})

test('a phone is 390 pixels wide, and what is wider is noticed', async () => {
  const { page } = await openPage(browser, { baseURL, screen: 'phone' })
  await page.goto('/')
  expect(await page.evaluate('innerWidth')).toBe(390)
  expect(await scrollsSideways(page)).toBe(false)
  await page.evaluate("document.body.style.width = '900px'")
  expect(await scrollsSideways(page)).toBe(true)
})

test('what axe finds and what the page throws is reported', async () => {
  const { page, problems } = await openPage(browser, { baseURL })
  await page.goto('/')
  await page.evaluate("document.querySelector('button').textContent = ''; setTimeout(() => { throw new Error('from the page') })")
  await page.waitForTimeout(50)
  expect(await accessibilityProblems(page)).toEqual([expect.stringContaining('button-name')])
  await page.evaluate("document.querySelector('h1').style.color = '#ccc'")
  expect(await accessibilityProblems(page, { rules: ['color-contrast'] })).toEqual([expect.stringContaining('color-contrast')])
  await page.evaluate("document.querySelector('h1').style.color = '#fff'")
  expect(await accessibilityProblems(page, { rules: ['color-contrast'] })).toEqual([expect.stringContaining('color-contrast')])
  expect(await accessibilityProblems(page, { within: 'button' })).toEqual([expect.stringContaining('button-name')])
  const contrasts = { rules: ['color-contrast'], within: 'main, aside' }
  expect(await accessibilityProblems(page, contrasts)).toEqual([expect.stringContaining('color-contrast')])
  await expect(accessibilityProblems(page, { within: '[role=dialog]' })).rejects.toThrow('No elements')
  expect(problems).toContain('from the page')
})

test('contrasts are looked at once for what is of one kind, and one of many that has come out otherwise is noticed', async () => {
  const { page } = await openPage(browser, { baseURL })
  await page.goto('/')
  const contrasts = async () => (await accessibilityProblems(page)).filter((line) => line.startsWith('color-contrast'))
  const list = (count: number, one: string) =>
    page.evaluate(`document.querySelector('main').innerHTML =
      '<style>li{color:#bbb}li.well{color:#111}li:nth-child(25){background:#666}</style><ul>${one}' + '<li>of one kind</li>'.repeat(${count}) + '</ul>'`)
  await list(40, '')
  expect(await contrasts()).toHaveLength(3)
  const well = '<li class="well">well</li>'
  for (const [one, found] of [
    [well.repeat(20), 0],
    [`${well.repeat(20)}<li class="well" style="color:#ccc">its own colour</li>`, 1],
    [`${well.repeat(20)}<li class="well" style="opacity:0.2">faded</li>`, 1],
    [`${well.repeat(20)}<li class="well"><b style="background:#222">on a ground of its own</b></li>`, 1],
    [`${well.repeat(20)}<li class="well" style="visibility:hidden;color:#ccc">unseen</li>`, 0],
    [`${well.repeat(24)}<li class="well">the striped one</li>`, 1],
    [`${well.repeat(20)}<li><input aria-label="Name" value="typed" style="color:#ccc"></li>`, 1],
    [`${well.repeat(20)}<li><input aria-label="Name" placeholder="to be typed" style="color:#ccc"></li>`, 1],
  ] as const) {
    await list(0, one)
    expect([one, (await contrasts()).length]).toEqual([one, found])
  }
})

test('what is wrong in one of the colours only is noticed, in whichever of them the page is looked at first', async () => {
  const { page } = await openPage(browser, { baseURL })
  await page.goto('/')
  const body = (style: string) =>
    page.evaluate(
      `document.querySelector('main').innerHTML = '<style>a{color:inherit}${style}</style><p>A <b>word</b> of <a href="/">a link</a> in a text</p>'`,
    )
  const dark = (style: string) => `@media (prefers-color-scheme:dark){${style}}`
  const light = (style: string) => `@media (prefers-color-scheme:light){${style}}`
  const rulesIn = async (): Promise<string[]> => {
    const problems = await accessibilityProblemsInBothColors(page)
    return [...new Set(problems.map((problem) => /^in \w+ colours: [\w-]+/.exec(problem)?.[0] ?? ''))].toSorted()
  }
  for (const [style, found] of [
    ['', []],
    [dark('b{color:#444}'), ['in dark colours: color-contrast']],
    [light('b{color:#bbb}'), ['in light colours: color-contrast']],
    [dark('main{background:#ccc}'), ['in dark colours: color-contrast']],
    [dark('b{opacity:0.2}'), ['in dark colours: color-contrast']],
    [dark('b{color:#444}') + light('b{display:none}'), ['in dark colours: color-contrast']],
    [light('b{color:#bbb}') + dark('b{display:none}'), ['in light colours: color-contrast']],
    [
      light('b{position:relative}b::before{content:"";position:absolute;inset:0;background:#fff}') + dark('b{color:#444}'),
      ['in dark colours: color-contrast'],
    ],
    ['b{color:#888;background:#888}', ['in dark colours: color-contrast', 'in light colours: color-contrast']],
    [light('a{color:#767676}') + dark('a{color:#ddd}') + 'a{text-decoration:none}', ['in dark colours: link-in-text-block']],
  ] as const)
    for (const first of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: first })
      await body(style)
      expect([first, style, await rulesIn()]).toEqual([first, style, found])
    }
})
