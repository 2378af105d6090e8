import type { BulkItem, BulkStart } from '@ledgersync/shared/bulk'
import { bulk } from '@ledgersync/shared/bulk'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { firms } from '@ledgersync/shared/firms'
import { invites } from '@ledgersync/shared/invites'
import { outreach, type OutreachPerson, type OutreachRequest } from '@ledgersync/shared/outreach'
import { type TemplateCreate, templates } from '@ledgersync/shared/templates'
import { runBulk } from '../src/bulk/jobs.ts'
import { optOutEmail, optOutPhone } from '../src/clients/opt-outs.ts'
import { withFirm } from '../src/db/client.ts'
import { askForRepairs } from '../src/invites/repairs.ts'
import { makeClient, makeFirm, makeStaff, type Person, zoneAt } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import pg from 'pg'
import { makeBankAccount } from './ledger-factories.ts'
import { messageKit } from './message-kit.ts'

let app: TestApp
let dana: Person
beforeAll(async () => {
  app = await startTestApp()
}, 60_000)
afterAll(() => app.close())
beforeEach(async () => {
  await app.drain()
  await app.network.twilio.reset()
  await app.network.sendgrid.reset()
  dana = await makeFirm(app)
})

const { texts, mails, messagesOf } = messageKit(
  () => app,
  () => dana,
)

const meridian = { institutionId: 'ins_900101', name: 'First Meridian Bank', routingNumber: '067990302' }
/** The bank of `makeBankAccount`. */
const platypus = { institutionId: 'ins_109508', name: 'First Platypus Bank' }

type Ask = Partial<OutreachRequest>
const request = (ask: Ask): OutreachRequest => ({
  channel: 'sms',
  banks: [meridian],
  templateIds: [],
  ...(ask.clientIds === undefined && { filter: {} }),
  ...ask,
})
const preview = async (ask: Ask = {}, query = {}, as = dana) => (await app.call(outreach.preview, { query, body: request(ask) }, as)).body
const skipped = async (ask: Ask = {}, query = {}, as = dana) => (await app.call(outreach.skipped, { query, body: request(ask) }, as)).body
const reasons = async (ask: Ask = {}) => (await skipped(ask)).items.map(({ businessName, reason, fix }) => [businessName, reason, fix])

/** Begins the run that the preview is of. */
const begin = (ask: Ask = {}, as = dana) => {
  const { clientIds, filter, exceptIds, ...rest } = request(ask)
  const body = { action: { kind: 'outreach', ...rest }, clientIds, filter, exceptIds }
  return app.call(bulk.start, { body: JSON.parse(JSON.stringify(body)) as BulkStart }, as)
}
async function send(ask: Ask = {}): Promise<BulkItem[]> {
  const { status, body } = await begin(ask)
  expect(status).toBe(202)
  await app.drain()
  return (await app.call(bulk.items, { params: { runId: body.id }, query: { limit: 200 } }, dana)).body.items
}
const outcomesOf = (items: BulkItem[]) => items.map(({ businessName, outcome, reason }) => [businessName, outcome, reason])

const client = (businessName: string, overrides: Parameters<typeof makeClient>[2] = {}) =>
  makeClient(app, dana, { businessName, ...overrides })
const banksOf = async (clientId: string) =>
  (await app.call(clients.get, { params: { clientId } }, dana)).body.banks.map(({ name, connectionId }) => [name, connectionId])

/** A connection of the client, in this health. */
async function bank(clientId: string, health: 'healthy' | 'needs_client' | 'bank_down' | 'disconnected', mask = '8841'): Promise<void> {
  const accountId = await makeBankAccount(app, dana, clientId, { mask })
  const { rows } = await app.admin.query<{ id: string }>(
    `update connections set health = $2 where id = (select connection_id from bank_accounts where id = $1) returning id`,
    [accountId, health],
  )
  if (health === 'needs_client')
    await app.admin.query(
      `insert into connection_events (firm_id, id, connection_id, kind, by, at) values ($1, gen_random_uuid(), $2, 'Broken (Username/Password)', 'Bank', now())`,
      [dana.firmId, rows[0]?.id],
    )
}

/** What went out, with the secret part of its address cut off. */
const sent = () => [
  ...texts().map(({ to, body }) => `${to}: ${body.replace(/\S+\/i\/[\w-]{43}/, '[link]')}`),
  ...mails().map(({ to, subject, text }) => `${to.email}: ${subject}\n${(text ?? '').replace(/\S+\/i\/[\w-]{43}/, '[link]')}`),
]
const shown = ({ messages }: OutreachPerson) =>
  messages.map(({ channel, to, subject, body }) => (channel === 'sms' ? `${to}: ${body}` : `${to}: ${subject}\n${body}`))

