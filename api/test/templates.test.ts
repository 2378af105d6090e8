import type { Endpoint, Input } from '@ledgersync/shared/endpoint'
import type { Problem } from '@ledgersync/shared/errors'
import { audit } from '@ledgersync/shared/audit'
import { clients } from '@ledgersync/shared/clients'
import { invites } from '@ledgersync/shared/invites'
import { messages } from '@ledgersync/shared/messages'
import { type Template, templates, testsPerDayMax } from '@ledgersync/shared/templates'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
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

const { invite, inviteOf, texts, mails } = messageKit(
  () => app,
  () => dana,
)

const friendly = {
  kind: 'invitation',
  channel: 'sms',
  language: 'en',
  name: 'Friendly',
  title: null,
  body: 'Hello {{contact_name}}! For {{client_name}}, {{staff_name}} of {{firm_name}} needs {{bank_names}}: {{bank_link}} Text STOP to end.',
} as const
const use = { kind: 'invitation', channel: 'sms', language: 'en' } as const
const letter = {
  kind: 'invitation',
  channel: 'email',
  language: 'es',
  name: 'Carta',
  title: 'Sobre {{client_name}}',
  body: 'Hola, {{contact_name}}:\r\n\r\n{{bank_link}}\r\n\r\n{{staff_name}}\n',
} as const

const create = async (input: Input<typeof templates.create>['body'] = friendly, as = dana): Promise<Template> => {
  const answer = await app.call(templates.create, { body: input }, as)
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  return answer.body
}
const pick = (templateId: string | null, as = dana, what: Omit<Input<typeof templates.pick>['body'], 'templateId'> = use) =>
  app.call(templates.pick, { body: { ...what, templateId } }, as)
const change = ({ id, version, name, title, body }: Template, changes: Partial<Template>, as = dana) =>
  app.call(templates.update, { params: { templateId: id }, body: { version, name, title, body, ...changes } }, as)
const at = (endpoint: typeof templates.archive | typeof templates.restore, templateId: string, as = dana) =>
  app.call<Endpoint>(endpoint, { params: { templateId } } as never, as)
const list = async (as = dana) => (await app.call(templates.list, {}, as)).body
const inUse = async () => {
  const { items, shipped } = await list()
  const own = items.filter((one) => one.inUse).map(({ name }) => name)
  return { own, shipped: shipped.filter((one) => one.inUse).length }
}
// A refused call answers a Problem
const problemOf = (answer: { body: unknown }): Problem => answer.body as Problem
const refusal = (answer: { status: number; body: unknown }) => [
  answer.status,
  problemOf(answer).code,
  problemOf(answer).fields?.map(({ field }) => field),
]

