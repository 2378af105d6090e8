import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { audit } from '@ledgersync/shared/audit'
import { clients } from '@ledgersync/shared/clients'
import { erasure } from '@ledgersync/shared/erasure'
import { firms } from '@ledgersync/shared/firms'
import { staff } from '@ledgersync/shared/team'
import { actionWords } from '../src/audit/words.ts'
import { verifyFirms } from '../src/audit/verify-firms.ts'
import { recordAudits } from '../src/core/audit.ts'
import { withFirm } from '../src/db/client.ts'
import { makeClient, makeFirm, makeGroup, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { endPrograms, productionEnv, startProgram } from './program-kit.ts'

let product: TestApp
let dana: Person
beforeAll(async () => {
  product = await startTestApp()
})
beforeEach(async () => {
  dana = await makeFirm(product)
})
afterAll(async () => {
  endPrograms()
  await product.close()
})

type Query = NonNullable<Parameters<typeof list>[0]>
const list = async (
  query: { who?: string; clientId?: string; kind?: 'team' | 'clients' | 'firm'; from?: string; to?: string } = {},
  as = dana,
) => (await product.call(audit.list, { query }, as)).body.items
const whats = async (query: Query = {}) => (await list(query)).map(({ what }) => what)
const exported = (query: Record<string, string> = {}, as = dana) =>
  product.request().get('/v1/audit-log.csv').query(query).set('Cookie', as.cookie)

test('every action that is recorded has words', () => {
  const source = fileURLToPath(new URL('../src', import.meta.url))
  const files = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name)
      return statSync(path).isDirectory() ? files(path) : [path]
    })
  // Written where they are recorded, or handed to a function that records them
  const used = files(resolve(source)).flatMap((path) => {
    // Steps at which a program can die have names of the same form
    const text = readFileSync(path, 'utf8').replaceAll(/reached\('[^']+'\)/g, '')
    return /recordAudits?\(|record\(tx|announce\(tx|moveJobs|handle\(/.test(text) && !path.endsWith('words.ts')
      ? [...text.matchAll(/'((?:[a-z]+_?)+\.(?:[a-z]+_?)+)'/g)].map(([, action = '']) => action)
      : []
  })
  const known = [...actionWords.keys()]
  const recorded = [...new Set(used)].filter((action) => known.some((each) => each.split('.')[0] === action.split('.')[0]))
  expect(recorded.length).toBeGreaterThan(40)
  expect(recorded.filter((action) => !actionWords.has(action))).toEqual([])
})

describe('the log', () => {
  test('tells who did what, before and after, from where and when, newest first', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const groupId = await makeGroup(product, dana, 'Monthly close')
    const clientId = await makeClient(product, dana, { businessName: 'Saltgrass Outfitters' })
    await product.call(clients.update, { params: { clientId }, body: { businessName: 'Saltgrass & Co', groupId } }, dana)
    await product.call(staff.update, { params: { staffId: marcus.staffId }, body: { role: 'administrator' } }, dana)
    await product.call(clients.assign, { params: { clientId }, body: { staffIds: [marcus.staffId] } }, dana)
    const [assigned, role, changed] = await list()
    expect(changed).toMatchObject({
      actorKind: 'staff',
      actorName: 'Dana Whitlock',
      what: 'Changed the client',
      clientId,
      clientName: 'Saltgrass & Co',
      changes: [
        { name: 'Business name', before: 'Saltgrass Outfitters', after: 'Saltgrass & Co' },
        { name: 'Group', before: null, after: 'Monthly close' },
      ],
      ip: expect.stringMatching(/127\.0\.0\.1/),
    })
    expect(role).toMatchObject({
      what: 'Changed role or permissions',
      subject: 'Marcus Oyelade',
      changes: [{ name: 'Role', before: 'employee', after: 'administrator' }],
    })
    expect(assigned?.changes).toEqual([{ name: 'Value', before: 'Dana Whitlock', after: 'Marcus Oyelade' }])
  })

  test('tells of members with any name, those that every object has among them', async () => {
    const after = { constructor: 'Harbor', toString: 'Rye' }
    await withFirm(dana.ctx, (tx) => recordAudits(tx, dana.ctx, 'firm.updated', [{ details: { before: {}, after } }]))
    const [entry] = await list()
    expect(entry?.changes).toEqual([
      { name: 'Constructor', before: null, after: 'Harbor' },
      { name: 'To string', before: null, after: 'Rye' },
    ])
    expect((await exported()).status).toBe(200)
  })

  test('is filtered by person, client, kind and days, each page going on where the last ended', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'administrator')
    const [one, two] = [await makeClient(product, dana), await makeClient(product, dana)]
    const rename = (clientId: string, as: Person, businessName: string) =>
      product.call(clients.update, { params: { clientId }, body: { businessName } }, as)
    await rename(one, dana, 'First')
    await rename(two, marcus, 'Second')
    await product.call(firms.update, { body: { name: 'Quillstone & Co' } }, marcus)
    expect(await whats()).toEqual(['Changed settings', 'Changed the client', 'Changed the client'])
    expect(await whats({ who: marcus.staffId })).toEqual(['Changed settings', 'Changed the client'])
    expect((await list({ clientId: one })).map(({ clientName }) => clientName)).toEqual(['First'])
    expect(await whats({ kind: 'firm' })).toEqual(['Changed settings'])
    expect(await whats({ kind: 'clients', who: dana.staffId })).toEqual(['Changed the client'])
    expect(await whats({ kind: 'team' })).toEqual([])
    expect(await whats({ who: 'system' })).toEqual([])
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Los_Angeles' }).format(product.deps.now())
    expect(await whats({ from: today, to: today })).toHaveLength(3)
    expect(await whats({ to: '2020-01-01' })).toEqual([])
    expect((await product.call(audit.list, { query: { from: '2026-02-02', to: '2026-01-01' } }, dana)).status).toBe(400)

    for (const query of [{}, { kind: 'clients' as const }]) {
      const seen: string[] = []
      for (let cursor: string | undefined; ; ) {
        const page = (await product.call(audit.list, { query: { ...query, limit: 1, ...(cursor !== undefined && { cursor }) } }, dana)).body
        seen.push(...page.items.map(({ id }) => id))
        if (page.nextCursor === null) break
        cursor = page.nextCursor
      }
      expect(seen).toEqual((await list(query)).map(({ id }) => id))
    }
  })

  test.each(['America/Los_Angeles', 'Asia/Tokyo'])('takes every day there is as a filter, in %s', async (timeZone) => {
    await product.call(firms.update, { body: { name: 'Quillstone & Co', timeZone } }, dana)
    for (const query of [{ to: '9999-12-31' }, { from: '0001-01-01' }, { from: '0001-01-01', to: '9999-12-31' }]) {
      expect(await whats({ ...query, kind: 'firm', who: dana.staffId })).toContain('Changed settings')
      const csv = await exported(query)
      expect([csv.status, csv.text]).toEqual([200, expect.stringContaining('Changed settings')])
    }
    for (const query of [{ from: '9999-12-31' }, { to: '0001-01-01' }]) expect(await whats(query)).toEqual([])
  })

  test('keeps the fact of a deleted client and nothing else of it', async () => {
    const clientId = await makeClient(product, dana, { businessName: 'Zephyr Lantern Works' })
    await product.call(clients.update, { params: { clientId }, body: { businessName: 'Zephyr Lanterns' } }, dana)
    await product.call(erasure.remove, { params: { clientId }, body: { businessName: 'Zephyr Lanterns' } }, dana)
    const entries = await list()
    expect(entries.map(({ what, changes }) => [what, changes])).toEqual([
      ['Deleted the client', []],
      ['Changed the client', []],
    ])
    expect(JSON.stringify(entries)).not.toContain('Zephyr')
  })

  test('is the firm’s own', async () => {
    const stranger = await makeFirm(product)
    await product.call(firms.update, { body: { name: 'Elsewhere' } }, stranger)
    expect(await list()).toEqual([])
    expect(await list({ who: stranger.staffId })).toEqual([])
  })
})

