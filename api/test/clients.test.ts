import type { ClientCreate } from '@ledgersync/shared/clients'
import { clients } from '@ledgersync/shared/clients'
import type { Problem } from '@ledgersync/shared/errors'
import { listAnew } from '../src/core/client-list.ts'
import { withFirm } from '../src/db/client.ts'
import { clientStaffTable } from '../src/db/schema/clients.ts'
import { connectionsTable } from '../src/db/schema/banks.ts'
import { newId } from '../src/core/ids.ts'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
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

const nora: ClientCreate = {
  staffHaveAccess: false,
  businessName: 'Saltgrass Outfitters',
  contactFirstName: 'Nora',
  contactLastName: 'Velasco',
  email: 'nora@saltgrass.example',
  phone: '(503) 555-0187',
  textConsent: true,
  timeZone: 'America/Los_Angeles',
  language: 'en',
  banks: [{ institutionId: 'ins_109508', name: 'First Meridian Bank' }],
}
const create = (body: ClientCreate, as: Person = dana) => app.call(clients.create, { body }, as)
// A refused call answers a Problem, which the endpoint's success type does not name
const problemOf = (answer: { body: unknown }): Problem => answer.body as Problem
const fieldsOf = (answer: { body: unknown }): string[] => (problemOf(answer).fields ?? []).map(({ field }) => field)

describe('adding a client', () => {
  test('keeps everything typed, the phone in E.164, who recorded the consent, and assigns the creator', async () => {
    const answer = await create(nora)
    expect(answer.status).toBe(201)
    expect(answer.body).toMatchObject({
      businessName: 'Saltgrass Outfitters',
      phone: '+15035550187',
      username: 'nora@saltgrass.example',
      usernameIsPlaceholder: false,
      staffIds: [dana.staffId],
      locked: false,
      textOptedOut: false,
      banks: [{ name: 'First Meridian Bank', connectionId: null }],
    })
    expect(answer.body.textConsentAt).not.toBeNull()
    const { rows } = await app.admin.query('select text_consent_by from clients where id = $1', [answer.body.id])
    expect(rows[0]).toEqual({ text_consent_by: dana.staffId })
    expect((await app.call(clients.get, { params: { clientId: answer.body.id } }, dana)).body).toEqual(answer.body)
  })

  test('without the bank login both addresses are needed, each named', async () => {
    const { email: _email, phone: _phone, ...rest } = nora
    const answer = await create(rest)
    expect(answer.status).toBe(400)
    expect(fieldsOf(answer)).toEqual(['body.email', 'body.phone'])
    expect(fieldsOf(await create({ ...nora, phone: null }))).toEqual(['body.phone'])
  })

  test.each<[string, Partial<ClientCreate>, string, string]>([
    ['a short phone', { phone: '555-01' }, 'invalid_phone', 'body.phone'],
    ['letters in the phone', { phone: 'call me' }, 'invalid_field', 'body.phone'],
    ['an unknown time zone', { timeZone: 'America/Saltgrass' }, 'invalid_time_zone', 'body.timeZone'],
    ['an offset as time zone', { timeZone: '+05:00' }, 'invalid_time_zone', 'body.timeZone'],
    ['no e-mail address', { email: 'nora at saltgrass' }, 'invalid_field', 'body.email'],
    ['a blank name', { businessName: '   ' }, 'invalid_field', 'body.businessName'],
    [
      'a routing number of eight digits',
      { banks: [{ institutionId: 'i', name: 'n', routingNumber: '12345678' }] },
      'invalid_field',
      'body.banks.0.routingNumber',
    ],
    ['somebody who is no staff', { staffIds: [newId()] }, 'invalid_field', 'body.staffIds'],
  ])('%s is refused by name and nothing is kept', async (_name, change, code, field) => {
    const answer = await create({ ...nora, ...change })
    expect([answer.status, problemOf(answer).code, fieldsOf(answer)]).toEqual([400, code, [field]])
    expect((await app.call(clients.counts, {}, dana)).body.all).toBe(0)
  })

  test('a taken username is refused with one that is free, whatever its case', async () => {
    await create(nora)
    const second = await create({ ...nora, businessName: 'Saltgrass Rentals', email: 'Nora@Saltgrass.example' })
    expect(second.status).toBe(409)
    expect(problemOf(second)).toMatchObject({ code: 'username_taken', suggestion: 'Nora+2@Saltgrass.example' })
    const third = await create({ ...nora, businessName: 'Saltgrass Rentals', username: problemOf(second).suggestion ?? '' })
    expect(third.status).toBe(201)
    expect(problemOf(await create(nora)).suggestion).toBe('nora+3@saltgrass.example')
  })

  test('ten at once with one username make one client, and nine are told', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => create(nora)))
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array.from({ length: 9 }, () => 409)])
  })

  test('with the bank login a username is made up from the name, folded and unique', async () => {
    const body: ClientCreate = { staffHaveAccess: true, businessName: 'Café Müller & Söhne' }
    const first = await create(body)
    expect(first.body).toMatchObject({
      username: 'cafemullersohne@quillstone.example',
      usernameIsPlaceholder: true,
      email: null,
      phone: null,
    })
    const [second, third] = await Promise.all([create(body), create(body)])
    expect([second.body.username, third.body.username].sort()).toEqual([
      'cafemullersohne2@quillstone.example',
      'cafemullersohne3@quillstone.example',
    ])
    expect((await create({ staffHaveAccess: true, businessName: '株式会社' })).body.username).toBe('client@quillstone.example')
  })

  test('an employee is assigned to what they add and assigns nobody else', async () => {
    const marcus = await makeStaff(app, dana.firmId, 'employee')
    expect(fieldsOf(await create({ ...nora, staffIds: [dana.staffId] }, marcus))).toEqual(['body.staffIds'])
    expect((await create(nora, marcus)).body.staffIds).toEqual([marcus.staffId])
  })
})

