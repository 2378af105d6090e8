import type { IntuitEmulator } from '@ledgersync/emulators/intuit'
import {
  type Connection,
  connect,
  createClock,
  expense,
  faultOf,
  type Ids,
  sdkCall,
  sdkFailure,
  startIntuit,
  usualIds,
} from './intuit-client.ts'

const clock = createClock()
let emulator: IntuitEmulator
let books: Connection
let ids: Ids

beforeAll(async () => {
  emulator = await startIntuit({ now: clock.now, requestsPerMinuteMax: 100_000 })
  books = await connect(emulator)
  ids = await usualIds(books)
})
afterAll(() => emulator.close())

const query = async (statement: string) => (await books.call(`query?query=${encodeURIComponent(statement)}`)).body
const names = (rows: { Name?: string; DisplayName?: string }[]) => rows.map((row) => row.Name ?? row.DisplayName)

test('the SDK finds accounts by criteria, in pages and by count', async () => {
  const banks = await sdkCall((done) =>
    books.sdk.findAccounts(
      [
        { field: 'AccountType', value: 'Bank', operator: '=' },
        { field: 'asc', value: 'Name' },
      ],
      done,
    ),
  )
  expect(names(banks.QueryResponse.Account)).toEqual(['Checking', 'Payroll Checking', 'Savings'])
  const all = await sdkCall((done) => books.sdk.findAccounts({ fetchAll: true, limit: 7 }, done))
  const counted = await sdkCall((done) => books.sdk.findAccounts({ count: true }, done))
  expect(counted.QueryResponse.totalCount).toBeGreaterThanOrEqual(45)
  const accountIds = all.QueryResponse.Account.map(({ Id }: { Id: string }) => Id)
  expect(new Set(accountIds).size).toBe(counted.QueryResponse.totalCount)
  const none = await sdkCall((done) => books.sdk.findVendors({ DisplayName: 'Nobody' }, done))
  expect(none.QueryResponse).toEqual({})
})

test('a quote in a value is escaped, a backslash at its end breaks out and is refused', async () => {
  const created = await sdkCall((done) => books.sdk.createVendor({ DisplayName: "Ned's \\ Diner" }, done))
  const found = await query("SELECT * FROM Vendor WHERE DisplayName = 'Ned\\'s \\\\ Diner'")
  expect(found.QueryResponse.Vendor).toMatchObject([{ Id: created.Id }])
  const broken = await sdkFailure(sdkCall((done) => books.sdk.findVendors({ DisplayName: 'a\\' }, done)))
  expect([broken.status, faultOf(broken.body).code]).toEqual([400, '4000'])
})

test('filters, sorts and pages entries', async () => {
  for (const [amount, day] of [
    [1.5, '01'],
    [20, '02'],
    [3, '03'],
  ] as const) {
    await books.call('purchase', expense(ids, amount, { TxnDate: `2026-05-${day}`, DocNumber: `Q${day}` }))
  }
  const amounts = async (rest: string) => {
    const { QueryResponse } = await query(`select * from Purchase ${rest}`)
    return (QueryResponse.Purchase ?? []).map(({ TotalAmt }: { TotalAmt: number }) => TotalAmt)
  }
  expect(await amounts("where TxnDate >= '2026-05-02' and TxnDate <= '2026-05-31' orderby TxnDate desc")).toEqual([3, 20])
  expect(await amounts("WHERE TotalAmt > '2.5' ORDER BY TotalAmt")).toEqual([3, 20])
  expect(await amounts("where docnumber in ('Q01', 'Q03') orderby id")).toEqual([1.5, 3])
  expect(await amounts('orderby Id startposition 2 maxresults 1')).toEqual([20])
  expect(await amounts('startposition 9')).toEqual([])
  const page = await query('select Id, TotalAmt from Purchase maxresults 1')
  expect(page.QueryResponse).toMatchObject({ startPosition: 1, maxResults: 1, Purchase: [{ TotalAmt: 1.5 }] })
  expect(page.QueryResponse.Purchase[0]).not.toHaveProperty('Line')
  expect((await query("select count(*) from Purchase where DocNumber like 'q0%'")).QueryResponse).toEqual({ totalCount: 3 })
})

test('card payments and settings are queried by their endpoint names', async () => {
  await books.call('creditcardpayment', { BankAccountRef: { value: ids.checking }, CreditCardAccountRef: { value: ids.card }, Amount: 7 })
  expect((await query('select * from creditcardpayment')).QueryResponse.CreditCardPaymentTxn).toMatchObject([{ Amount: 7 }])
  expect((await query('select * from companyinfo')).QueryResponse.CompanyInfo).toMatchObject([{ Id: '1', CompanyName: 'Maple Row Bakery' }])
  expect((await query('select * from Invoice')).Fault.Error[0].Detail).toContain('Invoice')
})

