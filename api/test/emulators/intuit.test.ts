import type { IntuitEmulator } from '@ledgersync/emulators/intuit'
import {
  type Connection,
  connect,
  createClock,
  expense,
  expenseLine,
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
})
afterAll(() => emulator.close())
beforeEach(async () => {
  emulator.reset()
  books = await connect(emulator)
  ids = await usualIds(books)
})

const balance = (accountId: string) => emulator.accountBalanceMinor(books.realmId, accountId)
const create = (entity: object) => sdkCall((done) => books.sdk.createPurchase(entity, done))
const refusal = async (path: string, entity: object) => {
  const { status, body } = await books.call(path, entity)
  expect(status).toBe(400)
  expect(body.Fault.type).toBe('ValidationFault')
  expect(emulator.entries()).toHaveLength(0)
  return faultOf(body).code
}

test('an expense comes back as Intuit saves it', async () => {
  const line = { ...expenseLine(ids.fuel, 12.5, 'Diesel'), Description: 'Diesel' }
  const saved = await create(
    expense(ids, 12.5, {
      EntityRef: { value: ids.vendor, type: 'Vendor' },
      PrivateNote: 'marker 1',
      DocNumber: 'E-1',
      Line: [line, expenseLine(ids.meals, 7.49)],
    }),
  )
  expect(saved).toMatchObject({
    domain: 'QBO',
    sparse: false,
    SyncToken: '0',
    TotalAmt: 19.99,
    TxnDate: '2026-06-10',
    AccountRef: { value: ids.checking, name: 'Checking' },
    EntityRef: { value: ids.vendor, name: 'Dunmore Fuel', type: 'Vendor' },
    CurrencyRef: { value: 'USD', name: 'United States Dollar' },
    MetaData: { CreateTime: '2026-06-15T12:00:00-07:00', LastUpdatedTime: '2026-06-15T12:00:00-07:00' },
    Line: [
      { Id: '1', LineNum: 1, Description: 'Diesel', Amount: 12.5 },
      {
        Id: '2',
        LineNum: 2,
        AccountBasedExpenseLineDetail: { AccountRef: { value: ids.meals, name: 'Meals' }, BillableStatus: 'NotBillable' },
      },
    ],
  })
  expect(saved.PurchaseEx.any[0].value).toEqual({ Name: 'TxnType', Value: '54' })
  const read = await books.call(`purchase/${saved.Id}?minorversion=75`)
  expect(read.body).toEqual({ Purchase: saved, time: '2026-06-15T12:00:00.000-07:00' })
  expect(read.headers.get('intuit_tid')).toBeTruthy()
  expect(emulator.entries(books.realmId)).toMatchObject([
    {
      entity: 'Purchase',
      id: saved.Id,
      totalMinor: 1999,
      privateNote: 'marker 1',
      docNumber: 'E-1',
      paymentType: 'Cash',
      credit: false,
      accountId: ids.checking,
      vendorName: 'Dunmore Fuel',
      lines: [{ amountMinor: 1250, accountName: 'Automobile:Fuel', side: 'debit' }, { amountMinor: 749 }],
      createdByApi: true,
      createRequestCount: 1,
      createdAt: '2026-06-15T19:00:00.000Z',
    },
  ])
})

