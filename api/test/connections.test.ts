import { connections } from '@ledgersync/shared/connections'
import { finishLinkSession } from '../src/connections/finish.ts'
import { startLinkSession } from '../src/connections/link-sessions.ts'
import type { ClientActor, Ctx } from '../src/core/context.ts'
import { ProviderError } from '../src/core/errors.ts'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { wantedBanksTable } from '../src/db/schema/clients.ts'
import { createPlaid } from '../src/providers/plaid/client.ts'
import { tasks } from '../src/tasks.ts'
import {
  bothBooks,
  customAccount,
  customUser,
  type CustomRow,
  daysAgo,
  historyArrived,
  linkBank,
  newestVisit,
  signInAtBank,
  storedRows,
} from './bank-factories.ts'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
let dana: Person
const meridian = 'ins_900101'
const cascade = 'ins_900102'

beforeAll(async () => {
  product = await startTestApp()
})
beforeEach(async () => {
  dana = await makeFirm(product)
})
afterEach(() => {
  product.deps.plaid = createPlaid(product.config.plaid, product.deps.pace)
})
afterAll(() => product.close())

const listOf = async (clientId: string) => (await product.call(connections.listOfClient, { params: { clientId } }, dana)).body.items
const audited = async (clientId: string) =>
  (await product.admin.query<{ action: string }>('select action from audit_log where client_id = $1 order by id', [clientId])).rows.map(
    (row) => row.action,
  )
const itemsOf = (clientId: string) => product.network.plaid.items().filter((item) => item.clientUserId === clientId)
const clientCtx = (clientId: string): Ctx<ClientActor> => ({
  deps: product.deps,
  firmId: dana.firmId,
  actor: { kind: 'client', clientId },
  requestId: null,
  ip: null,
})

async function wantBank(clientId: string, institutionId: string, name: string, routingNumber: string | null = null): Promise<string> {
  const id = newId()
  await withFirm(dana.ctx, (tx) =>
    tx
      .insert(wantedBanksTable)
      .values({ firmId: dana.firmId, id, clientId, institutionId, name, routingNumber, position: 0, createdAt: product.deps.now() }),
  )
  return id
}
const wantedConnection = async (id: string) =>
  (await product.admin.query<{ connection_id: string | null }>('select connection_id from wanted_banks where id = $1', [id])).rows[0]
    ?.connection_id
const visitOf = async (id: string) =>
  (
    await product.admin.query<{ state: string; reason: string | null; sealed: Buffer | null }>(
      'select state, reason, link_token_sealed as sealed from link_sessions where id = $1',
      [id],
    )
  ).rows[0]

test('the end of a visit that is told while we look at it is looked at at once', async () => {
  const clientId = await makeClient(product, dana)
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  const real = product.deps.plaid
  let looks = 0
  product.deps.plaid = {
    ...real,
    async linkOutcome(linkToken) {
      const outcome = await real.linkOutcome(linkToken)
      looks += 1
      if (looks > 1) return outcome
      await signInAtBank(product, dana, clientId)
      await product.network.settled()
      const { rows } = await product.admin.query<{ id: string }>('select id from webhook_inbox where handled_at is null')
      for (const { id } of rows) await tasks.handle_webhook(product.deps, { webhookId: id })
      return outcome
    },
  }
  await product.advance(21_000)
  expect(await product.drain()).toEqual([])
  expect(await listOf(clientId)).toHaveLength(1)
})

test('staff link a bank: accounts, balances, history and rows are those of the bank', async () => {
  const clientId = await makeClient(product, dana)
  const bank = await linkBank(product, dana, clientId)
  const [connection, ...others] = await listOf(clientId)
  expect(others).toEqual([])
  expect(connection).toMatchObject({
    id: bank.connectionId,
    institutionId: meridian,
    institutionName: 'First Meridian Bank',
    health: 'healthy',
    cause: null,
  })
  expect(connection?.history).toMatchObject([{ kind: 'Added', by: 'Dana Whitlock' }])
  const truth = itemsOf(clientId)[0]?.accounts ?? []
  expect(truth.length).toBeGreaterThanOrEqual(3)
  expect(connection?.accounts.map((account) => [account.name, account.mask, account.kind, account.currency, account.balanceMinor])).toEqual(
    truth.map((account) => [
      account.name,
      account.mask,
      account.type === 'credit' ? 'card' : 'bank',
      account.currency,
      Math.round(account.current * 100) * (account.type === 'credit' ? -1 : 1),
    ]),
  )
  const { ours, theirs } = await bothBooks(product, bank)
  expect(theirs.length).toBeGreaterThan(100)
  expect(ours).toEqual(theirs)
  expect(connection?.accounts.reduce((sum, account) => sum + account.toReview, 0)).toBe(ours.filter((row) => row.endsWith('|false')).length)
  expect(await audited(clientId)).toEqual(expect.arrayContaining(['connection.sign_in_opened', 'connection.added']))
  const list = await product.call(connections.list, {}, dana)
  expect(list.body.items.find((row) => row.id === bank.connectionId)).toMatchObject({
    clientId,
    accountCount: truth.length,
    health: 'healthy',
  })
})