describe('the preview', () => {
  test('says who gets which words about which banks, and they are what goes out', async () => {
    const marine = await client('Bluewater Marine', { contactFirstName: 'Lena', contactLastName: 'Okafor-Ruiz' })
    await bank(marine, 'needs_client')
    const garden = await client('Fern Hollow Gardens', { language: 'es', contactFirstName: 'Rosa' })
    for (const channel of ['sms', 'email', 'both'] as const) {
      const { summary, items, nextCursor } = await preview({ channel })
      expect(summary).toMatchObject({ chosen: 2, covered: 2, skipped: 0, people: 2, waiting: 0 })
      expect([summary.texts, summary.emails]).toEqual({ sms: [2, 0], email: [0, 2], both: [2, 2] }[channel])
      expect([items.map(({ name }) => name), nextCursor]).toEqual([['Lena Okafor-Ruiz', 'Rosa Velasco'], null])
      expect(items[0]?.banks.map(({ name, mask, isNew }) => [name, mask, isNew])).toEqual([
        ['First Platypus Bank', '8841', false],
        ['First Meridian Bank', null, true],
      ])
      await app.network.twilio.reset()
      await app.network.sendgrid.reset()
      expect(outcomesOf(await send({ channel }))).toEqual([
        ['Bluewater Marine', 'done', null],
        ['Fern Hollow Gardens', 'done', null],
      ])
      expect(sent().sort()).toEqual(items.flatMap(shown).sort())
      expect(sent().join()).toMatch(
        /Hi Lena,\s+this is Dana Whitlock at Quillstone Accounting\. First Platypus Bank ending in 8841 needs you/i,
      )
    }
    expect(await banksOf(garden)).toEqual([['First Meridian Bank', null]])
  })

  test('one phone with several mailboxes is one person, who sees one text and each letter', async () => {
    const phone = '+15035558200'
    await client('Bluewater Marine', { phone, email: 'marine@bluewater.example', contactFirstName: 'Lena' })
    await client('Bluewater Rentals', { phone, email: 'rentals@bluewater.example', contactFirstName: 'Lena' })
    await client('Sundial Letterpress', { phone, email: null })
    const { summary, items } = await preview({ channel: 'both' })
    expect(summary).toMatchObject({ covered: 3, people: 1, texts: 1, emails: 2 })
    expect(items[0]?.messages.map(({ to }) => to)).toEqual([phone, 'marine@bluewater.example', 'rentals@bluewater.example'])
    await send({ channel: 'both' })
    expect(sent().sort()).toEqual(items.flatMap(shown).sort())
  })

  test('of broken connections alone leaves out who has none, and writes with the words for a new sign-in', async () => {
    const marine = await client('Bluewater Marine')
    await bank(marine, 'needs_client')
    await bank(await client('Eastgate Auto Repair'), 'bank_down')
    await client('Fern Hollow Gardens')
    await bank(await client('Granite Fork Builders'), 'healthy')
    const { summary, items } = await preview({ banks: [] })
    expect(summary.uses).toEqual([{ kind: 'reconnect', channel: 'sms', language: 'en', templateId: null, templateName: null, messages: 1 }])
    expect(await reasons({ banks: [] })).toEqual([
      ['Eastgate Auto Repair', 'Bank is down, nothing for the client to do', null],
      ['Fern Hollow Gardens', 'Has connected no bank yet', null],
      ['Granite Fork Builders', 'No bank wants a new sign-in', null],
    ])
    expect((await send({ banks: [] })).map(({ outcome }) => outcome)).toEqual(['done', 'skipped', 'skipped', 'skipped'])
    expect(sent()).toEqual(items.flatMap(shown))
    const [invite] = (await app.call(invites.list, { params: { clientId: marine } }, dana)).body.items
    expect(invite).toMatchObject({ kind: 'repair', channel: 'sms' })
    // The clock does not ask once more
    await app.advance(11 * 60_000)
    await askForRepairs(app.deps, dana.firmId)
    await app.drain()
    expect(sent()).toHaveLength(1)
    expect(
      (await app.call(connections.list, { query: {} }, dana)).body.items.find(({ clientId }) => clientId === marine)?.clientAskedAt,
    ).toEqual(expect.any(String))
  })

  test('names each reason to leave somebody out, with what would help, and the run says the same', async () => {
    await client('A locked one', { lockedAt: app.deps.now() })
    await client('B own access', { staffHaveAccess: true })
    await bank(await client('C has it'), 'healthy')
    await client('D no phone', { phone: null })
    await client('E nowhere', { phone: null, email: null })
    await client('F stopped', { phone: '+15035550301' })
    await client('G stopped and gone', { phone: '+15035550302', email: 'gone@saltgrass.example' })
    await client('H tired', { phone: '+15035550303' })
    await bank(await client('I down'), 'bank_down')
    await withFirm(dana.ctx, async (tx) => {
      for (const phone of ['+15035550301', '+15035550302']) await optOutPhone(tx, app.deps, phone, app.deps.now())
      await optOutEmail(tx, app.deps, dana.firmId, 'gone@saltgrass.example')
    })
    await app.call(firms.update, { body: { messagesPerPersonDay: 1 } }, dana)
    const filter = { search: 'tired' }
    expect((await send({ filter })).map(({ outcome }) => outcome)).toEqual(['done'])
    const ask = { banks: [platypus] }
    const expected = [
      ['A locked one', 'The client is locked', 'open_client'],
      ['B own access', 'You hold this bank login yourself, nothing for the client to do', 'own_access'],
      ['C has it', 'Has connected this bank already', null],
      ['D no phone', 'No cell phone', 'email_instead'],
      ['E nowhere', 'No cell phone or e-mail', 'fix_phone'],
      ['F stopped', 'Opted out of texts', 'email_instead'],
      ['G stopped and gone', 'Opted out of texts', null],
      ['H tired', 'Already had a text within a day', null],
      ['I down', 'Bank is down, nothing for the client to do', null],
    ]
    expect(await reasons(ask)).toEqual(expected)
    expect((await skipped(ask)).items.map(({ since }) => since !== null)).toEqual(
      expected.map(([, reason]) => reason === 'Opted out of texts'),
    )
    expect(outcomesOf(await send(ask))).toEqual(expected.map(([name, reason]) => [name, 'skipped', reason]))
    expect(sent()).toHaveLength(1)
    expect(await reasons({ ...ask, channel: 'email', filter: { search: 'gone' } })).toEqual([
      ['G stopped and gone', 'Unsubscribed from your e-mails', null],
    ])
    expect(await reasons({ ...ask, channel: 'both', filter: { search: 'gone' } })).toEqual([
      ['G stopped and gone', 'Opted out of texts, unsubscribed from your e-mails', null],
    ])
  })

  test('takes the other channel for whom it is wished, and the open one of both', async () => {
    const [stopped, other] = [
      await client('Larkspur Yoga', { phone: '+15035550304', email: 'lark@saltgrass.example' }),
      await client('Maple Row'),
    ]
    await withFirm(dana.ctx, (tx) => optOutPhone(tx, app.deps, '+15035550304', app.deps.now()))
    expect(
      (await preview({ insteadIds: [stopped] })).items.map(({ channel, phone, email }) => [channel, phone === null, email === null]),
    ).toEqual([
      ['email', true, false],
      ['sms', false, true],
    ])
    expect((await preview({ channel: 'both' })).items.map(({ channel }) => channel)).toEqual(['email', 'both'])
    expect((await send({ insteadIds: [stopped] })).map(({ outcome }) => outcome)).toEqual(['done', 'done'])
    expect(mails().map(({ to }) => to.email)).toEqual(['lark@saltgrass.example'])
    expect((await messagesOf(other)).map(({ channel }) => channel)).toEqual(['sms'])
  })

  test('makes one person of clients with one address and language, and names whose each bank is', async () => {
    const phone = '+15035550305'
    const lena = { phone, contactFirstName: 'Lena', contactLastName: 'Okafor-Ruiz' }
    await bank(await client('Bluewater Marine', lena), 'needs_client')
    await client('Bluewater Rentals', { ...lena, email: 'LENA@harbor.example' })
    await client('Cobalt Ridge', { email: 'lena@harbor.example' })
    await client('Dunmore Dental', { ...lena, language: 'es' })
    const { summary, items } = await preview()
    expect(summary).toMatchObject({ covered: 4, people: 3, texts: 3 })
    expect(items.map((person) => person.clients.map(({ businessName }) => businessName))).toEqual([
      ['Bluewater Marine', 'Bluewater Rentals'],
      ['Cobalt Ridge'],
      ['Dunmore Dental'],
    ])
    expect(items[0]?.messages[0]?.body).toContain('First Platypus Bank ending in 8841 (Bluewater Marine)')
    expect(items[0]?.messages[0]?.body).toContain('First Meridian Bank (Bluewater Marine)')
    expect(items[0]?.messages[0]?.body).toContain('First Meridian Bank (Bluewater Rentals)')
    expect(outcomesOf(await send()).map(([, outcome]) => outcome)).toEqual(['done', 'done', 'done', 'done'])
    expect(sent().sort()).toEqual(items.flatMap(shown).sort())
    await app.network.twilio.reset()
    expect((await preview({ channel: 'email' })).items.map((person) => person.clients.map(({ businessName }) => businessName))).toEqual([
      ['Bluewater Marine'],
      ['Bluewater Rentals', 'Cobalt Ridge'],
      ['Dunmore Dental'],
    ])
  })

  test('says who waits for the morning, until when the link works, and when they are reminded', async () => {
    const now = app.deps.now()
    await client('Alder', { timeZone: zoneAt(3, now) })
    await client('Birch', { timeZone: zoneAt(12, now) })
    const { summary, items } = await preview({ channel: 'both' })
    expect(summary).toMatchObject({ people: 2, waiting: 1 })
    const [alder, birch] = items
    const hours = (from: string | undefined, to: string | undefined) =>
      Math.round((Date.parse(to ?? '') - Date.parse(from ?? '')) / 3_600_000)
    expect([alder?.waits, birch?.waits]).toEqual([true, false])
    expect(hours(now.toISOString(), alder?.messages[0]?.sendsAt)).toBeGreaterThanOrEqual(4)
    expect(hours(alder?.messages[0]?.sendsAt, alder?.linkUntil)).toBe(5 * 24)
    expect([hours(now.toISOString(), birch?.linkUntil), hours(now.toISOString(), birch?.remindAt)]).toEqual([5 * 24, 3 * 24])
  })

  test('tells of a message that waits for the same person about another client, and takes it in', async () => {
    const lena = { phone: '+15035550306', timeZone: zoneAt(3, app.deps.now()) }
    await client('Alder', lena)
    await client('Birch', lena)
    await client('Cobalt')
    expect((await preview()).items.map(({ joins }) => joins)).toEqual([false, false])
    await send({ filter: { search: 'alder' } })
    expect((await preview({ filter: { search: 'alder' } })).items.map(({ joins }) => joins)).toEqual([false])
    expect((await preview({ filter: { search: 'birch' } })).items.map(({ joins }) => joins)).toEqual([true])
    await send({ filter: { search: 'birch' } })
    const { rows } = await app.admin.query(`select body from messages where firm_id = $1 and state = 'queued'`, [dana.firmId])
    expect(rows).toEqual([{ body: expect.stringMatching(/\(Birch\) and .*\(Alder\)/) }])
  })

  test('has the words of chosen templates in place of those in use, each for its kind, channel and language', async () => {
    await client('Alder')
    await bank(await client('Birch'), 'needs_client')
    const make = async (changes: Partial<TemplateCreate> = {}) => {
      const body: TemplateCreate = {
        kind: 'invitation',
        channel: 'sms',
        language: 'en',
        name: 'Warm',
        title: null,
        body: 'Dear {{contact_name}} {{bank_link}}',
        ...changes,
      }
      return (await app.call(templates.create, { body }, dana)).body.id
    }
    const warm = await make()
    const inUse = await make({ name: 'In use', body: 'Used {{bank_link}}' })
    const { kind, channel, language } = { kind: 'invitation', channel: 'sms', language: 'en' } as const
    await app.call(templates.pick, { body: { kind, channel, language, templateId: inUse } }, dana)
    const words = async (ask: Ask) =>
      (await preview(ask)).items.map(({ messages: [message] }) => [message?.templateName, message?.body.slice(0, 9)])
    expect(await words({ filter: { search: 'alder' } })).toEqual([['In use', 'Used [lin']])
    expect(await words({ filter: { search: 'alder' }, templateIds: [warm] })).toEqual([['Warm', 'Dear Nora']])
    expect(await words({ filter: { search: 'birch' }, banks: [], templateIds: [warm] })).toEqual([[null, 'Hi Nora, ']])
    await send({ templateIds: [warm], filter: { search: 'alder' } })
    expect(texts().map(({ body }) => body.slice(0, 9))).toEqual(['Dear Nora'])
    const refused = async (templateIds: string[]) => {
      const answers = [await app.call(outreach.preview, { query: {}, body: request({ templateIds }) }, dana), await begin({ templateIds })]
      return answers.map(({ status }) => status)
    }
    expect(await refused([warm, inUse])).toEqual([400, 400])
    expect(await refused([await make({ kind: 'reminder' })])).toEqual([400, 400])
    await app.call(templates.archive, { params: { templateId: warm } }, dana)
    expect(await refused([warm])).toEqual([409, 409])
    const stranger = await makeFirm(app, 'Harbor Ledger Partners')
    const answer = await app.call(outreach.preview, { query: {}, body: request({ templateIds: [inUse] }) }, stranger)
    expect(answer.status).toBe(404)
  })

  test('is cut into pages in the order of the list', async () => {
    for (const name of ['Dunmore', 'Alder', 'Cobalt', 'Birch', 'Eastgate']) await client(name, name === 'Birch' ? { phone: null } : {})
    await client('Zinnia', { phone: null })
    const names = async (cursor?: string): Promise<string[]> => {
      const { items, nextCursor } = await preview({}, { limit: 2, ...(cursor !== undefined && { cursor }) })
      return [...items.map(({ clients: [first] }) => first?.businessName ?? ''), ...(nextCursor === null ? [] : await names(nextCursor))]
    }
    expect(await names()).toEqual(['Alder', 'Cobalt', 'Dunmore', 'Eastgate'])
    const first = await skipped({}, { limit: 1 })
    const second = await skipped({}, { limit: 1, cursor: first.nextCursor })
    expect([first, second].map(({ items: [one] }) => one?.businessName)).toEqual(['Birch', 'Zinnia'])
    expect(second.nextCursor).toBeNull()
  })

  test('of a thousand clients takes as few statements as that of one', async () => {
    await client('Alder')
    const one = await statements(() => preview())
    await makeMany(1_000)
    const { summary } = await preview({}, { limit: 200 })
    expect(summary).toMatchObject({ chosen: 1_001, covered: 1_001, people: 901 })
    expect(await statements(() => preview({}, { limit: 200 }))).toBe(one)
    expect((await skipped({ banks: [platypus] }, { limit: 200 })).items).toHaveLength(200)
  })
})

