import { createHmac } from 'node:crypto'
import { books } from '@ledgersync/shared/books'
import { openSession } from '../src/auth/sessions.ts'
import { companyAccess, refreshAccess } from '../src/books/access.ts'
import { AppError } from '../src/core/errors.ts'
import { withFirm } from '../src/db/client.ts'
import { createQuickbooks } from '../src/providers/quickbooks/client.ts'
import { booksIds, connectBooks } from './books-factories.ts'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { makeBankAccount, makeCategory, makeTransactions } from './ledger-factories.ts'

let product: TestApp
let dana: Person
let clientId: string
let company: string
let count = 0

beforeAll(async () => {
  product = await startTestApp()
})
beforeEach(async () => {
  dana = await makeFirm(product)
  clientId = await makeClient(product, dana)
  count += 1
  company = `Quarry Lane Bakery ${count}`
})
afterEach(() => {
  product.deps.quickbooks = createQuickbooks(product.config.quickbooks, product.deps.pace, product.deps.now)
})
afterAll(() => product.close())

const minuteMs = 60_000
const params = () => ({ params: { clientId } })
const intuit = () => product.network.intuit
const stateOf = async (id = clientId, as = dana) => (await product.call(books.get, { params: { clientId: id } }, as)).body.books
const authorize = async (id = clientId, as = dana) => (await product.call(books.authorize, { params: { clientId: id } }, as)).body.url
const consent = async (name = company) => new URL(await intuit().completeAuthorization(await authorize(), name))
/** Returns from Intuit; answers where the browser is sent, below the public address. */
async function comeBack(url: URL, cookie = dana.cookie): Promise<string> {
  const answer = await product.request().get(`${url.pathname}${url.search}`).set('Cookie', cookie)
  expect(answer.status).toBe(302)
  const location = answer.headers.location ?? ''
  expect(location.startsWith(product.config.publicUrl)).toBe(true)
  return location.slice(product.config.publicUrl.length)
}
const mappingPage = (result: string, id = clientId) => `/clients/${id}/mapping?books=${result}`
const audited = async (id = clientId) =>
  (await product.admin.query<{ action: string }>('select action from audit_log where client_id = $1 order by id', [id])).rows.map(
    ({ action }) => action,
  )
const booksIdOf = async (id = clientId): Promise<string> => {
  const { rows } = await product.admin.query<{ id: string }>('select id from books where client_id = $1 order by connected_at desc', [id])
  return rows[0]?.id ?? 'none'
}
const tokenCalls = () => intuit().calls.list('/oauth2/v1/tokens/bearer').length

