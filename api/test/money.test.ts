import { strFromU8, unzipSync } from 'fflate'
import { formatMinor as bankFormat, fromMinor, isIsoCurrency as bankKnows } from '@ledgersync/emulators/plaid/money'
import { books } from '@ledgersync/shared/books'
import { connections } from '@ledgersync/shared/connections'
import { isoDigits } from '@ledgersync/shared/currencies'
import { erasure } from '@ledgersync/shared/erasure'
import { currencyDigits, decimalToMinor, formatMinor, type Minor, minorToDecimal, sumMinor } from '@ledgersync/shared/money'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { type Transaction, transactions } from '@ledgersync/shared/transactions'
import { customAccount, type CustomRow, customUser, linkBank } from './bank-factories.ts'
import { connectBooks } from './books-factories.ts'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

const none = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ')
const three = 'BHD IQD JOD KWD LYD OMR TND'.split(' ')
const four = 'CLF UYW'.split(' ')

describe('decimals of currencies are those of ISO 4217, whatever the platform says', () => {
  test('none, three or four where the standard says so, else two', () => {
    const withDigits = (digits: number) => [...isoDigits.keys()].filter((code) => currencyDigits(code) === digits).sort()
    expect([withDigits(0), withDigits(3), withDigits(4)]).toEqual([none, three, four])
    const rest = [...isoDigits.keys()].filter((code) => ![...none, ...three, ...four].includes(code))
    expect(rest.filter((code) => currencyDigits(code) !== 2)).toEqual([])
    // What versions of Node and browsers differ about, or differ from the standard in
    const disputed = 'HUF COP IDR PKR RSD AFN ALL LBP MMK MGA YER IRR LAK SLE SOS SYP TZS UZS TWD AMD CRC GYD MNT MUR'.split(' ')
    expect(disputed.filter((code) => currencyDigits(code) !== 2)).toEqual([])
    expect(isoDigits.size).toBe(rest.length + 26)
    expect([...isoDigits.keys()].every((code) => /^[A-Z]{3}$/.test(code))).toBe(true)
  })

  test('a coin has eight', () => expect(['BTC', 'ETH', 'POINTS', 'XAU'].map(currencyDigits)).toEqual([8, 8, 8, 8]))

  test('the emulated bank counts by the same standard', () => {
    const codes = [...isoDigits.keys()]
    expect(codes.filter((code) => !bankKnows(code))).toEqual([])
    expect(codes.map((code) => [code, fromMinor(1, code)])).toEqual(codes.map((code) => [code, Number(minorToDecimal(1 as Minor, code))]))
    expect([bankFormat(25_000_000, 'HUF'), bankFormat(-1234, 'IQD'), bankFormat(1500, 'JPY')]).toEqual(['250,000.00', '-1.234', '1,500'])
  })

  test('nothing asks the platform, at either end', () => {
    const asked = jest.spyOn(Intl, 'NumberFormat').mockImplementation(() => {
      throw new Error('The platform was asked for the decimals of a currency')
    })
    const texts = [...isoDigits.keys()].map((code) => formatMinor(123_456_789 as Minor, code))
    expect(texts).toContain('HUF\u00a01,234,567.89')
    expect(decimalToMinor('1.234', 'IQD')).toBe(1234)
    expect(asked).not.toHaveBeenCalled()
    asked.mockRestore()
  })

  test('a sum beyond what a number holds exactly is none, and no wrong figure', () => {
    const largest = Number.MAX_SAFE_INTEGER as Minor
    expect(sumMinor([largest, 1 as Minor])).toBeNull()
    expect(sumMinor([largest, 1 as Minor, -2 as Minor])).toBe(largest - 1)
    expect(sumMinor([])).toBe(0)
  })
})