test('a client links the asked-for bank; it is ticked, and nothing secret stays behind', async () => {
  const clientId = await makeClient(product, dana)
  const wanted = await wantBank(clientId, cascade, 'Cascade Community CU', '321990404')
  const { url } = await startLinkSession(clientCtx(clientId), clientId, { wantedBankId: wanted })
  expect(url.startsWith(product.config.plaid.hostedLinkOrigin)).toBe(true)
  const asked = product.network.plaid.calls.list('/link/token/create').at(-1)?.body
  expect(asked).toMatchObject({
    institution_data: { routing_number: '321990404' },
    hosted_link: { completion_redirect_uri: expect.stringMatching(/\/i\/back\/[\w-]{43}$/) },
  })
  const { linkToken } = await newestVisit(product, dana, clientId)
  const sessionId = await signInAtBank(product, dana, clientId, { institutionId: cascade })
  expect(await product.drain()).toEqual([])
  const [connection] = await listOf(clientId)
  expect(connection?.history).toMatchObject([{ kind: 'Added', by: 'Client' }])
  expect(await wantedConnection(wanted)).toBe(connection?.id)
  expect(await visitOf(sessionId)).toEqual({ state: 'done', reason: null, sealed: null })
  const everything = await product.admin.query<{ text: string }>(
    "select coalesce(string_agg(w::text, ' '), '') as text from webhook_inbox w",
  )
  expect(everything.rows[0]?.text).not.toContain(linkToken)
  expect(product.logs.join('\n')).not.toMatch(/(link|access|public)-sandbox-/)
})

test('another bank than the one asked for is recorded as such and not counted as done', async () => {
  const clientId = await makeClient(product, dana)
  const wanted = await wantBank(clientId, cascade, 'Cascade Community CU')
  await startLinkSession(clientCtx(clientId), clientId, { wantedBankId: wanted })
  const sessionId = await signInAtBank(product, dana, clientId, { institutionId: 'ins_900103' })
  expect(await product.drain()).toEqual([])
  expect(await wantedConnection(wanted)).toBeNull()
  expect(await visitOf(sessionId)).toMatchObject({ state: 'done', reason: 'Asked for Cascade Community CU, but Unity Card was connected.' })
  expect(await listOf(clientId)).toMatchObject([{ institutionName: 'Unity Card' }])
})

test('with every webhook lost the bank is connected by looking', async () => {
  product.deps.plaid = createPlaid({ ...product.config.plaid, webhookUrl: 'http://127.0.0.1:1/nowhere' }, product.deps.pace)
  const clientId = await makeClient(product, dana)
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  await signInAtBank(product, dana, clientId)
  expect(await product.drain()).toEqual([])
  expect(await listOf(clientId)).toEqual([])
  await product.advance(21_000)
  expect(await product.drain()).toEqual([])
  expect(await listOf(clientId)).toMatchObject([{ institutionName: 'First Meridian Bank' }])
})

test('a visit that was left says why, and coming back still counts', async () => {
  const clientId = await makeClient(product, dana)
  await startLinkSession(clientCtx(clientId), clientId, {})
  const { sessionId, linkToken } = await newestVisit(product, dana, clientId)
  await product.network.plaid.exitLink(linkToken)
  expect(await product.drain()).toEqual([])
  expect(await visitOf(sessionId)).toMatchObject({ state: 'exited', reason: 'Left before signing in at the bank.' })
  await signInAtBank(product, dana, clientId)
  expect(await product.drain()).toEqual([])
  expect(await visitOf(sessionId)).toMatchObject({ state: 'done' })
  expect(await listOf(clientId)).toHaveLength(1)
})

