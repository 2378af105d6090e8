import { books } from '@ledgersync/shared/books'
import { bulk } from '@ledgersync/shared/bulk'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { erasure } from '@ledgersync/shared/erasure'
import { invites } from '@ledgersync/shared/invites'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { rules } from '@ledgersync/shared/rules'
import { statements } from '@ledgersync/shared/statements'
import { lockConnection } from '../src/connections/access.ts'
import { recordHealthy, recordTrouble } from '../src/connections/health.ts'
import { verifyAudit } from '../src/core/audit.ts'
import { ProviderError } from '../src/core/errors.ts'
import { readLanding } from '../src/invites/landing.ts'
import { findLink } from '../src/invites/links.ts'
import { bankTrouble } from '../src/providers/plaid/causes.ts'
import { createPlaid } from '../src/providers/plaid/client.ts'
import { createQuickbooks } from '../src/providers/quickbooks/client.ts'
import { customAccount, customUser, signInAtBank } from './bank-factories.ts'
import { booksIds, connectBooks } from './books-factories.ts'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { makeCategory, makeTransactions } from './ledger-factories.ts'
import { messageKit } from './message-kit.ts'
import { withFirm } from '../src/db/client.ts'
import { requestRuleRun } from '../src/transactions/rule-runs.ts'
import { csv, uploadKit } from './upload-kit.ts'

let product: TestApp
let dana: Person
beforeAll(async () => {
  product = await startTestApp({}, { network: { plaid: { firstSyncReadyMs: 0 } } })
})
beforeEach(async () => {
  dana = await makeFirm(product)
})
afterEach(() => {
  product.deps.plaid = createPlaid(product.config.plaid, product.deps.pace)
  product.deps.quickbooks = createQuickbooks(product.config.quickbooks, product.deps.pace, product.deps.now)
  product.network.intuit.intercept(null)
  product.network.twilio.intercept(null)
})
afterAll(() => product.close())

const kit = messageKit(
  () => product,
  () => dana,
)

const lists = uploadKit(
  () => product,
  () => dana,
)

const nameOf = 'Zephyr Lantern Works'
let companies = 0

const phoneOf = (company: number): string => `+1503555${7_000 + company}`

interface Full {
  clientId: string
  realmId: string
  bankAccountId: string
  expenseId: string
}

const remove = (clientId: string, businessName = nameOf, as: Person = dana) =>
  product.call(erasure.remove, { params: { clientId }, body: { businessName } }, as)

/** Only who it is, with what later steps need. */
const makeNamed = (overrides: Parameters<typeof makeClient>[2] = {}) =>
  makeClient(product, dana, { businessName: nameOf, timeZone: kit.zoneAt(12), ...overrides })

/** A client whose books stand: a linked bank, a company, mappings. */
async function makeConnected(overrides: Parameters<typeof makeClient>[2] = {}): Promise<Full> {
  companies += 1
  const clientId = await makeNamed(overrides)
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  await signInAtBank(
    product,
    dana,
    clientId,
    customUser(
      customAccount({ type: 'depository', subtype: 'checking', starting_balance: 900, meta: { name: 'Zephyr Checking', mask: '4417' } }, [
        { amount: 12.5, description: 'ZEPHYR FUEL 0412' },
        { amount: 7.25, description: 'ZEPHYR LUNCH', posted: false },
      ]),
    ),
  )
  expect(await product.drain()).toEqual([])
  const realmId = await connectBooks(product, dana, clientId, `Zephyr Company ${companies}`)
  const chart = (await product.call(books.accounts, { params: { clientId } }, dana)).body.items
  const first = (type: string): string => chart.find((account) => account.type === type && account.active)?.id ?? ''
  const [connection] = (await product.call(connections.listOfClient, { params: { clientId } }, dana)).body.items
  const bankAccountId = connection?.accounts[0]?.id ?? ''
  const mapped = await product.call(
    books.mapAccount,
    { params: { clientId, bankAccountId }, body: { booksAccountId: first('Bank'), mode: 'we_post' } },
    dana,
  )
  expect(mapped.status).toBe(200)
  return { clientId, realmId, bankAccountId, expenseId: first('Expense') }
}

