import { invites } from '@ledgersync/shared/invites'
import { claimLink, findLink } from '../src/invites/links.ts'
import { accessibilityProblemsInBothColors, launchBrowser, openPage, scrollsSideways } from './browser.ts'
import { makeFirm, type Person, zoneAt } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { inviteKit } from './invite-kit.ts'

let app: TestApp
let dana: Person

beforeAll(async () => {
  app = await startTestApp()
}, 60_000)
afterAll(() => app.close())
beforeEach(async () => {
  await app.network.twilio.reset()
  await app.network.sendgrid.reset()
  await app.admin.query("delete from attempts where key like 'claim_code:%'")
  dana = await makeFirm(app)
})

const { client, copied, create, page, tokenOf } = inviteKit(
  () => app,
  () => dana,
)

const post = (path: string, body: object, cookie = '') =>
  app.request().post(path).type('form').set({ origin: app.config.publicUrl, cookie }).send(body)
// supertest types headers loosely; this is the list of what was set
const cookieOf = (headers: Record<string, unknown>): string => (headers['set-cookie'] as string[] | undefined)?.[0]?.split(';')[0] ?? ''
const ask = (token: string, channel: 'sms' | 'email' = 'sms', cookie = '') => post(`/i/${token}/code`, { channel }, cookie)
const enter = (token: string, code: string, cookie = '') => post(`/i/${token}/claim`, { code }, cookie)
const codeIn = (text: string | null | undefined): string => /\b\d{6}\b/.exec(text ?? '')?.[0] ?? 'none'
/** Never the right one. */
const otherThan = (code: string): string => ((Number(code) + 1) % 1_000_000).toString().padStart(6, '0')

/** A link that a browser has tapped already. */
async function claimed(overrides: Parameters<typeof client>[0] = {}): Promise<{ clientId: string; token: string; first: string }> {
  const clientId = await client(overrides)
  const token = await copied(clientId)
  const claim = await claimLink(app.deps, token, undefined, null)
  if (claim.kind !== 'claimed') throw new Error(claim.kind)
  return { clientId, token, first: `ledgersync-link=${claim.newClaim}` }
}

async function texted(token: string, channel: 'sms' | 'email' = 'sms'): Promise<string> {
  expect((await ask(token, channel)).headers.location).toContain('code=sent')
  await app.drain()
  return channel === 'sms' ? codeIn(app.network.twilio.messages().at(-1)?.body) : codeIn(app.network.sendgrid.messages().at(-1)?.text)
}