test('a visit nobody finishes expires and keeps no token', async () => {
  const clientId = await makeClient(product, dana)
  await startLinkSession(clientCtx(clientId), clientId, {})
  const { sessionId } = await newestVisit(product, dana, clientId)
  for (let hour = 0; hour < 2; hour++) {
    await product.advance(3_600_000)
    expect(await product.drain()).toEqual([])
  }
  expect(await visitOf(sessionId)).toMatchObject({ state: 'expired', sealed: null })
})

const lost = new ProviderError({
  provider: 'plaid',
  operation: 'itemPublicTokenExchange',
  outcome: 'unknown',
  status: null,
  code: 'ECONNABORTED',
  transient: true,
})

test('when the request for the exchange is lost it is tried once more', async () => {
  const clientId = await makeClient(product, dana)
  const real = product.deps.plaid
  let tries = 0
  product.deps.plaid = { ...real, exchange: (token) => (++tries === 1 ? Promise.reject(lost) : real.exchange(token)) }
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  await signInAtBank(product, dana, clientId)
  expect(await product.drain()).toEqual([])
  expect(tries).toBe(2)
  expect(await listOf(clientId)).toHaveLength(1)
})

test('when the answer of the exchange is lost the client is asked again, and the history says so', async () => {
  const clientId = await makeClient(product, dana)
  const wanted = await wantBank(clientId, meridian, 'First Meridian Bank')
  const real = product.deps.plaid
  let tries = 0
  product.deps.plaid = {
    ...real,
    async exchange(token) {
      const granted = await real.exchange(token)
      tries += 1
      if (tries === 1) throw lost
      return granted
    },
  }
  await startLinkSession(clientCtx(clientId), clientId, { wantedBankId: wanted })
  const sessionId = await signInAtBank(product, dana, clientId)
  expect(await product.drain()).toEqual([])
  expect(await listOf(clientId)).toEqual([])
  expect(await visitOf(sessionId)).toMatchObject({ state: 'failed', reason: expect.stringContaining('not completed') })
  expect(await wantedConnection(wanted)).toBeNull()
  expect(await audited(clientId)).toContain('connection.not_completed')
})

test('a process that dies while exchanging is followed by another, which tries once more', async () => {
  const clientId = await makeClient(product, dana)
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  const sessionId = await signInAtBank(product, dana, clientId)
  const lease = (minutes: number) =>
    product.admin.query("update link_sessions set state = 'exchanging', exchange_attempts = 1, lease_until = $2 where id = $1", [
      sessionId,
      new Date(product.deps.now().getTime() + minutes * 60_000),
    ])
  await lease(2)
  expect(await product.drain()).toEqual([])
  expect(await listOf(clientId)).toEqual([])
  await lease(-1)
  await finishLinkSession(product.deps, { firmId: dana.firmId, linkSessionId: sessionId })
  expect(await listOf(clientId)).toHaveLength(1)
})

test('a process that dies between exchange and account list loses nothing', async () => {
  const clientId = await makeClient(product, dana)
  const real = product.deps.plaid
  product.deps.plaid = { ...real, accounts: () => Promise.reject(lost) }
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  const sessionId = await signInAtBank(product, dana, clientId)
  expect((await product.drain()).length).toBeGreaterThan(0)
  expect(await listOf(clientId)).toMatchObject([{ health: 'syncing', accounts: [] }])
  product.deps.plaid = real
  await finishLinkSession(product.deps, { firmId: dana.firmId, linkSessionId: sessionId })
  const [connection, ...others] = await listOf(clientId)
  expect(others).toEqual([])
  expect(connection?.accounts).toHaveLength(3)
  expect(connection?.history).toMatchObject([{ kind: 'Added' }])
})

test('the job done twice and at once connects once', async () => {
  const clientId = await makeClient(product, dana)
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  const sessionId = await signInAtBank(product, dana, clientId)
  const payload = { firmId: dana.firmId, linkSessionId: sessionId }
  await Promise.all([1, 2, 3].map(() => finishLinkSession(product.deps, payload)))
  await finishLinkSession(product.deps, payload)
  expect(await product.drain()).toEqual([])
  expect(product.network.plaid.calls.list('/item/public_token/exchange').filter((call) => call.status !== 200)).toHaveLength(1) // of the test before
  const [connection, ...others] = await listOf(clientId)
  expect(others).toEqual([])
  expect(connection?.history).toHaveLength(1)
})