async function approvedRows({ clientId, bankAccountId, expenseId }: Full, amounts: number[]): Promise<string[]> {
  const ids = await makeTransactions(
    product,
    dana,
    { clientId, bankAccountId },
    amounts.map((amountMinor) => ({ amountMinor, description: 'ZEPHYR SUPPLY', booksAccountId: expenseId, categoryBy: 'person' })),
  )
  const { body } = await product.call(review.approve, { body: { transactionIds: ids } }, dana)
  expect(body.refused).toEqual([])
  return ids
}

/** Everything a client can have: invites in two states, messages that went and that wait, rules, coding, pushes, a row in a list. */
async function makeFull(): Promise<Full> {
  const full = await makeConnected({ phone: phoneOf(companies + 1), email: 'zephyr@lantern.example' })
  const { clientId, expenseId } = full
  const params = { clientId }
  const categoryId = await makeCategory(product, dana, `Oil ${companies}`, { clientId, booksAccountId: expenseId })
  const rule = { name: 'Zephyr fuel', active: true, direction: 'both', match: 'all', actions: { categoryId } } as const
  const conditions = [{ field: 'description', operator: 'contains', value: 'ZEPHYR FUEL' }] as const
  expect((await product.call(rules.create, { params, body: { ...rule, conditions: [...conditions] } }, dana)).status).toBe(201)
  await product.call(clients.addBank, { params, body: { institutionId: 'ins_900102', name: 'Cascade Zephyr CU' } }, dana)
  await product.call(invites.create, { params, body: { channel: 'both' } }, dana)
  await product.drain()
  await product.call(clients.update, { params, body: { contactLastName: 'Zephyrson', timeZone: kit.zoneAt(3) } }, dana)
  await product.call(invites.create, { params, body: { channel: 'sms' } }, dana)
  await product.call(pushes.create, { body: { transactionIds: await approvedRows(full, [-1_100, 2_200]) } }, dana)
  const content = Buffer.from(`Date,Payee,Amount\n2026-10-01,ZEPHYR FUEL ${companies},5.00\n`).toString('base64')
  await product.call(statements.add, { params, body: { fileName: 'Zephyr March.csv', content } }, dana)
  await product.drain()
  const { username } = (await product.call(clients.get, { params }, dana)).body
  await lists.ready(csv(['Username', 'Language'], [username, 'Spanish']))
  await beDownForAMoment(clientId)
  await product.call(connections.add, { params, body: {} }, dana)
  await product.call(pushes.create, { body: { transactionIds: await approvedRows(full, [-3_300]) } }, dana)
  return full
}

/** The client's bank is down, and up again. */
async function beDownForAMoment(clientId: string): Promise<void> {
  const { body } = await product.call(connections.listOfClient, { params: { clientId } }, dana)
  await withFirm(dana.ctx, async (tx) => {
    const connection = await lockConnection(tx, dana.ctx, body.items[0]?.id ?? '')
    const down = bankTrouble('INSTITUTION_DOWN')
    if (connection === null || down === null) throw new Error('There is no bank that could be down')
    await recordTrouble(tx, dana.ctx, connection, down)
    await recordHealthy(tx, dana.ctx, connection, true)
  })
}

/** Every row of the firm that says one of these words, by table. Bytes are compared as text too: digests hold no words. */
async function tablesThatSay(words: string[]): Promise<string[]> {
  const { rows: tables } = await product.admin.query<{ name: string }>(
    `select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'firm_id' order by 1`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await product.admin.query<{ n: number }>(
      `select count(*)::int as n from ${name} t where firm_id = $1 and exists (select from unnest($2::text[]) w where row_to_json(t)::text ilike '%' || w || '%')`,
      [dana.firmId, words],
    )
    if (rows[0]?.n !== 0) found.push(name)
  }
  return found
}

/** Ids of all rows that belong to the client, by table; directly or through what they hang on. */
async function idsOf(clientId: string): Promise<Map<string, string[]>> {
  const { rows: tables } = await product.admin.query<{ name: string; has_id: boolean }>(
    `select c.table_name as name, exists (select from information_schema.columns i where i.table_schema = 'public' and i.table_name = c.table_name and i.column_name = 'id') as has_id
     from information_schema.columns c where c.table_schema = 'public' and c.column_name = 'client_id'`,
  )
  const ids = new Map<string, string[]>()
  for (const { name, has_id: hasId } of tables) {
    const column = hasId ? 'id' : 'client_id'
    const { rows } = await product.admin.query<{ id: string }>(`select ${column}::text as id from ${name} where client_id = $1`, [clientId])
    ids.set(
      name,
      rows.map(({ id }) => id),
    )
  }
  return ids
}