describe('connecting', () => {
  test('goes by consent, reads the lists, and stores no token in the open', async () => {
    expect(await stateOf()).toBeNull()
    const url = await consent()
    expect(await comeBack(url)).toBe(mappingPage('connected'))
    expect(await stateOf()).toMatchObject({
      state: 'connected',
      companyName: company,
      homeCurrency: 'USD',
      refreshing: true,
      refreshedAt: null,
    })
    expect(await product.drain()).toEqual([])
    const now = await stateOf()
    expect(now).toMatchObject({ refreshing: false })
    expect(now?.refreshedAt).not.toBeNull()
    const accounts = await product.call(books.accounts, params(), dana)
    const names = accounts.body.items.map(({ name }) => name.toLowerCase())
    expect(names.length).toBeGreaterThan(10)
    expect(names).toEqual([...names].sort((a, b) => (a < b ? -1 : 1)))
    expect(accounts.body.items.find(({ type }) => type === 'Bank')).toMatchObject({
      classification: 'asset',
      currency: 'USD',
      active: true,
    })
    expect(await audited()).toContain('books.connected')
    const { rows } = await product.admin.query<{ row: string }>('select row_to_json(b)::text as row from books b')
    const everything = rows.map(({ row }) => row).join('\n')
    const { accessToken } = await companyAccess(dana.ctx, await booksIdOf())
    expect(everything).not.toContain(Buffer.from(accessToken).toString('hex'))
    for (const part of [accessToken, 'RT1-']) expect(everything + product.logs.join('\n')).not.toContain(part)
    expect((await fetch(now?.url ?? '')).status).toBe(200)
  })

  test('again with the same return connects nothing anew', async () => {
    const url = await consent()
    expect(await comeBack(url)).toBe(mappingPage('connected'))
    expect(await comeBack(url)).toBe(mappingPage('stale'))
    expect(await stateOf()).toMatchObject({ state: 'connected' })
  })

  test('a refused consent changes nothing', async () => {
    // The form of Intuit's page, sent by its other button
    const asked = new URL(await authorize())
    const form = new URLSearchParams([...asked.searchParams, ['decision', 'deny']])
    const denied = await fetch(`${asked.origin}${asked.pathname}`, { method: 'POST', body: form, redirect: 'manual' })
    const url = new URL(denied.headers.get('location') ?? '')
    expect(url.searchParams.get('error')).toBe('access_denied')
    expect(await comeBack(url)).toBe(mappingPage('refused'))
    expect(await stateOf()).toBeNull()
  })

  test('a forged state, another client in it, an old one and another session connect nothing', async () => {
    const stale = '/clients?books=stale'
    const url = await consent()
    const state = url.searchParams.get('state') ?? ''
    const other = await makeClient(product, dana)
    const withState = (value: string) => {
      const changed = new URL(url)
      changed.searchParams.set('state', value)
      return changed
    }
    const asked = tokenCalls()
    for (const forged of [
      'x',
      '....',
      state.slice(0, -1),
      `${state}x`,
      state.replace(clientId, other),
      state.replace(/\d{13}/, '9999999999999'),
    ]) {
      expect(await comeBack(withState(forged))).toBe(stale)
    }
    const colleague = await makeStaff(product, dana.firmId, 'administrator')
    const stranger = await makeFirm(product)
    for (const { cookie } of [colleague, stranger]) expect(await comeBack(url, cookie)).toBe(stale)
    const elsewhere = await withFirm(dana.ctx, (tx) => openSession(tx, dana.ctx, dana.staffId, 'another browser'))
    const jwt = product.app.jwt.sign({ firmId: dana.firmId, sessionId: elsewhere.id })
    expect(await comeBack(url, `${dana.cookie.split('=')[0]}=${jwt}`)).toBe(stale)
    expect(await comeBack(url, '')).toBe(stale)
    await product.advance(11 * minuteMs)
    expect(await comeBack(url)).toBe(stale)
    expect(tokenCalls()).toBe(asked)
    expect(await stateOf()).toBeNull()
    expect(await stateOf(other)).toBeNull()
  })

  test('an access cookie that ran out at Intuit does not lose the way back', async () => {
    const sameSession = { firmId: dana.firmId, sessionId: dana.ctx.actor.sessionId }
    const name = dana.cookie.split('=')[0] ?? ''
    const stale: string = product.app.jwt.sign({ ...sameSession, iat: Math.floor(Date.now() / 1000) - 3_600 }, { expiresIn: '10m' })
    const old = `${name}=${stale}`
    expect((await product.call(books.get, params(), { cookie: old })).status).toBe(401)
    expect(await comeBack(await consent(), old)).toBe(mappingPage('connected'))
  })

  test('an id of a company that is none never becomes part of an address', async () => {
    const url = await consent()
    url.searchParams.set('realmId', '../../elsewhere')
    const asked = intuit().calls.list().length
    expect(await comeBack(url)).toBe(mappingPage('refused'))
    expect(intuit().calls.list().length).toBe(asked)
  })

  test('a company belongs to one client of all firms, until it is disconnected', async () => {
    await connectBooks(product, dana, clientId, company)
    const erin = await makeFirm(product)
    const theirs = await makeClient(product, erin)
    const again = async () => new URL(await intuit().completeAuthorization(await authorize(theirs, erin), company))
    expect(await comeBack(await again(), erin.cookie)).toBe(mappingPage('taken', theirs))
    expect(await stateOf(theirs, erin)).toBeNull()
    expect(await stateOf()).toMatchObject({ state: 'connected' })
    expect((await product.call(books.disconnect, params(), dana)).status).toBe(204)
    await product.drain()
    expect(await comeBack(await again(), erin.cookie)).toBe(mappingPage('connected', theirs))
    // Now it is the other way round
    const back = new URL(await intuit().completeAuthorization(await authorize(), company))
    expect(await comeBack(back)).toBe(mappingPage('taken'))
  })

  test('another company while one is connected is refused', async () => {
    await connectBooks(product, dana, clientId, company)
    expect(await comeBack(await consent(`${company} Two`))).toBe(mappingPage('other'))
    expect(await stateOf()).toMatchObject({ companyName: company })
  })

  test('two visits that end at once leave one connection', async () => {
    const url = await consent()
    const second = await consent()
    const ends = await Promise.all([comeBack(url), comeBack(second)])
    expect(ends).toEqual([mappingPage('connected'), mappingPage('connected')])
    const { rows } = await product.admin.query('select id from books where client_id = $1', [clientId])
    expect(rows.length).toBe(1)
  })

  test('locked clients and clients of other people are kept out', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const stranger = await makeFirm(product)
    for (const as of [marcus, stranger]) {
      for (const one of [books.authorize, books.get, books.disconnect, books.refresh, books.accounts, books.vendors, books.mapping]) {
        expect((await product.call(one, params(), as)).status).toBe(404)
      }
    }
    const locked = await makeClient(product, dana, { lockedAt: product.deps.now() })
    const refused = await product.call(books.authorize, { params: { clientId: locked } }, dana)
    expect(refused.body).toMatchObject({ code: 'client_locked' })
  })

  test('an Intuit that does not answer is told to the person, not shown as an error', async () => {
    const url = await consent()
    intuit().intercept((call) => (call.path.startsWith('/v3/company/') ? { status: 500, body: {} } : null))
    expect(await comeBack(url)).toBe(mappingPage('unavailable'))
    intuit().intercept(null)
    expect(await stateOf()).toBeNull()
  })

  test('a client locked while the person was at Intuit is not connected', async () => {
    const url = await consent()
    await product.admin.query('update clients set locked_at = now() where id = $1', [clientId])
    expect(await comeBack(url)).toBe(mappingPage('locked'))
    expect(await stateOf()).toBeNull()
  })
})

