import { makeData } from './clients/data.ts'
import type { BenchOptions } from './clients/run.ts'
import type { Person } from '../test/factories.ts'
import { type Browser, launchBrowser, openPage, type Page } from '../test/browser.ts'
import type { TestApp } from '../test/harness.ts'
import { percentile, type Verdict } from '../torture/verdict.ts'

/** What a frame may take while somebody scrolls, for nineteen of twenty; the display shows one each 16.7 ms. */
const frameMaxMs = 50
const scrolledMs = 6_000
const stepPx = 60
const plainRows = 2_000

/**
 * Scrolls the client list as fast as a hand does and counts the frames, at a desk and on a phone; beside it a plain table that has
 * nothing to fetch, to draw anew or to leave out.
 */
export async function benchScroll(product: TestApp, { clients, say }: Pick<BenchOptions, 'clients' | 'say'>): Promise<Verdict> {
  say(`Making ${clients} clients`)
  const { administrator } = await makeData(product, clients)
  const browser = await launchBrowser()
  const [lines, violations]: [string[], string[]] = [[], []]
  try {
    for (const screen of ['desk', 'phone'] as const) {
      const plain = await measure(browser, product, screen, (page) => page.setContent(plainTable()))
      const list = await measure(browser, product, screen, (page) => openList(page, product, administrator))
      for (const [name, { frames, movedPx }] of [
        ['plain table', plain],
        ['client list', list],
      ] as const) {
        const p95 = percentile(frames, 95)
        const line = `${screen.padEnd(6)} ${name}: ${frames.length} frames over ${movedPx} px, p50 ${ms(percentile(frames, 50))}, p95 ${ms(p95)}, longest ${ms(Math.max(...frames))}`
        lines.push(line)
        if (name === 'client list' && p95 > frameMaxMs) violations.push(line)
        // Else nothing was scrolled, and nothing measured
        if (movedPx < (frames.length * stepPx) / 2) violations.push(`${line}: it did not move so far as it was asked to`)
      }
    }
  } finally {
    await browser.close()
  }
  return { name: `scroll: ${clients} clients by ${stepPx} px a frame, a frame <= ${frameMaxMs} ms (p95)`, lines, violations }
}

const ms = (value: number): string => `${value.toFixed(1)} ms`

const plainTable = (): string =>
  `<table>${Array.from({ length: plainRows }, (_, row) => `<tr style="height:40px"><td>Client ${row}</td><td>Delivered</td><td>Healthy</td></tr>`).join('')}</table>`

async function openList(page: Page, product: TestApp, person: Person): Promise<void> {
  const [name = '', value = ''] = person.cookie.split('=')
  await page.context().addCookies([{ name, value, url: product.config.publicUrl }])
  await page.goto('/clients')
  await page
    .getByRole('link', { name: /^Alder/ })
    .first()
    .waitFor()
}

async function measure(
  browser: Browser,
  product: TestApp,
  screen: 'desk' | 'phone',
  open: (page: Page) => Promise<void>,
): Promise<{ frames: number[]; movedPx: number }> {
  const { page, context } = await openPage(browser, { screen, baseURL: product.config.publicUrl })
  await open(page)
  await page.waitForTimeout(1_000)
  const found = await page.evaluate<{ frames: number[]; movedPx: number }>(scrollAndCount)
  await context.close()
  return found
}

/** Moves whatever scrolls the list, a step each frame. */
const scrollAndCount = `new Promise((resolve) => {
  const scrolls = (element) => element.scrollHeight > element.clientHeight + 10 && /auto|scroll/.test(getComputedStyle(element).overflowY)
  let box = document.querySelector('main table, main ul[aria-label=Clients], table')
  while (box !== null && box !== document.documentElement && !scrolls(box)) box = box.parentElement
  box = box === null || box === document.documentElement ? document.scrollingElement : box
  const [began, top, frames] = [performance.now(), box.scrollTop, []]
  let last = began
  const step = (now) => {
    frames.push(now - last)
    last = now
    if (now - began > ${scrolledMs}) return resolve({ frames: frames.slice(1), movedPx: Math.round(box.scrollTop - top) })
    box.scrollTop += ${stepPx}
    requestAnimationFrame(step)
  }
  requestAnimationFrame(step)
})`
