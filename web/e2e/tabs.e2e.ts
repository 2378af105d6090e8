import type { ServerResponse } from 'node:http'
import { clients } from '../../shared/src/clients.ts'
import { eventsPath } from '../../shared/src/events.ts'
import { type Browser, type BrowserContext, launchBrowser, type Page } from '../../api/test/browser.ts'
import { makeClient, makeFirm } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { openSignedIn, signIn, until } from './kit.ts'

const tabCount = 8

let product: TestApp
let browser: Browser
/** Streams that are open on the server now, and how many there ever were. */
const open = new Set<ServerResponse>()
let opened = 0
beforeAll(async () => {
  product = await startTestApp()
  product.app.server.on('request', (request: { url?: string }, response: ServerResponse) => {
    if (request.url !== eventsPath) return
    opened += 1
    open.add(response)
    response.on('close', () => open.delete(response))
  })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await product.close()
})

const everyTabShows = (tabs: Page[], text: string) =>
  Promise.all(tabs.map((tab) => tab.locator('#content').getByText(text).first().waitFor()))
const everyTabIsSignedOut = (tabs: Page[]) => Promise.all(tabs.map((tab) => tab.waitForURL(/\/sign-in/)))

test('eight tabs of one browser stay live over one stream, hand it over, and are signed out together, by one of them and by somebody else', async () => {
  const dana = await makeFirm(product)
  const clientId = await makeClient(product, dana, { businessName: 'Saltgrass Outfitters' })
  const rename = (businessName: string) => product.call(clients.update, { params: { clientId }, body: { businessName } }, dana)

  const { page: leader, context } = await openSignedIn(browser, product, dana)
  await leader.goto('/clients')
  await until('the first stream', () => open.size === 1)
  const others: Page[] = []
  for (let count = 1; count < tabCount; count++) {
    const tab = await context.newPage()
    await tab.goto('/clients')
    others.push(tab)
  }
  await everyTabShows([leader, ...others], 'Saltgrass Outfitters')
  expect([open.size, opened]).toEqual([1, 1])

  await rename('Saltgrass Trading')
  await everyTabShows([leader, ...others], 'Saltgrass Trading')
  expect([open.size, opened]).toEqual([1, 1])

  await leader.close()
  await until('another tab to open the stream', () => open.size === 1 && opened === 2)
  await rename('Saltgrass Harbor')
  await everyTabShows(others, 'Saltgrass Harbor')
  expect([open.size, opened]).toEqual([1, 2])

  const [one] = others
  if (one === undefined) throw new Error('Seven tabs are left')
  await one.getByRole('button', { name: 'Account' }).click()
  await one.getByRole('menuitem', { name: 'Sign out' }).click()
  await everyTabIsSignedOut(others)
  await until('the stream to end', () => open.size === 0)
  await endedByOthers(context, others.slice(0, 3))
})

/** A session that somebody else ends leads every tab to sign-in, too. */
async function endedByOthers(context: BrowserContext, tabs: Page[]): Promise<void> {
  const dana = await makeFirm(product, 'Fernhill Books')
  await signIn(context, product, dana)
  for (const tab of tabs) await tab.goto('/clients')
  await until('the stream', () => open.size === 1)
  await product.admin.query('update sessions set revoked_at = now() where staff_id = $1', [dana.staffId])
  for (const response of open) response.destroy()
  await everyTabIsSignedOut(tabs)
}
