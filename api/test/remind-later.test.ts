import { clients } from '@ledgersync/shared/clients'
import { invites } from '@ledgersync/shared/invites'
import { Temporal } from 'temporal-polyfill'
import { laterChoices } from '../src/invites/later.ts'
import { claimLink } from '../src/invites/links.ts'
import { accessibilityProblems, launchBrowser, openPage, scrollsSideways } from './browser.ts'
import { makeFirm, type Person, zoneAt } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { inviteKit } from './invite-kit.ts'
import { hourMs, messageKit } from './message-kit.ts'

let app: TestApp
let dana: Person

beforeAll(async () => {
  app = await startTestApp()
}, 60_000)
afterAll(() => app.close())
beforeEach(async () => {
  await app.network.twilio.reset()
  await app.network.sendgrid.reset()
  dana = await makeFirm(app)
})

const parts = [() => app, () => dana] as const
const { client, copied, create, listOf, page, tokenOf } = inviteKit(...parts)
const { later, texts, mails } = messageKit(...parts)

const choose = (token: string, when: string, headers: Record<string, string> = {}) =>
  app
    .request()
    .post(`/i/${token}/later`)
    .type('form')
    .set({ origin: app.config.publicUrl, ...headers })
    .send({ when })
/** Jobs that run by the clock are run by hand here. */
const remind = async (): Promise<void> => {
  await app.admin.query("select graphile_worker.add_job('remind_invites')")
  await app.drain()
}
const clientAt = (hour: number, overrides: Parameters<typeof client>[0] = {}) =>
  client({ timeZone: zoneAt(hour, app.deps.now()), ...overrides })

describe('a client who has no time now', () => {
  test('is reminded at the time they chose, once, and not on the third day', async () => {
    const clientId = await clientAt(10, { email: null })
    await create(clientId, 'sms')
    await app.drain()
    const token = tokenOf(texts()[0]?.body ?? '')
    expect((await page(token)).text).toContain(`href="/i/${token}/later"`)
    const answer = await choose(token, 'hours')
    expect([answer.status, answer.headers.location]).toEqual([303, `/i/${token}`])
    const [invite] = await listOf(clientId)
    expect(invite).toMatchObject({ state: 'opened', remindAsked: true })
    expect(Date.parse(invite?.remindAt ?? '') - app.deps.now().getTime()).toBeGreaterThan(1.9 * hourMs)
    const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? ''
    expect((await page(token, { cookie })).text).toContain('We will remind you: ')
    await later(hourMs)
    await remind()
    expect(texts()).toHaveLength(1)
    await later(1.1 * hourMs)
    await remind()
    expect(texts()).toHaveLength(2)
    expect(texts()[1]?.body).toContain('a reminder from Dana Whitlock')
    await later(3 * 24 * hourMs)
    await remind()
    expect(texts()).toHaveLength(2)
    expect((await listOf(clientId))[0]).toMatchObject({ remindAsked: false, remindAt: null })
  })

  test('may choose again, and the last choice holds; whoever is no client may not', async () => {
    const clientId = await clientAt(10)
    const token = await copied(clientId)
    expect((await choose(token, 'tomorrow', { cookie: dana.cookie })).headers.location).toBe(`/i/${token}`)
    expect((await listOf(clientId))[0]).toMatchObject({ state: 'sent', remindAt: null })
    const first = await choose(token, 'tomorrow')
    const cookie = String(first.headers['set-cookie']).split(';')[0] ?? ''
    expect((await choose(token, 'third')).text).toContain('opened on another device')
    const tomorrow = Date.parse((await listOf(clientId))[0]?.remindAt ?? '')
    expect((await choose(token, 'next', { cookie })).status).toBe(303)
    expect(Date.parse((await listOf(clientId))[0]?.remindAt ?? '')).toBeGreaterThan(tomorrow)
    expect((await choose(token, 'never', { cookie })).status).toBe(409)
    expect((await choose('A'.repeat(43), 'next')).status).toBe(404)
  })

  test('is reminded by what is on file when the link was handed over, and is not asked where there is no way', async () => {
    const byMail = await clientAt(10, { phone: null, email: 'owner@saltgrass.example' })
    const token = await copied(byMail)
    await choose(token, 'hours')
    await later(2.1 * hourMs)
    await remind()
    expect(mails().map(({ to }) => to.email)).toEqual(['owner@saltgrass.example'])
    const nowhere = await copied(await client({ phone: null, email: null, staffHaveAccess: true }))
    expect((await page(nowhere)).text).not.toContain('/later"')
    expect((await choose(nowhere, 'tomorrow')).status).toBe(409)
  })

  test('is not reminded of what was done or taken back meanwhile', async () => {
    const clientId = await clientAt(10, { email: null })
    const { body } = await create(clientId, 'sms')
    await app.drain()
    await choose(tokenOf(texts()[0]?.body ?? ''), 'hours')
    await app.call(invites.revoke, { params: { clientId, inviteId: body.invite.id } }, dana)
    await later(3 * hourMs)
    await remind()
    expect(texts()).toHaveLength(1)
  })

  test('keeps the chosen time when the first message is heard of only afterwards', async () => {
    const clientId = await clientAt(10, { email: null })
    const { body } = await create(clientId, 'sms')
    await app.drain()
    const token = tokenOf(texts()[0]?.body ?? '')
    await app.admin.query("update invites set state = 'queued', sent_at = null, delivered_at = null, remind_at = null where id = $1", [
      body.invite.id,
    ])
    await app.admin.query("update messages set state = 'sending' where invite_id = $1", [body.invite.id])
    await choose(token, 'tomorrow')
    const before = (await listOf(clientId))[0]?.remindAt
    await app.network.twilio.settled()
    await later(16 * 60_000)
    expect((await listOf(clientId))[0]?.remindAt).toBe(before)
  })
})