/** Statements that reach the database while this is done. */
async function statements(work: () => Promise<unknown>): Promise<number> {
  const { query } = pg.Client.prototype
  let count = 0
  // Whatever the overload, it is handed on as it came
  pg.Client.prototype.query = function counted(this: pg.Client, ...values: unknown[]) {
    count += 1
    return Reflect.apply(query, this, values) as never
  }
  try {
    await work()
    return count
  } finally {
    pg.Client.prototype.query = query
  }
}

/** So many clients, some of one person, half of them with a bank that wants a new sign-in. */
async function makeMany(count: number, { people = 900, timeZone = 'Etc/UTC' } = {}): Promise<void> {
  const { firmId } = dana
  await app.admin.query(
    `insert into clients (firm_id, id, business_name, contact_first_name, contact_last_name, email, phone, username, username_is_placeholder, staff_have_access, time_zone, language, created_at)
     select $1, gen_random_uuid(), 'Client ' || n, 'Nora', 'Velasco', 'many' || n || '@saltgrass.example', '+1503556' || lpad((n % $4::int)::text, 4, '0'), 'many' || n, false, false, $3, 'en', now()
     from generate_series(1, $2::int) n`,
    [firmId, count, timeZone, people],
  )
  await app.admin.query(
    `insert into connections (firm_id, id, client_id, institution_id, institution_name, provider_item_id, health, complete, created_at)
     select firm_id, gen_random_uuid(), id, 'ins_109508', 'First Platypus Bank', id::text, case when username like '%7' then 'needs_client' else 'healthy' end, true, now()
     from clients where firm_id = $1 and username like 'many%'`,
    [firmId],
  )
  await app.admin.query('select client_list_refresh($1, array(select id from clients where firm_id = $1))', [firmId])
}

