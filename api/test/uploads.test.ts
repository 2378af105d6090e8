import { clients } from '@ledgersync/shared/clients'
import fc from 'fast-check'
import { erasure } from '@ledgersync/shared/erasure'
import { uploadBytesMax } from '@ledgersync/shared/upload-limits'
import { uploads } from '@ledgersync/shared/uploads'
import { verifyAudit } from '../src/core/audit.ts'
import type { Step } from '../src/core/steps.ts'
import { readCsv } from '../src/uploads/read-csv.ts'
import { runUpload } from '../src/uploads/run.ts'
import { makeClient, makeFirm, makeGroup, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { base64, csv, goodRows, header, uploadKit, workbook } from './upload-kit.ts'

let product: TestApp
let dana: Person
const reachedOf = { current: (_step: Step): void => {} }
beforeAll(async () => {
  product = await startTestApp()
  product.deps.reached = (step) => reachedOf.current(step)
})
beforeEach(async () => {
  reachedOf.current = () => {}
  dana = await makeFirm(product)
})
afterAll(() => product.close())

const kit = uploadKit(
  () => product,
  () => dana,
)

const count = async (table: 'clients' | 'invites' | 'upload_rows' | 'audit_log', more = 'true'): Promise<number> =>
  (await product.admin.query<{ n: number }>(`select count(*)::int as n from ${table} where firm_id = $1 and ${more}`, [dana.firmId]))
    .rows[0]?.n ?? -1

/** Uploads, runs and waits. */
async function upload(file: string | Uint8Array, badRows: 'refuse' | 'skip' = 'refuse', more: Parameters<typeof kit.ready>[1] = {}) {
  const ready = await kit.ready(file, more)
  const started = await kit.run(ready.id, { badRows }, more.as)
  expect([started.status, started.body]).toEqual([202, expect.anything()])
  expect(await product.drain()).toEqual([])
  return kit.get(ready.id, more.as)
}

describe('from a file to clients', () => {
  test('a list becomes clients as the form would make them, each with its entry in the audit log', async () => {
    const columns = ['Company', 'First name', 'Last name', 'E-mail', 'Cell phone', 'Texts', 'Time zone', 'Language', 'Staff', 'Colour']
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const row = [
      'Saltgrass',
      'Nora',
      'Velasco',
      'nora@saltgrass.example',
      '(503) 555-0142',
      'yes',
      'America/Chicago',
      'Spanish',
      marcus.email,
      'blue',
    ]
    const sent = await kit.send(csv(columns, row))
    expect(sent.body).toMatchObject({ state: 'matching', counts: { rows: 1 }, run: null })
    const fields = sent.body.columns.map(({ field }) => field)
    expect(fields).toEqual([
      'businessName',
      'contactFirstName',
      'contactLastName',
      'email',
      'phone',
      null,
      'timeZone',
      'language',
      'staff',
      null,
    ])
    fields[5] = 'textConsent'
    const done = await upload(csv(columns, row), 'refuse', { fields })
    expect(done).toMatchObject({ state: 'done', run: { created: 1, updated: 0, skipped: 0, invited: 0 } })
    const { body } = await product.call(clients.list, {}, dana)
    const [listed] = body.items
    const { body: client } = await product.call(clients.get, { params: { clientId: listed?.id ?? '' } }, dana)
    expect(client).toMatchObject({
      businessName: 'Saltgrass',
      contactFirstName: 'Nora',
      contactLastName: 'Velasco',
      email: 'nora@saltgrass.example',
      username: 'nora@saltgrass.example',
      usernameIsPlaceholder: false,
      phone: '+15035550142',
      textConsentAt: expect.any(String),
      timeZone: 'America/Chicago',
      language: 'es',
      staffIds: [marcus.staffId],
      staffHaveAccess: false,
    })
    const { rows } = await product.admin.query(
      `select action, actor_id, details->'businessName' as name from audit_log l left join audit_details d on d.audit_id = l.id
       where l.firm_id = $1 and l.client_id = $2`,
      [dana.firmId, client.id],
    )
    expect(rows).toEqual([{ action: 'client.created', actor_id: dana.staffId, name: 'Saltgrass' }])
    expect(await verifyAudit(dana.ctx)).toMatchObject({ ok: true })
  })

  test('clients whose bank login staff hold get made-up usernames, and the same list once more changes nothing', async () => {
    const list = csv(['Business name', 'We have the bank login'], ['Harbor', 'yes'], ['Harbor', 'sí'], ['Larkspur', 'x'])
    expect(await upload(list)).toMatchObject({ run: { created: 3 } })
    const { rows } = await product.admin.query(
      'select username, username_is_placeholder from clients where firm_id = $1 order by username',
      [dana.firmId],
    )
    expect(rows).toEqual(
      ['harbor2@', 'harbor@', 'larkspur@'].map((name) => ({ username: `${name}quillstone.example`, username_is_placeholder: true })),
    )
    const again = csv(
      ['Business name', 'We have the bank login', 'Username'],
      ['Harbor', 'yes', 'harbor@quillstone.example'],
      ['Larkspur', 'x', ''],
    )
    expect((await kit.ready(again)).counts).toEqual({ rows: 2, create: 0, update: 0, nothing: 2, bad: 0 })
    expect(await upload(again)).toMatchObject({ run: { created: 0, updated: 0, unchanged: 2 } })
    expect(await count('clients')).toBe(3)
  })

  test('of clients of one name that nothing tells apart, none is changed without its username', async () => {
    const columns = ['Business name', 'Bank login', 'Cell phone', 'Contact', 'Language']
    await upload(csv(columns, ['Subway', 'yes', '5035550101', 'Nora Velasco', '']))
    const refusals = async (...rows: string[][]) =>
      (await kit.problems(await kit.ready(csv(columns, ...rows)))).map(([row, , told]) => [row, told])
    const one =
      'Username: A client of this name exists: subway@quillstone.example. Write this username to change it, or another one to add a client.'
    expect(await refusals(['Subway', 'yes', '5035550199', '', 'es'])).toEqual([[2, one]])
    expect(await refusals(['Subway', 'yes', '', 'Marcus Webb', 'es'])).toEqual([[2, one]])
    expect(await refusals(['Subway', 'yes', '', '', 'es'], ['SUBWAY', 'yes', '', '', ''])).toEqual([2, 3].map((row) => [row, one]))
    expect(await refusals(['Subway', 'yes', '(503) 555-0101', 'nora velasco', 'es'])).toEqual([])
    await makeClient(product, dana, { businessName: 'Subway', username: 'subway2@quillstone.example', usernameIsPlaceholder: true })
    expect(await refusals(['Subway', 'yes', '', '', 'es'])).toEqual([
      [2, expect.stringContaining('subway2@quillstone.example. Write the username')],
    ])
  })

  test('a row that a list left out, corrected and alone, does not change the client of the same name that the list added', async () => {
    const columns = ['Business name', 'Bank login', 'Language']
    const done = await upload(csv(columns, ['Subway', 'yes', ''], ['Subway', 'yes', 'Elvish']), 'skip')
    expect(done).toMatchObject({ run: { created: 1, skipped: 1 } })
    const corrected = await kit.ready(csv(columns, ['Subway', 'yes', 'es']))
    expect(await kit.problems(corrected)).toEqual([
      [2, null, expect.stringContaining('A client of this name exists: subway@quillstone.example')],
    ])
  })

  test('a row whose username exists changes that client, leaves out what its cells leave out, and is audited', async () => {
    const clientId = await makeClient(product, dana, { username: 'nora', businessName: 'Saltgrass', contactLastName: 'Velasco' })
    const list = csv(['Username', 'Business name', 'Last name', 'Language'], ['NORA', 'Saltgrass Outfitters', '', 'es'])
    const ready = await kit.ready(list)
    expect(ready.counts).toEqual({ rows: 1, create: 0, update: 1, nothing: 0, bad: 0 })
    expect((await kit.rows(ready.id))[0]).toMatchObject({
      action: 'update',
      client: { id: clientId },
      changes: [
        { column: 1, before: 'Saltgrass' },
        { column: 3, before: 'English' },
      ],
    })
    await kit.run(ready.id, { badRows: 'refuse' })
    await product.drain()
    const { body } = await product.call(clients.get, { params: { clientId } }, dana)
    expect(body).toMatchObject({ businessName: 'Saltgrass Outfitters', contactLastName: 'Velasco', language: 'es', username: 'nora' })
    const { rows } = await product.admin.query(
      `select d.details from audit_log l join audit_details d on d.audit_id = l.id where l.client_id = $1 and l.action = 'client.changed'`,
      [clientId],
    )
    expect(rows).toEqual([
      {
        details: {
          before: { businessName: 'Saltgrass', language: 'en' },
          after: { businessName: 'Saltgrass Outfitters', language: 'es' },
        },
      },
    ])
  })

  test('a row says what each of its cells changes: a consent to texts does not come back unseen, and one that stands stays as old', async () => {
    const columns = ['Username', 'Agreed to texts', 'Contact', 'Group', 'Staff', 'We have the bank login', 'Cell phone']
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    await makeGroup(product, dana, 'Monthly')
    await makeClient(product, dana, { username: 'stands', contactFirstName: 'Nora', contactLastName: 'Velasco', phone: '+15035550142' })
    await makeClient(product, dana, {
      username: 'revoked',
      textConsentAt: null,
      textConsentBy: null,
      contactFirstName: 'Eleonora',
      phone: null,
    })
    const ready = await kit.ready(
      csv(
        columns,
        ['stands', 'yes', 'Nora Velasco', '', dana.email, 'no', '(503) 555-0142'],
        ['revoked', 'yes', 'Nora Velasco', 'monthly', marcus.email, 'no', '(503) 555-0142'],
      ),
    )
    expect(
      (await kit.rows(ready.id)).map(({ action, changes }) => [action, changes.map(({ column, before }) => [columns[column], before])]),
    ).toEqual([
      ['nothing', []],
      [
        'update',
        [
          ['Agreed to texts', 'no'],
          ['Contact', 'Eleonora Velasco'],
          ['Group', ''],
          ['Staff', dana.email],
          ['Cell phone', ''],
        ],
      ],
    ])
    await kit.run(ready.id, { badRows: 'refuse' })
    await product.drain()
    expect((await kit.rows(ready.id)).map(({ outcome, changes }) => [outcome, changes])).toEqual([
      ['unchanged', []],
      ['updated', []],
    ])
  })

  test('a row that adds a client who may be there already says so, and names only clients the person sees', async () => {
    await makeClient(product, dana, {
      username: 'nora',
      businessName: "Saltgrass & Son's, Inc.",
      phone: '+15035550142',
      email: 'nora@saltgrass.example',
    })
    const list = csv(
      ['Business name', 'Username', 'E-mail', 'Cell phone'],
      ['SALTGRASS SONS INC', 'one', 'one@saltgrass.example', '(503) 555-0142'],
      ['Harbor', 'two', 'NORA@saltgrass.example', '(503) 555-0177'],
      ['Larkspur', 'three', 'three@saltgrass.example', '(503) 555-0178'],
    )
    const warnings = async (as: Person) => (await kit.rows((await kit.ready(list, { as })).id, 'all', as)).map(({ warning }) => warning)
    expect(await warnings(dana)).toEqual([
      expect.stringContaining('nora has the same name and phone.'),
      expect.stringContaining('nora has the same e-mail.'),
      null,
    ])
    expect(await warnings(await makeStaff(product, dana.firmId, 'employee'))).toEqual([null, null, null])
  })

  test('a contact of one word leaves the last name as it is', async () => {
    await makeClient(product, dana, { username: 'nora', contactFirstName: 'Eleonora', contactLastName: 'Velasco' })
    await upload(csv(['Username', 'Contact'], ['nora', 'Nora']))
    const { rows } = await product.admin.query('select contact_first_name, contact_last_name from clients where firm_id = $1', [
      dana.firmId,
    ])
    expect(rows).toEqual([{ contact_first_name: 'Nora', contact_last_name: 'Velasco' }])
  })

  test('a group is named by a column, and one the firm does not have is told at its cell', async () => {
    const groupId = await makeGroup(product, dana, 'Monthly close')
    const list = csv([...header, 'Group'], ...goodRows(2).map((row, index) => [...row, index === 0 ? 'MONTHLY close' : 'Nowhere']))
    const ready = await kit.ready(list)
    expect(await kit.problems(ready)).toEqual([[3, 'Group', expect.stringContaining('no group of this name')]])
    await kit.run(ready.id, { badRows: 'skip' })
    await product.drain()
    const { rows } = await product.admin.query('select group_id from clients where firm_id = $1', [dana.firmId])
    expect(rows).toEqual([{ group_id: groupId }])
  })

  test('a workbook goes the same way, and numbers are phones', async () => {
    const file = await workbook([[...header], ['Saltgrass', 'nora@saltgrass.example', 5_035_550_142]])
    expect(await upload(file)).toMatchObject({ run: { created: 1 } })
    const { rows } = await product.admin.query('select phone from clients where firm_id = $1', [dana.firmId])
    expect(rows).toEqual([{ phone: '+15035550142' }])
  })

  test('new clients are invited by the verb everybody uses; those whose login staff hold are not', async () => {
    const list = csv([...header, 'Bank login'], ...goodRows(3).map((row) => [...row, 'no']), ['Harbor', '', '', 'yes'])
    const ready = await kit.ready(list)
    expect((await kit.run(ready.id, { badRows: 'refuse', invite: 'email' })).status).toBe(202)
    expect(await product.drain()).toEqual([])
    expect(await kit.get(ready.id)).toMatchObject({ state: 'done', run: { created: 4, invited: 3, notInvited: 0 } })
    expect(await count('invites')).toBe(3)
    expect((await kit.rows(ready.id)).map(({ invite }) => invite)).toEqual(['made', 'made', 'made', null])
  })

  test('whoever has not verified their own e-mail is told before anything is written', async () => {
    await product.admin.query('update staff set email_verified_at = null where id = $1', [dana.staffId])
    const ready = await kit.ready(csv([...header], ...goodRows(1)))
    expect((await kit.run(ready.id, { badRows: 'refuse', invite: 'sms' })).body).toMatchObject({ code: 'email_unverified' })
    expect((await kit.get(ready.id)).state).toBe('ready')
  })
})

describe('rows that cannot be taken', () => {
  const bad = [
    [...header, 'Time zone', 'Bank login', 'Staff'],
    ['Fine', 'fine@saltgrass.example', '5035550100', '', '', ''],
    ['', 'noname@saltgrass.example', '5035550101', '', '', ''],
    ['Typo', 'not-an-address', '5035550102', '', '', ''],
    ['Short', 'short@saltgrass.example', '1.50355501E+10', '', '', ''],
    ['Wrong', 'wrong@saltgrass.example', '12345', '', '', ''],
    ['Nowhere', 'nowhere@saltgrass.example', '5035550103', 'Chicago time', '', ''],
    ['Maybe', 'maybe@saltgrass.example', '5035550104', '', 'perhaps', ''],
    ['Twice', 'FINE@saltgrass.example', '5035550105', '', '', ''],
    ['Nobody', 'nobody@saltgrass.example', '5035550106', '', '', 'stranger@elsewhere.example'],
    ['Unreachable', '', '', '', 'no', ''],
  ] as const

  test('each is explained at its cell, in the words of the form', async () => {
    const ready = await kit.ready(csv(...bad))
    expect(ready.counts).toEqual({ rows: 10, create: 1, update: 0, nothing: 0, bad: 9 })
    expect(await kit.problems(ready)).toEqual([
      [3, 'Business name', 'This is missing.'],
      [4, 'E-mail', 'This is not an e-mail address.'],
      [5, 'Cell phone', expect.stringContaining('shortened this number to 1.50355501E+10')],
      [6, 'Cell phone', expect.stringContaining('not a phone number')],
      [7, 'Time zone', expect.stringContaining('not a time zone')],
      [8, 'Bank login', 'Write yes or no.'],
      [9, 'E-mail', expect.stringContaining('Row 2 has the same username')],
      [10, 'Staff', expect.stringContaining('stranger@elsewhere.example')],
      [11, 'E-mail', expect.stringContaining('e-mail is needed')],
      [11, 'Cell phone', expect.stringContaining('cell phone is needed')],
    ])
  })

  test('a name in which nothing can be seen is none, in CSV and in a workbook', async () => {
    const names = ['\u200B', '\u3164\u2800', '\u00AD \u034F\u115F', '\u{E0041}']
    const rows = [
      ['Business name', 'Contact', 'E-mail', 'Cell phone'],
      ...names.map((name, index) => [name, 'Nora Velasco', `nora${index}@saltgrass.example`, `503555010${index}`]),
      ['Saltgrass', '\u200B\uFE0F', 'nora@saltgrass.example', '5035550109'],
    ]
    for (const file of [csv(...rows), await workbook(rows)]) {
      const problems = await kit.problems(await kit.ready(file))
      expect(problems).toEqual([
        ...names.map((_, index) => [index + 2, 'Business name', 'This has characters that are not allowed here, or is blank.']),
        [names.length + 2, 'Contact', 'This has characters that are not allowed here, or is blank.'],
      ])
    }
  })

  test('all or nothing writes nothing; leaving them out writes the others and keeps these for download', async () => {
    const ready = await kit.ready(csv(...bad))
    expect((await kit.run(ready.id, { badRows: 'refuse' })).body).toMatchObject({
      code: 'invalid_field',
      detail: expect.stringContaining('9 rows'),
    })
    expect(await kit.clientNames()).toEqual([])
    await kit.run(ready.id, { badRows: 'skip' })
    await product.drain()
    expect(await kit.get(ready.id)).toMatchObject({ state: 'done', run: { created: 1, skipped: 9 } })
    expect(await kit.clientNames()).toEqual(['Fine'])
    const { body } = await product.call(uploads.badRows, { params: { uploadId: ready.id } }, dana)
    const file = readCsv(Buffer.from(body.content, 'base64'))
    expect(file.rows).toHaveLength(9)
    expect(file.rows[1]?.cells).toEqual(['Typo', 'not-an-address', '5035550102', '', '', '', '4', 'E-mail: This is not an e-mail address.'])
    // Of rows that were written nothing is kept twice
    expect((await kit.rows(ready.id)).filter(({ cells }) => cells.length > 0)).toHaveLength(9)
  })

  test('a cell is corrected in place, and another row that it stood in the way of is free', async () => {
    const ready = await kit.ready(csv([...header], ...goodRows(1), ['Second', 'saltgrass0@saltgrass.example', '5035550199']))
    expect(ready.counts.bad).toBe(1)
    const body = { row: 2, column: 1, value: 'other@saltgrass.example' }
    const corrected = await product.call(uploads.setCell, { params: { uploadId: ready.id }, body }, dana)
    expect(corrected.body).toMatchObject({ row: 2, problems: [], action: 'create' })
    expect((await kit.get(ready.id)).counts).toMatchObject({ create: 2, bad: 0 })
    const elsewhere = await product.call(uploads.setCell, { params: { uploadId: ready.id }, body: { ...body, row: 99 } }, dana)
    expect([elsewhere.status, elsewhere.body]).toMatchObject([400, { code: 'invalid_field' }])
  })

  test('whatever rows a list has, all or nothing adds every one or none', async () => {
    const row = fc.record({
      name: fc.constantFrom('Saltgrass', 'Harbor', ''),
      email: fc.constantFrom('good', 'none', 'wrong', 'twice'),
      phone: fc.constantFrom('(503) 555-0142', '503555', '1.5E+10'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), fc.boolean(), async (rows, mostlyGood) => {
        dana = await makeFirm(product)
        const lines = rows.map(({ name, email, phone }, index) => {
          if (mostlyGood && index > 0) return [`Fine ${index}`, `fine${index}@saltgrass.example`, '(503) 555-0143']
          return [name, { good: `nora${index}@saltgrass.example`, none: '', wrong: 'nora', twice: 'one@saltgrass.example' }[email], phone]
        })
        const ready = await kit.ready(csv([...header], ...lines))
        const isAccepted = (await kit.run(ready.id, { badRows: 'refuse' })).status === 202
        await product.drain()
        expect(isAccepted).toBe(ready.counts.bad === 0)
        expect(await count('clients')).toBe(isAccepted ? ready.counts.rows : 0)
        expect(await count('audit_log', `action = 'client.created'`)).toBe(isAccepted ? ready.counts.rows : 0)
      }),
      { numRuns: 8, seed: 20_261_126 },
    )
  })

  test('who takes a username between the check and the upload is not changed before somebody has seen it', async () => {
    const ready = await kit.ready(csv([...header], ...goodRows(2)))
    await makeClient(product, dana, { businessName: 'Before', username: 'SALTGRASS1@saltgrass.example' })
    await kit.run(ready.id, { badRows: 'refuse' })
    await product.drain()
    expect(await kit.get(ready.id)).toMatchObject({
      state: 'ready',
      refusal: 'Clients have changed since the check. Look at the rows again.',
      counts: { create: 1, update: 1 },
    })
    expect(await kit.clientNames()).toEqual(['Before'])
    await kit.run(ready.id, { badRows: 'refuse' })
    await product.drain()
    expect(await kit.get(ready.id)).toMatchObject({ state: 'done', refusal: null, run: { created: 1, updated: 1 } })
    expect(await kit.clientNames()).toEqual(['Saltgrass 0', 'Saltgrass 1'])
  })

  test('a row that was to be left out is not written because it became good meanwhile', async () => {
    const ready = await kit.ready(csv([...header, 'Group'], ...goodRows(2).map((row, index) => [...row, index === 0 ? '' : 'Monthly'])))
    await makeGroup(product, dana, 'Monthly')
    await kit.run(ready.id, { badRows: 'skip' })
    await product.drain()
    expect(await kit.get(ready.id)).toMatchObject({ state: 'ready', refusal: expect.stringContaining('have changed'), counts: { bad: 0 } })
    expect(await kit.clientNames()).toEqual([])
  })

  test('an administrator who starts the list of an employee sees first what it changes with their rights', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    await makeClient(product, dana, { username: 'saltgrass0@saltgrass.example', businessName: 'Hidden' })
    const ready = await kit.ready(csv([...header], ...goodRows(2)), { as: marcus })
    expect(ready.counts).toMatchObject({ create: 1, bad: 1 })
    expect((await kit.run(ready.id, { badRows: 'skip' })).body).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('have changed'),
    })
    expect(await kit.get(ready.id)).toMatchObject({ state: 'ready', counts: { create: 1, update: 1, bad: 0 } })
    expect((await kit.run(ready.id, { badRows: 'refuse' })).status).toBe(202)
    await product.drain()
    expect(await kit.clientNames()).toEqual(['Saltgrass 0', 'Saltgrass 1'])
    // What has become wrong they see as well, and not only as a refusal
    const other = await kit.ready(csv([...header, 'Staff'], ...goodRows(2, 'Harbor').map((row) => [...row, marcus.email])), { as: marcus })
    await product.admin.query(`update staff set email = 'left@quillstone.example' where id = $1`, [marcus.staffId])
    expect((await kit.run(other.id, { badRows: 'refuse' })).body).toMatchObject({ code: 'conflict' })
    expect(await kit.get(other.id)).toMatchObject({ state: 'ready', counts: { create: 0, bad: 2 } })
  })

  test('what became wrong between the check and the upload writes nothing and is told', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const ready = await kit.ready(csv([...header, 'Staff'], ...goodRows(2).map((row) => [...row, marcus.email])))
    await product.admin.query(`update staff set email = 'left@quillstone.example' where id = $1`, [marcus.staffId])
    await kit.run(ready.id, { badRows: 'refuse' })
    await product.drain()
    expect(await kit.get(ready.id)).toMatchObject({ state: 'ready', refusal: expect.stringContaining('2 rows'), counts: { bad: 2 } })
    expect(await kit.clientNames()).toEqual([])
    // Once somebody goes on from there, the attempt is past
    await product.call(uploads.setCell, { params: { uploadId: ready.id }, body: { row: 2, column: 3, value: '' } }, dana)
    expect(await kit.get(ready.id)).toMatchObject({ refusal: null, counts: { create: 1, bad: 1 } })
  })
})