test('linking a working bank again adds nothing: the new access is given back', async () => {
  const clientId = await makeClient(product, dana)
  const bank = await linkBank(product, dana, clientId)
  const before = await storedRows(product, bank.connectionId)
  const again = await linkBank(product, dana, clientId)
  expect(again).toEqual(bank)
  const [connection, ...others] = await listOf(clientId)
  expect(others).toEqual([])
  expect(connection?.history.map((line) => line.kind)).toEqual(['Linked again', 'Added'])
  expect(await storedRows(product, bank.connectionId)).toEqual(before)
  expect(itemsOf(clientId).map((item) => [item.itemId === bank.itemId, item.removed])).toEqual([
    [true, false],
    [false, true],
  ])
})

test('linking a bank again whose access was withdrawn takes the new one: same accounts, same rows, no copy', async () => {
  const clientId = await makeClient(product, dana)
  const rows = [1, 2, 3].flatMap((day) => [
    { amount: 12.5, description: 'NOODLE BARN', date: daysAgo(day) },
    { amount: 12.5, description: 'NOODLE BARN', date: daysAgo(day) },
  ])
  // Without persistent ids the accounts are recognised by what they are called
  const login = {
    institutionId: cascade,
    ...customUser(
      customAccount({ meta: { name: 'Operating', mask: '4421' } }, [...rows, { amount: 3, description: 'HELD', posted: false }]),
    ),
  }
  const bank = await linkBank(product, dana, clientId, login)
  await product.admin.query(
    "update transactions set memo = 'kept', memo_by = 'person' where id = (select id from transactions where client_id = $1 and stage = 'open' order by id limit 1)",
    [clientId],
  )
  const before = await storedRows(product, bank.connectionId)
  expect(before).toHaveLength(7)
  const accountBefore = (await listOf(clientId))[0]?.accounts.map((account) => account.id)
  product.network.plaid.revoke(bank.itemId)
  expect(await product.drain()).toEqual([])
  expect(await listOf(clientId)).toMatchObject([{ health: 'disconnected', history: [{ kind: 'Removed', by: 'Bank' }, { kind: 'Added' }] }])
  const refused = await product.call(connections.repair, { params: { clientId, connectionId: bank.connectionId } }, dana)
  expect([refused.status, refused.body]).toMatchObject([409, { code: 'conflict' }])
  const again = await linkBank(product, dana, clientId, login)
  expect(again.connectionId).toBe(bank.connectionId)
  expect(again.itemId).not.toBe(bank.itemId)
  const [connection, ...others] = await listOf(clientId)
  expect(others).toEqual([])
  expect(connection).toMatchObject({
    health: 'healthy',
    history: [{ kind: 'Reconnected', by: 'Dana Whitlock' }, { kind: 'Removed' }, { kind: 'Added' }],
  })
  expect(connection?.accounts.map((account) => account.id)).toEqual(accountBefore)
  const { ours, theirs } = await bothBooks(product, again)
  expect(ours).toEqual(theirs)
  const after = await storedRows(product, bank.connectionId)
  expect(after.map((row) => row.id).sort()).toEqual(before.map((row) => row.id).sort())
  expect(after.filter((row) => row.memo === 'kept')).toHaveLength(1)
})

test('rows that the bank changed or withdrew while its access was withdrawn do not stay beside those of the new access', async () => {
  const clientId = await makeClient(product, dana)
  const named = (...rows: CustomRow[]) => ({
    institutionId: cascade,
    ...customUser(customAccount({ meta: { name: 'Operating', mask: '4421' } }, rows)),
  })
  const kept = { amount: 4, description: 'KEPT', date: daysAgo(30) }
  const bank = await linkBank(
    product,
    dana,
    clientId,
    named(
      { amount: 3, description: 'BEFORE ALL THAT THE NEW ACCESS TELLS', date: daysAgo(31) },
      kept,
      { amount: 10, description: 'CHANGED', date: daysAgo(3) },
      { amount: 6, description: 'WITHDRAWN', date: daysAgo(2) },
      { amount: 7, description: 'WITHDRAWN FROM THE BOOKS', date: daysAgo(2) },
      { amount: 8, description: 'HELD AND DROPPED', posted: false },
    ),
  )
  await product.admin.query(`update transactions set stage = 'pushed' where client_id = $1 and description = 'WITHDRAWN FROM THE BOOKS'`, [
    clientId,
  ])
  const keptId = (await storedRows(product, bank.connectionId)).find(({ description }) => description === 'KEPT')?.id
  product.network.plaid.revoke(bank.itemId)
  expect(await product.drain()).toEqual([])
  const again = await linkBank(product, dana, clientId, named(kept, { amount: 11, description: 'CHANGED', date: daysAgo(3) }))
  expect(again.connectionId).toBe(bank.connectionId)
  const after = await storedRows(product, bank.connectionId)
  expect(after.map(({ description, amount, stage, changed }) => [description, amount, stage, changed]).sort()).toEqual([
    ['BEFORE ALL THAT THE NEW ACCESS TELLS', -300, 'open', false],
    ['CHANGED', -1_100, 'open', false],
    ['KEPT', -400, 'open', false],
    ['WITHDRAWN FROM THE BOOKS', -700, 'pushed', true],
  ])
  expect(after.find(({ description }) => description === 'KEPT')?.id).toBe(keptId)
})