describe('templates of the firm', () => {
  test('are written, changed, put away and brought back by administrators; everybody reads them', async () => {
    expect(await inUse()).toEqual({ own: [], shipped: 12 })
    const made = await create()
    expect(made).toMatchObject({ ...friendly, inUse: false, version: 1, archivedAt: null, changedBy: 'Dana Whitlock' })
    const changed = await change(made, { name: ' Warm ', body: 'Hi {{bank_link}}' })
    expect(changed.body).toMatchObject({ name: 'Warm', body: 'Hi {{bank_link}}', version: 2 })
    expect((await change(changed.body, {})).body.version).toBe(2)
    const marcus = await makeStaff(app, dana.firmId, 'employee')
    expect((await list(marcus)).items).toEqual([changed.body])
    for (const answer of [
      await change(changed.body, { name: 'Mine' }, marcus),
      await at(templates.archive, made.id, marcus),
      await at(templates.restore, made.id, marcus),
      await pick(made.id, marcus),
      await app.call(templates.create, { body: friendly }, marcus),
    ])
      expect(answer.status).toBe(403)

    for (let turn = 0; turn < 2; turn++)
      expect((await at(templates.archive, made.id)).body).toMatchObject({ archivedAt: expect.any(String) })
    expect(refusal(await change(changed.body, { name: 'Late' }))).toEqual([409, 'conflict', undefined])
    expect(refusal(await pick(made.id))).toEqual([409, 'conflict', undefined])
    for (let turn = 0; turn < 2; turn++) expect((await at(templates.restore, made.id)).body).toMatchObject({ archivedAt: null })
    const { body } = await app.call(audit.list, { query: {} }, dana)
    expect(body.items.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'Brought a message template back',
        'Put a message template away',
        'Changed a message template',
        'Added a message template',
      ]),
    )
  })

  test('that two people edit: the second is told, and nothing of the first is lost', async () => {
    const made = await create()
    const priya = await makeStaff(app, dana.firmId, 'administrator', 'Priya Raman')
    const answers = await Promise.all([change(made, { body: 'One {{bank_link}}' }), change(made, { body: 'Two {{bank_link}}' }, priya)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    const refused = answers.find(({ status }) => status === 409)
    expect(refused && refusal(refused)).toEqual([409, 'stale_version', undefined])
    const won = answers.find(({ status }) => status === 200)?.body
    expect((await list()).items).toEqual([won])
    expect(won?.version).toBe(2)
  })

  test('have a name that no other for the same use has, whatever its case, and however many take it at once', async () => {
    const same = await Promise.all(['Soft', 'SOFT'].map((name) => app.call(templates.create, { body: { ...friendly, name } }, dana)))
    expect(same.map(({ status }) => status).sort()).toEqual([201, 409])
    const refused = same.find(({ status }) => status === 409)
    expect(refused && refusal(refused)).toEqual([409, 'name_taken', ['body.name']])
    await create({ ...friendly, language: 'es', name: 'Soft' })
    const other = await create({ ...friendly, name: 'Other' })
    expect(refusal(await change(other, { name: 'soft' }))).toEqual([409, 'name_taken', ['body.name']])
    const [soft] = (await list()).items.filter(({ language, name }) => language === 'en' && /soft/i.test(name))
    await at(templates.archive, soft?.id ?? '')
    expect((await change(other, { name: 'soft' })).status).toBe(200)
    expect(refusal(await at(templates.restore, soft?.id ?? ''))).toEqual([409, 'name_taken', ['body.name']])
  })

  test.each<[string, object, string[]]>([
    ['a text without its link', { body: 'Hello' }, ['body.body']],
    ['an unknown placeholder', { body: '{{bank}} {{bank_link}}' }, ['body.body']],
    ['an address', { body: 'Go to evil.example {{bank_link}}' }, ['body.body']],
    ['a subject in a text', { title: 'Hello' }, ['body.title']],
    ['a mail without a subject', { channel: 'email', title: ' ', body: 'x' }, ['body.title', 'body.body']],
    ['a link in a subject', { channel: 'email', title: '{{bank_link}}' }, ['body.title']],
  ])('are refused with %s, and the field is named', async (_name, wrong, fields) => {
    for (const endpoint of [templates.create, templates.preview, templates.test]) {
      const { name, ...draft } = { ...friendly, ...wrong }
      const body = endpoint === templates.create ? { ...draft, name } : draft
      expect(refusal(await app.call<Endpoint>(endpoint, { body } as never, dana))).toEqual([400, 'invalid_field', fields])
    }
    expect((await list()).items).toEqual([])
  })
})