describe('an account in another currency than dollars', () => {
  let product: TestApp
  let dana: Person
  beforeAll(async () => {
    product = await startTestApp({}, { network: { plaid: { firstSyncReadyMs: 0 } } })
  }, 60_000)
  afterAll(() => product.close())
  beforeEach(async () => {
    dana = await makeFirm(product)
  })

  interface Account {
    clientId: string
    realmId: string
    accountId: string
    balanceMinor: number | null
    rows: Transaction[]
  }

  /** A client with one account in this currency, and a company that keeps its books in it. */
  async function accountIn(currency: string, balance: number, rows: CustomRow[]): Promise<Account> {
    const clientId = await makeClient(product, dana)
    const realmId = await connectBooks(product, dana, clientId, `Company in ${currency}`)
    // The emulated QuickBooks keeps dollars only
    for (const change of [
      'update books set home_currency = $2 where client_id = $1',
      'update books_accounts a set currency = $2 from books b where b.id = a.books_id and b.client_id = $1',
    ])
      await product.admin.query(change, [clientId, currency])
    const account = { type: 'depository', subtype: 'checking', starting_balance: balance, currency, meta: { name: 'Main', mask: '4421' } }
    const inCurrency = rows.map((row) => ({ ...row, currency }))
    await linkBank(product, dana, clientId, customUser(customAccount(account, inCurrency)))
    const [found] = (await product.call(connections.listOfClient, { params: { clientId } }, dana)).body.items.flatMap(
      (each) => each.accounts,
    )
    if (found === undefined) throw new Error('No account came')
    expect(found.currency).toBe(currency)
    const { items } = (await product.call(transactions.list, { query: { clientId } }, dana)).body
    return { clientId, realmId, accountId: found.id, balanceMinor: found.balanceMinor, rows: items }
  }

  async function exported(clientId: string): Promise<string> {
    const path = `/v1${erasure.export.url.replace(':clientId', clientId)}`
    const answer = await fetch(new URL(path, product.config.publicUrl), { headers: { cookie: dana.cookie } })
    const file = unzipSync(new Uint8Array(await answer.arrayBuffer()))['transactions.csv']
    return file === undefined ? '' : strFromU8(file)
  }

  test('forints are the same from the bank to the screen, the export and the books', async () => {
    const { clientId, realmId, accountId, balanceMinor, rows } = await accountIn('HUF', 250_000, [{ amount: 10_000, description: 'RENT' }])
    expect(balanceMinor).toBe(25_000_000)
    expect(rows).toMatchObject([{ amountMinor: -1_000_000, currency: 'HUF' }])
    expect(formatMinor(25_000_000 as Minor, 'HUF')).toBe('HUF\u00a0250,000.00')
    expect(rows.map((row) => formatMinor(row.amountMinor, row.currency))).toEqual(['\u2212HUF\u00a010,000.00'])
    expect(await exported(clientId)).toContain('-10000.00')

    const chart = (await product.call(books.accounts, { params: { clientId } }, dana)).body.items
    const first = (type: string) => chart.find((each) => each.type === type && each.active)?.id ?? ''
    const body = { booksAccountId: first('Bank'), mode: 'we_post' as const }
    await product.call(books.mapAccount, { params: { clientId, bankAccountId: accountId }, body }, dana)
    const transactionIds = rows.map(({ id }) => id)
    for (const transactionId of transactionIds)
      await product.call(review.code, { params: { transactionId }, body: { booksAccountId: first('Expense') } }, dana)
    expect((await product.call(review.approve, { body: { transactionIds } }, dana)).body.refused).toEqual([])
    await product.call(pushes.create, { body: { clientId } }, dana)
    expect(await product.drain()).toEqual([])
    // The emulated books count hundredths
    expect(product.network.intuit.entries(realmId)).toMatchObject([{ entity: 'Purchase', totalMinor: 1_000_000 }])
  })

  test('dinars keep their thousandths', async () => {
    const { clientId, balanceMinor, rows } = await accountIn('IQD', 1.234, [{ amount: -1.234, description: 'REFUND' }])
    expect(balanceMinor).toBe(1234)
    expect(rows).toMatchObject([{ amountMinor: 1234, currency: 'IQD' }])
    expect(rows.map((row) => formatMinor(row.amountMinor, row.currency))).toEqual(['IQD\u00a01.234'])
    expect(await exported(clientId)).toContain('1.234')
    const { rows: stored } = await product.admin.query('select inexact_amount from transactions where client_id = $1', [clientId])
    expect(stored).toEqual([{ inexact_amount: null }])
  })
})