describe('who may', () => {
  test('an employee uploads clients for themselves, and meets others only as taken names', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    await makeClient(product, dana, { username: 'saltgrass0@saltgrass.example', businessName: 'Hidden' })
    const ready = await kit.ready(csv([...header, 'Staff'], ...goodRows(2).map((row) => [...row, marcus.email])), { as: marcus })
    expect(await kit.problems(ready, marcus)).toEqual([[2, 'E-mail', 'Another client of your firm has this username.']])
    await kit.run(ready.id, { badRows: 'skip' }, marcus)
    await product.drain()
    const { body } = await product.call(clients.list, {}, marcus)
    expect(body.items.map(({ businessName }) => businessName)).toEqual(['Saltgrass 1'])
    const others = await kit.ready(csv([...header, 'Staff'], ...goodRows(1, 'Harbor').map((row) => [...row, dana.email])), { as: marcus })
    expect(await kit.problems(others, marcus)).toEqual([[2, 'Staff', 'Only an administrator can assign other people.']])
  })

  test('an employee sees own uploads, an administrator all, another firm none', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const stranger = await makeFirm(product, 'Harbor Ledger Partners')
    const ready = await kit.ready(csv([...header], ...goodRows(1)))
    const seenBy = async (person: Person) => [
      (await product.call(uploads.list, {}, person)).body.items.length,
      (await product.call(uploads.get, { params: { uploadId: ready.id } }, person)).status,
      (await product.call(uploads.rows, { params: { uploadId: ready.id } }, person)).status,
    ]
    expect(await seenBy(dana)).toEqual([1, 200, 200])
    expect(await seenBy(marcus)).toEqual([0, 404, 404])
    expect(await seenBy(stranger)).toEqual([0, 404, 404])
  })
})