describe('another browser', () => {
  test.each(['sms', 'email'] as const)('is let in by the code that went out by %s, and the first one still is', async (channel) => {
    const { token, first } = await claimed()
    const offered = await page(token)
    expect([offered.status, offered.text.includes('Text me a code'), offered.text.includes('Email me a code')]).toEqual([403, true, true])
    expect(offered.text).not.toMatch(/saltgrass\.example|\+1503/)
    const code = await texted(token, channel)
    const entry = await page(token, {}, '?code=sent')
    expect(entry.text).toContain('autocomplete="one-time-code"')
    const entered = await enter(token, ` ${code.slice(0, 3)}-${code.slice(3)} `)
    expect([entered.status, entered.headers.location]).toEqual([303, `/i/${token}?lang=en`])
    const second = cookieOf(entered.headers)
    for (const cookie of [first, second]) expect((await page(token, { cookie })).status).toBe(200)
    expect((await page(token)).status).toBe(403)
    const { rows } = await app.admin.query(
      `select action, details from audit_log l left join audit_details d on d.firm_id = l.firm_id and d.audit_id = l.id
       where l.firm_id = $1 and action like 'link.%' order by l.id`,
      [dana.firmId],
    )
    expect(rows.map(({ action, details }) => [action, details])).toEqual([
      ['link.claimed', null],
      ['link.code_sent', { channel }],
      ['link.claimed', { by: 'code' }],
    ])
  })

  test('keeps the cookie it has from another link of its own', async () => {
    const own = await claimed()
    const other = await claimed()
    const code = await texted(other.token)
    const entered = await enter(other.token, code, own.first)
    expect(entered.headers['set-cookie']).toBeUndefined()
    for (const token of [own.token, other.token]) expect((await page(token, { cookie: own.first })).status).toBe(200)
  })

  test('has five tries, all at once or one after the other; then only a new code helps', async () => {
    const { token } = await claimed()
    const code = await texted(token)
    const answers = await Promise.all(Array.from({ length: 20 }, () => enter(token, otherThan(code))))
    expect(answers.filter(({ text }) => text.includes('This is not the code')).length).toBe(4)
    expect(answers.filter(({ text }) => text.includes('does not work any more')).length).toBe(16)
    expect((await enter(token, code)).text).toContain('does not work any more')
    const fresh = await texted(token)
    expect((await enter(token, fresh)).status).toBe(303)
  })

  test('cannot use a code twice, after ten minutes, after a newer one, or for another link', async () => {
    const [one, two] = [await claimed(), await claimed({ phone: '+15035550171' })]
    const used = await texted(one.token)
    expect((await enter(two.token, used)).text).toContain('does not work any more')
    expect((await enter(one.token, used)).status).toBe(303)
    expect((await enter(one.token, used)).text).toContain('does not work any more')
    const older = await texted(one.token)
    const newer = await texted(one.token)
    if (older !== newer) expect((await enter(one.token, older)).text).toContain('This is not the code')
    const late = await texted(two.token)
    await app.advance(10 * 60_000 + 1_000)
    expect((await enter(two.token, late)).text).toContain('does not work any more')
    expect((await enter(two.token, '')).text).toContain('does not work any more')
  })

  test('gets three codes an hour for one person, over all their links', async () => {
    const phone = '+15035550172'
    const [one, two, other] = [await claimed({ phone }), await claimed({ phone }), await claimed({ phone: '+15035550173' })]
    for (const { token } of [one, two, one]) expect((await ask(token)).status).toBe(303)
    const refused = await ask(two.token)
    expect([refused.status, refused.text.includes('You asked for many codes')]).toEqual([429, true])
    expect((await ask(other.token)).status).toBe(303)
    await app.drain()
    expect(app.network.twilio.messages().filter(({ to }) => to === phone)).toHaveLength(3)
  })

  test('gets it at night, in the client’s language, and the digits are kept nowhere', async () => {
    const night = zoneAt(3, app.deps.now())
    const { clientId, token } = await claimed({ timeZone: night, language: 'es', phone: '+15035550174' })
    const code = await texted(token)
    expect(app.network.twilio.messages().at(-1)?.body).toBe(
      // Without the accents that would make it cost more
      `${code} es su codigo para abrir la pagina de Quillstone Accounting. Funciona durante 10 minutos. Si usted no lo pidio, no se lo dé a nadie.`,
    )
    const { rows } = await app.admin.query<{ text: string }>(
      `select (select string_agg(l::text, ' ') from links l where client_id = $1) || (select string_agg(m::text, ' ') from messages m where client_id = $1) as text`,
      [clientId],
    )
    expect(rows[0]?.text).toContain('[code]')
    expect(rows[0]?.text).not.toContain(code)
    expect(app.logs.join('\n')).not.toContain(`"${code}"`)
  })

  test('is offered only a way that is open, and is told to ask the firm when there is none', async () => {
    const texts = await claimed({ phone: '+15035550175' })
    await app.network.twilio.reply('+15035550175', app.config.twilio.from, 'STOP')
    await app.drain()
    const stopped = await page(texts.token)
    expect([stopped.text.includes('Text me a code'), stopped.text.includes('Email me a code')]).toEqual([false, true])
    expect((await ask(texts.token)).headers.location).not.toContain('code=sent')
    const none = await claimed({ phone: null, email: null, staffHaveAccess: true })
    const { text } = await page(none.token)
    expect([text.includes('<form'), text.includes('ask Dana Whitlock at Quillstone Accounting to send you a new link')]).toEqual([
      false,
      true,
    ])
  })

  test('is no help where the link opens already, opens nothing, or staff look', async () => {
    const { clientId, token, first } = await claimed()
    for (const cookie of [first, dana.cookie]) expect((await ask(token, 'sms', cookie)).headers.location).toBe(`/i/${token}`)
    expect((await enter(token, '123456', dana.cookie)).headers.location).toBe(`/i/${token}`)
    const unclaimed = tokenOf((await create(clientId, 'copy')).body.url)
    expect((await ask(token)).status).toBe(410)
    expect((await ask(unclaimed)).headers.location).toBe(`/i/${unclaimed}`)
    expect((await ask('A'.repeat(43))).status).toBe(404)
    await app.drain()
    expect(app.network.twilio.messages()).toHaveLength(0)
    expect(await findLink(app.deps, unclaimed)).toMatchObject({ claimed: false })
  })

  test('of which a link can have ten: the oldest gives way', async () => {
    const { token, first } = await claimed()
    const cookies: string[] = []
    for (let nth = 0; nth < 10; nth++) {
      await app.admin.query("delete from attempts where key like 'claim_code:%'")
      cookies.push(cookieOf((await enter(token, await texted(token))).headers))
    }
    expect((await page(token, { cookie: first })).status).toBe(403)
    for (const cookie of cookies) expect((await page(token, { cookie })).status).toBe(200)
  })
})

test('on a phone the whole way works without a mouse, in light and dark, and without scripts', async () => {
  const browser = await launchBrowser()
  const { token } = await claimed()
  for (const options of [{}, { javaScriptEnabled: false }] as const) {
    await app.admin.query("delete from attempts where key like 'claim_code:%'")
    const { page: phone, context, problems } = await openPage(browser, { baseURL: app.config.publicUrl, screen: 'phone', ...options })
    const isFlawless = async (): Promise<void> => {
      expect(await scrollsSideways(phone)).toBe(false)
      if (!('javaScriptEnabled' in options)) expect(await accessibilityProblemsInBothColors(phone)).toEqual([])
    }
    await phone.goto(`/i/${token}`)
    await isFlawless()
    await phone.getByRole('button', { name: 'Text me a code' }).click()
    const field = phone.getByLabel('Code of six digits')
    await field.waitFor()
    await isFlawless()
    await app.drain()
    const code = codeIn(app.network.twilio.messages().at(-1)?.body)
    await field.fill(otherThan(code))
    await field.press('Enter')
    await phone.getByText('This is not the code.').waitFor()
    await isFlawless()
    await field.fill(code)
    await field.press('Enter')
    await phone.getByRole('button', { name: 'Connect a bank' }).waitFor()
    // Chromium says of every page with an error's status that it could not be loaded
    expect(problems.filter((text) => !text.includes('403'))).toEqual([])
    await context.close()
  }
  await browser.close()
  const { body } = await app.call(invites.list, { params: { clientId: (await claimed()).clientId } }, dana)
  expect(body.items[0]?.state).toBe('opened')
})
