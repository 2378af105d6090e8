import { bulk, type BulkStart } from '@ledgersync/shared/bulk'
import { clients } from '@ledgersync/shared/clients'
import { groups } from '@ledgersync/shared/groups'
import { staff } from '@ledgersync/shared/team'
import { runBulk } from '../src/bulk/jobs.ts'
import { recoverFirm } from '../src/recovery/service.ts'
import { listDifferences } from './client-list-kit.ts'
import { makeClient, makeFirm, makeGroup, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let app: TestApp
let dana: Person
beforeAll(async () => {
  app = await startTestApp()
}, 60_000)
afterAll(() => app.close())
beforeEach(async () => {
  dana = await makeFirm(app)
})

const start = (body: BulkStart, as = dana) => app.call(bulk.start, { body }, as)
const outcomes = async (runId: string, as = dana): Promise<[string, string, string | null][]> => {
  const { body } = await app.call(bulk.items, { params: { runId }, query: {} }, as)
  return body.items.map(({ businessName, outcome, reason }) => [businessName, outcome, reason])
}
const invited = async (clientId: string): Promise<number> =>
  (await app.admin.query('select count(*)::int as n from invites where client_id = $1', [clientId])).rows[0].n

test('each client is invited once, and who cannot be reached is listed with the reason', async () => {
  const reached = await makeClient(app, dana, { businessName: 'Alder' })
  const noPhone = await makeClient(app, dana, { businessName: 'Birch', phone: null, staffHaveAccess: true })
  const locked = await makeClient(app, dana, { businessName: 'Cobalt', lockedAt: app.deps.now() })
  const { status, body } = await start({ clientIds: [locked, noPhone, reached], action: { kind: 'invite', channel: 'sms' } })
  expect([status, body]).toMatchObject([202, { total: 3, done: 0, failed: 0, finishedAt: null }])
  await app.drain()
  expect(await outcomes(body.id)).toEqual([
    ['Alder', 'done', null],
    ['Birch', 'failed', 'A text needs the cell phone of the client.'],
    ['Cobalt', 'failed', 'This client is locked. Unlock it first.'],
  ])
  const over = await app.call(bulk.get, { params: { runId: body.id } }, dana)
  expect(over.body).toMatchObject({ total: 3, done: 1, skipped: 0, failed: 2, finishedAt: expect.any(String) })
  expect(await Promise.all([reached, noPhone, locked].map(invited))).toEqual([1, 0, 0])
  expect(app.network.twilio.messages().length).toBeGreaterThan(0)
})

test('somebody with several clients is invited by one message, and a client of theirs that cannot be is listed', async () => {
  const lena = { phone: '+15035550399', contactFirstName: 'Lena' }
  const [alder, birch] = [
    await makeClient(app, dana, { businessName: 'Alder', ...lena }),
    await makeClient(app, dana, { businessName: 'Birch', ...lena }),
  ]
  await makeClient(app, dana, { businessName: 'Cobalt', ...lena, lockedAt: app.deps.now() })
  await makeClient(app, dana, { businessName: 'Dunmore', ...lena, language: 'es' })
  const { body } = await start({ filter: {}, action: { kind: 'invite', channel: 'sms' } })
  await app.drain()
  expect(await outcomes(body.id)).toEqual([
    ['Alder', 'done', null],
    ['Birch', 'done', null],
    ['Cobalt', 'failed', 'This client is locked. Unlock it first.'],
    ['Dunmore', 'done', null],
  ])
  expect(await Promise.all([alder, birch].map(invited))).toEqual([1, 1])
  const bodies = app.network.twilio.messages().flatMap(({ to, body: words }) => (to === lena.phone ? [words] : []))
  expect(bodies).toHaveLength(2)
  expect(bodies.filter((words) => words.includes('Alder') && words.includes('Birch'))).toHaveLength(1)
})

test('all that match a filter are changed, but those left out, and none of them twice however often the job runs', async () => {
  const ids: string[] = []
  for (const businessName of ['Alder', 'Birch', 'Cobalt', 'Dunmore']) ids.push(await makeClient(app, dana, { businessName }))
  const [alder = '', birch = ''] = ids
  await app.call(clients.lock, { params: { clientId: birch } }, dana)
  const { body } = await start({ filter: { invite: 'none' }, exceptIds: [alder], action: { kind: 'lock' } })
  expect(body.total).toBe(3)
  const payload = { firmId: dana.firmId, runId: body.id }
  await Promise.all([runBulk(app.deps, payload), runBulk(app.deps, payload)])
  await app.drain()
  await runBulk(app.deps, payload)
  expect(await outcomes(body.id)).toEqual([
    ['Birch', 'skipped', 'This client is locked already.'],
    ['Cobalt', 'done', null],
    ['Dunmore', 'done', null],
  ])
  const { rows } = await app.admin.query(`select count(*)::int as n from audit_log where firm_id = $1 and action = 'client.locked'`, [
    dana.firmId,
  ])
  expect(rows[0].n).toBe(3)
  expect(await listDifferences(async (text) => (await app.admin.query(text)).rows)).toEqual([])
})

test('a run whose job was lost goes on', async () => {
  await makeClient(app, dana)
  const { body } = await start({ filter: {}, action: { kind: 'lock' } })
  await app.admin.query(`delete from graphile_worker._private_jobs where key = $1`, [`run_bulk:${body.id}`])
  await app.admin.query(`update bulk_runs set requested_at = now() - interval '10 minutes' where id = $1`, [body.id])
  await recoverFirm(app.deps, dana.firmId)
  await app.drain()
  expect((await app.call(bulk.get, { params: { runId: body.id } }, dana)).body).toMatchObject({ done: 1, finishedAt: expect.any(String) })
})

test('staff are added, replaced and taken away; an employee may not', async () => {
  const marcus = await makeStaff(app, dana.firmId, 'employee')
  const clientId = await makeClient(app, dana)
  const staffOf = async () => (await app.call(clients.get, { params: { clientId } }, dana)).body.staffIds
  const assign = async (mode: 'add' | 'replace' | 'remove', staffIds: string[]) => {
    const { body } = await start({ clientIds: [clientId], action: { kind: 'assign', mode, staffIds } })
    await app.drain()
    return (await outcomes(body.id)).map(([, outcome]) => outcome)
  }
  expect(await assign('add', [marcus.staffId])).toEqual(['done'])
  expect((await staffOf()).sort()).toEqual([dana.staffId, marcus.staffId].sort())
  expect(await assign('add', [marcus.staffId])).toEqual(['skipped'])
  expect(await assign('replace', [marcus.staffId])).toEqual(['done'])
  expect(await staffOf()).toEqual([marcus.staffId])
  const refused = await start({ clientIds: [clientId], action: { kind: 'assign', mode: 'add', staffIds: [dana.staffId] } }, marcus)
  expect(refused.status).toBe(403)
  expect(await assign('remove', [marcus.staffId])).toEqual(['done'])
  expect(await staffOf()).toEqual([])
})

describe('a run is taken back', () => {
  const run = async (action: BulkStart['action'], clientIds?: string[]): Promise<string> => {
    const { body } = await start({ action, ...(clientIds && { clientIds }) })
    await app.drain()
    return body.id
  }
  const undo = (runId: string) => run({ kind: 'undo', runId })
  const of = async (clientId: string) => {
    const { locked, groupId, staffIds } = (await app.call(clients.get, { params: { clientId } }, dana)).body
    return { locked, groupId, staffIds: [...staffIds].sort() }
  }

  test('lock, group and staff become what they were, of each client; and again what they were before the undo', async () => {
    const marcus = await makeStaff(app, dana.firmId, 'employee')
    const [monthly, weekly] = [await makeGroup(app, dana, 'Monthly close'), await makeGroup(app, dana, 'Weekly')]
    const ids = [
      await makeClient(app, dana, { businessName: 'Alder', groupId: weekly }),
      await makeClient(app, marcus, { businessName: 'Birch', lockedAt: app.deps.now() }),
    ]
    const before = await Promise.all(ids.map(of))
    const actions: BulkStart['action'][] = [
      { kind: 'lock' },
      { kind: 'unlock' },
      { kind: 'group', groupId: monthly },
      { kind: 'assign', mode: 'replace', staffIds: [dana.staffId] },
      { kind: 'assign', mode: 'add', staffIds: [marcus.staffId] },
      { kind: 'assign', mode: 'remove', staffIds: [marcus.staffId] },
    ]
    for (const action of actions) {
      const runId = await run(action, ids)
      const after = await Promise.all(ids.map(of))
      expect([action, after]).not.toEqual([action, before])
      const undone = await undo(runId)
      expect([action, await Promise.all(ids.map(of))]).toEqual([action, before])
      await undo(undone)
      expect([action, await Promise.all(ids.map(of))]).toEqual([action, after])
      await undo(runId)
      expect([action, await Promise.all(ids.map(of))]).toEqual([action, before])
    }
    expect(await listDifferences(async (text) => (await app.admin.query(text)).rows)).toEqual([])
  })

  test('whom somebody has changed since stays as they are, and is listed', async () => {
    const [monthly, weekly] = [await makeGroup(app, dana, 'Monthly close'), await makeGroup(app, dana, 'Weekly')]
    const [alder, birch] = [await makeClient(app, dana, { businessName: 'Alder' }), await makeClient(app, dana, { businessName: 'Birch' })]
    const moved = await run({ kind: 'group', groupId: monthly }, [alder, birch])
    await app.call(clients.update, { params: { clientId: birch }, body: { groupId: weekly } }, dana)
    const undone = await undo(moved)
    expect(await outcomes(undone)).toEqual([
      ['Alder', 'done', null],
      ['Birch', 'skipped', 'Somebody has changed this since.'],
    ])
    expect([(await of(alder)).groupId, (await of(birch)).groupId]).toEqual([null, weekly])
    await app.call(groups.remove, { params: { groupId: monthly } }, dana)
    expect(await outcomes(await undo(undone))).toEqual([['Alder', 'failed', 'This group does not exist any more.']])
  })

  test('who has left since gets no client back, everybody else does', async () => {
    const [marcus, priya] = [await makeStaff(app, dana.firmId, 'employee'), await makeStaff(app, dana.firmId, 'employee', 'Priya Raman')]
    const clientId = await makeClient(app, marcus)
    await run({ kind: 'assign', mode: 'add', staffIds: [priya.staffId] }, [clientId])
    const replaced = await run({ kind: 'assign', mode: 'replace', staffIds: [dana.staffId] }, [clientId])
    await app.call(staff.deactivate, { params: { staffId: marcus.staffId }, body: { to: [], share: 'all' } }, dana)
    const undone = await undo(replaced)
    expect((await outcomes(undone)).map(([, outcome]) => outcome)).toEqual(['done'])
    expect((await of(clientId)).staffIds).toEqual([priya.staffId])
    expect((await app.call(bulk.get, { params: { runId: undone } }, dana)).body).toMatchObject({ undoable: true })
  })

  test('not an invite, not a run that goes on, and nobody else’s', async () => {
    const clientId = await makeClient(app, dana)
    const refusal = async (runId: string, as = dana, more: Partial<BulkStart> = {}) => {
      const { status, body } = await start({ action: { kind: 'undo', runId }, ...more }, as)
      return [status, 'code' in body ? body.code : null]
    }
    const { body: waiting } = await start({ clientIds: [clientId], action: { kind: 'lock' } })
    expect(await refusal(waiting.id)).toEqual([409, 'conflict'])
    await app.drain()
    const colleague = await makeStaff(app, dana.firmId, 'administrator')
    expect(await refusal(waiting.id, colleague)).toEqual([404, 'not_found'])
    expect(await refusal(waiting.id, await makeFirm(app))).toEqual([404, 'not_found'])
    expect(await refusal(waiting.id, dana, { clientIds: [clientId] })).toEqual([400, 'invalid_field'])
    const nothing = await run({ kind: 'lock' }, [clientId])
    expect(await refusal(nothing)).toEqual([409, 'conflict'])
    await undo(waiting.id)
    expect(await refusal(await run({ kind: 'invite', channel: 'email' }, [clientId]))).toEqual([409, 'conflict'])
  })
})

test('an employee changes only clients they see, and sees only their own runs', async () => {
  const marcus = await makeStaff(app, dana.firmId, 'employee')
  const [mine, theirs] = [await makeClient(app, marcus), await makeClient(app, dana)]
  expect((await start({ clientIds: [mine, theirs], action: { kind: 'lock' } }, marcus)).status).toBe(404)
  const { body } = await start({ filter: {}, action: { kind: 'lock' } }, marcus)
  expect(body.total).toBe(1)
  await app.drain()
  expect((await app.call(clients.get, { params: { clientId: mine } }, marcus)).body.locked).toBe(true)
  expect((await app.call(clients.get, { params: { clientId: theirs } }, dana)).body.locked).toBe(false)
  expect((await app.call(bulk.list, {}, dana)).body.items).toEqual([])
  expect((await app.call(bulk.get, { params: { runId: body.id } }, dana)).status).toBe(404)
})

test('who lost the client meanwhile changes nothing', async () => {
  const marcus = await makeStaff(app, dana.firmId, 'employee')
  const clientId = await makeClient(app, marcus)
  await start({ clientIds: [clientId], action: { kind: 'lock' } }, marcus)
  await app.call(clients.assign, { params: { clientId }, body: { staffIds: [] } }, dana)
  await app.drain()
  expect((await app.call(clients.get, { params: { clientId } }, dana)).body.locked).toBe(false)
})

test('neither clients nor a filter, both, and nobody that matches are refused', async () => {
  const clientId = await makeClient(app, dana)
  const action = { kind: 'lock' } as const
  expect((await start({ action })).status).toBe(400)
  expect((await start({ action, clientIds: [clientId], filter: {} })).status).toBe(400)
  expect((await start({ action, filter: { search: 'nobody at all' } })).status).toBe(409)
})
