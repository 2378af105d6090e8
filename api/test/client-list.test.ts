import { clientList } from '@ledgersync/shared/client-list'
import type { ClientSort } from '@ledgersync/shared/client-filter'
import { type ClientRow, clients } from '@ledgersync/shared/clients'
import type { Input } from '@ledgersync/shared/endpoint'
import { invites } from '@ledgersync/shared/invites'
import { review } from '@ledgersync/shared/review'
import { listAnew } from '../src/core/client-list.ts'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { connectionsTable } from '../src/db/schema/banks.ts'
import { clientStaffTable } from '../src/db/schema/clients.ts'
import { listDifferences } from './client-list-kit.ts'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { makeLedger, makeTransactions } from './ledger-factories.ts'

type Query = NonNullable<Input<typeof clients.list>['query']>

let app: TestApp
let dana: Person
beforeAll(async () => {
  app = await startTestApp()
}, 60_000)
afterAll(() => app.close())
beforeEach(async () => {
  dana = await makeFirm(app)
})

/** All pages of a list, and what `between` does after each but the last. */
async function allPages(query: Query, as = dana, between: (page: number) => Promise<unknown> = async () => {}): Promise<ClientRow[]> {
  const seen: ClientRow[] = []
  let cursor: string | undefined
  for (let page = 0; page < 40; page++) {
    const answer = await app.call(clients.list, { query: { ...query, ...(cursor !== undefined && { cursor }) } }, as)
    if (answer.status !== 200) throw new Error(`The page was answered ${answer.status}`)
    seen.push(...answer.body.items)
    if (answer.body.nextCursor === null) return seen
    cursor = answer.body.nextCursor
    await between(page)
  }
  throw new Error('The list never ends')
}
const names = async (query: Query, as = dana): Promise<string[]> => (await allPages(query, as)).map((row) => row.businessName)

async function makeBank(
  clientId: string,
  health: typeof connectionsTable.$inferInsert.health,
  lastSuccessAt: Date | null = null,
): Promise<void> {
  await withFirm(dana.ctx, async (tx) => {
    const id = newId()
    const bank = { institutionName: 'Harborview Bank', providerItemId: `item-${id}`, complete: true, createdAt: app.deps.now() }
    await tx.insert(connectionsTable).values({ firmId: dana.firmId, id, clientId, health, lastSuccessAt, ...bank })
    await listAnew(tx, dana.ctx, [clientId])
  })
}

/** Clients in many states, by name. */
async function makeMany(): Promise<Record<string, string>> {
  const ids: Record<string, string> = {}
  const client = async (businessName: string, overrides: object = {}) => {
    ids[businessName] = await makeClient(app, dana, { businessName, ...overrides })
    return ids[businessName]
  }
  const invite = (clientId: string) => app.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  await makeBank(await client('Alder', { createdAt: new Date('2026-01-03T00:00:00Z') }), 'healthy', new Date('2026-11-01T10:00:00Z'))
  await makeBank(await client('Birch'), 'needs_client', new Date('2026-11-03T10:00:00Z'))
  await invite(await client('Cobalt Café'))
  await client('Dunmore', { lockedAt: app.deps.now(), createdAt: new Date('2026-01-01T00:00:00Z') })
  const eastgate = await client('Eastgate')
  const { account } = await makeLedger(app, dana, eastgate)
  await makeTransactions(app, dana, account, [{ description: 'A' }, { description: 'B' }, { description: 'C' }])
  await withFirm(dana.ctx, (tx) => listAnew(tx, dana.ctx, [eastgate]))
  return ids
}

test('each filter holds what it says, and its count is what it holds', async () => {
  const ids = await makeMany()
  // The link ran out; nothing is written when that happens
  await app.admin.query(`update invites set expires_at = now() - interval '1 hour' where firm_id = $1`, [dana.firmId])
  await withFirm(dana.ctx, (tx) => listAnew(tx, dana.ctx, Object.values(ids)))
  const fresh = await makeClient(app, dana, { businessName: 'Fern' })
  await app.call(invites.create, { params: { clientId: fresh }, body: { channel: 'copy' } }, dana)
  const expected: [Query, string[]][] = [
    [{ health: 'healthy' }, ['Alder', 'Eastgate']],
    [{ health: 'needs_client' }, ['Birch']],
    [{ view: 'needs_client' }, ['Birch']],
    [{ health: 'none' }, ['Cobalt Café', 'Dunmore', 'Fern']],
    [{ invite: 'expired' }, ['Cobalt Café']],
    [{ invite: 'sent' }, ['Fern']],
    [{ invite: 'waiting' }, ['Fern']],
    [{ invite: 'none' }, ['Alder', 'Birch', 'Dunmore', 'Eastgate']],
    [{ books: 'connected' }, ['Eastgate']],
    [{ books: 'none' }, ['Alder', 'Birch', 'Cobalt Café', 'Dunmore', 'Fern']],
    [{ locked: true }, ['Dunmore']],
    [{ locked: false, health: 'none' }, ['Cobalt Café', 'Fern']],
    [{ view: 'to_review' }, ['Eastgate']],
    [{ search: 'cafe' }, ['Cobalt Café']],
    [{ search: 'CAFÉ' }, ['Cobalt Café']],
    [{ search: 'harborview' }, ['Birch', 'Alder']],
    [{ search: 'harborview', health: 'healthy' }, ['Alder']],
    [{ staffId: dana.staffId }, ['Alder', 'Birch', 'Cobalt Café', 'Dunmore', 'Eastgate', 'Fern']],
    [{ staffId: 'none' }, []],
    [{ staffId: newId() }, []],
  ]
  for (const [query, wanted] of expected) {
    expect([query, await names(query)]).toEqual([query, [...wanted].sort()])
    const { body } = await app.call(clientList.total, { query }, dana)
    expect([query, body]).toEqual([query, { total: wanted.length }])
  }
})