test('the books balance over every kind of entry', async () => {
  await create(expense(ids, 100.1))
  await create(expense(ids, 40, { PaymentType: 'CreditCard', AccountRef: { value: ids.card } }))
  await create(expense(ids, 15.05, { PaymentType: 'CreditCard', AccountRef: { value: ids.card }, Credit: true }))
  const depositLine = { Amount: 250.25, DetailType: 'DepositLineDetail', DepositLineDetail: { AccountRef: { value: ids.sales } } }
  await sdkCall((done) => books.sdk.createDeposit({ DepositToAccountRef: { value: ids.checking }, Line: [depositLine] }, done))
  const savings = await books.account('Savings')
  await sdkCall((done) =>
    books.sdk.createTransfer({ FromAccountRef: { value: ids.checking }, ToAccountRef: { value: savings }, Amount: 50 }, done),
  )
  const paid = await books.call('creditcardpayment', {
    BankAccountRef: { value: ids.checking },
    CreditCardAccountRef: { value: ids.card },
    Amount: 20,
  })
  expect(paid.body.CreditCardPaymentTxn).toMatchObject({ Amount: 20, TxnDate: '2026-06-15', BankAccountRef: { name: 'Checking' } })
  const side = (PostingType: string, account: string) => ({
    Amount: 9.99,
    DetailType: 'JournalEntryLineDetail',
    JournalEntryLineDetail: { PostingType, AccountRef: { value: account } },
  })
  const journal = await sdkCall((done) => books.sdk.createJournalEntry({ Line: [side('Debit', ids.meals), side('Credit', savings)] }, done))
  expect([journal.TotalAmt, journal.Line[0].Id, journal.Line[1].Id]).toEqual([0, '0', '1'])
  expect(balance(ids.checking)).toBe(-10_010 + 25_025 - 5000 - 2000)
  expect(balance(savings)).toBe(5000 - 999)
  expect(balance(ids.card)).toBe(4000 - 1505 - 2000)
  expect(balance(ids.sales)).toBe(25_025)
  expect(balance(ids.fuel)).toBe(10_010 + 4000 - 1505)
  expect(balance(ids.meals)).toBe(999)
  const card = await sdkCall((done) => books.sdk.getAccount(ids.card, done))
  expect(card).toMatchObject({ CurrentBalance: 4.95, Classification: 'Liability' })
  const fuel = await sdkCall((done) => books.sdk.getAccount(ids.fuel, done))
  expect(fuel).toMatchObject({ CurrentBalance: 0, ParentRef: { value: await books.account('Automobile') } })
  expect(emulator.entries().map(({ entity, totalMinor }) => [entity, totalMinor])).toEqual([
    ['Purchase', 10_010],
    ['Purchase', 4000],
    ['Purchase', 1505],
    ['Deposit', 25_025],
    ['Transfer', 5000],
    ['CreditCardPaymentTxn', 2000],
    ['JournalEntry', 999],
  ])
})

describe('updates and deletes', () => {
  test('a sparse update changes what it names, a full one empties what it leaves out', async () => {
    const saved = await create(expense(ids, 5, { PrivateNote: 'first', DocNumber: 'D1' }))
    clock.advance(60_000)
    const sparse = await sdkCall((done) => books.sdk.updatePurchase({ Id: saved.Id, SyncToken: '0', PrivateNote: 'second' }, done))
    expect(sparse).toMatchObject({ SyncToken: '1', sparse: false, PrivateNote: 'second', DocNumber: 'D1', Line: [{ Id: '1', Amount: 5 }] })
    expect(sparse.MetaData.LastUpdatedTime > sparse.MetaData.CreateTime).toBe(true)
    const full = await books.call('purchase', { ...expense(ids, 6), Id: saved.Id, SyncToken: '1' })
    expect(full.body.Purchase).toMatchObject({ SyncToken: '2', TotalAmt: 6 })
    expect(full.body.Purchase).not.toHaveProperty('PrivateNote')
    expect(balance(ids.fuel)).toBe(600)
  })

  test('a stale SyncToken is 5010 and changes nothing', async () => {
    const saved = await create(expense(ids, 5))
    await sdkCall((done) => books.sdk.updatePurchase({ Id: saved.Id, SyncToken: '0', PrivateNote: 'theirs' }, done))
    const late = await sdkFailure(sdkCall((done) => books.sdk.updatePurchase({ Id: saved.Id, SyncToken: '0', PrivateNote: 'ours' }, done)))
    expect([late.status, faultOf(late.body).code]).toEqual([400, '5010'])
    expect(emulator.entries()[0]?.privateNote).toBe('theirs')
  })

  test('a delete answers its short form and takes the amounts back; what is gone is 610', async () => {
    const saved = await create(expense(ids, 5))
    const gone = await sdkCall((done) => books.sdk.deletePurchase({ Id: saved.Id, SyncToken: '0' }, done))
    expect(gone.Purchase).toEqual({ status: 'Deleted', domain: 'QBO', Id: saved.Id })
    expect(emulator.entries()).toHaveLength(0)
    expect(balance(ids.checking)).toBe(0)
    expect(faultOf((await books.call(`purchase/${saved.Id}`)).body).code).toBe('610')
    expect(faultOf((await books.call('purchase?operation=delete', { Id: saved.Id, SyncToken: '0' })).body).code).toBe('610')
    expect((await books.call('purchase/constructor')).status).toBe(400)
  })

  test('what was put into a deposit stays until it is taken out: 6540', async () => {
    const saved = await create(expense(ids, 5))
    emulator.depositEntry(books.realmId, 'Purchase', String(saved.Id), '999')
    const linked = (await books.call(`purchase/${saved.Id}`)).body.Purchase
    expect(linked).toMatchObject({ LinkedTxn: [{ TxnId: '999', TxnType: 'Deposit' }] })
    expect(faultOf((await books.call('purchase?operation=delete', { Id: saved.Id, SyncToken: '0' })).body).code).toBe('6540')
    await sdkCall((done) => books.sdk.updatePurchase({ Id: saved.Id, SyncToken: '0', PrivateNote: 'edited' }, done))
    expect((await books.call(`purchase/${saved.Id}`)).body.Purchase).toMatchObject({ LinkedTxn: [{ TxnId: '999' }] })
    expect(emulator.entries()).toHaveLength(1)
  })

  test('names are made inactive, never deleted', async () => {
    const { body } = await books.call('vendor?operation=delete', { Id: ids.vendor, SyncToken: '0' })
    expect(faultOf(body).code).toBe('500')
    emulator.makeInactive(books.realmId, 'Vendor', ids.vendor)
    const vendor = await sdkCall((done) => books.sdk.getVendor(ids.vendor, done))
    expect(vendor).toMatchObject({ Active: false, DisplayName: 'Dunmore Fuel (deleted)', SyncToken: '1' })
  })
})