test('the statement may be posted as text', async () => {
  const { body } = await books.call('query', "select * from Account where Name = 'Checking'", 'application/text')
  expect(names(body.QueryResponse.Account)).toEqual(['Checking'])
})

test('inactive names are told only to who asks for them', async () => {
  const id = emulator.addVendor(books.realmId, 'Passing Trade')
  emulator.makeInactive(books.realmId, 'Vendor', id)
  const like = "DisplayName like 'Passing%'"
  expect((await query(`select * from vendor where ${like}`)).QueryResponse).toEqual({})
  const both = await query(`select * from vendor where ${like} and Active in (true, false)`)
  expect(both.QueryResponse.Vendor).toMatchObject([{ Id: id, Active: false }])
})

test.each([
  ['an OR', "select * from Account where Name = 'a' or Name = 'b'", '4000'],
  ['a missing FROM', 'select *', '4000'],
  ['a double quote', 'select * from Account where Name = "a"', '4000'],
  ['an open string', "select * from Account where Name = 'a", '4000'],
  ['a number that is none', 'select * from Account maxresults ten', '4000'],
  ['words after the end', 'select * from Account maxresults 5 please', '4000'],
  ['a filter by memo', "select * from Purchase where PrivateNote = 'x'", '4001'],
  ['a sort by account', 'select * from Purchase orderby AccountRef', '4001'],
  ['an unknown field', "select * from Account where Colour = 'red'", '4001'],
  ['an unknown column', 'select Colour from Account', '4001'],
  ['too large a page', 'select * from Account maxresults 1001', '4001'],
])('%s is refused', async (_what, statement, code) => {
  const body = await query(statement)
  expect(faultOf(body).code).toBe(code)
})

test('change data capture tells what changed and what is gone', async () => {
  clock.advance(3600_000)
  // An access token lives an hour
  books = await connect(emulator, books.realmId)
  const since = clock.now()
  const kept = (await books.call('purchase', expense(ids, 4))).body.Purchase
  const gone = (await books.call('purchase', expense(ids, 5))).body.Purchase
  await books.call('purchase?operation=delete', { Id: gone.Id, SyncToken: '0' })
  const changes = await sdkCall((done) => books.sdk.changeDataCapture(['Purchase', 'Account'], since, done))
  const [purchases, accounts] = changes.CDCResponse[0].QueryResponse
  expect(purchases.Purchase).toMatchObject([
    { Id: kept.Id, TotalAmt: 4 },
    { Id: gone.Id, status: 'Deleted', MetaData: { LastUpdatedTime: expect.any(String) } },
  ])
  expect(accounts).toEqual({})
  const old = await books.call(`cdc?entities=Purchase&changedSince=${new Date(clock.at - 31 * 24 * 3600_000).toISOString()}`)
  expect(old.status).toBe(400)
})

test('the same is had over HTTP below /_emulator/', async () => {
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${emulator.url}/_emulator/${path}`, { method: 'POST', body: JSON.stringify(body), headers })
    return { status: response.status, body: await response.json() }
  }
  const get = async (path: string) => (await fetch(`${emulator.url}/_emulator/${path}`)).json()
  const { realmId } = books
  expect(await get('companies')).toEqual(emulator.companies())
  expect(await get(`entries?realmId=${realmId}`)).toEqual(JSON.parse(JSON.stringify(emulator.entries(realmId))))
  expect(await get(`balance?realmId=${realmId}&accountId=${ids.fuel}`)).toEqual({
    balanceMinor: emulator.accountBalanceMinor(realmId, ids.fuel),
  })
  const account = await post('accounts', { realmId, name: 'Reserve', type: 'Bank' })
  expect(await books.account('Reserve')).toBe((account.body as { id: string }).id)
  expect((await post('vendors', { realmId, displayName: 'Dunmore Fuel' })).body).toMatchObject({ code: '6240' })
  expect((await post('close-books', { realmId, date: 'soon' })).status).toBe(400)
  await post('close-books', { realmId, date: '2026-05-31' })
  expect(emulator.companies().find((company) => company.realmId === realmId)?.closedOn).toBe('2026-05-31')
  await post('expire-access-tokens', { realmId })
  expect((await books.call('preferences')).status).toBe(401)
})