test('linking again with more accounts widens the connection instead of copying it', async () => {
  const clientId = await makeClient(product, dana)
  const first = await linkBank(product, dana, clientId, { accounts: ['Business Checking'] })
  const [before] = await listOf(clientId)
  expect(before?.accounts).toHaveLength(1)
  const rowsBefore = (await storedRows(product, first.connectionId)).map((row) => row.id).sort()
  const second = await linkBank(product, dana, clientId)
  expect(second.connectionId).toBe(first.connectionId)
  const [after, ...others] = await listOf(clientId)
  expect(others).toEqual([])
  expect(after?.accounts).toHaveLength(3)
  expect(after?.accounts.map((account) => account.id)).toContain(before?.accounts[0]?.id)
  const { ours, theirs } = await bothBooks(product, second)
  expect(ours).toEqual(theirs)
  expect((await storedRows(product, first.connectionId)).map((row) => row.id)).toEqual(expect.arrayContaining(rowsBefore))
  expect(
    itemsOf(clientId)
      .map((item) => [item.itemId === second.itemId, item.removed])
      .sort(),
  ).toEqual([
    [false, true],
    [true, false],
  ])
})

test('two visits to one bank that end together make one connection', async () => {
  const clientId = await makeClient(product, dana)
  const tokens: string[] = []
  for (let i = 0; i < 2; i++) {
    await startLinkSession(clientCtx(clientId), clientId, {})
    tokens.push((await newestVisit(product, dana, clientId)).linkToken)
  }
  for (const token of tokens)
    await product.network.plaid.completeLink(token, { institutionId: meridian, username: 'user_good', password: 'pass_good' })
  expect(await product.drain()).toEqual([])
  await historyArrived(product)
  const [connection, ...others] = await listOf(clientId)
  expect(others).toEqual([])
  expect(connection?.accounts).toHaveLength(3)
  expect(
    itemsOf(clientId)
      .map((item) => item.removed)
      .sort(),
  ).toEqual([false, true])
})

test('a broken login is shown with its cause, and healthy again after a repair and a good sync', async () => {
  const clientId = await makeClient(product, dana)
  const bank = await linkBank(product, dana, clientId)
  product.network.plaid.breakLogin(bank.itemId)
  expect(await product.drain()).toEqual([])
  const [broken] = await listOf(clientId)
  expect(broken).toMatchObject({
    health: 'needs_client',
    cause: expect.stringContaining('username or password'),
    history: [{ kind: 'Broken (Username/Password)', by: 'Bank' }, { kind: 'Added' }],
  })
  const first = (await product.call(connections.list, {}, dana)).body.items[0]
  expect(first?.id).toBe(bank.connectionId)
  const { status } = await product.call(connections.repair, { params: { clientId, connectionId: bank.connectionId } }, dana)
  expect(status).toBe(201)
  const body = product.network.plaid.calls.list('/link/token/create').at(-1)?.body
  expect(body).toMatchObject({ access_token: expect.stringMatching(/^access-/) })
  expect(body).not.toHaveProperty('products')
  await signInAtBank(product, dana, clientId)
  expect(await product.drain()).toEqual([])
  const [repaired] = await listOf(clientId)
  expect(repaired).toMatchObject({ health: 'healthy', cause: null })
  expect(repaired?.history.map((line) => [line.kind, line.by])).toEqual([
    ['Reconnected', 'Dana Whitlock'],
    ['Broken (Username/Password)', 'Bank'],
    ['Added', 'Dana Whitlock'],
  ])
  expect(itemsOf(clientId)).toHaveLength(1)
})