describe('what is kept', () => {
  test('deleting a client erases what uploads say of it, written and waiting', async () => {
    const list = csv([...header], ['Zephyr Works', 'zephyr@lantern.example', '(503) 555-0142'], ...goodRows(1))
    const done = await upload(list)
    const waiting = await kit.ready(
      csv(
        [...header, 'City'],
        ['Another', 'ZEPHYR@lantern.example', '5035550177', ''],
        ['Third', 'third@lantern.example', '503.555.0142', ''],
        ['Fourth', 'fourth@lantern.example', '5035550178', 'zephyr works'],
        ...goodRows(1).map((row) => [...row, '']),
      ),
    )
    expect(waiting.counts).toMatchObject({ create: 2, update: 1, nothing: 1 })
    const [client] = (await kit.rows(done.id)).flatMap((row) => row.client ?? [])
    const removed = await product.call(
      erasure.remove,
      { params: { clientId: client?.id ?? '' }, body: { businessName: 'Zephyr Works' } },
      dana,
    )
    expect(removed.status).toBe(204)
    const { rows } = await product.admin.query<{ cells: string[] }>('select cells from upload_rows where firm_id = $1', [dana.firmId])
    expect(JSON.stringify(rows)).not.toMatch(/zephyr|5550142|555\.0142/i)
    // Rows of others stay, and say what they have lost
    const kept = await kit.rows(waiting.id)
    expect(kept.map(({ cells: [name, email, phone], action }) => [name, email, phone, action])).toEqual([
      ['Third', 'third@lantern.example', '', null],
      ['Fourth', 'fourth@lantern.example', '5035550178', 'create'],
      ['Saltgrass 0', 'saltgrass0@saltgrass.example', '(503) 555-0000', 'nothing'],
    ])
    const lost = expect.stringContaining('a client that was deleted')
    expect(await kit.problems(waiting)).toEqual([[3, 'Cell phone', lost]])
    await kit.run(waiting.id, { badRows: 'skip' })
    await product.drain()
    expect(await kit.get(waiting.id)).toMatchObject({ run: { created: 1, skipped: 1 } })
  })

  test('no reason why a waiting row cannot be taken names a client that was deleted', async () => {
    const clientId = await makeClient(product, dana, {
      businessName: 'Subway',
      username: 'subway@quillstone.example',
      usernameIsPlaceholder: true,
    })
    const ready = await kit.ready(csv(['Business name', 'Bank login', 'Cell phone'], ['Subway', 'yes', '5035550199']))
    expect(await kit.problems(ready)).toEqual([[2, null, expect.stringContaining('subway@quillstone.example')]])
    await product.call(erasure.remove, { params: { clientId }, body: { businessName: 'Subway' } }, dana)
    expect(await kit.problems(ready)).toEqual([[2, 'Business name', expect.stringContaining('a client that was deleted')]])
  })

  test('a client who is deleted as a list is written is not added anew by it', async () => {
    const clientId = await makeClient(product, dana, { username: 'saltgrass0@saltgrass.example', businessName: 'Before' })
    const ready = await kit.ready(csv([...header], ...goodRows(2)))
    await kit.run(ready.id, { badRows: 'refuse' })
    const deleting = await product.admin.connect()
    try {
      await deleting.query('begin')
      await deleting.query('select from clients where id = $1 for update', [clientId])
      const running = runUpload(product.deps, { firmId: dana.firmId, uploadId: ready.id })
      for (let waits = 0; waits === 0; ) {
        const { rows } = await product.admin.query<{ n: number }>(
          `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        waits = rows[0]?.n ?? 0
      }
      await deleting.query('delete from upload_rows where client_id = $1', [clientId])
      await deleting.query('delete from clients where id = $1', [clientId])
      await deleting.query('commit')
      await running
    } finally {
      deleting.release()
    }
    expect(await product.drain()).toEqual([])
    expect(await kit.get(ready.id)).toMatchObject({ state: 'done', run: { created: 1, updated: 0 } })
    expect(await kit.clientNames()).toEqual(['Saltgrass 1'])
  })

  test('an upload is deleted by hand or after a week, its clients stay, and one under way is not', async () => {
    const done = await upload(csv([...header], ...goodRows(2)))
    const waiting = await kit.ready(csv([...header], ...goodRows(2, 'Harbor')))
    await kit.run(waiting.id, { badRows: 'refuse' })
    expect((await product.call(uploads.remove, { params: { uploadId: waiting.id } }, dana)).body).toMatchObject({ code: 'conflict' })
    expect((await product.call(uploads.remove, { params: { uploadId: done.id } }, dana)).status).toBe(204)
    await product.drain()
    expect(await count('upload_rows')).toBe(2)
    await product.advance(8 * 24 * 60 * 60_000)
    const { tasks } = await import('../src/tasks.ts')
    await tasks.sweep(product.deps, {})
    expect([await count('upload_rows'), await count('clients')]).toEqual([0, 4])
  })
})

describe('how many lists wait', () => {
  test('of one person five, however many are sent at once; others and lists that are done do not count', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const list = csv([...header], ...goodRows(1))
    await upload(list)
    const sent = await Promise.all(Array.from({ length: 7 }, () => kit.send(list)))
    expect(sent.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 201, 201, 409, 409])
    expect((await kit.send(list)).body).toMatchObject({ code: 'conflict', detail: expect.stringContaining('You have 5 lists') })
    expect((await kit.send(list, marcus)).status).toBe(201)
    const waiting = sent.find(({ status }) => status === 201)?.body.id ?? ''
    expect((await product.call(uploads.remove, { params: { uploadId: waiting } }, dana)).status).toBe(204)
    expect((await kit.send(list)).status).toBe(201)
  })

  test('of a firm a hundred', async () => {
    const { body } = await kit.send(csv([...header], ...goodRows(1)), await makeStaff(product, dana.firmId, 'employee'))
    await product.admin.query(
      `insert into uploads (firm_id, id, file_name, state, created_at, created_by, notes, headers, fields, staff_have_access)
       select firm_id, gen_random_uuid(), file_name, state, created_at, created_by, notes, headers, fields, false
       from uploads, generate_series(1, 99) where id = $1`,
      [body.id],
    )
    expect((await kit.send(csv([...header], ...goodRows(1)))).body).toMatchObject({
      detail: expect.stringContaining('Your firm has 100 lists'),
    })
  })
})

describe('the file itself', () => {
  test('what is too large, no base64 or no spreadsheet is refused with the reason', async () => {
    const large = await product.call(
      uploads.create,
      { body: { fileName: 'x.csv', content: base64(Buffer.alloc(50 * 1024 * 1024, 65)) } },
      dana,
    )
    expect([large.status, large.body]).toMatchObject([413, { code: 'body_too_large' }])
    const over = await product.call(
      uploads.create,
      { body: { fileName: 'x.csv', content: base64(Buffer.alloc(uploadBytesMax + 1, 65)) } },
      dana,
    )
    expect(over.status).toBeGreaterThanOrEqual(400)
    const odd = await product.call(uploads.create, { body: { fileName: 'x.csv', content: '%%%%' } }, dana)
    expect(odd.body).toMatchObject({ code: 'invalid_field' })
    const picture = await kit.send(Buffer.from('\u0089PNG\r\n\u001a\u0001\u0002\u0003\u0004\u0005\u0006', 'latin1'))
    expect(picture.body).toMatchObject({ code: 'invalid_field', detail: expect.stringContaining('not a spreadsheet') })
    expect(await count('upload_rows')).toBe(0)
  })

  test('a matching with a field twice, a missing column or no name is refused', async () => {
    const { body } = await kit.send(csv([...header], ...goodRows(1)))
    const match = (fields: (null | 'businessName' | 'email' | 'phone')[]) =>
      product.call(uploads.match, { params: { uploadId: body.id }, body: { fields, staffHaveAccess: false } }, dana)
    expect((await match(['email', 'email', null])).body).toMatchObject({
      code: 'invalid_field',
      detail: expect.stringContaining('Two columns'),
    })
    expect((await match(['businessName', 'email'])).body).toMatchObject({
      code: 'invalid_field',
      detail: expect.stringContaining('3 columns'),
    })
    expect((await match([null, null, 'phone'])).body).toMatchObject({ code: 'invalid_field' })
    expect((await kit.run(body.id, { badRows: 'refuse' })).body).toMatchObject({ code: 'conflict' })
  })
})

describe('died in the middle', () => {
  class Died extends Error {}

  /** Ends the job there: its transaction is undone, as PostgreSQL does when kill -9 cuts the connection. The torture kills for real. */
  const dieAt = (step: Step, nth = 1): void => {
    let left = nth
    reachedOf.current = (reached) => {
      if (reached !== step || --left !== 0) return
      throw new Died(step)
    }
  }
  const job = (uploadId: string) => runUpload(product.deps, { firmId: dana.firmId, uploadId })

  test.each(['upload.checked', 'upload.written', 'upload.recorded', 'upload.invited'] as const)(
    'at %s nothing is half done, and the next try finishes it once',
    async (step) => {
      const clientId = await makeClient(product, dana, { username: 'saltgrass3@saltgrass.example', businessName: 'Before' })
      const ready = await kit.ready(csv([...header], ...goodRows(25), ['Bad', 'nope', '']))
      await kit.run(ready.id, { badRows: 'skip', invite: 'email' })
      dieAt(step)
      await expect(job(ready.id)).rejects.toThrow(Died)
      const isWritten = step === 'upload.recorded' || step === 'upload.invited'
      expect(await count('clients')).toBe(isWritten ? 25 : 1)
      expect(await count('audit_log', `action like 'client.%'`)).toBe(isWritten ? 25 : 0)
      expect(await count('invites')).toBe(step === 'upload.invited' ? 10 : 0)
      reachedOf.current = () => {}
      await Promise.all([job(ready.id), job(ready.id)])
      expect(await product.drain()).toEqual([])
      expect(await kit.get(ready.id)).toMatchObject({ state: 'done', run: { created: 24, updated: 1, skipped: 1, invited: 24 } })
      expect([await count('clients'), await count('invites'), await count('audit_log', `action = 'client.created'`)]).toEqual([25, 24, 24])
      const { body } = await product.call(clients.get, { params: { clientId } }, dana)
      expect(body.businessName).toBe('Saltgrass 3')
    },
  )

  test('a job that was lost is asked for again', async () => {
    const ready = await kit.ready(csv([...header], ...goodRows(2)))
    await kit.run(ready.id, { badRows: 'refuse' })
    await product.admin.query(`delete from graphile_worker._private_jobs where key = $1`, [`run_upload:${ready.id}`])
    await product.advance(5 * 60_000)
    const { tasks } = await import('../src/tasks.ts')
    await tasks.recover_work(product.deps, {})
    expect(await product.drain()).toEqual([])
    expect((await kit.get(ready.id)).state).toBe('done')
  })
})