const bankItems = (clientId: string) => product.network.plaid.items().filter((item) => item.clientUserId === clientId)
const company = (realmId: string) => product.network.intuit.companies().find((each) => each.realmId === realmId)

test('nothing of a deleted client is left in any table but that it was deleted, and the audit chain still verifies', async () => {
  const { clientId } = await makeFull()
  await product.advance(10_000)
  await product.drain()
  await withFirm(dana.ctx, (tx) => requestRuleRun(tx, dana.ctx, clientId))
  await product.call(bulk.start, { body: { clientIds: [clientId], action: { kind: 'unlock' } } }, dana)
  const before = await idsOf(clientId)
  // Links that it shares with others of one person are another test's, for those keep its phone
  const empty = ['bank_disconnects', 'link_invites']
  for (const [table, ids] of before) expect([table, ids.length > 0]).toEqual([table, !empty.includes(table)])
  expect((await remove(clientId)).status).toBe(204)
  const after = [...(await idsOf(clientId))].filter(([, ids]) => ids.length > 0).map(([table]) => table)
  expect(after).toEqual(['audit_log'])
  const ids = [...before].filter(([table]) => table !== 'audit_log').flatMap(([, each]) => each)
  expect((await tablesThatSay(ids)).filter((table) => table !== 'audit_log')).toEqual([])
  expect(await product.drain()).toEqual([])
  expect(await tablesThatSay(['zephyr', phoneOf(companies).slice(1), 'lantern.example'])).toEqual([])
  const { rows: keys } = await product.admin.query('select kind from global_keys where row_id = any ($1)', [ids])
  expect(keys).toEqual([])
  const { rows: facts } = await product.admin.query<{ action: string; actor_id: string }>(
    'select action, actor_id from audit_log where client_id = $1 order by id desc limit 1',
    [clientId],
  )
  expect(facts).toEqual([{ action: 'client.deleted', actor_id: dana.staffId }])
  await product.advance(10_000)
  expect(await product.drain()).toEqual([])
  expect(await verifyAudit(dana.ctx)).toMatchObject({ ok: true, unsealed: 0, problem: null })
})

test('a client of the same firm keeps every row', async () => {
  const [gone, kept] = [await makeFull(), await makeFull()]
  const before = await idsOf(kept.clientId)
  expect((await remove(gone.clientId)).status).toBe(204)
  expect(await idsOf(kept.clientId)).toEqual(before)
  expect((await product.call(clients.get, { params: { clientId: kept.clientId } }, dana)).status).toBe(200)
})

test('the question beforehand says what goes and what stays', async () => {
  const { clientId } = await makeFull()
  const { body } = await product.call(erasure.preview, { params: { clientId } }, dana)
  expect(body).toEqual({
    banks: 1,
    booksCompany: `Zephyr Company ${companies}`,
    transactions: 5,
    rules: 1,
    statements: 1,
    messages: 3,
    waitingMessages: 1,
    waitingEntries: 1,
    entriesInBooks: 2,
  })
})

test('banks are disconnected and QuickBooks is revoked, even when neither answers at first; entries stay', async () => {
  const { clientId, realmId } = await makeFull()
  const busy = (provider: 'plaid' | 'quickbooks') => (): Promise<never> =>
    Promise.reject(new ProviderError({ provider, operation: 'x', outcome: 'unknown', status: 503, code: null, transient: true }))
  product.deps.plaid = { ...product.deps.plaid, removeItem: busy('plaid') }
  product.deps.quickbooks = { ...product.deps.quickbooks, revoke: busy('quickbooks') }
  expect((await remove(clientId)).status).toBe(204)
  expect((await product.drain()).sort()).toEqual([expect.stringContaining('disconnect_bank'), expect.stringContaining('revoke_books')])
  expect([bankItems(clientId).map(({ status }) => status), company(realmId)?.connected]).toEqual([['healthy'], true])
  product.deps.plaid = createPlaid(product.config.plaid, product.deps.pace)
  product.deps.quickbooks = createQuickbooks(product.config.quickbooks, product.deps.pace, product.deps.now)
  await product.advance(60 * 60_000)
  expect(await product.drain()).toEqual([])
  expect([bankItems(clientId).map(({ status }) => status), company(realmId)?.connected]).toEqual([['removed'], false])
  expect(product.network.intuit.entries(realmId).map(({ totalMinor }) => totalMinor)).toEqual([1_100, 2_200])
})