describe('the export', () => {
  test('holds every entry of the filters, neutralises formulas, and is itself an entry', async () => {
    const clientId = await makeClient(product, dana)
    await product.call(clients.update, { params: { clientId }, body: { businessName: '=HYPERLINK("https://evil.example")' } }, dana)
    // More than one page of the export
    const many = Array.from({ length: 1_200 }, (_, n) => ({ details: { name: `Entry ${n}` } }))
    await withFirm(dana.ctx, (tx) => recordAudits(tx, dana.ctx, 'group.created', many))
    const answer = await exported()
    expect([answer.status, answer.headers['content-type']]).toEqual([200, expect.stringContaining('text/csv')])
    const lines = answer.text.trim().split('\r\n')
    // The header, and what was made above
    expect(lines).toHaveLength(1 + 1_200 + 1)
    expect(answer.text).toContain(`,"'=HYPERLINK(""https://evil.example"")",`)
    for (let n = 0; n < 1_200; n += 171) expect(answer.text).toContain(`Entry ${n},`)
    expect((await list())[0]?.what).toBe('Downloaded the audit log')
    expect((await exported({ kind: 'team' })).text.trim().split('\r\n')).toHaveLength(1)
  })

  test('refuses wrong filters before it sends anything', async () => {
    expect((await exported({ from: '2026-02-02', to: '2026-01-01' })).status).toBe(400)
  })
})