describe('access', () => {
  test('that is about to end is renewed once for many who ask at the same time', async () => {
    await connectBooks(product, dana, clientId, company)
    const booksId = await booksIdOf()
    const first = await companyAccess(dana.ctx, booksId)
    const asked = tokenCalls()
    expect(await companyAccess(dana.ctx, booksId)).toEqual(first)
    expect(tokenCalls()).toBe(asked)
    await product.advance(58 * minuteMs)
    const all = await Promise.all(Array.from({ length: 10 }, () => companyAccess(dana.ctx, booksId)))
    expect(tokenCalls()).toBe(asked + 1)
    expect(new Set(all.map(({ accessToken }) => accessToken)).size).toBe(1)
    expect(all[0]?.accessToken).not.toBe(first.accessToken)
    // A token that was refused is renewed once too
    const stale = all[0]?.accessToken ?? ''
    const renewed = await Promise.all(Array.from({ length: 5 }, () => refreshAccess(dana.ctx, booksId, stale)))
    expect(tokenCalls()).toBe(asked + 2)
    expect(new Set(renewed.map(({ accessToken }) => accessToken))).not.toContain(stale)
  })

  test('that Intuit refuses early is renewed, and the lists are read', async () => {
    const realmId = await connectBooks(product, dana, clientId, company)
    intuit().expireAccessTokens(realmId)
    intuit().addVendor(realmId, 'Gulf Coast Fuels')
    expect((await product.call(books.refresh, params(), dana)).status).toBe(202)
    expect(await product.drain()).toEqual([])
    const vendors = await product.call(books.vendors, params(), dana)
    expect(vendors.body.items.map(({ name }) => name)).toContain('Gulf Coast Fuels')
  })

  test('that was revoked asks for a reconnect, loses nothing, and comes back', async () => {
    const realmId = await connectBooks(product, dana, clientId, company)
    const ids = await booksIds(product, dana, clientId)
    intuit().revoke(realmId)
    await product.call(books.refresh, params(), dana)
    expect(await product.drain()).toEqual([])
    expect(await stateOf()).toMatchObject({ state: 'reconnect', refreshing: false, companyName: company })
    expect(await audited()).toContain('books.access_ended')
    expect(await booksIds(product, dana, clientId)).toEqual(ids)
    expect((await product.call(books.refresh, params(), dana)).body).toMatchObject({ code: 'books_not_connected' })
    const failure: unknown = await companyAccess(dana.ctx, await booksIdOf()).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AppError)
    expect(failure).toMatchObject({ code: 'books_not_connected' })
    await connectBooks(product, dana, clientId, realmId)
    expect(await stateOf()).toMatchObject({ state: 'connected' })
    expect(await booksIds(product, dana, clientId)).toEqual(ids)
  })

  test('renewed in vain while the person reconnects keeps the new access', async () => {
    await connectBooks(product, dana, clientId, company)
    const booksId = await booksIdOf()
    const real = product.deps.quickbooks
    let reconnected = false
    product.deps.quickbooks = {
      ...real,
      async refresh(token) {
        // Somebody consents again just when the old grant is asked for tokens
        if (!reconnected) {
          reconnected = true
          await comeBack(await consent())
          return real.refresh('RT1-unknown')
        }
        return real.refresh(token)
      },
    }
    await product.advance(58 * minuteMs)
    const access = await companyAccess(dana.ctx, booksId)
    expect(reconnected).toBe(true)
    expect(await stateOf()).toMatchObject({ state: 'connected' })
    expect((await real.company(access)).name).toBe(company)
  })

  test('that Intuit cannot give just now is asked for again, not lost', async () => {
    await connectBooks(product, dana, clientId, company)
    const booksId = await booksIdOf()
    product.deps.quickbooks = createQuickbooks(
      { ...product.config.quickbooks, tokenUrl: `${intuit().url}/nowhere` },
      product.deps.pace,
      product.deps.now,
    )
    await product.advance(58 * minuteMs)
    await expect(companyAccess(dana.ctx, booksId)).rejects.toMatchObject({ provider: 'quickbooks' })
    expect(await stateOf()).toMatchObject({ state: 'connected' })
    product.deps.quickbooks = createQuickbooks(product.config.quickbooks, product.deps.pace, product.deps.now)
    expect((await companyAccess(dana.ctx, booksId)).accessToken).toMatch(/^eyJ/)
  })

  test('is given back when books are disconnected, and forgotten', async () => {
    const realmId = await connectBooks(product, dana, clientId, company)
    expect((await product.call(books.disconnect, params(), dana)).status).toBe(204)
    expect(await stateOf()).toBeNull()
    expect(await product.drain()).toEqual([])
    expect(
      intuit()
        .companies()
        .find((one) => one.realmId === realmId)?.connected,
    ).toBe(false)
    const { rows } = await product.admin.query('select access_token_sealed, refresh_token_sealed from books where client_id = $1', [
      clientId,
    ])
    expect(rows).toEqual([{ access_token_sealed: null, refresh_token_sealed: null }])
    expect((await product.call(books.disconnect, params(), dana)).body).toMatchObject({ code: 'books_not_connected' })
    expect(await audited()).toContain('books.disconnected')
    await expect(companyAccess(dana.ctx, await booksIdOf())).rejects.toMatchObject({ code: 'books_not_connected' })
  })
})