describe('the template in use', () => {
  test('writes the messages from then on, for its kind, channel and language alone; null goes back', async () => {
    const made = await create()
    const carta = await create(letter)
    expect((await pick(made.id)).status).toBe(204)
    expect((await pick(carta.id, dana, { kind: 'invitation', channel: 'email', language: 'es' })).status).toBe(204)
    expect(await inUse()).toEqual({ own: ['Carta', 'Friendly'], shipped: 10 })
    await invite('both', { businessName: 'Alder {{bank_link}} [link]' })
    await invite('both', { language: 'es', businessName: 'Sol & Mar' })
    await app.drain()
    // Two that go at the same time arrive in any order
    const [first, second] = texts()
      .map(({ body }) => body)
      .sort()
    expect(first).toMatch(
      /^Hello Nora! For Alder bank_link link, Dana Whitlock of Quillstone Accounting needs your banks: http:\/\/localhost:\d+\/i\/[\w-]{43} Text STOP to end\.$/,
    )
    expect(second).toMatch(/^Hola, Nora, le escribe/)
    const letters = mails()
      .map(({ subject, text }) => [subject, text])
      .sort()
    expect(letters[0]?.[0]).toBe('Dana Whitlock at Quillstone Accounting asks you to connect your banks')
    expect(letters[1]).toEqual([
      'Sobre Sol & Mar',
      expect.stringMatching(/^Hola, Nora:\n\nhttp:\/\/localhost:\d+\/i\/[\w-]{43}\n\nDana Whitlock$/),
    ])

    await pick(null)
    await pick(null)
    expect(await inUse()).toEqual({ own: ['Carta'], shipped: 11 })
    await invite('sms')
    await app.drain()
    expect(texts().at(-1)?.body).toMatch(/^Hi Nora, this is Dana Whitlock/)
  })

  test('of reminders and of requests to sign in again is used for those', async () => {
    const body = 'Still waiting, {{contact_name}}: {{bank_link}}'
    const nudge = await create({ ...friendly, kind: 'reminder', name: 'Nudge', body })
    await pick(nudge.id, dana, { ...use, kind: 'reminder' })
    const clientId = await invite('sms')
    await app.drain()
    const inviteId = (await inviteOf(clientId))?.id ?? ''
    expect((await app.call(invites.remind, { params: { clientId, inviteId } }, dana)).status).toBe(204)
    await app.drain()
    expect(texts().map(({ body: text }) => text.slice(0, 22))).toEqual(['Hi Nora, this is Dana ', 'Still waiting, Nora: h'])
  })

  test('is one, however many pick at once; it cannot be put away, and is only for its use', async () => {
    const [one, two, three] = [await create(), await create({ ...friendly, name: 'Two' }), await create({ ...friendly, kind: 'reconnect' })]
    const picked = await Promise.all([pick(one.id), pick(two.id), pick(one.id), pick(two.id)])
    expect(picked.map(({ status }) => status)).toEqual([204, 204, 204, 204])
    const { own } = await inUse()
    expect(own).toHaveLength(1)
    const chosen = own[0] === one.name ? one : two
    expect(refusal(await at(templates.archive, chosen.id))).toEqual([409, 'conflict', undefined])
    expect(refusal(await pick(three.id))).toEqual([409, 'conflict', undefined])
    const elsewhere = await makeFirm(app, 'Harbor Ledger Partners')
    expect((await pick(one.id, elsewhere)).status).toBe(404)
    expect(await inUse()).toMatchObject({ own })
  })
})

describe('a preview', () => {
  test('with a client has its names and banks, is the text that is sent, and counts the whole link', async () => {
    const clientId = await makeClient(app, dana, { businessName: 'Alder & Finch' })
    for (const name of ['First Meridian', 'Unity Card'])
      await app.call(clients.addBank, { params: { clientId }, body: { institutionId: `ins_${name.length}`, name } }, dana)
    const { name: _name, ...draft } = friendly
    const { body } = await app.call(templates.preview, { body: { ...draft, clientId } }, dana)
    expect(body).toMatchObject({
      subject: null,
      body: 'Hello Nora! For Alder & Finch, Dana Whitlock of Quillstone Accounting needs First Meridian and Unity Card: [link] Text STOP to end.',
      length: { encoding: 'GSM-7', segments: 2, culprit: null },
      warnings: [],
    })
    await pick((await create()).id)
    await app.call(invites.create, { params: { clientId }, body: { channel: 'sms' } }, dana)
    await app.drain()
    const sent = texts()[0]?.body ?? ''
    expect(sent.replace(/http\S+/, '[link]')).toBe(body.body)
    expect(body.length?.units).toBe(sent.length)
    const [message] = (await app.call(messages.list, { params: { clientId } }, dana)).body.items
    expect(message?.body).toBe(body.body)
  })

  test('without a client has invented ones, and warns of what is long and why', async () => {
    const draft = { kind: 'reconnect', channel: 'sms', language: 'en', title: null } as const
    const body = '{{bank_request}} {{bank_link}}'
    const short = (await app.call(templates.preview, { body: { ...draft, body } }, dana)).body
    expect([short.body, short.warnings]).toEqual([
      'Lakeside Trust ending in 8841 needs you to sign in again: the saved sign-in no longer works. [link]\nReply STOP to opt out.',
      [],
    ])
    const long = (await app.call(templates.preview, { body: { ...draft, body: `☕ ${body}` } }, dana)).body
    expect(long).toMatchObject({ length: { encoding: 'UCS-2', segments: 3, culprit: '☕' }, warnings: [expect.stringContaining('“☕”')] })
  })
})