test('a company that another client has connected meanwhile is not revoked', async () => {
  const { clientId, realmId } = await makeConnected()
  const heir = await makeNamed()
  expect((await remove(clientId)).status).toBe(204)
  const { body } = await product.call(books.authorize, { params: { clientId: heir } }, dana)
  const { pathname, search } = new URL(await product.network.intuit.completeAuthorization(body.url, realmId))
  const answer = await product.request().get(`${pathname}${search}`).set('Cookie', dana.cookie)
  expect(answer.headers.location).toContain('books=connected')
  expect(await product.drain()).toEqual([])
  expect(company(realmId)?.connected).toBe(true)
})

test('the typed name must be the client’s, and only once is there something to delete', async () => {
  const clientId = await makeNamed({ businessName: 'Café  Olé' })
  const wrong = await remove(clientId, 'Cafe Ole')
  expect([wrong.status, wrong.body]).toEqual([
    400,
    expect.objectContaining({ code: 'invalid_field', fields: [expect.objectContaining({ field: 'body.businessName' })] }),
  ])
  expect((await product.call(clients.get, { params: { clientId } }, dana)).status).toBe(200)
  const employee = await makeStaff(product, dana.firmId, 'employee')
  expect((await remove(clientId, 'Café Olé', employee)).status).toBe(403)
  expect((await remove(clientId, ' Cafe\u0301 Ol\u00E9 ')).status).toBe(204)
  expect((await remove(clientId, 'Café Olé')).status).toBe(404)
  expect((await product.call(erasure.preview, { params: { clientId } }, dana)).status).toBe(404)
})

test('links stop working, and what waits is neither texted nor posted', async () => {
  const full = await makeFull()
  const { clientId, realmId } = full
  const copied = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  const path = new URL(copied.body.url ?? '').pathname
  await product.call(clients.update, { params: { clientId }, body: { timeZone: kit.zoneAt(3) } }, dana)
  await product.call(invites.create, { params: { clientId }, body: { channel: 'sms' } }, dana)
  await product.call(pushes.create, { body: { transactionIds: await approvedRows(full, [-4_400]) } }, dana)
  // Other tests' texts wait for the morning, too
  const phone = phoneOf(companies)
  const textsToIt = () => kit.texts().filter(({ to }) => to === phone).length
  const [sent, posted] = [textsToIt(), product.network.intuit.entries(realmId).length]
  expect((await remove(clientId)).status).toBe(204)
  expect((await product.request().get(path)).status).toBe(404)
  expect((await product.request().post(`${path}/connect`).type('form').send({})).status).toBe(404)
  expect((await product.request().post(`${path}/newest`).type('form').send({})).status).toBe(404)
  await kit.later(12 * 60 * 60_000)
  expect(await product.drain()).toEqual([])
  expect([textsToIt(), product.network.intuit.entries(realmId).length]).toEqual([sent, posted])
})

test('a page that was being made while the client was deleted is the one of an unknown link', async () => {
  const clientId = await makeNamed()
  const copied = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  const link = await findLink(product.deps, new URL(copied.body.url ?? '').pathname.slice('/i/'.length))
  if (link.kind === 'unknown') throw new Error('The link is known')
  await remove(clientId)
  expect(await readLanding(product.deps, link)).toBeNull()
})

test('STOP and unsubscribe outlive the client, also when the word comes after the deletion', async () => {
  const [phone, email] = ['+15035550166', 'later@lantern.example']
  const clientId = await makeNamed({ phone, email })
  await product.call(invites.create, { params: { clientId }, body: { channel: 'both' } }, dana)
  await product.drain()
  const mail = product.network.sendgrid.messages().find(({ to }) => to.email === email)
  expect(mail).toBeDefined()
  await product.network.twilio.reply(phone, product.config.twilio.from, 'STOP')
  await product.drain()
  expect((await remove(clientId)).status).toBe(204)
  product.network.sendgrid.unsubscribe(mail?.id ?? '')
  expect(await product.drain()).toEqual([])
  const again = await makeNamed({ phone, email })
  expect((await product.call(clients.get, { params: { clientId: again } }, dana)).body.textOptedOut).toBe(true)
  await product.call(invites.create, { params: { clientId: again }, body: { channel: 'email' } }, dana)
  await product.drain()
  expect(await kit.messageOf(again)).toMatchObject({ state: 'failed', reason: expect.stringContaining('Opted out') })
  expect(await tablesThatSay([email, phone.slice(1)])).toEqual(['client_list', 'clients', 'messages'])
})

