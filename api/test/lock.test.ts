import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { invites } from '@ledgersync/shared/invites'
import { bothBooks, linkBank, storedRows } from './bank-factories.ts'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let app: TestApp
let dana: Person
beforeAll(async () => {
  app = await startTestApp({}, { network: { plaid: { firstSyncReadyMs: 0 } } })
}, 60_000)
afterAll(() => app.close())
beforeEach(async () => {
  dana = await makeFirm(app)
})

const lock = (clientId: string) => app.call(clients.lock, { params: { clientId } }, dana)
const unlock = (clientId: string) => app.call(clients.unlock, { params: { clientId } }, dana)

test('a locked client is sent nothing, its links stop, and unlocking brings them back', async () => {
  const clientId = await makeClient(app, dana)
  const copied = await app.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  const page = new URL(copied.body.url ?? '').pathname
  const words = async () => (await app.request().get(page)).text
  const open = await words()
  expect((await lock(clientId)).body.locked).toBe(true)
  expect(await words()).not.toBe(open)
  const refused = await app.call(invites.create, { params: { clientId }, body: { channel: 'sms' } }, dana)
  expect([refused.status, refused.body]).toMatchObject([409, { code: 'client_locked' }])
  expect((await app.call(connections.add, { params: { clientId }, body: {} }, dana)).status).toBe(409)
  expect((await unlock(clientId)).body.locked).toBe(false)
  expect(await words()).toBe(open)
})

test('a message that waits when the client is locked is not sent', async () => {
  const clientId = await makeClient(app, dana)
  const before = app.network.sendgrid.messages().length
  await app.call(invites.create, { params: { clientId }, body: { channel: 'email' } }, dana)
  await lock(clientId)
  await app.drain()
  expect(app.network.sendgrid.messages()).toHaveLength(before)
})

test('nothing is fetched while locked, and all that came is fetched once unlocked', async () => {
  const clientId = await makeClient(app, dana)
  const bank = await linkBank(app, dana, clientId)
  const before = await storedRows(app, bank.connectionId)
  await lock(clientId)
  expect((await app.call(connections.sync, { params: { clientId } }, dana)).status).toBe(409)
  app.network.plaid.act(bank.itemId, { seed: 7, steps: 60, rowsMax: 1_000 })
  await app.drain()
  expect(await storedRows(app, bank.connectionId)).toEqual(before)
  await unlock(clientId)
  await app.drain()
  const { ours, theirs } = await bothBooks(app, bank)
  expect(ours).toEqual(theirs)
  expect(await storedRows(app, bank.connectionId)).not.toEqual(before)
})

test('locked twice at once is locked once, and what is not locked cannot be unlocked', async () => {
  const clientId = await makeClient(app, dana)
  const both = await Promise.all([lock(clientId), lock(clientId)])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
  await unlock(clientId)
  expect((await unlock(clientId)).status).toBe(409)
  const { rows } = await app.admin.query(`select action from audit_log where client_id = $1 and action like 'client.%locked' order by id`, [
    clientId,
  ])
  expect(rows.map(({ action }) => action)).toEqual(['client.locked', 'client.unlocked'])
})