test('each order is kept over pages of two, both ways, equal values included', async () => {
  await makeMany()
  const expected: [ClientSort, string[]][] = [
    ['name', ['Alder', 'Birch', 'Cobalt Café', 'Dunmore', 'Eastgate']],
    ['added', ['Dunmore', 'Alder', 'Birch', 'Cobalt Café', 'Eastgate']],
    ['toReview', ['Alder', 'Birch', 'Cobalt Café', 'Dunmore', 'Eastgate']],
    ['lastSync', ['Cobalt Café', 'Dunmore', 'Eastgate', 'Alder', 'Birch']],
    ['invite', ['Alder', 'Birch', 'Dunmore', 'Eastgate', 'Cobalt Café']],
    ['health', ['Cobalt Café', 'Dunmore', 'Alder', 'Eastgate', 'Birch']],
  ]
  for (const [sort, wanted] of expected) {
    const back: ClientSort = `-${sort}` as ClientSort // every order has its reverse
    const [there, away] = [await names({ sort, limit: 2 }), await names({ sort: back, limit: 2 })]
    expect([sort, there]).toEqual([sort, sort === 'lastSync' ? expect.arrayContaining(wanted) : wanted])
    expect([back, away]).toEqual([back, there.toReversed()])
  }
  expect((await names({ sort: '-lastSync' })).slice(0, 2)).toEqual(expect.arrayContaining(['Birch']))
})

test('a cursor of another order, and one that was made up, are refused', async () => {
  await makeMany()
  const { body } = await app.call(clients.list, { query: { limit: 2, sort: 'toReview' } }, dana)
  for (const query of [
    { cursor: body.nextCursor ?? '', sort: 'name' },
    { cursor: body.nextCursor ?? '', sort: '-toReview' },
    { cursor: Buffer.from(JSON.stringify(['added', '99999999999999999999', newId()])).toString('base64url'), sort: 'added' },
    { cursor: Buffer.from(JSON.stringify(['toReview', 'x', newId()])).toString('base64url'), sort: 'toReview' },
  ] as Query[]) {
    const answer = await app.call(clients.list, { query }, dana)
    expect([answer.status, answer.body]).toEqual([400, expect.objectContaining({ code: 'invalid_cursor' })])
  }
})

test('while clients come, go and are renamed between pages, each that stays is listed once', async () => {
  const stay: string[] = []
  for (let n = 0; n < 12; n++) stay.push(await makeClient(app, dana, { businessName: `Client ${String.fromCodePoint(98 + n)}` }))
  const moving = await makeClient(app, dana, { businessName: 'Client zz' })
  const seen = await allPages({ limit: 3 }, dana, async (page) => {
    await makeClient(app, dana, { businessName: `Client a ${page}` })
    await makeClient(app, dana, { businessName: `Client z ${page}` })
    await app.call(clients.update, { params: { clientId: moving }, body: { businessName: `Client ${page % 2 === 0 ? 'a' : 'z'}` } }, dana)
  })
  const listed = seen.map(({ id }) => id).filter((id) => stay.includes(id))
  expect(listed).toEqual(stay)
})

