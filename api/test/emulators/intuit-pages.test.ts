import type { IntuitEmulator } from '@ledgersync/emulators/intuit'
import { accessibilityProblems, type Browser, launchBrowser, openPage, scrollsSideways } from '../browser.ts'
import {
  authorizeUrl,
  type Connection,
  connect,
  createClock,
  expense,
  expenseLine,
  type Ids,
  redirectUri,
  startIntuit,
  usualIds,
} from './intuit-client.ts'
import { startReceiver } from './receiver.ts'

const clock = createClock()
let emulator: IntuitEmulator
let books: Connection
let ids: Ids
let browser: Browser

let receiver: Awaited<ReturnType<typeof startReceiver>>

beforeAll(async () => {
  receiver = await startReceiver(() => ({ status: 200, body: '<back/>' }))
  const redirectUris = [redirectUri, `${receiver.url}/callback`]
  emulator = await startIntuit({ now: clock.now, requestsPerMinuteMax: 100_000, redirectUris })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await emulator.close()
  await receiver.close()
})
beforeEach(async () => {
  emulator.reset()
  books = await connect(emulator)
  ids = await usualIds(books)
})

const page = async (path: string) => {
  const response = await fetch(emulator.url + path)
  return { status: response.status, text: await response.text() }
}

test('an entry asked for three times is shown once, to the cent, at its deep link', async () => {
  const memo = 'Fuel <script>alert(1)</script>'
  const entity = expense(ids, 1234.5, {
    PrivateNote: memo,
    EntityRef: { value: ids.vendor },
    Line: [expenseLine(ids.fuel, 1234.5), expenseLine(ids.meals, 0.01)],
  })
  for (let index = 0; index < 3; index++) await books.call('purchase?requestid=p', entity)
  const [entry] = emulator.entries()
  const shown = await page(`/app/expense?txnId=${entry?.id}`)
  expect(shown.status).toBe(200)
  for (const words of ['1,234.51 USD', '1,234.50', 'Dunmore Fuel', '2026-06-10', '3 times', 'entered once', 'over the API'])
    expect(shown.text).toContain(words)
  expect(shown.text).toContain('Fuel &#60;script&#62;')
  expect(shown.text).not.toContain('<script')
  const company = await page(`/app/company/${books.realmId}`)
  expect(company.text.match(/1,234\.51/g)).toHaveLength(2)
  expect(company.text).toContain('-1,234.51')
  expect((await page(`/app/deposit?txnId=${entry?.id}`)).status).toBe(404)
  expect((await page(`/app/expense?txnId=${entry?.id}&realmId=1`)).status).toBe(404)
  expect((await page('/app/company/constructor')).status).toBe(404)
})

test('a deep link without a company asks which one is meant when two have the number', async () => {
  const other = await connect(emulator)
  await books.call('purchase', expense(ids, 1))
  await other.call('purchase', expense(ids, 2))
  const [first, second] = emulator.entries()
  expect(first?.id).toBe(second?.id)
  const choice = await page(`/app/expense?txnId=${first?.id}`)
  for (const { name } of emulator.companies().slice(0, 2)) expect(choice.text).toContain(name)
  expect((await page(`/app/expense?txnId=${first?.id}&realmId=${other.realmId}`)).text).toContain('2.00 USD')
})

test('entries a person makes, changes and deletes inside QuickBooks are told apart', async () => {
  const { realmId } = books
  const wire = {
    DepositToAccountRef: { value: ids.checking },
    Line: [{ Amount: 5, DetailType: 'DepositLineDetail', DepositLineDetail: { AccountRef: { value: ids.sales } } }],
  }
  const id = emulator.addEntry(realmId, 'Deposit', wire)
  expect(emulator.entries()).toMatchObject([{ entity: 'Deposit', totalMinor: 500, createdByApi: false }])
  expect((await page(`/app/deposit?txnId=${id}&realmId=${realmId}`)).text).toContain('a person in QuickBooks')
  emulator.changeEntry(realmId, 'Deposit', id, { PrivateNote: 'Counted again' })
  const stale = await books.call('deposit?operation=delete', { Id: id, SyncToken: '0' })
  expect(stale.body.Fault.Error[0].code).toBe('5010')
  emulator.deleteEntry(realmId, 'Deposit', id)
  expect(emulator.entries()).toHaveLength(0)
})

test.each(['desk', 'phone'] as const)('in a browser (%s) a user connects a new company, and every page is accessible', async (screen) => {
  await books.call('purchase', expense(ids, 12.5, { PrivateNote: `card ${'0123456789'.repeat(12)}` }))
  emulator.closeBooks(books.realmId, '2026-05-31')
  const { page: tab, context } = await openPage(browser, { screen })
  const look = async (path: string) => {
    await tab.goto(path.startsWith('http') ? path : emulator.url + path)
    expect(await accessibilityProblems(tab)).toEqual([])
    expect(await scrollsSideways(tab)).toBe(false)
  }
  const [entry] = emulator.entries()
  for (const path of ['/app', `/app/company/${books.realmId}`, `/app/expense?txnId=${entry?.id}`, '/app/expense?txnId=0']) await look(path)
  const callback = `${receiver.url}/callback`
  await look(authorizeUrl(emulator, { redirect_uri: callback }))
  await tab.getByText('New company').click()
  await tab.getByRole('textbox').fill('Fresh Start Studio')
  await tab.getByRole('button', { name: 'Connect' }).click()
  await tab.waitForURL(`${callback}*`)
  expect(new URL(tab.url()).searchParams.get('state')).toBe('state-1')
  expect(emulator.companies().at(-1)).toMatchObject({ name: 'Fresh Start Studio', realmId: new URL(tab.url()).searchParams.get('realmId') })
  await context.close()
})
