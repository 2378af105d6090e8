import { createConnection } from 'node:net'
import { strFromU8, unzipSync } from 'fflate'
import { clients } from '@ledgersync/shared/clients'
import { erasure } from '@ledgersync/shared/erasure'
import { invites } from '@ledgersync/shared/invites'
import { statements } from '@ledgersync/shared/statements'
import { remindFirm } from '../src/invites/reminders.ts'
import { makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { inviteKit } from './invite-kit.ts'
import { csvFile, pdf, statementKit } from './statement-kit.ts'

let app: TestApp
let dana: Person
beforeAll(async () => {
  app = await startTestApp({ QUIET_HOURS: 'off' })
}, 60_000)
afterAll(() => app.close())
beforeEach(async () => {
  dana = await makeFirm(app)
})

const {
  client,
  copied,
  create,
  listOf,
  page: landing,
} = inviteKit(
  () => app,
  () => dana,
)
const { list, names, page, open, send, takeBack, add, download } = statementKit(
  () => app,
  () => dana,
)

const linked = async (overrides: Parameters<typeof client>[0] = {}): Promise<{ clientId: string; token: string }> => {
  const clientId = await client(overrides)
  return { clientId, token: await copied(clientId) }
}
const audited = async (clientId: string): Promise<string[]> => {
  const { rows } = await app.admin.query<{ action: string; actor_kind: string }>(
    `select action, actor_kind from audit_log where client_id = $1 and action like 'statement.%' order by id`,
    [clientId],
  )
  return rows.map(({ action, actor_kind: who }) => `${who} ${action}`)
}

describe('the client', () => {
  test('finds the choice on the landing page, and looking changes nothing', async () => {
    const { clientId, token } = await linked({ language: 'es' })
    const first = await landing(token)
    expect(first.text).toContain(`action="/i/${token}/statements?lang=es"><button type="submit">Prefiero enviar estados de cuenta</button>`)
    const shown = [await page(token), await page(token, undefined, '?lang=en'), await app.request().head(`/i/${token}/statements`)]
    expect(shown.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(shown[0]?.text).toContain('Envíe sus estados de cuenta')
    expect(shown[1]?.text).toContain('enctype="multipart/form-data"')
    expect(shown[1]?.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    expect(await listOf(clientId)).toMatchObject([{ state: 'sent', times: { openedAt: null, statementsAt: null } }])
  })

  test('sends two files without a script: the first tap claims, the invite is opened, and staff get the same bytes', async () => {
    const { clientId, token } = await linked()
    const cookie = await open(token)
    const [march, rows] = [pdf('March', 2_500_000), csvFile()]
    const sent = await send(
      token,
      [
        { name: 'March 2026.pdf', bytes: march },
        { name: 'activity.csv', bytes: rows },
      ],
      cookie,
    )
    expect([sent.status, sent.headers.location]).toEqual([303, `/i/${token}/statements?sent=2`])
    expect((await page(token, cookie, '?sent=2')).text).toContain('Your 2 files have been received. Thank you.')
    expect(await listOf(clientId)).toMatchObject([{ state: 'opened', times: { statementsAt: expect.any(String), connectedAt: null } }])
    const row = (await app.call(clients.list, {}, dana)).body.items.find(({ id }) => id === clientId)
    expect(row?.invite).toMatchObject({ state: 'opened', sentStatements: true })
    const items = await list(clientId)
    expect(items).toMatchObject([
      { fileName: 'activity.csv', kind: 'csv', byteCount: rows.length, sentBy: null },
      { fileName: 'March 2026.pdf', kind: 'pdf', byteCount: march.length, sentBy: null },
    ])
    const got = await download(clientId, items[1]?.id ?? '')
    expect(Buffer.compare(got.body as Buffer, march)).toBe(0)
    expect(got.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(march.length),
      'content-disposition': `attachment; filename="March 2026.pdf"; filename*=UTF-8''March%202026.pdf`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    expect(await audited(clientId)).toEqual(['client statement.received', 'client statement.received', 'staff statement.downloaded'])
    expect(app.logs.join('\n')).not.toMatch(/March 2026|activity\.csv/)
  })

  test('is told by name and reason what was not kept, and the good files of the same form are', async () => {
    const { clientId, token } = await linked()
    const answer = await send(token, [
      { name: 'good.pdf', bytes: pdf() },
      { name: 'empty.pdf', bytes: Buffer.alloc(0) },
      { name: '<img src=x onerror=alert(1)>.pdf', bytes: Buffer.from('<html><script>alert(1)</script></html>') },
      { name: 'big.pdf', bytes: pdf('big', 10 * 1024 * 1024) },
      { name: 'cut.pdf', bytes: pdf().subarray(0, 40) },
      { name: 'photo.jpg', bytes: Buffer.from('\u00FF\u00D8\u00FF\u00E0 JFIF', 'latin1') },
      { name: 'run.exe', bytes: Buffer.from('MZ\u0090\u0000\u0003\u0000\u0000\u0000\u0004\u0000', 'latin1') },
      { name: 'march.csv', bytes: pdf('named wrongly') },
    ])
    expect(answer.status).toBe(200)
    for (const words of [
      '<strong>empty.pdf</strong> is empty.',
      '.pdf</strong> is a web page.',
      '<strong>big.pdf</strong> is larger than 10 MB.',
      '<strong>cut.pdf</strong> is not complete',
      '<strong>photo.jpg</strong> is a picture.',
      '<strong>run.exe</strong> is a program',
      '<strong>march.csv.pdf</strong> was sent as march.csv',
      'Your 2 files have been received',
    ])
      expect(answer.text).toContain(words)
    expect(answer.text).not.toContain('<img')
    expect(await names(clientId)).toEqual(['good.pdf', 'march.csv.pdf'])
  })

  test('sends the same file twice and it is kept once; forms without files and with too many say so', async () => {
    const { clientId, token } = await linked()
    const cookie = await open(token)
    await send(token, [{ name: 'a.pdf', bytes: pdf() }], cookie)
    const again = await Promise.all([1, 2].map(() => send(token, [{ name: 'b.pdf', bytes: pdf() }], cookie)))
    for (const answer of again) expect(answer.text).toContain('<strong>a.pdf</strong> was received already')
    const none = await send(token, [{ name: '', bytes: Buffer.alloc(0) }], cookie)
    expect([none.status, none.text.includes('Choose at least one file')]).toEqual([400, true])
    const many = Array.from({ length: 22 }, (_, n) => ({ name: `${n}.pdf`, bytes: pdf(`no ${n}`) }))
    const tooMany = await send(token, many, cookie, '?lang=es')
    expect(tooMany.text).toContain('Solo se pueden enviar 20 archivos a la vez')
    expect(await names(clientId)).toHaveLength(21)
  })

  test('in another browser gets the code page and staff who look at it only look', async () => {
    const { clientId, token } = await linked()
    const cookie = await open(token)
    await send(token, [{ name: 'private.pdf', bytes: pdf() }], cookie)
    const file = [{ name: 'other.pdf', bytes: pdf('other') }]
    const strange = [await page(token), await send(token, file)]
    for (const { status, text } of strange)
      expect([status, text.includes('another device'), text.includes('private.pdf')]).toEqual([403, true, false])
    const preview = await page(token, dana.cookie)
    expect(preview.text).toContain('private.pdf')
    expect(preview.text.match(/<button|<input/g)?.length).toBe(preview.text.match(/<(?:button|input) [^>]*disabled>/g)?.length)
    expect((await send(token, file, dana.cookie)).headers.location).toBe(`/i/${token}/statements`)
    const employee = await makeStaff(app, dana.firmId, 'employee')
    expect((await page(token, employee.cookie)).status).toBe(404)
    expect(await names(clientId)).toEqual(['private.pdf'])
  })

  test('sees names of files only where they sent them, until somebody has claimed the newer link', async () => {
    const { clientId, token } = await linked()
    const cookie = await open(token)
    await send(token, [{ name: 'private.pdf', bytes: pdf() }], cookie)
    await add(clientId, { name: 'of the firm.pdf', bytes: pdf('staff') })
    const newer = await copied(clientId)
    expect((await page(newer)).text).not.toContain('private.pdf')
    const own = await page(newer, cookie)
    expect([own.text.includes('private.pdf'), own.text.includes('of the firm.pdf')]).toEqual([true, false])
    expect((await page(token, cookie)).status).toBe(410)
  })

  test('takes back from the same browser what nobody has looked at, within a day', async () => {
    const { clientId, token } = await linked()
    const cookie = await open(token)
    await send(
      token,
      [
        { name: 'wrong.pdf', bytes: pdf('wrong') },
        { name: 'seen.pdf', bytes: pdf('seen') },
      ],
      cookie,
    )
    const [seen, wrong] = await list(clientId)
    if (seen === undefined || wrong === undefined) throw new Error('Two came')
    await download(clientId, seen.id)
    const { text } = await page(token, cookie)
    expect([text.includes(`${wrong.id}/remove`), text.includes(`${seen.id}/remove`)]).toEqual([true, false])
    expect((await takeBack(token, wrong.id)).status).toBe(403)
    expect((await takeBack(token, seen.id, cookie)).headers.location).toBe(`/i/${token}/statements?back=no`)
    expect((await takeBack(token, wrong.id, cookie)).headers.location).toBe(`/i/${token}/statements?back=yes`)
    expect((await takeBack(token, wrong.id, cookie)).headers.location).toBe(`/i/${token}/statements?back=no`)
    expect(await names(clientId)).toEqual(['seen.pdf'])
    expect((await app.admin.query('select count(*)::int as n from statement_pieces where statement_id = $1', [wrong.id])).rows).toEqual([
      { n: 0 },
    ])
    await send(token, [{ name: 'late.pdf', bytes: pdf('late') }], cookie)
    await app.admin.query(`update statements set received_at = received_at - interval '25 hours' where file_name = 'late.pdf'`)
    expect((await takeBack(token, (await list(clientId))[0]?.id ?? '', cookie)).headers.location).toContain('back=no')
  })

  test('who is cut off in the middle of a file has sent those before it, whole, and nothing of that one', async () => {
    const { clientId, token } = await linked()
    const cookie = await open(token)
    const part = (name: string, bytes: Buffer): Buffer =>
      Buffer.concat([
        Buffer.from(`--xx\r\ncontent-disposition: form-data; name="files"; filename="${name}"\r\n\r\n`),
        bytes,
        Buffer.from('\r\n'),
      ])
    const body = Buffer.concat([part('whole.csv', csvFile('WHOLE')), part('half.csv', csvFile('HALF')).subarray(0, -20)])
    const { port } = new URL(app.config.publicUrl)
    const socket = createConnection(Number(port), '127.0.0.1')
    socket.write(
      `POST /i/${token}/statements HTTP/1.1\r\nhost: localhost\r\norigin: ${app.config.publicUrl}\r\ncookie: ${cookie}\r\ncontent-type: multipart/form-data; boundary=xx\r\ncontent-length: ${body.length + 500}\r\n\r\n`,
    )
    socket.write(body)
    await expectSoon(async () => (await names(clientId)).includes('whole.csv'))
    socket.destroy()
    await expectSoon(() => Promise.resolve(app.logs.some((line) => line.includes('an upload did not arrive whole'))))
    expect(await names(clientId)).toEqual(['whole.csv'])
    expect(app.logs.join('\n')).not.toContain('HALF')
  })
})

async function expectSoon(look: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 25_000; Date.now() < end; await new Promise((wait) => setTimeout(wait, 20))) if (await look()) return
  throw new Error('It never came to that')
}

describe('of an invite that was answered with statements', () => {
  const texts = (): number => app.network.twilio.messages().length

  test('the clock reminds nobody; taken back, it does; and who asks to be reminded afterwards is', async () => {
    const made = [await client(), await client(), await client()]
    for (const clientId of made) await create(clientId, 'sms')
    await app.drain()
    const before = texts()
    const tokens = app.network.twilio
      .messages()
      .slice(-3)
      .map(({ body }) => /\/i\/([\w-]{43})/.exec(body)?.[1] ?? '')
    for (const token of tokens) {
      const cookie = await open(token)
      await send(token, [{ name: 'march.pdf', bytes: pdf() }], cookie)
      if (token === tokens[1]) {
        const id = /statements\/([\w-]{36})\/remove/.exec((await page(token, cookie)).text)?.[1] ?? ''
        expect((await takeBack(token, id, cookie)).headers.location).toContain('back=yes')
      }
      if (token === tokens[2])
        await app.request().post(`/i/${token}/later`).set({ origin: app.config.publicUrl, cookie }).type('form').send({ when: 'third' })
    }
    await app.admin.query(`update invites set remind_at = now() - interval '1 minute' where firm_id = $1 and remind_at is not null`, [
      dana.firmId,
    ])
    await remindFirm(app.deps, dana.firmId)
    await app.drain()
    expect(texts() - before).toBe(2)
  })

  test('a reminder that waits is not sent any more, and staff may still remind by hand', async () => {
    const clientId = await client()
    const { body } = await create(clientId, 'sms')
    await app.drain()
    const token = /\/i\/([\w-]{43})/.exec(app.network.twilio.messages().at(-1)?.body ?? '')?.[1] ?? ''
    const before = texts()
    const remind = () => app.call(invites.remind, { params: { clientId, inviteId: body.invite.id } }, dana)
    expect((await remind()).status).toBe(204)
    await send(token, [{ name: 'march.pdf', bytes: pdf() }])
    await app.drain()
    expect(texts()).toBe(before)
    await app.admin.query(`update invites set reminded_at = reminded_at - interval '1 hour' where id = $1`, [body.invite.id])
    expect((await remind()).status).toBe(204)
    await app.drain()
    expect(texts()).toBe(before + 1)
  })
})

describe('staff', () => {
  test('upload, see it as theirs, and delete it for good; an employee without the client sees none of it', async () => {
    const clientId = await client()
    const { status, body } = await add(clientId, { name: 'März “2026” 📄.pdf', bytes: pdf() })
    expect([status, body.isNew, body.statement.sentBy, body.statement.fileName]).toEqual([201, true, 'Dana Whitlock', 'März “2026” 📄.pdf'])
    expect((await add(clientId, { name: 'again.pdf', bytes: pdf() })).body).toMatchObject({
      isNew: false,
      statement: { id: body.statement.id },
    })
    const refused = await add(clientId, { name: 'page.pdf', bytes: Buffer.from('<!doctype html><p>x') })
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([400, expect.stringContaining('page.pdf is a web page.')])
    const got = await download(clientId, body.statement.id)
    expect(got.headers['content-disposition']).toBe(
      `attachment; filename="M_rz _2026_ _.pdf"; filename*=UTF-8''M%C3%A4rz%20%E2%80%9C2026%E2%80%9D%20%F0%9F%93%84.pdf`,
    )
    const employee = await makeStaff(app, dana.firmId, 'employee')
    const params = { clientId, statementId: body.statement.id }
    expect((await app.call(statements.remove, { params }, employee)).status).toBe(404)
    expect((await app.call(statements.remove, { params }, dana)).status).toBe(204)
    expect((await download(clientId, body.statement.id)).status).toBe(404)
    expect(await audited(clientId)).toEqual(['staff statement.received', 'staff statement.downloaded', 'staff statement.deleted'])
  })

  test('page through many, newest first; a day has its bound', async () => {
    const clientId = await client()
    for (let n = 0; n < 3; n++) await add(clientId, { name: `${n}.csv`, bytes: csvFile(`ROW ${n}`) })
    const first = await app.call(statements.list, { params: { clientId }, query: { limit: 2 } }, dana)
    const rest = await app.call(statements.list, { params: { clientId }, query: { limit: 2, cursor: first.body.nextCursor ?? '' } }, dana)
    expect([...first.body.items, ...rest.body.items].map(({ fileName }) => fileName)).toEqual(['2.csv', '1.csv', '0.csv'])
    expect(rest.body.nextCursor).toBeNull()
    await app.admin.query('update statements set byte_count = 500 * 1024 * 1024 where client_id = $1 and file_name = $2', [
      clientId,
      '0.csv',
    ])
    const full = await add(clientId, { name: 'more.csv', bytes: csvFile('MORE') })
    expect([full.status, JSON.stringify(full.body)]).toEqual([429, expect.stringContaining('more.csv came after very many others today')])
  })

  test('find the files in the export before a deletion, and nothing of them after it', async () => {
    const clientId = await client({ businessName: 'Zephyr Works' })
    const bytes = pdf('export', 1_500_000)
    await add(clientId, { name: 'march.pdf', bytes })
    await add(clientId, { name: 'march.pdf', bytes: pdf('other') })
    const path = `/v1${erasure.export.url.replace(':clientId', clientId)}`
    const answer = await fetch(new URL(path, app.config.publicUrl), { headers: { cookie: dana.cookie } })
    const files = unzipSync(new Uint8Array(await answer.arrayBuffer()))
    expect(Buffer.compare(Buffer.from(files['statements/001 march.pdf'] ?? []), bytes)).toBe(0)
    expect(Object.keys(files)).toContain('statements/002 march.pdf')
    expect(strFromU8(files['statements.csv'] ?? new Uint8Array())).toMatch(/march\.pdf,pdf,\d+,.*,Dana Whitlock,[0-9a-f]{64}/)
    expect((await app.call(erasure.remove, { params: { clientId }, body: { businessName: 'Zephyr Works' } }, dana)).status).toBe(204)
    expect((await app.admin.query('select from statement_pieces where firm_id = $1', [dana.firmId])).rows).toEqual([])
    expect((await app.call(clients.get, { params: { clientId } }, dana)).status).toBe(404)
  })
})