test('a text under way when the client is deleted goes out once and leaves no trace', async () => {
  const clientId = await makeNamed()
  const { body } = await product.call(clients.get, { params: { clientId } }, dana)
  const textsToIt = () => kit.texts().filter(({ to }) => to === body.phone)
  await product.call(invites.create, { params: { clientId }, body: { channel: 'sms' } }, dana)
  product.network.twilio.intercept(async (call) => {
    if (call.method !== 'POST') return null
    product.network.twilio.intercept(null)
    expect((await remove(clientId)).status).toBe(204)
    return null
  })
  expect(await product.drain()).toEqual([])
  await kit.later(24 * 60 * 60_000)
  expect(textsToIt()).toHaveLength(1)
  expect([...(await idsOf(clientId))].filter(([, ids]) => ids.length > 0).map(([table]) => table)).toEqual(['audit_log'])
})

test('access that a bank grants at the last moment is given back', async () => {
  const clientId = await makeNamed()
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  await signInAtBank(product, dana, clientId)
  const { plaid } = product.deps
  product.deps.plaid = {
    ...plaid,
    async exchange(publicToken) {
      const granted = await plaid.exchange(publicToken)
      expect((await remove(clientId)).status).toBe(204)
      return granted
    },
  }
  expect(await product.drain()).toEqual([])
  expect(bankItems(clientId).map(({ status }) => status)).toEqual(['removed'])
  expect([...(await idsOf(clientId))].filter(([, ids]) => ids.length > 0).map(([table]) => table)).toEqual(['audit_log'])
})

test('access that a bank granted to a process that died, of a client deleted since, is on record', async () => {
  const clientId = await makeNamed()
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  await signInAtBank(product, dana, clientId)
  const { plaid } = product.deps
  product.deps.plaid = {
    ...plaid,
    async exchange(publicToken) {
      await plaid.exchange(publicToken)
      throw new Error('The process dies here')
    },
  }
  expect(await product.drain()).toHaveLength(1)
  expect((await remove(clientId)).status).toBe(204)
  product.deps.plaid = plaid
  await kit.later(24 * 60 * 60_000)
  expect(bankItems(clientId).map(({ status }) => status)).toEqual(['healthy'])
  const { rows } = await product.admin.query<{ action: string }>('select action from audit_log where client_id = $1', [clientId])
  expect(rows.map(({ action }) => action)).toContain('connection.not_completed')
})

test.each(['accounts', 'syncPage'] as const)('rows on their way from the bank (%s) come back to nothing', async (call) => {
  const clientId = await makeNamed()
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  await signInAtBank(product, dana, clientId)
  const { plaid } = product.deps
  const deleteFirst = async (): Promise<void> => {
    product.deps.plaid = plaid
    expect((await remove(clientId)).status).toBe(204)
  }
  product.deps.plaid =
    call === 'accounts'
      ? { ...plaid, accounts: async (token) => deleteFirst().then(() => plaid.accounts(token)) }
      : {
          ...plaid,
          async syncPage(token, cursor) {
            const page = await plaid.syncPage(token, cursor)
            await deleteFirst()
            return page
          },
        }
  expect(await product.drain()).toEqual([])
  expect(bankItems(clientId).map(({ status }) => status)).toEqual(['removed'])
  expect([...(await idsOf(clientId))].filter(([, ids]) => ids.length > 0).map(([table]) => table)).toEqual(['audit_log'])
})

test('a push under way when the client is deleted ends cleanly, and what QuickBooks took stays there', async () => {
  const full = await makeConnected()
  await product.call(pushes.create, { body: { transactionIds: await approvedRows(full, [-500, -600]) } }, dana)
  const { quickbooks } = product.deps
  product.deps.quickbooks = {
    ...quickbooks,
    async post(...args) {
      const outcomes = await quickbooks.post(...args)
      expect((await remove(full.clientId)).status).toBe(204)
      return outcomes
    },
  }
  expect(await product.drain()).toEqual([])
  await product.advance(24 * 60 * 60_000)
  expect(await product.drain()).toEqual([])
  expect(product.network.intuit.entries(full.realmId).map(({ totalMinor }) => totalMinor)).toEqual([500, 600])
  expect(company(full.realmId)?.connected).toBe(false)
  expect([...(await idsOf(full.clientId))].filter(([, ids]) => ids.length > 0).map(([table]) => table)).toEqual(['audit_log'])
})