describe('the check', () => {
  test('runs in the background, once at a time, and tells that all adds up', async () => {
    expect((await product.call(audit.checks, {}, dana)).body).toEqual({ check: null })
    await makeGroup(product, dana, 'Monthly close')
    await product.call(firms.update, { body: { name: 'Quillstone & Co' } }, dana)
    await product.advance(5_000)
    await product.drain()
    const both = await Promise.all([product.call(audit.check, {}, dana), product.call(audit.check, {}, dana)])
    expect(both.map(({ status }) => status)).toEqual([202, 202])
    expect(both[0].body.id).toBe(both[1].body.id)
    expect(both[0].body).toMatchObject({ finishedAt: null, ok: null, requestedBy: 'Dana Whitlock' })
    await product.drain()
    const { check } = (await product.call(audit.checks, {}, dana)).body
    expect(check).toMatchObject({ ok: true, problem: null, finishedAt: expect.any(String) })
    expect(check?.entries).toBeGreaterThan(0)
    expect((await product.call(audit.check, {}, dana)).body.id).not.toBe(check?.id)
  })

  test.each([
    ['an entry that was changed', "update audit_log set action = 'client.created' where firm_id = $1"],
    ['details that were changed', `update audit_details set details = '{"after": {"name": "Other"}}' where firm_id = $1`],
    ['a link that was removed', 'delete from audit_chain where firm_id = $1 and seq = 1'],
    [
      'details that are gone, though no client was deleted',
      'delete from audit_details where firm_id = $1 and audit_id = (select audit_id from audit_chain where firm_id = $1 and seq = 1)',
    ],
  ])('finds %s, on the screen and from the command line', async (_what, sql) => {
    for (const name of ['One', 'Two']) await product.call(firms.update, { body: { name } }, dana)
    await product.advance(5_000)
    await product.drain()
    const lines: string[] = []
    expect(await verifyFirms(product.deps, dana.firmId, (line) => lines.push(line))).toBe(0)
    await product.admin.query(sql, [dana.firmId])
    await product.call(audit.check, {}, dana)
    await product.drain()
    expect((await product.call(audit.checks, {}, dana)).body.check).toMatchObject({ ok: false, problem: expect.any(String) })
    expect(await verifyFirms(product.deps, dana.firmId, (line) => lines.push(line))).toBe(1)
    expect(lines).toEqual([expect.stringContaining('adds up'), expect.stringContaining('BROKEN')])
    expect(await verifyFirms(product.deps, null, () => {})).toBeGreaterThan(0)
  })

  /** What the newest check found, after what is written was sealed. */
  const checked = async () => {
    await product.advance(5_000)
    await product.drain()
    await product.call(audit.check, {}, dana)
    await product.drain()
    return (await product.call(audit.checks, {}, dana)).body.check
  }

  test('finds that the end was cut off, also when other entries have taken its place', async () => {
    for (const name of ['One', 'Two', 'Three']) await product.call(firms.update, { body: { name } }, dana)
    expect(await checked()).toMatchObject({ ok: true })
    // As somebody would who is to leave nothing behind of what was done
    for (const table of ['audit_chain', 'audit_details', 'audit_log'])
      await product.admin.query(
        `delete from ${table} x where firm_id = $1 and ${table === 'audit_log' ? 'id' : 'audit_id'} not in (select id from (select id from audit_log where firm_id = $1 order by id limit 2) kept)`,
        [dana.firmId],
      )
    const lines: string[] = []
    expect(await verifyFirms(product.deps, dana.firmId, (line) => lines.push(line))).toBe(1)
    expect(lines).toEqual([
      expect.stringMatching(/BROKEN: the end is missing: there were 3 entries at the check of 20.+Z, and there are 2 /),
    ])
    // The check that is asked for is an entry too
    for (const name of ['Four', 'Five']) await product.call(firms.update, { body: { name } }, dana)
    expect(await checked()).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/^entries up to 3 are others than at the check of 20/),
    })
  })

  test('is a command of the program, which fails when something does not add up', async () => {
    const { databaseUrl, databaseOwnerUrl } = product.config
    const env = { ...(await productionEnv()), DATABASE_URL: databaseUrl, DATABASE_OWNER_URL: databaseOwnerUrl }
    const run = async (...words: string[]): Promise<[number | null, string]> => {
      const { ended, output } = startProgram(env, [], ['api/dist/audit-command.js', ...words])
      return [await ended, output()]
    }
    await product.call(firms.update, { body: { name: 'One' } }, dana)
    await product.advance(5_000)
    await product.drain()
    expect(await run('verify', dana.firmId)).toEqual([0, expect.stringMatching(new RegExp(`^${dana.firmId}  adds up  1 sealed entries`))])
    await product.admin.query("update audit_log set ip = '10.0.0.1' where firm_id = $1", [dana.firmId])
    expect(await run('verify')).toEqual([1, expect.stringContaining(`${dana.firmId}  BROKEN: an entry was changed at 1`)])
    expect((await run('something'))[0]).toBe(64)
    for (const wrong of ['018f0000-0000-7000-8000-000000000001', 'northgate', "'; drop table firms"])
      expect(await run('verify', wrong)).toEqual([2, `There is no firm with the id ${JSON.stringify(wrong)}.\n`])
  })
})
