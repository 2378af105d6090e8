import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { dashboard } from '@ledgersync/shared/dashboard'
import type { Input, Output } from '@ledgersync/shared/endpoint'
import { invites } from '@ledgersync/shared/invites'
import { search } from '@ledgersync/shared/search'
import { sql } from 'drizzle-orm'
import { type ConnectionRecord, lockConnection } from '../src/connections/access.ts'
import { recordHealthy, recordTrouble } from '../src/connections/health.ts'
import { listAnew } from '../src/core/client-list.ts'
import { type Tx, withFirm } from '../src/db/client.ts'
import { bankTrouble, withdrawn } from '../src/providers/plaid/causes.ts'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
import { type Answer, startTestApp, type TestApp } from './harness.ts'
import { makeBankAccount, makeLedger, makeTransactions } from './ledger-factories.ts'

let app: TestApp
let dana: Person
beforeAll(async () => {
  app = await startTestApp()
}, 60_000)
afterAll(() => app.close())
beforeEach(async () => {
  dana = await makeFirm(app)
})

const read = async (as = dana) => (await app.call(dashboard.get, {}, as)).body

/** Two clients at work, one whose bank is broken, one invited and one whose invite failed. */
async function makeWork(): Promise<string[]> {
  const busy = await makeClient(app, dana, { businessName: 'Alder Bakery' })
  const { account } = await makeLedger(app, dana, busy)
  await makeTransactions(app, dana, account, [{ description: 'A' }, { description: 'B' }, { description: 'C', stage: 'approved' }])
  const broken = await makeClient(app, dana, { businessName: 'Birch Marine', createdAt: new Date('2026-01-05T10:00:00Z') })
  await makeBankAccount(app, dana, broken)
  await makeBankAccount(app, dana, broken)
  await app.admin.query(
    `update connections set health = 'needs_client', last_success_at = now() - interval '3 days' where client_id = $1`,
    [broken],
  )
  const waiting = await makeClient(app, dana, { businessName: 'Cobalt Roofing' })
  const failed = await makeClient(app, dana, { businessName: 'Dunmore Dental' })
  for (const clientId of [waiting, failed]) await app.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  await app.admin.query(`update invites set channel = 'sms', state = 'failed', sent_at = null, failed_at = now() where client_id = $1`, [
    failed,
  ])
  const ids = [busy, broken, waiting, failed]
  await withFirm(dana.ctx, (tx) => listAnew(tx, dana.ctx, ids))
  return ids
}

test('every total is what its list holds, and the stuck stand by how long they wait', async () => {
  const [, broken, , failed] = await makeWork()
  expect(await read()).toMatchObject({
    clients: { total: 4, addedThisMonth: 3 },
    accounts: { total: 3, connections: 3, healthy: 1, failing: 2, clientsNeeded: 1 },
    invites: { waiting: 1, expireSoon: 0 },
    review: { total: 2, clients: 1 },
    pushes: { failed: 0, clients: 0 },
    stuck: {
      total: 2,
      longest: [
        { clientId: broken, businessName: 'Birch Marine', kind: 'repair', reason: null, best: 'ask_sign_in' },
        { clientId: failed, businessName: 'Dunmore Dental', kind: 'connect', reason: 'not_sent' },
      ],
    },
  })
})

test('Bank Connections is read page by page, those that need somebody first, by health, words and person', async () => {
  const names = ['Hollis Cafe', 'alder Bakery', 'Birch Marine', 'Cobalt Roofing', 'Alder Dental']
  const healths = ['healthy', 'healthy', 'needs_client', 'bank_down', 'syncing']
  for (const [index, businessName] of names.entries()) {
    const clientId = await makeClient(app, dana, { businessName })
    await makeBankAccount(app, dana, clientId)
    await app.admin.query(
      `update connections set health = $2, cause = case $2 when 'bank_down' then '50% of sign-ins fail' end where client_id = $1`,
      [clientId, healths[index]],
    )
  }
  const pages = async (query: Input<typeof connections.list>['query'], as = dana) => {
    const found: string[][] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body }: Answer<Output<typeof connections.list>> = await app.call(
        connections.list,
        { query: { ...query, ...(cursor !== '' && { cursor }) } },
        as,
      )
      found.push(body.items.map(({ clientName }) => clientName))
      cursor = body.nextCursor
    }
    return found
  }
  expect(await pages({ limit: 2 })).toEqual([['Birch Marine', 'Cobalt Roofing'], ['Alder Dental', 'alder Bakery'], ['Hollis Cafe']])
  expect(await pages({ health: 'failing' })).toEqual([['Birch Marine', 'Cobalt Roofing']])
  expect(await pages({ health: 'healthy', limit: 1 })).toEqual([['alder Bakery'], ['Hollis Cafe']])
  expect(await pages({ search: 'ALDER platypus' })).toEqual([['Alder Dental', 'alder Bakery']])
  expect(await pages({ search: '50%' })).toEqual([['Cobalt Roofing']])
  expect((await app.call(connections.counts, { query: {} }, dana)).body).toEqual({
    all: 5,
    failing: 2,
    healthy: 2,
    needs_client: 1,
    bank_down: 1,
    syncing: 1,
    disconnected: 0,
  })
  expect((await app.call(connections.counts, { query: { search: 'alder' } }, dana)).body).toMatchObject({ all: 2, healthy: 1, syncing: 1 })
  const marcus = await makeStaff(app, dana.firmId, 'employee')
  expect([await pages({}, marcus), (await app.call(connections.counts, { query: {} }, marcus)).body.all]).toEqual([[[]], 0])
  const forged = Buffer.from(JSON.stringify(['9', 'x', 'y'])).toString('base64url')
  expect(await app.call(connections.list, { query: { cursor: forged } }, dana)).toMatchObject({
    status: 400,
    body: { code: 'invalid_cursor' },
  })
})