describe('the run', () => {
  test('puts banks onto the page of whom they are missing, once, and asks anew where the connection has ended', async () => {
    const wanted = await client('Alder')
    await app.call(clients.addBank, { params: { clientId: wanted }, body: meridian }, dana)
    const connected = await client('Birch')
    await bank(connected, 'healthy')
    const ended = await client('Cobalt')
    await app.call(clients.addBank, { params: { clientId: ended }, body: platypus }, dana)
    await bank(ended, 'disconnected')
    await app.admin.query(
      'update wanted_banks w set connection_id = (select id from connections n where n.client_id = w.client_id) where w.client_id = $1',
      [ended],
    )
    const ask = { banks: [meridian, platypus, meridian] }
    const { items } = await preview(ask)
    expect(items.map(({ banks }) => banks.map(({ name }) => name))).toEqual([
      ['First Meridian Bank', 'First Platypus Bank'],
      ['First Meridian Bank'],
      ['First Platypus Bank', 'First Meridian Bank'],
    ])
    await send(ask)
    expect(await Promise.all([wanted, connected, ended].map(banksOf))).toEqual([
      [
        ['First Meridian Bank', null],
        ['First Platypus Bank', null],
      ],
      [['First Meridian Bank', null]],
      [
        ['First Platypus Bank', null],
        ['First Meridian Bank', null],
      ],
    ])
    const { rows } = await app.admin.query(`select count(*)::int as n from audit_log where firm_id = $1 and action = 'client.bank_asked'`, [
      dana.firmId,
    ])
    expect(rows[0].n).toBe(2 + 4)
    expect(sent()).toEqual(items.flatMap(shown))
  })

  test('writes to nobody twice, however often its job runs, and goes on for whoever is left', async () => {
    for (const name of ['Alder', 'Birch', 'Cobalt']) await client(name)
    const { body } = await begin()
    const payload = { firmId: dana.firmId, runId: body.id }
    await Promise.all([1, 2, 3].map(() => runBulk(app.deps, payload)))
    await app.drain()
    await runBulk(app.deps, payload)
    await app.drain()
    expect(texts()).toHaveLength(3)
    expect((await app.call(bulk.get, { params: { runId: body.id } }, dana)).body).toMatchObject({
      total: 3,
      done: 3,
      skipped: 0,
      failed: 0,
    })
  })

  test('writes about hundreds, in as many jobs as it takes', async () => {
    // In the middle of their night: what is written waits, and nothing has to be delivered here
    await makeMany(210, { people: 30, timeZone: zoneAt(3, app.deps.now()) })
    const { status, body } = await begin()
    expect([status, body.total]).toEqual([202, 210])
    await app.drain()
    expect((await app.call(bulk.get, { params: { runId: body.id } }, dana)).body).toMatchObject({ done: 210, skipped: 0, failed: 0 })
    const { rows } = await app.admin.query(
      `select count(*)::int as messages, count(distinct to_address)::int as people from messages where firm_id = $1 and state = 'queued'`,
      [dana.firmId],
    )
    expect(rows[0]).toEqual({ messages: 30, people: 30 })
  })

  test('is refused at once to who has not verified their e-mail, and cannot be taken back', async () => {
    const clientId = await client('Alder')
    const { body } = await begin({ clientIds: [clientId] })
    await app.drain()
    expect((await app.call(bulk.start, { body: { action: { kind: 'undo', runId: body.id } } }, dana)).status).toBe(409)
    await app.admin.query('update staff set email_verified_at = null where id = $1', [dana.staffId])
    expect((await begin({ clientIds: [clientId] })).body).toMatchObject({ code: 'email_unverified' })
    expect((await preview({ clientIds: [clientId] })).summary.people).toBe(1)
  })

  test('is of clients that the person sees, then and now', async () => {
    const marcus = await makeStaff(app, dana.firmId, 'employee')
    const [mine, lost] = [
      await makeClient(app, marcus, { businessName: 'Alder' }),
      await makeClient(app, marcus, { businessName: 'Birch' }),
    ]
    const theirs = await client('Cobalt')
    const body = request({ clientIds: [mine, theirs] })
    for (const endpoint of [outreach.preview, outreach.skipped]) {
      expect((await app.call(endpoint, { query: {}, body }, marcus)).status).toBe(404)
      expect((await app.call(endpoint, { query: {}, body: { ...request({}), clientIds: [mine] } }, dana)).status).toBe(400)
    }
    expect((await begin({ clientIds: [mine, theirs] }, marcus)).status).toBe(404)
    expect((await preview({}, {}, marcus)).summary.chosen).toBe(2)
    const run = await begin({}, marcus)
    await app.call(clients.assign, { params: { clientId: lost }, body: { staffIds: [] } }, dana)
    await app.drain()
    expect((await app.call(bulk.get, { params: { runId: run.body.id } }, marcus)).body).toMatchObject({ total: 2, done: 1, skipped: 1 })
    expect(texts()).toHaveLength(1)
  })
})