describe('changing a client', () => {
  test('changes only what is sent, and records before and after', async () => {
    const { body: client } = await create(nora)
    const answer = await app.call(
      clients.update,
      { params: { clientId: client.id }, body: { phone: '503 555 0199', textConsent: false } },
      dana,
    )
    expect(answer.body).toEqual({ ...client, phone: '+15035550199', textConsentAt: null, textConsentBy: null })
    const { rows } = await app.admin.query<{ details: unknown }>(
      "select d.details from audit_log l join audit_details d on d.audit_id = l.id where l.action = 'client.changed' and l.client_id = $1",
      [client.id],
    )
    expect(rows[0]?.details).toMatchObject({ before: { phone: '+15035550187' }, after: { phone: '+15035550199' } })
  })

  test('an address that is needed cannot be taken away, and a taken username not taken', async () => {
    const { body: client } = await create(nora)
    const other = await create({ ...nora, email: 'owen@saltgrass.example' })
    const update = (body: object) => app.call(clients.update, { params: { clientId: other.body.id }, body }, dana)
    expect(fieldsOf(await update({ phone: null }))).toEqual(['body.phone'])
    expect(problemOf(await update({ username: client.username.toUpperCase() }))).toMatchObject({ code: 'username_taken' })
    expect((await update({ username: 'OWEN@saltgrass.example' })).status).toBe(200)
  })

  test('the answer about the bank login can change, and decides what is needed from then on', async () => {
    const made = await create({ staffHaveAccess: true, businessName: 'Larkspur Yoga', textConsent: true })
    expect(made.body).toMatchObject({ staffHaveAccess: true, textConsentBy: 'Dana Whitlock' })
    const params = { clientId: made.body.id }
    const refused = await app.call(clients.update, { params, body: { staffHaveAccess: false } }, dana)
    expect([refused.status, fieldsOf(refused)]).toEqual([400, ['body.email', 'body.phone']])
    const reach = { email: 'ada@larkspur.example', phone: '(503) 555-0187' }
    const changed = await app.call(clients.update, { params, body: { staffHaveAccess: false, ...reach } }, dana)
    expect(changed.body).toMatchObject({ staffHaveAccess: false, phone: '+15035550187' })
    expect((await app.call(clients.update, { params, body: { phone: null } }, dana)).status).toBe(400)
  })

  test('banks are asked for once and can be taken back', async () => {
    const { body: client } = await create(nora)
    const body = { institutionId: 'ins_2', name: 'Unity Card' }
    const added = await app.call(clients.addBank, { params: { clientId: client.id }, body }, dana)
    expect([added.status, added.body.name]).toEqual([201, 'Unity Card'])
    expect((await app.call(clients.addBank, { params: { clientId: client.id }, body }, dana)).status).toBe(409)
    const params = { clientId: client.id, bankId: added.body.id }
    expect((await app.call(clients.removeBank, { params }, dana)).status).toBe(204)
    expect((await app.call(clients.removeBank, { params }, dana)).status).toBe(404)
  })
})

describe('who sees which client', () => {
  test("an employee finds only their own, everywhere, and another firm's nobody", async () => {
    const marcus = await makeStaff(app, dana.firmId, 'employee')
    const [mine, theirs] = [await makeClient(app, marcus), await makeClient(app, dana)]
    const stranger = await makeFirm(app, 'Another Firm')
    const list = await app.call(clients.list, {}, marcus)
    expect(list.body.items.map((row) => row.id)).toEqual([mine])
    expect((await app.call(clients.list, { query: { search: 'saltgrass' } }, marcus)).body.items).toHaveLength(1)
    expect((await app.call(clients.counts, {}, marcus)).body).toMatchObject({ all: 1, neverConnected: 1, mine: 1 })
    for (const person of [marcus, stranger]) {
      expect((await app.call(clients.get, { params: { clientId: theirs } }, person)).status).toBe(404)
      expect((await app.call(clients.update, { params: { clientId: theirs }, body: { language: 'es' } }, person)).status).toBe(404)
      expect(
        (await app.call(clients.addBank, { params: { clientId: theirs }, body: { institutionId: 'i', name: 'n' } }, person)).status,
      ).toBe(404)
    }
    expect((await app.call(clients.list, {}, stranger)).body.items).toEqual([])
    expect((await app.call(clients.assign, { params: { clientId: theirs }, body: { staffIds: [marcus.staffId] } }, marcus)).status).toBe(
      403,
    )
    expect(
      (await app.call(clients.assign, { params: { clientId: theirs }, body: { staffIds: [marcus.staffId] } }, dana)).body.staffIds,
    ).toEqual([marcus.staffId])
    expect((await app.call(clients.get, { params: { clientId: theirs } }, marcus)).status).toBe(200)
  })

  test('the same people assigned many times at once are assigned once', async () => {
    const marcus = await makeStaff(app, dana.firmId, 'employee')
    const clientId = await makeClient(app, dana)
    const assign = () => app.call(clients.assign, { params: { clientId }, body: { staffIds: [dana.staffId, marcus.staffId] } }, dana)
    const answers = await Promise.all(Array.from({ length: 8 }, assign))
    for (const { status, body } of answers) expect([status, body.staffIds.sort()]).toEqual([200, [dana.staffId, marcus.staffId].sort()])
  })
})