test('an employee finds only what is assigned to them, by whatever filter, order and search', async () => {
  const ids = await makeMany()
  const marcus = await makeStaff(app, dana.firmId, 'employee')
  const assign = (clientId = '') => ({ firmId: dana.firmId, clientId, staffId: marcus.staffId, assignedAt: app.deps.now() })
  await withFirm(dana.ctx, (tx) => tx.insert(clientStaffTable).values([assign(ids.Birch), assign(ids.Dunmore)]))
  for (const sort of ['name', '-added', 'health', '-toReview', 'lastSync', 'invite'] as const)
    expect((await names({ sort, limit: 1 }, marcus)).sort()).toEqual(['Birch', 'Dunmore'])
  expect(await names({ search: 'harborview' }, marcus)).toEqual(['Birch'])
  expect(await names({ view: 'to_review' }, marcus)).toEqual([])
  expect(await names({ staffId: dana.staffId }, marcus)).toEqual(['Birch', 'Dunmore'])
  expect((await app.call(clientList.total, { query: { health: 'none' } }, marcus)).body).toEqual({ total: 1 })
})

test('the list says what is true after many people changed the same clients at once', async () => {
  const ids: string[] = []
  const rows: string[] = []
  for (let n = 0; n < 3; n++) {
    const clientId = await makeClient(app, dana)
    const { books, account } = await makeLedger(app, dana, clientId)
    const coded = { booksAccountId: books.accounts.fuel, categoryBy: 'person' as const }
    rows.push(
      ...(await makeTransactions(
        app,
        dana,
        account,
        Array.from({ length: 10 }, () => ({ description: 'FUELWAY', ...coded })),
      )),
    )
    ids.push(clientId)
  }
  await withFirm(dana.ctx, (tx) => listAnew(tx, dana.ctx, ids))
  const work = rows.map((id) => app.call(review.approve, { body: { transactionIds: [id] } }, dana) as Promise<{ status: number }>)
  for (const clientId of ids) {
    work.push(
      app.call(invites.create, { params: { clientId }, body: { channel: 'both' } }, dana),
      app.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana),
      app.call(clients.update, { params: { clientId }, body: { businessName: 'Renamed Works' } }, dana),
      app.call(review.unapprove, { body: { transactionIds: rows.slice(0, 4) } }, dana),
    )
  }
  for (const { status } of await Promise.all(work)) expect(status).toBeLessThan(300)
  await app.drain()
  expect(await listDifferences(async (text) => (await app.admin.query(text)).rows)).toEqual([])
  const listed = await allPages({})
  const left = await app.admin.query(`select count(*)::int as n from transactions where firm_id = $1 and stage = 'open'`, [dana.firmId])
  expect(listed.reduce((sum, row) => sum + row.toReview, 0)).toBe(left.rows[0].n)
})

describe('what a person chose for their list', () => {
  test('columns and filters are theirs alone', async () => {
    const marcus = await makeStaff(app, dana.firmId, 'employee')
    const usual = (await app.call(clientList.settings, {}, dana)).body
    expect(usual).toEqual({ columns: ['invite', 'health', 'lastSync', 'toReview', 'books', 'staff'], filters: [] })
    const chosen = await app.call(clientList.setColumns, { body: { columns: ['phone', 'toReview'] } }, dana)
    expect(chosen.body.columns).toEqual(['phone', 'toReview'])
    const query = { invite: 'failed', sort: '-toReview' } as const
    const saved = await app.call(clientList.saveFilter, { body: { name: 'Wrong numbers', query } }, dana)
    expect([saved.status, saved.body]).toEqual([201, { id: expect.any(String), name: 'Wrong numbers', query: { ...query, view: 'all' } }])
    expect((await app.call(clientList.settings, {}, dana)).body).toEqual({ columns: ['phone', 'toReview'], filters: [saved.body] })
    expect((await app.call(clientList.settings, {}, marcus)).body).toEqual(usual)
    const params = { filterId: saved.body.id }
    expect((await app.call(clientList.removeFilter, { params }, marcus)).status).toBe(404)
    expect((await app.call(clientList.removeFilter, { params }, dana)).status).toBe(204)
    expect((await app.call(clientList.removeFilter, { params }, dana)).status).toBe(404)
    expect((await app.call(clientList.setColumns, { body: { columns: null } }, dana)).body).toEqual(usual)
  })

  test('a name is taken once, however it is written and however many save it at once', async () => {
    const save = (name: string) => app.call(clientList.saveFilter, { body: { name, query: { locked: true } } }, dana)
    const answers = await Promise.all([save('Paused'), save('paused'), save('PAUSED ')])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    expect((await app.call(clientList.settings, {}, dana)).body.filters).toHaveLength(1)
  })

  test('what is no column and no filter is refused by name', async () => {
    const columns = await app.call(clientList.setColumns, { body: { columns: ['shoeSize'] } as never }, dana)
    expect([columns.status, columns.body]).toMatchObject([
      400,
      { fields: expect.arrayContaining([expect.objectContaining({ field: 'body.columns.0' })]) },
    ])
    const filter = await app.call(clientList.saveFilter, { body: { name: 'x', query: { weight: 3 } } as never }, dana)
    expect([filter.status, filter.body]).toMatchObject([400, { code: 'invalid_field' }])
  })
})