test('the list of the stuck holds whom the dashboard counts, and the others all the rest', async () => {
  const [busy, broken, waiting, failed] = await makeWork()
  const list = async (stuck: boolean) =>
    (await app.call(clients.list, { query: { stuck, sort: 'name' } }, dana)).body.items.map(({ id }) => id)
  expect(await list(true)).toEqual([broken, failed])
  expect(await list(false)).toEqual([busy, waiting])
  // Whom nobody may act for waits for nobody
  await app.call(clients.lock, { params: { clientId: failed ?? '' } }, dana)
  expect(await list(true)).toEqual([broken])
  expect((await read()).stuck.total).toBe(1)
})

test('an employee sees the totals of their clients only', async () => {
  await makeWork()
  const marcus = await makeStaff(app, dana.firmId, 'employee')
  expect(await read(marcus)).toMatchObject({ clients: { total: 0 }, accounts: { total: 0 }, review: { total: 0 } })
  await makeClient(app, marcus)
  expect(await read(marcus)).toMatchObject({ clients: { total: 1 }, stuck: { total: 0, longest: [] } })
})

test('the search finds clients, banks and staff by any word, of what the person may see', async () => {
  await makeWork()
  const marcus = await makeStaff(app, dana.firmId, 'employee', 'Marcus Bakewell')
  const find = async (query: string, as = dana) => {
    const { body } = await app.call(search.everywhere, { query: { query } }, as)
    return { clients: body.clients.map(({ businessName }) => businessName), banks: body.banks, staff: body.staff.map(({ name }) => name) }
  }
  // Whose name begins so comes first
  await makeClient(app, dana, { businessName: 'Bakehouse Lane' })
  expect(await find('bake')).toEqual({ clients: ['Bakehouse Lane', 'Alder Bakery'], banks: [], staff: ['Marcus Bakewell'] })
  expect(await find('platypus')).toEqual({
    clients: ['Alder Bakery', 'Birch Marine'],
    banks: [{ name: 'First Platypus Bank', connections: 3 }],
    staff: [],
  })
  expect(await find('platypus', marcus)).toEqual({ clients: [], banks: [], staff: [] })
  expect(await find('100%')).toEqual({ clients: [], banks: [], staff: [] })
})

test('accounts in trouble are counted as each day ended for the firm, of the worst that was known, and as it stands now', async () => {
  const [bakery, marine] = [await makeClient(app, dana), await makeClient(app, dana)]
  await makeBankAccount(app, dana, bakery)
  await makeBankAccount(app, dana, marine)
  const turn = (clientId: string, work: (tx: Tx, connection: ConnectionRecord) => Promise<void>) =>
    withFirm(dana.ctx, async (tx) => {
      const { rows } = await tx.execute<{ id: string }>(sql`select id from connections where client_id = ${clientId}`)
      const connection = await lockConnection(tx, dana.ctx, rows[0]?.id ?? '')
      if (connection !== null) await work(tx, connection)
    })
  const trouble = (clientId: string, code: string) =>
    turn(clientId, async (tx, connection) => recordTrouble(tx, dana.ctx, connection, bankTrouble(code) ?? withdrawn))
  const days = async (as: Person, query = {}) => (await app.call(dashboard.health, { query }, as)).body.items
  const figures = (found: Awaited<ReturnType<typeof days>>, count: number) =>
    found.slice(-count).map(({ needsClient, bankDown, disconnected }) => [needsClient, bankDown, disconnected].join(' '))
  const dayMs = 24 * 60 * 60_000
  await trouble(bakery, 'INSTITUTION_DOWN')
  await trouble(bakery, 'INSTITUTION_DOWN')
  await app.advance(dayMs)
  await trouble(bakery, 'ITEM_LOGIN_REQUIRED')
  await trouble(marine, 'USER_PERMISSION_REVOKED')
  await app.advance(dayMs)
  await turn(bakery, (tx, connection) => recordHealthy(tx, dana.ctx, connection, true))
  await app.advance(dayMs)
  const again = await makeStaff(app, dana.firmId, 'administrator')
  const found = await days(again)
  expect(figures(found, 5)).toEqual(['0 0 0', '0 1 0', '1 0 1', '0 0 1', '0 0 1'])
  expect([found.length, new Set(found.map(({ day }) => day)).size]).toEqual([30, 30])
  const zone = { timeZone: 'America/Los_Angeles' }
  expect(found.at(-1)?.day).toBe(new Intl.DateTimeFormat('en-CA', zone).format(app.deps.now()))
  await app.advance(29 * dayMs)
  const later = await makeStaff(app, dana.firmId, 'administrator')
  expect(figures(await days(later), 30)).toEqual(Array.from({ length: 30 }, () => '0 0 1'))
  const employee = await makeStaff(app, dana.firmId, 'employee')
  expect(figures(await days(employee), 1)).toEqual(['0 0 0'])
  expect(figures(await days(later, { staffId: employee.staffId }), 1)).toEqual(['0 0 0'])
})