describe('the list', () => {
  test('pages by name without gaps or repeats, equal names included', async () => {
    for (const name of ['beta', 'Alpha', 'alpha', 'ALPHA', 'Gamma']) await makeClient(app, dana, { businessName: name })
    const seen: string[] = []
    let cursor: string | undefined
    for (let page = 0; page < 10; page++) {
      const { body } = await app.call(clients.list, { query: { limit: 2, ...(cursor !== undefined && { cursor }) } }, dana)
      seen.push(...body.items.map((row) => row.businessName.toLowerCase()))
      if (body.nextCursor === null) break
      cursor = body.nextCursor
    }
    expect(seen).toEqual(['alpha', 'alpha', 'alpha', 'beta', 'gamma'])
    expect((await app.call(clients.list, { query: { cursor: 'AAAA' } }, dana)).status).toBe(400)
  })

  test('finds by every word, by digits of the phone, and takes wildcards literally', async () => {
    await makeClient(app, dana, { businessName: '100% Organic', contactLastName: 'Velasco', phone: '+15035550187' })
    await makeClient(app, dana, { businessName: 'Dunmore Dental', contactLastName: 'Ames', phone: '+15035550111' })
    const find = async (search: string) =>
      (await app.call(clients.list, { query: { search } }, dana)).body.items.map((row) => row.businessName)
    expect(await find('velasco organic')).toEqual(['100% Organic'])
    expect(await find('(503) 555-0187')).toEqual(['100% Organic'])
    expect(await find('%')).toEqual(['100% Organic'])
    expect(await find('_unmore')).toEqual([])
    expect(await find('dunmore velasco')).toEqual([])
  })

  test('each row shows its banks, health and staff, and each view holds what it says', async () => {
    const marcus = await makeStaff(app, dana.firmId, 'employee', 'Marcus Oyelade')
    const broken = await makeClient(app, dana, { businessName: 'A broken one' })
    const fresh = await makeClient(app, dana, { businessName: 'B fresh one' })
    const now = app.deps.now()
    await withFirm(dana.ctx, async (tx) => {
      await tx.insert(clientStaffTable).values({ firmId: dana.firmId, clientId: broken, staffId: marcus.staffId, assignedAt: now })
      for (const [index, health] of (['healthy', 'needs_client'] as const).entries()) {
        await tx.insert(connectionsTable).values({
          firmId: dana.firmId,
          id: newId(),
          clientId: broken,
          institutionName: 'First Meridian Bank',
          providerItemId: `item${index}${broken}`,
          health,
          complete: true,
          lastSuccessAt: now,
          createdAt: now,
        })
      }
      await listAnew(tx, dana.ctx, [broken])
    })
    const list = async (view: 'all' | 'needs_client' | 'never_connected' | 'to_review' | 'mine') =>
      (await app.call(clients.list, { query: { view } }, dana)).body.items
    expect(await list('all')).toMatchObject([
      {
        id: broken,
        health: 'needs_client',
        connections: 2,
        connectionsHealthy: 1,
        lastSyncAt: now.toISOString(),
        toReview: 0,
        books: 'none',
        invite: null,
        contactName: 'Nora Velasco',
        textConsent: true,
        staff: [{ name: 'Dana Whitlock' }, { name: 'Marcus Oyelade' }],
      },
      { id: fresh, health: 'none', connections: 0, lastSyncAt: null, staff: [{ id: dana.staffId }] },
    ])
    expect((await list('needs_client')).map((row) => row.id)).toEqual([broken])
    expect((await list('never_connected')).map((row) => row.id)).toEqual([fresh])
    expect(await list('to_review')).toEqual([])
    expect((await app.call(clients.counts, {}, dana)).body).toEqual({ all: 2, needsClient: 1, neverConnected: 1, toReview: 0, mine: 2 })
  })
})

test('banks are found by name and by routing number', async () => {
  const byName = await app.call(clients.searchInstitutions, { query: { query: 'platypus' } }, dana)
  expect(byName.status).toBe(200)
  expect(byName.body.items.length).toBeGreaterThan(0)
})
