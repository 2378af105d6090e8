import type { Endpoint } from '@ledgersync/shared/endpoint'
import type { Problem } from '@ledgersync/shared/errors'
import { newId } from '../src/core/ids.ts'
import { allEndpoints } from './endpoints.ts'
import { makeFirm, makeOperator, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
let dana: Person
beforeAll(async () => {
  product = await startTestApp()
  dana = await makeFirm(product)
  await makeOperator(product, dana)
})
afterAll(() => product.close())

const id = newId()
const rule = {
  name: 'Fuel',
  active: true,
  direction: 'out',
  match: 'all',
  conditions: [{ field: 'description', operator: 'contains', value: 'FUEL' }],
  actions: { vendorId: id, categoryId: id, booksAccountId: id, memo: 'Fuel' },
}
const template = { kind: 'invitation', channel: 'email', language: 'en', title: 'Your banks', body: 'Hello\n\n{{bank_link}}' }
const bank = { institutionId: 'ins_109508', name: 'First Platypus Bank', routingNumber: '011000015' }

const filter = {
  search: 'Salt',
  view: 'mine',
  groupId: id,
  staffId: id,
  invite: 'waiting',
  health: 'healthy',
  books: 'connected',
  locked: false,
}

const outreach = { channel: 'sms', banks: [bank], templateIds: [], insteadIds: [], filter, exceptIds: [] }

/** A body with every member in place, valid in form; each is then spoiled in turn. */
const bodies: Record<string, object> = {
  signUp: {
    firmName: 'Quillstone',
    name: 'Dana',
    email: 'dana@quillstone.example',
    password: 'copper lantern over the bay',
    timeZone: 'America/Chicago',
  },
  signIn: { username: 'dana@quillstone.example', password: 'copper lantern over the bay', code: '123456' },
  recoverPassword: { username: 'dana@quillstone.example', channel: 'email' },
  recoverUsername: { email: 'dana@quillstone.example' },
  resetPassword: { token: 'a'.repeat(43), password: 'copper lantern over the bay', code: '123456' },
  updateMe: { name: 'Dana', timeZone: 'America/Chicago' },
  confirmIdentity: { password: 'copper lantern over the bay', code: '123456' },
  changePassword: { password: 'copper lantern over the bay' },
  changeEmail: { email: 'dana@quillstone.example' },
  changeUsername: { username: 'dana.whitlock' },
  changePhone: { phone: '(503) 555-0187' },
  verifyPhone: { code: '123456' },
  confirmSecondFactor: { code: '123456' },
  addPasskey: { name: 'Phone', id: 'AAAA', clientDataJSON: 'AAAA', attestationObject: 'AAAA' },
  renamePasskey: { name: 'Phone' },
  signInWithPasskey: { id: 'AAAA', clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA', userHandle: 'AAAA' },
  verifyEmail: { code: '123456' },
  verifyEmailLink: { token: 'a'.repeat(43) },
  updateFirm: {
    name: 'Quillstone',
    timeZone: 'America/Chicago',
    senderName: 'Quillstone',
    mailSender: 'firm',
    defaultLanguage: 'es',
    defaultInvite: 'email',
    defaultTimeZone: 'America/Chicago',
    assignAll: false,
    askRepairs: false,
    messagesPerPersonDay: 3,
    messagesPerHour: 10_000,
  },
  setClientListColumns: { columns: ['email'] },
  saveClientFilter: { name: 'Mine', query: { ...filter, sort: '-health' } },
  createUpload: { fileName: 'clients.csv', content: 'TmFtZQpCYWtlcnk=' },
  addStatement: { fileName: 'march.csv', content: 'RGF0ZSxBbW91bnQKMSwy' },
  matchUpload: { fields: ['businessName', null], staffHaveAccess: false },
  setUploadCell: { row: 2, column: 1, value: 'nora@saltgrass.example' },
  runUpload: { badRows: 'skip', invite: 'email' },
  startBulkRun: { action: { kind: 'lock' }, clientIds: [id], filter, exceptIds: [id] },
  createGroup: { name: 'Monthly close' },
  renameGroup: { name: 'Monthly close' },
  groupClients: { clientIds: [id], groupId: id },
  updateStaff: { role: 'employee', permissions: ['push'] },
  assignStaffClients: { clientIds: [id], groupId: id, assigned: true },
  deactivateStaff: { to: [id], share: 'all' },
  inviteStaff: { email: 'marcus@quillstone.example', name: 'Marcus Oyelade', role: 'employee', permissions: ['push'] },
  readStaffInvite: { token: 'a'.repeat(43) },
  joinStaff: { token: 'a'.repeat(43), name: 'Marcus Oyelade', username: 'marcus', password: 'forty silent harbor cranes' },
  createClient: {
    staffHaveAccess: false,
    businessName: 'Saltgrass Outfitters',
    contactFirstName: 'Nora',
    contactLastName: 'Velasco',
    email: 'nora@saltgrass.example',
    phone: '(503) 555-0187',
    username: 'nora',
    textConsent: true,
    timeZone: 'America/Chicago',
    language: 'en',
    groupId: id,
    staffIds: [id],
    banks: [bank],
    invite: 'none',
  },
  updateClient: {
    businessName: 'Saltgrass Outfitters',
    contactFirstName: 'Nora',
    contactLastName: 'Velasco',
    email: 'nora@saltgrass.example',
    phone: '(503) 555-0187',
    username: 'nora',
    textConsent: true,
    timeZone: 'America/Chicago',
    language: 'es',
    groupId: id,
  },
  assignClient: { staffIds: [id] },
  deleteClient: { businessName: 'Nobody & Co' },
  addWantedBank: bank,
  createInvite: { channel: 'sms' },
  createTemplate: { ...template, name: 'Plain words' },
  updateTemplate: { name: 'Plain words', title: template.title, body: template.body, version: 1 },
  pickTemplate: { kind: 'invitation', channel: 'email', language: 'en', templateId: id },
  previewTemplate: { ...template, clientId: id },
  testTemplate: template,
  previewOutreach: outreach,
  listOutreachSkipped: outreach,
  addConnection: { bankId: id },
  createClientRule: rule,
  updateClientRule: { ...rule, version: 1 },
  moveClientRule: { priority: 1 },
  previewClientRule: { rule, ruleId: id },
  createCategory: { name: 'Fuel and oil', description: 'For vehicles' },
  codeTransaction: { vendorId: id, categoryId: id, booksAccountId: id, memo: 'x' },
  approveTransactions: { transactionIds: [id] },
  unapproveTransactions: { transactionIds: [id] },
  pushTransactions: { transactionIds: [id], clientId: id },
  mapBankAccount: { booksAccountId: id, mode: 'we_post' },
  mapCategory: { booksAccountId: id },
}

const withBody = allEndpoints.filter((endpoint) => endpoint.schema.body !== undefined)
const byId = withBody.map((endpoint) => [endpoint.schema.operationId, endpoint] as const)

/** The parts of JSON Schema that our schemas use. */
interface Schema {
  type?: string
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  required?: string[]
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  maxItems?: number
  minItems?: number
  uniqueItems?: boolean
}

/** Values a schema must refuse, derived from the schema itself. */
function wrongValues(schema: Schema): unknown[] {
  if (schema.anyOf !== undefined)
    return schema.anyOf.some((each) => each.properties)
      ? [7, 'x', {}, null]
      : [
          {},
          ...(schema.anyOf.some((each) => each.type === 'array') ? [['x']] : [[]]),
          ...wrongText(schema.anyOf.find((each) => each.type === 'string') ?? {}),
        ]
  if (schema.enum !== undefined) return ['nothing_like_it', 7, null, {}, '']
  switch (schema.type) {
    case 'string':
      return [7, null, {}, [], true, ...wrongText(schema)]
    case 'integer':
      return [
        '7',
        1.5,
        null,
        {},
        2 ** 53,
        ...(schema.minimum === undefined ? [] : [schema.minimum - 1]),
        ...(schema.maximum === undefined ? [] : [schema.maximum + 1]),
      ]
    case 'boolean':
      return ['true', 1, null, {}]
    case 'array':
      return [
        null,
        {},
        'x',
        ['x'],
        Array.from({ length: (schema.maxItems ?? 10) + 1 }, () => newId()),
        ...(schema.minItems ? [[]] : []),
        ...(schema.uniqueItems ? [[id, id]] : []),
      ]
    default:
      return [null, 'x', 7, []]
  }
}

/** Of what one line must have something besides. */
const unseen = ['\u200B', '\u3164 \u2800', '\u00AD\u034F\u115F', '\u{E0041}\uFE0F']

function wrongText(schema: Schema): unknown[] {
  const texts = []
  if (schema.maxLength !== undefined) texts.push('a'.repeat(schema.maxLength + 1))
  if (schema.minLength !== undefined && schema.minLength > 0) texts.push('')
  if (schema.format !== undefined) texts.push('nonsense', '2026-02-31')
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test('two\nlines')) texts.push(...unseen)
  if (schema.pattern !== undefined) texts.push('NUL\u0000', '\ud800', 'right\u202Eleft', 'mark\u200F', '\u0007')
  return texts
}

/** Every place of the example with the schema that governs it. */
function places(schema: Schema, value: unknown, path: (string | number)[] = []): { path: (string | number)[]; schema: Schema }[] {
  const own = path.length === 0 ? [] : [{ path, schema }]
  if (schema.properties !== undefined && typeof value === 'object' && value !== null) {
    const members = Object.entries(value as Record<string, unknown>).flatMap(([name, member]) => {
      const inner = schema.properties?.[name]
      return inner === undefined ? [] : places(inner, member, [...path, name])
    })
    return [...own, ...members]
  }
  if (schema.items?.properties !== undefined && Array.isArray(value))
    return [...own, ...value.flatMap((item: unknown, index) => places(schema.items ?? {}, item, [...path, index]))]
  return own
}

function spoil(example: object, path: (string | number)[], value: unknown): object {
  const copy = structuredClone(example)
  let target = copy as Record<string | number, unknown>
  for (const step of path.slice(0, -1)) target = target[step] as Record<string | number, unknown>
  target[path.at(-1) ?? ''] = value
  return copy
}

const allIds = new Proxy({}, { get: () => id }) as Record<string, string>
const send = (endpoint: Endpoint, body: unknown) => product.call(endpoint, { params: allIds, body } as never, dana)

test('every endpoint with a body has its example', () => {
  expect(Object.keys(bodies).sort()).toEqual(byId.map(([operation]) => operation).sort())
})

test.each(byId)('%s: each field wrong in turn is refused by name', async (operation, endpoint) => {
  const example = bodies[operation] ?? {}
  // TypeBox schemas are JSON Schema
  for (const { path, schema } of places(endpoint.schema.body as Schema, example)) {
    for (const value of wrongValues(schema)) {
      const answer = await send(endpoint, spoil(example, path, value))
      const field = `body.${path.join('.')}`
      const problem = answer.body as unknown as Problem
      expect({
        field,
        value,
        status: answer.status,
        code: problem.code,
        named: problem.fields?.some((each) => each.field.startsWith(field)),
      }).toEqual({
        field,
        value,
        status: 400,
        code: expect.stringMatching(/invalid_field|work_email_required|weak_password/),
        named: true,
      })
    }
  }
})

test.each(byId)('%s: an unknown field, a body of another sort, and no body are refused', async (_operation, endpoint) => {
  const example = bodies[_operation] ?? {}
  const unknown = await send(endpoint, { ...example, surprise: 1 })
  expect(unknown.body).toMatchObject({ status: 400, code: 'invalid_field', fields: [{ field: 'body.surprise' }] })
  for (const body of [[], [example]]) expect((await send(endpoint, body)).status).toBe(400)
  expect((await product.call(endpoint, { params: allIds } as never, dana)).status).toBe(400)
})

test.each(byId)('%s: every required field is asked for', async (operation, endpoint) => {
  const required = (endpoint.schema.body as Schema).required ?? []
  for (const name of required) {
    const body = { ...bodies[operation] } as Record<string, unknown>
    delete body[name]
    expect([name, (await send(endpoint, body)).body]).toEqual([
      name,
      expect.objectContaining({ fields: expect.arrayContaining([{ field: `body.${name}`, message: 'This is missing.' }]) }),
    ])
  }
})

// Intuit writes the address of that one
const ourQueries = allEndpoints.filter((endpoint) => endpoint.schema.operationId !== 'finishBooksConnection')
const parametersOf = (endpoint: Endpoint) => Object.keys(endpoint.schema.querystring?.properties ?? {})
test.each(ourQueries.map((endpoint) => [endpoint.schema.operationId, endpoint] as const))(
  '%s: a query parameter that there is not is refused by name',
  async (operation, endpoint) => {
    const body = bodies[operation]
    for (const name of ['foo', 'limit[]', '__proto__', 'clientid', 'amountMin']) {
      const answer = await product
        .request()
        [endpoint.method.toLowerCase() as 'get'](
          `/v1${endpoint.url.replace(':jobId', '1').replace(':task', 'sync_bank').replaceAll(/:\w+/g, id)}?${encodeURIComponent(name)}=1e400`,
        )
        .set('Origin', product.config.publicUrl)
        .set('Cookie', dana.cookie)
        .send(body)
      expect([name, answer.status, (answer.body as Problem).fields]).toEqual([
        name,
        400,
        expect.arrayContaining([{ field: `query.${name}`, message: 'There is no such field.' }]),
      ])
    }
  },
)

test('a query parameter that Intuit adds to its own redirect is taken', async () => {
  const { status } = await product.request().get('/v1/books/callback?state=x&iss=https%3A%2F%2Foauth.example&foo=1')
  expect(status).toBe(302)
})

const withQuery = ourQueries.filter((endpoint) => parametersOf(endpoint).length > 0)
test.each(withQuery.map((endpoint) => [endpoint.schema.operationId, endpoint] as const))(
  '%s: each query parameter wrong in turn is refused by name',
  async (_id, endpoint) => {
    const wrong: Record<string, string[]> = {
      cursor: ['x', Buffer.from('["a"]').toString('base64url'), Buffer.from('{}').toString('base64url'), 'a'.repeat(600)],
      limit: ['0', '201', 'many', '1.5', '-1', '1e400', '-1e400', 'Infinity'],
      from: ['yesterday', '2026-02-31', '2026-13-01', '0000-01-01'],
      to: ['x', '2026-00-10', '0000-01-01'],
      clientId: ['7', 'x'],
      groupId: ['x', 'nobody', ''],
      withoutGroupId: ['x', 'none'],
      staffId: ['x'],
      withoutStaffId: ['x'],
      who: ['x', 'everybody', ''],
      kind: ['other_things'],
      bankAccountId: ['x'],
      stage: ['other'],
      bucket: ['other'],
      view: ['other'],
      search: ['a'.repeat(101), '\u0000'],
      query: ['', 'a'.repeat(101)],
      task: ['', 'No such', 'a'.repeat(65)],
      invite: ['other'],
      health: ['other'],
      books: ['other'],
      locked: ['perhaps'],
      stuck: ['perhaps'],
      sort: ['other', '--name'],
      outcome: ['other'],
      format: ['pdf', ''],
      only: ['other', ''],
      until: ['tomorrow', '2026-02-31T00:00:00Z', '2026-01-01T24:00:00Z', '2026-01-01T00:00:00+23:59', '0000-01-01T00:00:00Z'],
      channel: ['pigeon', ''],
      invitedBy: ['x', 'none'],
      bank: ['', 'a'.repeat(121), '\u0000'],
      reached: ['other'],
      banks: ['perhaps'],
      stopped: ['other'],
      reason: ['other'],
    }
    for (const name of parametersOf(endpoint)) {
      const values = wrong[name]
      if (values === undefined) throw new Error(`The query parameter ${name} has no wrong values here`)
      for (const value of values) {
        const body = bodies[endpoint.schema.operationId]
        const query = { ...(parametersOf(endpoint).includes('query') && { query: 'Platypus' }), [name]: value }
        const answer = await product.call(endpoint, { params: allIds, query, ...(body && { body }) } as never, dana)
        expect({ name, value, status: answer.status, body: JSON.stringify(answer.body) }).toEqual({
          name,
          value,
          status: 400,
          body: expect.stringMatching(name === 'cursor' ? /cursor/ : new RegExp(`query\\.${name}`)),
        })
      }
    }
  },
)

test('every number in a query has both its bounds: they also keep out what is larger than any number', () => {
  for (const endpoint of withQuery)
    for (const [name, schema] of Object.entries((endpoint.schema.querystring?.properties ?? {}) as Record<string, Schema>))
      if (schema.type === 'integer' || schema.type === 'number')
        expect([endpoint.schema.operationId, name, typeof schema.minimum, typeof schema.maximum]).toEqual([
          endpoint.schema.operationId,
          name,
          'number',
          'number',
        ])
})

test('bodies that are no JSON, too big, or of another type are answered clearly', async () => {
  const post = () => product.request().post('/v1/clients').set('Origin', product.config.publicUrl).set('Cookie', dana.cookie)
  const code = async (request: ReturnType<typeof post>): Promise<unknown> => {
    const { status, body, headers } = await request
    expect(headers['content-type']).toMatch(/^application\/problem\+json/)
    return [status, (body as Problem).code]
  }
  const json = (text: string) => post().set('Content-Type', 'application/json').send(text)
  expect(await code(json('{"businessName": "Salt'))).toEqual([400, 'invalid_json'])
  expect(await code(json(''))).toEqual([400, 'invalid_json'])
  expect(await code(json('{"__proto__": {"admin": true}}'))).toEqual([400, 'invalid_json'])
  expect(await code(json('{"constructor": {"prototype": {"admin": true}}}'))).toEqual([400, 'invalid_json'])
  expect(await code(json(`{"businessName": "${'a'.repeat(1_100_000)}"}`))).toEqual([413, 'body_too_large'])
  expect(await code(json('['.repeat(50_000)))).toEqual([400, 'invalid_json'])
  expect(await code(json('null'))).toEqual([400, 'invalid_field'])
  expect(await code(post().set('Content-Type', 'text/plain').send('hello'))).toEqual([415, 'unsupported_media_type'])
  expect(await code(post().set('Content-Type', 'application/x-www-form-urlencoded').send('businessName=x'))).toEqual([
    415,
    'unsupported_media_type',
  ])
})

test('JSON is UTF-8, and bytes that are none are refused instead of being replaced', async () => {
  const send = async (type: string, name: string, encoding: BufferEncoding): Promise<{ status: number; body: unknown }> => {
    const headers = { 'content-type': type, origin: product.config.publicUrl, cookie: dana.cookie }
    const body = new Uint8Array(Buffer.from(JSON.stringify({ name }), encoding))
    const answer = await fetch(new URL('/v1/groups', product.config.publicUrl), { method: 'POST', headers, body })
    return { status: answer.status, body: await answer.json() }
  }
  const json = 'application/json'
  expect((await send(json, 'Café', 'latin1')).body).toMatchObject({
    status: 400,
    code: 'invalid_json',
    detail: expect.stringMatching(/UTF-8/),
  })
  for (const charset of ['iso-8859-1', '"latin1"', 'utf-7', 'utf-16le', 'nonsense', ''])
    expect((await send(`${json}; charset=${charset}`, 'Cafe', 'utf8')).body).toMatchObject({ status: 415, code: 'unsupported_media_type' })
  for (const [index, type] of [json, `${json}; charset=utf-8`, `${json};charset="UTF-8"`, `${json}; CHARSET=utf8; x=y`].entries()) {
    const { status, body } = await send(type, `Café ${index}`, 'utf8')
    expect([status, body]).toEqual([201, expect.objectContaining({ name: `Café ${index}` })])
  }
})

test('addresses that lead nowhere are problems too', async () => {
  for (const path of [
    '/v1/nothing',
    '/v1/clients/%E0%A4%A',
    '/v1/clients/%00',
    `/v1/clients/${'a'.repeat(3000)}`,
    '/v1/..%2fetc%2fpasswd',
    '/v1/clients//invites',
  ]) {
    const { status, text } = await product.request().get(path).set('Cookie', dana.cookie)
    expect({ path, client: status >= 400 && status < 500, stack: /at .*\.(ts|js):\d/.test(text) }).toEqual({
      path,
      client: true,
      stack: false,
    })
  }
})