test('access to QuickBooks that is granted or renewed at the last moment is given back', async () => {
  const { quickbooks } = product.deps
  const late = await makeNamed()
  const { body } = await product.call(books.authorize, { params: { clientId: late } }, dana)
  companies += 1
  const redirect = new URL(await product.network.intuit.completeAuthorization(body.url, `Zephyr Late ${companies}`))
  product.deps.quickbooks = {
    ...quickbooks,
    async exchangeCode(code) {
      const tokens = await quickbooks.exchangeCode(code)
      expect((await remove(late)).status).toBe(204)
      return tokens
    },
  }
  const answer = await product.request().get(`${redirect.pathname}${redirect.search}`).set('Cookie', dana.cookie)
  expect(answer.headers.location).toContain('books=stale')
  expect(await product.drain()).toEqual([])
  expect(company(redirect.searchParams.get('realmId') ?? '')?.connected).toBe(false)

  product.deps.quickbooks = quickbooks
  const { clientId, realmId } = await makeConnected()
  // Intuit gives another refresh token about once a day; then the one we held is of no use when it is given back
  await product.admin.query(`update books set access_token_expires_at = now() where client_id = $1`, [clientId])
  const revoked: string[] = []
  product.deps.quickbooks = {
    ...quickbooks,
    async refresh(token) {
      const tokens = await quickbooks.refresh(token)
      expect((await remove(clientId)).status).toBe(204)
      return { ...tokens, refreshToken: 'the newest' }
    },
    async revoke(token) {
      revoked.push(token)
      if (token !== 'the newest') await quickbooks.revoke(token)
    },
  }
  await product.call(books.refresh, { params: { clientId } }, dana)
  expect(await product.drain()).toEqual([])
  expect(revoked).toContain('the newest')
  expect(company(realmId)?.connected).toBe(false)
  const { rows } = await product.admin.query<{ n: number }>(
    'select count(*)::int as n from books_revocations where firm_id = $1 and (done_at is null or refresh_token_sealed is not null)',
    [dana.firmId],
  )
  expect(rows).toEqual([{ n: 0 }])
})

test('deleting while everything else goes on: no answer is an error of ours, no job fails for good, nothing is left', async () => {
  for (let round = 0; round < 5; round++) {
    const full = await makeConnected()
    const { clientId } = full
    const params = { clientId }
    const ids = await approvedRows(
      full,
      Array.from({ length: 40 }, (_, at) => -100 - at),
    )
    await product.call(review.unapprove, { body: { transactionIds: ids.slice(0, 20) } }, dana)
    await booksIds(product, dana, clientId)
    const others = [
      product.call(invites.create, { params, body: { channel: 'both' } }, dana),
      product.call(review.approve, { body: { transactionIds: ids } }, dana),
      product.call(pushes.create, { body: { clientId } }, dana),
      product.call(connections.add, { params, body: {} }, dana),
      product.call(connections.sync, { params }, dana),
      product.call(clients.update, { params, body: { contactFirstName: 'Ada' } }, dana),
      product.call(review.code, { params: { transactionId: ids[3] ?? '' }, body: { memo: 'late' } }, dana),
      product.call(clients.addBank, { params, body: { institutionId: 'ins_900102', name: 'Cascade' } }, dana),
      product.call(books.disconnect, { params }, dana),
    ]
    const removing = new Promise((wait) => setTimeout(wait, round * 8)).then(() => remove(clientId))
    const working = product.drain()
    const answers = await Promise.all(others)
    expect(product.logs.filter((line) => line.includes('unexpected error'))).toEqual([])
    // 502 says that the other side refused: the company is disconnected under the hands of those who ask it
    expect(answers.filter(({ status }) => status >= 500 && status !== 502).map(({ body }) => body)).toEqual([])
    expect((await removing).status).toBe(204)
    await working
    await kit.later(60 * 60_000)
    expect(await product.drain()).toEqual([])
    expect([...(await idsOf(clientId))].filter(([, each]) => each.length > 0).map(([table]) => table)).toEqual(['audit_log'])
  }
}, 60_000)