describe('lists', () => {
  test('follow QuickBooks by its notices, and keep their ids', async () => {
    const realmId = await connectBooks(product, dana, clientId, company)
    const vendorId = intuit().addVendor(realmId, 'Harbor Diner')
    intuit().addAccount(realmId, { name: 'Fryer Oil', type: 'Expense' })
    expect(await product.drain()).toEqual([])
    const before = await booksIds(product, dana, clientId)
    expect([...before.keys()]).toEqual(expect.arrayContaining(['Harbor Diner', 'Fryer Oil']))
    intuit().makeInactive(realmId, 'Vendor', vendorId)
    await product.drain()
    const vendors = (await product.call(books.vendors, params(), dana)).body.items
    expect(vendors.find(({ id }) => id === before.get('Harbor Diner'))).toMatchObject({ active: false })
  })

  test('what is not listed any more becomes inactive, and active again when it returns', async () => {
    await connectBooks(product, dana, clientId, company)
    const real = product.deps.quickbooks
    const all = (await product.call(books.accounts, params(), dana)).body.items
    product.deps.quickbooks = { ...real, accounts: async (access) => (await real.accounts(access)).filter(({ type }) => type !== 'Bank') }
    await product.call(books.refresh, params(), dana)
    await product.drain()
    const fewer = (await product.call(books.accounts, params(), dana)).body.items
    expect(fewer.length).toBe(all.length)
    for (const account of fewer) expect(account.active).toBe(account.type !== 'Bank')
    product.deps.quickbooks = real
    await product.call(books.refresh, params(), dana)
    await product.drain()
    expect((await product.call(books.accounts, params(), dana)).body.items).toEqual(all)
  })

  test('a notice of the older form works too; with a wrong signature it is refused, one of an unknown company, or a repeat, does nothing', async () => {
    const realmId = await connectBooks(product, dana, clientId, company)
    const post = (body: string, key: string) =>
      product
        .request()
        .post('/v1/webhooks/intuit')
        .set('content-type', 'application/json')
        .set('intuit-signature', createHmac('sha256', key).update(body).digest('base64'))
        .send(body)
    const key = product.config.quickbooks.webhookVerifierToken
    const legacy = (realm: string) =>
      JSON.stringify({
        eventNotifications: [{ realmId: realm, dataChangeEvent: { entities: [{ name: 'Account', id: '1', operation: 'Update' }] } }],
      })
    const reads = () => intuit().calls.list(`/v3/company/${realmId}/query`).length
    const before = reads()
    expect((await post(legacy(realmId), 'another key')).status).toBe(403)
    expect((await post(legacy('123'), key)).status).toBe(200)
    expect(await product.drain()).toEqual([])
    expect(reads()).toBe(before)
    expect((await post(legacy(realmId), key)).status).toBe(200)
    expect(await product.drain()).toEqual([])
    const once = reads()
    expect(once).toBeGreaterThan(before)
    expect((await post(legacy(realmId), key)).status).toBe(200)
    expect(await product.drain()).toEqual([])
    expect(reads()).toBe(once)
  })
})