describe('a test to oneself', () => {
  const draftOf = ({ name: _name, ...draft }: typeof friendly | typeof letter) => draft
  const send = (draft: Input<typeof templates.test>['body'], as = dana) => app.call(templates.test, { body: draft }, as)

  test('goes to the verified address in its own language, with a link that opens nothing', async () => {
    const marcus = await makeStaff(app, dana.firmId, 'employee')
    const answer = await send(draftOf(letter), marcus)
    expect([answer.status, answer.body]).toEqual([200, { to: marcus.email }])
    await app.drain()
    const [mail] = mails()
    expect(mail).toMatchObject({
      subject: 'Prueba: Sobre Saltgrass Outfitters',
      from: { name: 'Marcus Oyelade (Quillstone Accounting)' },
      replyTo: [{ email: marcus.email }],
    })
    expect(mail?.text).toMatch(/^Hola, Nora:\n\nhttp:\/\/localhost:\d+\/i\/[\w-]{43}\n\nMarcus Oyelade$/)
    expect(mail?.html).toContain('Abrir su página')
    const path = /\/i\/[\w-]{43}/.exec(mail?.text ?? '')?.[0] ?? ''
    expect((await app.request().get(path)).status).toBe(404)
  })

  test('by text needs a verified phone that takes texts', async () => {
    const refused = await send(draftOf(friendly))
    expect(refusal(refused)).toEqual([409, 'channel_unavailable', undefined])
    const phone = '+15035550911'
    await app.admin.query('update staff set phone = $1 where id = $2', [phone, dana.staffId])
    expect(refusal(await send(draftOf(friendly)))).toEqual([409, 'channel_unavailable', undefined])
    await app.admin.query('update staff set phone_verified_at = now() where id = $1', [dana.staffId])
    expect((await send(draftOf(friendly))).body).toEqual({ to: phone })
    await app.drain()
    expect(texts()[0]).toMatchObject({ to: phone, body: expect.stringMatching(/^Hello Nora! For Saltgrass Outfitters/) })
    await app.network.twilio.reply(phone, app.config.twilio.from, 'STOP')
    await app.drain()
    expect(refusal(await send(draftOf(friendly)))).toEqual([409, 'opted_out', undefined])
  })

  test('is for somebody whose e-mail is verified, and only so often a day', async () => {
    await app.admin.query('update staff set email_verified_at = null where id = $1', [dana.staffId])
    expect(refusal(await send(draftOf(letter)))).toEqual([403, 'email_unverified', undefined])
    await app.admin.query('update staff set email_verified_at = now() where id = $1', [dana.staffId])
    for (let turn = 0; turn < testsPerDayMax; turn++) expect((await send(draftOf(letter))).status).toBe(200)
    const over = await send(draftOf(letter))
    expect([...refusal(over), Number(over.headers['retry-after']) > 0]).toEqual([429, 'too_many_requests', undefined, true])
    await app.drain()
    expect(mails()).toHaveLength(testsPerDayMax)
  })
})