test('asked for a bank that is broken, the client repairs it instead of adding a second', async () => {
  const clientId = await makeClient(product, dana)
  const bank = await linkBank(product, dana, clientId)
  product.network.plaid.breakLogin(bank.itemId)
  await product.drain()
  const wanted = await wantBank(clientId, meridian, 'First Meridian Bank')
  await startLinkSession(clientCtx(clientId), clientId, { wantedBankId: wanted })
  await signInAtBank(product, dana, clientId)
  expect(await product.drain()).toEqual([])
  expect(await listOf(clientId)).toMatchObject([{ id: bank.connectionId, health: 'healthy' }])
  expect(await wantedConnection(wanted)).toBe(bank.connectionId)
})

test('what never lists its accounts is removed after a day', async () => {
  const clientId = await makeClient(product, dana)
  const real = product.deps.plaid
  product.deps.plaid = { ...real, accounts: () => Promise.resolve([]) }
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  const sessionId = await signInAtBank(product, dana, clientId)
  expect((await product.drain()).length).toBeGreaterThan(0)
  expect(await listOf(clientId)).toMatchObject([{ health: 'syncing', accounts: [], history: [] }])
  await product.admin.query("delete from graphile_worker._private_jobs where payload::text like '%' || $1 || '%'", [sessionId])
  await product.advance(25 * 3_600_000)
  await product.admin.query("select graphile_worker.add_job('poll_connections', '{}')")
  await product.drain()
  expect((await product.admin.query('select 1 from connections where client_id = $1', [clientId])).rows).toEqual([])
  expect(itemsOf(clientId)).toMatchObject([{ removed: true }])
  expect(await audited(clientId)).toContain('connection.not_completed')
  expect(await visitOf(sessionId)).toMatchObject({ state: 'failed' })
})

test("other firms' and unassigned clients are not there", async () => {
  const clientId = await makeClient(product, dana)
  const bank = await linkBank(product, dana, clientId)
  const stranger = await makeFirm(product, 'Other Firm')
  const employee = await makeStaff(product, dana.firmId, 'employee')
  const strangersClient = await makeClient(product, stranger)
  for (const person of [stranger, employee]) {
    const answers = await Promise.all([
      product.call(connections.listOfClient, { params: { clientId } }, person),
      product.call(connections.add, { params: { clientId }, body: {} }, person),
      product.call(connections.repair, { params: { clientId, connectionId: bank.connectionId } }, person),
      product.call(connections.sync, { params: { clientId } }, person),
    ])
    expect(answers.map((answer) => answer.status)).toEqual([404, 404, 404, 404])
    expect((await product.call(connections.list, {}, person)).body.items.map((row) => row.clientId)).not.toContain(clientId)
  }
  const mixed = await product.call(connections.repair, { params: { clientId: strangersClient, connectionId: bank.connectionId } }, stranger)
  expect(mixed.status).toBe(404)
  const wanted = await wantBank(clientId, cascade, 'Cascade Community CU')
  expect((await product.call(connections.add, { params: { clientId: strangersClient }, body: { bankId: wanted } }, stranger)).status).toBe(
    404,
  )
  await expect(startLinkSession(clientCtx(clientId), strangersClient, {})).rejects.toMatchObject({ code: 'not_found' })
})

test('a locked client gets no sign-in and pauses', async () => {
  const clientId = await makeClient(product, dana)
  const bank = await linkBank(product, dana, clientId)
  await product.admin.query('update clients set locked_at = now() where id = $1', [clientId])
  expect((await product.call(connections.add, { params: { clientId }, body: {} }, dana)).body).toMatchObject({ code: 'client_locked' })
  expect((await product.call(connections.sync, { params: { clientId } }, dana)).body).toMatchObject({ code: 'client_locked' })
  product.network.plaid.bankSends(bank.itemId, [{ amount: 1, description: 'WHILE LOCKED' }])
  await historyArrived(product)
  expect((await storedRows(product, bank.connectionId)).map((row) => row.description)).not.toContain('WHILE LOCKED')
  await product.admin.query('update clients set locked_at = null where id = $1', [clientId])
  expect((await product.call(connections.sync, { params: { clientId } }, dana)).status).toBe(202)
  expect(await product.drain()).toEqual([])
  expect((await storedRows(product, bank.connectionId)).map((row) => row.description)).toContain('WHILE LOCKED')
})