test('the times are on the client’s clock, by day, within the link’s life, over changes of the clock too', () => {
  // Clocks in these five zones go forward on March 8 and back on November 1, 2026; Phoenix keeps its time
  for (const zone of [
    'America/New_York',
    'America/Chicago',
    'America/Denver',
    'America/Los_Angeles',
    'America/Anchorage',
    'America/Phoenix',
  ]) {
    for (const day of ['2026-03-06', '2026-03-07', '2026-03-08', '2026-10-30', '2026-10-31', '2026-11-01', '2026-12-31']) {
      for (const hour of [0, 1, 3, 7, 9, 12, 15, 17, 18, 20, 23]) {
        const now = Temporal.PlainDateTime.from(`${day}T${String(hour).padStart(2, '0')}:17`).toZonedDateTime(zone)
        const expiresAt = now.add({ hours: 60 })
        const choices = laterChoices(new Date(now.epochMilliseconds), zone, new Date(expiresAt.epochMilliseconds))
        expect(choices.length).toBeGreaterThanOrEqual(2)
        const locals = choices.map(({ at }) => Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone))
        for (const local of locals) {
          expect(local.hour).toBeGreaterThanOrEqual(9)
          expect(local.hour).toBeLessThan(20)
          expect(local.epochMilliseconds).toBeGreaterThan(now.epochMilliseconds + 1.9 * hourMs)
          expect(local.epochMilliseconds).toBeLessThanOrEqual(expiresAt.epochMilliseconds - 2 * hourMs)
        }
        const tomorrow = locals[choices.findIndex(({ kind }) => kind === 'tomorrow')]
        expect([tomorrow?.hour, tomorrow?.toPlainDate().toString()]).toEqual([9, now.toPlainDate().add({ days: 1 }).toString()])
        expect(locals.map(({ epochMilliseconds }) => epochMilliseconds)).toEqual(
          locals.map((one) => one.epochMilliseconds).toSorted((a, b) => a - b),
        )
      }
    }
  }
})

test('on a phone, in two languages, light and dark, without scripts: a time is two taps away', async () => {
  const browser = await launchBrowser()
  for (const [options, words] of [
    [{}, ['Not now, remind me', /^Tomorrow at/, 'We will remind you']],
    [{ colorScheme: 'dark', javaScriptEnabled: false }, ['Ahora no, recuérdemelo', /^Mañana a las/, 'Se lo recordaremos']],
  ] as const) {
    const clientId = await client({ language: words[0].startsWith('Not') ? 'en' : 'es' })
    await app.call(clients.addBank, { params: { clientId }, body: { institutionId: 'ins_1', name: 'First Meridian Bank' } }, dana)
    const token = await copied(clientId)
    const { page: phone, context, problems } = await openPage(browser, { baseURL: app.config.publicUrl, screen: 'phone', ...options })
    await phone.goto(`/i/${token}`)
    await phone.getByRole('link', { name: words[0] }).click()
    const choice = phone.getByRole('button', { name: words[1] })
    await choice.waitFor()
    expect(await scrollsSideways(phone)).toBe(false)
    if (!('javaScriptEnabled' in options)) expect(await accessibilityProblems(phone)).toEqual([])
    await choice.click()
    await phone.getByText(words[2]).waitFor()
    expect(problems).toEqual([])
    await context.close()
    const claim = await claimLink(app.deps, token, undefined, null)
    expect(claim.kind).toBe('needs_code')
  }
  await browser.close()
})
