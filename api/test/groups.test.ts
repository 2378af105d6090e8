import { clients } from '@ledgersync/shared/clients'
import type { ClientChoice } from '@ledgersync/shared/common'
import { connections } from '@ledgersync/shared/connections'
import { dashboard } from '@ledgersync/shared/dashboard'
import { funnel } from '@ledgersync/shared/funnel'
import { invites } from '@ledgersync/shared/invites'
import { groups } from '@ledgersync/shared/groups'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { transactions } from '@ledgersync/shared/transactions'
import { listAnew } from '../src/core/client-list.ts'
import { withFirm } from '../src/db/client.ts'
import { makeClient, makeFirm, makeGroup, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { makeLedger, makeTransaction } from './ledger-factories.ts'

let product: TestApp
let owner: Person
beforeAll(async () => {
  product = await startTestApp()
})
beforeEach(async () => {
  owner = await makeFirm(product)
})
afterAll(() => product.close())

const move = (clientIds: string[], groupId: string | null, as = owner) => product.call(groups.move, { body: { clientIds, groupId } }, as)
const list = async (as = owner) => (await product.call(groups.list, {}, as)).body

describe('groups', () => {
  test('are created, renamed and deleted by administrators; the clients of a deleted one stay, in none', async () => {
    const made = await product.call(groups.create, { body: { name: '  Monthly close ' } }, owner)
    expect([made.status, made.body]).toEqual([201, { id: made.body.id, name: 'Monthly close', clientCount: 0, health: null }])
    const groupId = made.body.id
    const clientId = await makeClient(product, owner)
    expect((await move([clientId], groupId)).body).toEqual({ changed: 1 })
    expect((await move([clientId], groupId)).body).toEqual({ changed: 0 })
    const renamed = await product.call(groups.rename, { params: { groupId }, body: { name: 'Weekly bookkeeping' } }, owner)
    expect(renamed.body).toMatchObject({ name: 'Weekly bookkeeping', clientCount: 1, health: 'none' })
    expect((await product.call(clients.get, { params: { clientId } }, owner)).body).toMatchObject({
      groupId,
      groupName: 'Weekly bookkeeping',
    })
    const [row] = (await product.call(clients.list, {}, owner)).body.items
    expect(row).toMatchObject({ groupId, groupName: 'Weekly bookkeeping' })

    expect((await product.call(groups.remove, { params: { groupId } }, owner)).status).toBe(204)
    expect((await product.call(clients.get, { params: { clientId } }, owner)).body).toMatchObject({ groupId: null, groupName: null })
    expect(await list()).toEqual({ items: [], ungrouped: { clientCount: 1, health: 'none' } })
    expect((await product.call(groups.remove, { params: { groupId } }, owner)).status).toBe(404)
  })

  test('have names that no other has, whatever its case, also when two take one at once', async () => {
    const same = await Promise.all(['Onboarding', 'ONBOARDING'].map((name) => product.call(groups.create, { body: { name } }, owner)))
    expect(same.map(({ status }) => status).sort()).toEqual([201, 409])
    const other = await makeGroup(product, owner, 'Year-end only')
    const renamed = await product.call(groups.rename, { params: { groupId: other }, body: { name: 'onboarding' } }, owner)
    expect([renamed.status, renamed.body]).toMatchObject([409, { code: 'name_taken', fields: [{ field: 'body.name' }] }])
    const elsewhere = await makeFirm(product, 'Harbor Ledger Partners')
    expect((await product.call(groups.create, { body: { name: 'Onboarding' } }, elsewhere)).status).toBe(201)
  })

  test('take a client when it is added or changed, and only groups of the firm', async () => {
    const groupId = await makeGroup(product, owner, 'Monthly close')
    const body = { staffHaveAccess: true, businessName: 'Alder & Finch Bakery', groupId }
    const added = await product.call(clients.create, { body }, owner)
    expect(added.body).toMatchObject({ groupId, groupName: 'Monthly close' })
    const out = await product.call(clients.update, { params: { clientId: added.body.id }, body: { groupId: null } }, owner)
    expect(out.body).toMatchObject({ groupId: null, groupName: null })
    const theirs = await makeGroup(product, await makeFirm(product, 'Harbor Ledger Partners'), 'Theirs')
    const refused = await product.call(clients.update, { params: { clientId: added.body.id }, body: { groupId: theirs } }, owner)
    expect([refused.status, refused.body]).toMatchObject([400, { fields: [{ field: 'body.groupId' }] }])
    expect((await move([added.body.id], theirs)).status).toBe(400)
  })

  test('are moved whole or not at all, and never clients one may not see', async () => {
    const groupId = await makeGroup(product, owner, 'Monthly close')
    const employee = await makeStaff(product, owner.firmId, 'employee')
    const [theirs, unseen] = [await makeClient(product, employee), await makeClient(product, owner)]
    expect((await move([theirs, unseen], groupId, employee)).status).toBe(404)
    expect((await list()).items[0]?.clientCount).toBe(0)
    expect((await move([theirs], groupId, employee)).body).toEqual({ changed: 1 })
    await move([unseen], groupId)
    // Counts are of what one may see
    expect((await list()).items[0]?.clientCount).toBe(2)
    expect((await list(employee)).items[0]?.clientCount).toBe(1)
  })

  test('that are deleted while clients move into them leave no client in nothing', async () => {
    const [groupId, ...ids] = [
      await makeGroup(product, owner, 'Monthly close'),
      await makeClient(product, owner),
      await makeClient(product, owner),
    ]
    const answers = await Promise.all([
      move(ids, groupId),
      product.call(groups.remove, { params: { groupId } }, owner),
      product.call(clients.update, { params: { clientId: ids[0] ?? '' }, body: { groupId } }, owner),
    ])
    expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([])
    expect(await list()).toMatchObject({ items: [], ungrouped: { clientCount: 2 } })
  })
})

test('the sidebar reads a group page by page, with the worst health and what waits for review', async () => {
  const groupId = await makeGroup(product, owner, 'Monthly close')
  const names = ['Alder Bakery', 'Bluewater Marine', 'Cobalt Roofing']
  const ids: string[] = []
  for (const businessName of names) ids.push(await makeClient(product, owner, { businessName, groupId }))
  await makeClient(product, owner, { businessName: 'Dunmore Dental' })
  const { account } = await makeLedger(product, owner, ids[1] ?? '')
  await makeTransaction(product, owner, account)
  await product.admin.query("update connections set health = 'needs_client' where client_id = $1", [ids[1]])
  await withFirm(owner.ctx, (tx) => listAnew(tx, owner.ctx, ids))
  const first = (await product.call(groups.clients, { query: { groupId, limit: 2 } }, owner)).body
  expect(first.items).toEqual([
    { id: ids[0], businessName: 'Alder Bakery', health: 'none', groupId, toReview: 0 },
    { id: ids[1], businessName: 'Bluewater Marine', health: 'needs_client', groupId, toReview: 1 },
  ])
  const rest = (await product.call(groups.clients, { query: { groupId, limit: 2, cursor: first.nextCursor ?? '' } }, owner)).body
  expect([rest.items.map(({ businessName }) => businessName), rest.nextCursor]).toEqual([['Cobalt Roofing'], null])
  expect(await list()).toMatchObject({ items: [{ clientCount: 3, health: 'needs_client' }], ungrouped: { clientCount: 1, health: 'none' } })
  const none = (await product.call(groups.clients, { query: { groupId: 'none' } }, owner)).body
  expect(none.items.map(({ businessName }) => businessName)).toEqual(['Dunmore Dental'])
  const found = (await product.call(groups.clients, { query: { search: 'MARINE' } }, owner)).body
  expect(found.items.map(({ businessName }) => businessName)).toEqual(['Bluewater Marine'])
})

test('every list of what clients have, and the dashboard, take a group and a member of staff', async () => {
  const groupId = await makeGroup(product, owner, 'Monthly close')
  const marcus = await makeStaff(product, owner.firmId, 'employee')
  const [inside, outside] = [await makeClient(product, marcus, { groupId }), await makeClient(product, owner)]
  const stages = ['open', 'approved'] as const
  for (const clientId of [inside, outside]) {
    const { account, books } = await makeLedger(product, owner, clientId)
    for (const stage of stages)
      await makeTransaction(product, owner, account, { stage, booksAccountId: books.accounts.fuel, categoryBy: 'person' })
    const pushed = await product.call(pushes.create, { body: { clientId } }, owner)
    expect([clientId, pushed.status]).toEqual([clientId, 201])
    await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, owner)
  }
  const clientsOf = async (query: ClientChoice) => {
    const ids = (items: { clientId: string }[]) => [...new Set(items.map(({ clientId }) => clientId))]
    return {
      clients: (await product.call(clients.list, { query }, owner)).body.items.map(({ id }) => id),
      connections: ids((await product.call(connections.list, { query }, owner)).body.items),
      connectionsCounted: (await product.call(connections.counts, { query }, owner)).body.all,
      dashboard: (await product.call(dashboard.get, { query }, owner)).body.clients.total,
      invited: ids((await product.call(funnel.list, { query }, owner)).body.items),
      invitesCounted: (await product.call(funnel.get, { query }, owner)).body.total[0]?.count,
      transactions: ids((await product.call(transactions.list, { query }, owner)).body.items),
      review: ids((await product.call(review.list, { query }, owner)).body.items),
      reviewClients: (await product.call(review.counts, { query }, owner)).body.clients,
      pushes: ids((await product.call(pushes.list, { query }, owner)).body.items),
    }
  }
  const of = (clientId: string) => ({
    clients: [clientId],
    connections: [clientId],
    connectionsCounted: 1,
    dashboard: 1,
    invited: [clientId],
    invitesCounted: 1,
    transactions: [clientId],
    review: [clientId],
    reviewClients: 1,
    pushes: [clientId],
  })
  expect(await clientsOf({ groupId })).toEqual(of(inside))
  expect(await clientsOf({ groupId: 'none' })).toEqual(of(outside))
  expect(await clientsOf({ staffId: marcus.staffId })).toEqual(of(inside))
  expect(await clientsOf({ staffId: owner.staffId })).toEqual(of(outside))
  await product.admin.query('delete from client_staff where client_id = $1', [outside])
  expect(await clientsOf({ staffId: 'none' })).toEqual(of(outside))
  const nothing = {
    clients: [],
    connections: [],
    connectionsCounted: 0,
    dashboard: 0,
    invited: [],
    invitesCounted: 0,
    transactions: [],
    review: [],
    reviewClients: 0,
    pushes: [],
  }
  expect(await clientsOf({ groupId: 'none', staffId: marcus.staffId })).toEqual(nothing)
})