describe('what is refused, with the code', () => {
  const purchase = (changes: Record<string, unknown>) => () => ['purchase', expense(ids, 5, changes)] as const
  const amount = (value: unknown) => () => ['purchase', expense(ids, value)] as const
  const cases: [string, string, () => readonly [string, object]][] = [
    ['no lines', '2020', purchase({ Line: [] })],
    ['no account', '2020', purchase({ AccountRef: undefined })],
    ['a long memo', '2050', purchase({ PrivateNote: 'x'.repeat(4001) })],
    ['a long number', '2050', purchase({ DocNumber: 'x'.repeat(22) })],
    ['an unknown payment type', '2170', purchase({ PaymentType: 'Barter' })],
    ['an unknown account', '2500', purchase({ AccountRef: { value: '9999' } })],
    ['an unknown vendor', '2500', purchase({ EntityRef: { value: '9999' } })],
    ['a misspelt member', '2010', purchase({ PrivatNote: 'x' })],
    ['a bad day', '2210', purchase({ TxnDate: '2026-02-30' })],
    ['a card account for cash', '6010', () => ['purchase', expense(ids, 5, { AccountRef: { value: ids.card } })]],
    ['a bank account for a card charge', '6010', purchase({ PaymentType: 'CreditCard' })],
    ['a credit that is not on a card', '6000', purchase({ Credit: true })],
    ['a foreign currency', '6000', purchase({ CurrencyRef: { value: 'EUR' } })],
    ['a third decimal', '2090', amount(1.005)],
    ['a word for an amount', '2090', amount('twelve')],
    ['zero', '6000', amount(0)],
    ['a negative amount', '6000', amount(-5)],
    ['a deposit into income', '6010', () => ['deposit', { DepositToAccountRef: { value: ids.sales }, Line: [] }]],
    [
      'a transfer to itself',
      '6000',
      () => ['transfer', { FromAccountRef: { value: ids.checking }, ToAccountRef: { value: ids.checking }, Amount: 1 }],
    ],
    [
      'a transfer from income',
      '6010',
      () => ['transfer', { FromAccountRef: { value: ids.sales }, ToAccountRef: { value: ids.checking }, Amount: 1 }],
    ],
    [
      'a card payment to a bank account',
      '6010',
      () => ['creditcardpayment', { BankAccountRef: { value: ids.checking }, CreditCardAccountRef: { value: ids.checking }, Amount: 1 }],
    ],
    ['a name used by a vendor', '6240', () => ['customer', { DisplayName: 'dunmore fuel' }]],
    ['a name with a colon', '2040', () => ['vendor', { DisplayName: 'a:b' }]],
    ['an account name used beside it', '6240', () => ['account', { Name: 'checking', AccountType: 'Bank' }]],
  ]
  test.each(cases)('%s is %s', async (_what, code, make) => {
    const [path, entity] = make()
    expect(await refusal(path, entity)).toBe(code)
  })

  test('an unbalanced journal entry is 6070, receivables without a customer 6000', async () => {
    const receivable = await books.account('Accounts Receivable (A/R)')
    const side = (PostingType: string, account: string, Amount: number) => ({
      Amount,
      DetailType: 'JournalEntryLineDetail',
      JournalEntryLineDetail: { PostingType, AccountRef: { value: account } },
    })
    expect(await refusal('journalentry', { Line: [side('Debit', ids.meals, 1), side('Credit', ids.checking, 1.01)] })).toBe('6070')
    expect(await refusal('journalentry', { Line: [side('Debit', receivable, 1), side('Credit', ids.checking, 1)] })).toBe('6000')
  })

  test('inactive references are 610', async () => {
    emulator.makeInactive(books.realmId, 'Account', ids.fuel)
    emulator.makeInactive(books.realmId, 'Vendor', ids.vendor)
    expect(await refusal('purchase', expense(ids))).toBe('610')
    expect(await refusal('purchase', expense({ ...ids, fuel: ids.meals }, 1, { EntityRef: { value: ids.vendor } }))).toBe('610')
  })

  test('a used DocNumber is 6140 until it is allowed', async () => {
    await create(expense(ids, 1, { DocNumber: '77' }))
    expect(faultOf((await sdkFailure(create(expense(ids, 2, { DocNumber: '77' })))).body).code).toBe('6140')
    await create({ ...expense(ids, 2, { DocNumber: '77' }), allowDuplicateDocNum: true })
    emulator.setPreferences(books.realmId, { warnDuplicateDocNumber: false })
    await create(expense(ids, 3, { DocNumber: '77' }))
    expect(emulator.entries()).toHaveLength(3)
  })

  test('a closed period is 6210 for creates, changes and deletes', async () => {
    const saved = await create(expense(ids, 1))
    emulator.closeBooks(books.realmId, '2026-06-10')
    const preferences = await sdkCall((done) => books.sdk.getPreferences(done))
    expect(preferences.AccountingInfoPrefs.BookCloseDate).toBe('2026-06-10')
    const code = async (path: string, body: object) => faultOf((await books.call(path, body)).body).code
    expect(await code('purchase', expense(ids))).toBe('6210')
    expect(await code('purchase', { Id: saved.Id, SyncToken: '0', sparse: true, TxnDate: '2026-06-11' })).toBe('6210')
    expect(await code('purchase?operation=delete', { Id: saved.Id, SyncToken: '0' })).toBe('6210')
    await create(expense(ids, 2, { TxnDate: '2026-06-11' }))
    emulator.closeBooks(books.realmId, null)
    await create(expense(ids, 3))
    expect(emulator.entries()).toHaveLength(3)
  })

  test('a lapsed subscription is 6190 for everything', async () => {
    emulator.setSubscriptionLapsed(books.realmId, true)
    expect(faultOf((await books.call('preferences')).body).code).toBe('6190')
    expect(await refusal('purchase', expense(ids))).toBe('6190')
  })

  test('what is not emulated is 501 by name, in the Fault shape', async () => {
    const { status, body } = await books.call('invoice', { Line: [] })
    expect(status).toBe(501)
    expect(faultOf(body).Detail).toContain('/invoice')
    const elsewhere = await fetch(`${emulator.url}/v4/graphql`, { method: 'POST' })
    expect(elsewhere.status).toBe(501)
    expect(await elsewhere.text()).toContain('POST /v4/graphql')
  })
})

test('classes and locations are kept only while the company tracks them', async () => {
  const made = await books.call('class', { Name: 'North' })
  const place = await books.call('department', { Name: 'Main Street' })
  const line = expenseLine(ids.fuel, 1)
  const withClass = {
    ...line,
    AccountBasedExpenseLineDetail: { ...line.AccountBasedExpenseLineDetail, ClassRef: { value: made.body.Class.Id } },
  }
  const entity = () => expense(ids, 1, { Line: [withClass], DepartmentRef: { value: place.body.Department.Id } })
  await create(entity())
  emulator.setPreferences(books.realmId, { classTrackingPerTxnLine: true, trackDepartments: true })
  await create(entity())
  expect(emulator.entries().map(({ lines, departmentId }) => [lines[0]?.classId, departmentId])).toEqual([
    [null, null],
    [made.body.Class.Id, place.body.Department.Id],
  ])
})