describe('mapping', () => {
  let accounts: Record<'bank' | 'card' | 'expense' | 'receivable', string>
  let realmId: string

  beforeEach(async () => {
    realmId = await connectBooks(product, dana, clientId, company)
    intuit().addAccount(realmId, { name: 'Company Card', type: 'Credit Card' })
    await product.drain()
    const items = (await product.call(books.accounts, params(), dana)).body.items
    const first = (type: string): string => items.find((account) => account.type === type)?.id ?? `no ${type}`
    accounts = { bank: first('Bank'), card: first('Credit Card'), expense: first('Expense'), receivable: first('Accounts Receivable') }
  })

  const mapAccount = (bankAccountId: string, booksAccountId: string | null, mode: 'we_post' | 'code_only' | 'off' = 'we_post', as = dana) =>
    product.call(books.mapAccount, { params: { clientId, bankAccountId }, body: { booksAccountId, mode } }, as)
  const mapCategory = (categoryId: string, booksAccountId: string | null, as = dana) =>
    product.call(books.mapCategory, { params: { clientId, categoryId }, body: { booksAccountId } }, as)
  const refusedField = { code: 'invalid_field', fields: [{ field: 'body.booksAccountId' }] }

  test('an account is mapped to one of its own sort and currency, and says how many rows wait', async () => {
    const bank = await makeBankAccount(product, dana, clientId)
    const card = await makeBankAccount(product, dana, clientId, { kind: 'card', type: 'credit' })
    const loan = await makeBankAccount(product, dana, clientId, { kind: 'other', type: 'loan' })
    const canadian = await makeBankAccount(product, dana, clientId, { currency: 'CAD' })
    await makeTransactions(product, dana, { clientId, bankAccountId: bank }, [
      {},
      { stage: 'approved' },
      { stage: 'pushed' },
      { stage: 'pending' },
    ])
    const blockedOf = async () =>
      (await product.call(books.mapping, params(), dana)).body.accounts.find(({ bankAccountId }) => bankAccountId === bank)?.blocked
    expect(await blockedOf()).toBe(2)
    const wrong: [string, string][] = [
      [bank, accounts.card],
      [bank, accounts.expense],
      [card, accounts.bank],
      [loan, accounts.bank],
      [canadian, accounts.bank],
      [bank, dana.firmId],
    ]
    for (const [bankAccountId, target] of wrong) {
      const refused = await mapAccount(bankAccountId, target)
      expect([refused.status, refused.body]).toMatchObject([400, refusedField])
    }
    const done = await mapAccount(bank, accounts.bank, 'code_only')
    expect(done.status).toBe(200)
    expect(done.body.accounts.find(({ bankAccountId }) => bankAccountId === bank)).toMatchObject({
      booksAccountId: accounts.bank,
      mode: 'code_only',
      blocked: 0,
    })
    expect((await mapAccount(card, accounts.card)).status).toBe(200)
    const second = await makeBankAccount(product, dana, clientId)
    expect((await mapAccount(second, accounts.bank)).body).toMatchObject(refusedField)
    expect((await mapAccount(bank, null)).status).toBe(200)
    expect(await blockedOf()).toBe(2)
    expect((await mapAccount(second, accounts.bank)).status).toBe(200)
    expect((await audited()).filter((action) => action === 'mapping.account_changed').length).toBe(4)
  })

  test('two requests at once cannot give one account to two', async () => {
    const ids = await Promise.all([makeBankAccount(product, dana, clientId), makeBankAccount(product, dana, clientId)])
    const answers = await Promise.all(ids.map((id) => mapAccount(id, accounts.bank)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
  })

  test('a category means an account of this client that can take income or cost', async () => {
    const bank = await makeBankAccount(product, dana, clientId)
    const fuel = await makeCategory(product, dana, 'Fuel')
    await makeTransactions(product, dana, { clientId, bankAccountId: bank }, [
      { categoryId: fuel, categoryBy: 'person' },
      { categoryId: fuel, categoryBy: 'person', stage: 'failed' },
      {},
    ])
    const before = (await product.call(books.mapping, params(), dana)).body.categories
    expect(before).toEqual([{ categoryId: fuel, name: 'Fuel', booksAccountId: null, blocked: 2 }])
    for (const target of [accounts.bank, accounts.card, accounts.receivable, clientId]) {
      expect((await mapCategory(fuel, target)).body).toMatchObject(refusedField)
    }
    expect((await mapCategory(fuel, accounts.expense)).body.categories).toMatchObject([{ booksAccountId: accounts.expense, blocked: 0 }])
    expect((await mapCategory(fuel, null)).body.categories).toMatchObject([{ booksAccountId: null, blocked: 2 }])
    expect((await mapCategory(clientId, accounts.expense)).status).toBe(404)
  })

  test('an inactive account is refused, and a mapping to one blocks its rows again', async () => {
    const bank = await makeBankAccount(product, dana, clientId)
    const fuel = await makeCategory(product, dana, 'Fuel')
    await makeTransactions(product, dana, { clientId, bankAccountId: bank }, [{ categoryId: fuel, categoryBy: 'person' }])
    await mapAccount(bank, accounts.bank)
    await mapCategory(fuel, accounts.expense)
    const { rows } = await product.admin.query<{ provider_id: string }>('select provider_id from books_accounts where id = any ($1)', [
      [accounts.bank, accounts.expense],
    ])
    for (const { provider_id } of rows) intuit().makeInactive(realmId, 'Account', provider_id)
    await product.drain()
    const now = (await product.call(books.mapping, params(), dana)).body
    expect(now.accounts).toMatchObject([{ booksAccountId: accounts.bank, blocked: 1 }])
    expect(now.categories).toMatchObject([{ booksAccountId: accounts.expense, blocked: 1 }])
    expect((await mapAccount(bank, accounts.bank)).body).toMatchObject(refusedField)
    expect((await mapCategory(fuel, accounts.expense)).body).toMatchObject(refusedField)
  })

  test('is kept for a reconnect to the same company, and does not hold in another', async () => {
    const bank = await makeBankAccount(product, dana, clientId)
    const fuel = await makeCategory(product, dana, 'Fuel')
    await makeTransactions(product, dana, { clientId, bankAccountId: bank }, [{ categoryId: fuel, categoryBy: 'person' }])
    await mapAccount(bank, accounts.bank)
    const mapped = (await mapCategory(fuel, accounts.expense)).body
    const booksId = await booksIdOf()
    const disconnect = async () => {
      await product.call(books.disconnect, params(), dana)
      await product.drain()
    }
    await disconnect()
    await connectBooks(product, dana, clientId, realmId)
    expect(await booksIdOf()).toBe(booksId)
    expect((await product.call(books.mapping, params(), dana)).body).toEqual(mapped)
    await disconnect()
    await connectBooks(product, dana, clientId, `${company} Two`)
    const other = (await product.call(books.mapping, params(), dana)).body
    expect(other.accounts).toMatchObject([{ booksAccountId: null, blocked: 1 }])
    expect(other.categories).toMatchObject([{ booksAccountId: null, blocked: 1 }])
    expect((await mapAccount(bank, accounts.bank)).body).toMatchObject(refusedField)
  })

  test('without books nothing can be mapped to, and clients of other people are not found', async () => {
    const unconnected = await makeClient(product, dana)
    const bank = await makeBankAccount(product, dana, unconnected)
    const body = { booksAccountId: accounts.bank, mode: 'we_post' as const }
    const refused = await product.call(books.mapAccount, { params: { clientId: unconnected, bankAccountId: bank }, body }, dana)
    expect(refused.body).toMatchObject({ code: 'books_not_connected' })
    expect((await mapAccount(bank, accounts.bank)).status).toBe(404)
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const fuel = await makeCategory(product, dana, 'Fuel')
    expect((await mapAccount(bank, null, 'off', marcus)).status).toBe(404)
    expect((await mapCategory(fuel, null, marcus)).status).toBe(404)
  })
})
