import { clients } from '@ledgersync/shared/clients'
import { invites } from '@ledgersync/shared/invites'
import { Temporal } from 'temporal-polyfill'
import { optOutEmail, optOutPhone } from '../src/clients/opt-outs.ts'
import { withFirm } from '../src/db/client.ts'
import { advanceInvite } from '../src/invites/links.ts'
import { remindFirm } from '../src/invites/reminders.ts'
import { makeFirm, makeStaff, type Person, zoneAt } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { inviteKit } from './invite-kit.ts'
import { makeBankAccount } from './ledger-factories.ts'

const hourMs = 60 * 60_000
const dayMs = 24 * hourMs

let app: TestApp
let dana: Person
beforeAll(async () => {
  app = await startTestApp({}, { oneClock: true })
}, 60_000)
afterAll(() => app.close())
beforeEach(async () => {
  await app.drain()
  await app.network.twilio.reset()
  await app.network.sendgrid.reset()
  dana = await makeFirm(app)
})

const { client, create, listOf, codeOf, tokenOf, page } = inviteKit(
  () => app,
  () => dana,
)
const texts = () => app.network.twilio.messages().map(({ body }) => body)
const mails = () => app.network.sendgrid.messages().map(({ subject }) => subject)
/** What the clock brings, three times at the same moment. */
const clockStrikes = async () => {
  await Promise.all([1, 2, 3].map(() => remindFirm(app.deps, dana.firmId)))
  await app.drain()
}
/** That much later; nobody stays signed in for days. */
const later = async (ms: number) => {
  await app.advance(ms)
  dana = await makeStaff(app, dana.firmId, 'administrator', 'Dana Whitlock')
}
const invite = async (channel: 'sms' | 'email' | 'both', overrides: Parameters<typeof client>[0] = {}) => {
  const clientId = await client(overrides)
  const { body } = await create(clientId, channel)
  await app.drain()
  return { clientId, inviteId: body.invite.id }
}
/** As an administrator assigns them. */
const assignedTo = async (person: Person, clientId: string): Promise<Person> => {
  await app.admin.query('insert into client_staff (firm_id, client_id, staff_id, assigned_at) values ($1, $2, $3, now())', [
    person.firmId,
    clientId,
    person.staffId,
  ])
  return person
}
const remind = (clientId: string, inviteId: string) => app.call(invites.remind, { params: { clientId, inviteId } }, dana)

describe('on the third day after the first message', () => {
  test('who has connected no bank is reminded once, by the same channels, with a link that is valid five days more', async () => {
    const { clientId } = await invite('both')
    const [first] = texts()
    await later(3 * dayMs - hourMs)
    await clockStrikes()
    expect([texts().length, mails().length]).toEqual([1, 1])
    const [before] = await listOf(clientId)
    expect(before).toMatchObject({ times: { remindedAt: null }, remindAt: expect.any(String) })
    await later(2 * hourMs)
    await clockStrikes()
    expect(texts()[1]).toMatch(
      /^Hi Nora, a reminder from Dana Whitlock at Quillstone Accounting\. Please connect your banks so .*\/i\/[\w-]{43}\nReply STOP to opt out\.$/,
    )
    expect(mails()[1]).toBe('Reminder: Dana Whitlock at Quillstone Accounting asks you to connect your banks')
    const [after] = await listOf(clientId)
    expect(after).toMatchObject({ state: 'delivered', remindAt: null, times: { remindedAt: expect.any(String) } })
    expect(new Date(after?.expiresAt ?? 0).getTime() - app.deps.now().getTime()).toBeGreaterThan(5 * dayMs - hourMs)
    // All links of a current invite work
    for (const text of [first, texts()[1]]) expect((await page(tokenOf(text ?? ''))).status).toBe(200)
    for (let day = 0; day < 4; day++) {
      await later(dayMs)
      await clockStrikes()
    }
    expect([texts().length, mails().length]).toEqual([2, 2])
  })

  test('in Spanish to whom it is spoken', async () => {
    await invite('sms', { language: 'es' })
    await later(3 * dayMs)
    await clockStrikes()
    expect(texts()[1]).toMatch(/^Hola, Nora, le recuerda Dana Whitlock de Quillstone Accounting\. Conecte sus bancos/)
  })

  test('nobody is who has connected, was invited anew or not any more, or has opted out of all of it', async () => {
    const connected = await invite('sms')
    await withFirm(dana.ctx, (tx) => advanceInvite(tx, dana.ctx, connected.inviteId, 'connected'))
    const revoked = await invite('sms')
    await app.call(invites.revoke, { params: revoked }, dana)
    const silent = { phone: '+15035550171', email: 'silent@saltgrass.example' }
    await invite('both', silent)
    await withFirm(dana.ctx, async (tx) => {
      await optOutPhone(tx, app.deps, silent.phone, app.deps.now())
      await optOutEmail(tx, app.deps, dana.firmId, silent.email)
    })
    const anew = await invite('sms')
    await later(2 * dayMs)
    await create(anew.clientId, 'sms')
    await app.drain()
    const sent = [texts().length, mails().length]
    await later(dayMs + hourMs)
    await clockStrikes()
    expect([texts().length, mails().length]).toEqual(sent)
    // The newer invite has its own third day
    await later(2 * dayMs)
    await clockStrikes()
    expect([texts().length, mails().length]).toEqual([(sent[0] ?? 0) + 1, sent[1]])
  })

  test('nor whose bank staff have added meanwhile', async () => {
    const { clientId } = await invite('sms')
    await later(dayMs)
    await makeBankAccount(app, dana, clientId)
    await later(2 * dayMs)
    await clockStrikes()
    expect(texts().length).toBe(1)
  })

  test('in the name of whoever works here, when the inviter has left', async () => {
    const marcus = await makeStaff(app, dana.firmId, 'employee', 'Marcus Oyelade')
    const clientId = await client()
    await create(clientId, 'both', await assignedTo(marcus, clientId))
    await app.drain()
    await later(3 * dayMs)
    await app.admin.query('update staff set deactivated_at = now() where id = $1', [marcus.staffId])
    await clockStrikes()
    expect(texts()[1]).toContain('a reminder from Dana Whitlock at')
    expect((await page(tokenOf(texts()[1] ?? ''))).text).not.toContain('Marcus')
    expect((await listOf(clientId))[0]?.createdBy).toBe('Dana Whitlock')
  })

  test('what waits by the same channel is replaced: nobody gets two at once', async () => {
    const { clientId, inviteId } = await invite('both', { timeZone: zoneAt(3, app.deps.now()) })
    expect([texts().length, mails().length]).toEqual([0, 1])
    expect((await remind(clientId, inviteId)).status).toBe(204)
    await later(6 * hourMs)
    await app.drain()
    expect([texts().length, mails().length]).toEqual([1, 2])
  })

  test('the channel that is still open is used', async () => {
    const { clientId } = await invite('both', { phone: '+15035550172' })
    await withFirm(dana.ctx, (tx) => optOutPhone(tx, app.deps, '+15035550172', app.deps.now()))
    await later(3 * dayMs)
    await clockStrikes()
    expect([texts().length, mails().length]).toEqual([1, 2])
    expect((await listOf(clientId))[0]?.messages.map(({ channel }) => channel).sort()).toEqual(['email', 'email', 'sms'])
  })

  test('a locked client is once it is unlocked, while the link works; after that never', async () => {
    const [soon, late] = [await invite('sms'), await invite('sms')]
    for (const { clientId } of [soon, late]) await app.call(clients.lock, { params: { clientId } }, dana)
    await later(3 * dayMs)
    await clockStrikes()
    expect(texts().length).toBe(2)
    await app.call(clients.unlock, { params: { clientId: soon.clientId } }, dana)
    await clockStrikes()
    expect(texts().length).toBe(3)
    await later(2 * dayMs)
    await app.call(clients.unlock, { params: { clientId: late.clientId } }, dana)
    await clockStrikes()
    expect(texts().length).toBe(3)
    expect((await listOf(late.clientId))[0]).toMatchObject({ state: 'expired', remindAt: null })
  })

  test('where it is night the text waits for the morning, and is not sent when a bank is connected by then; the mail goes at once', async () => {
    const night = { timeZone: zoneAt(13, app.deps.now()) }
    const [asleep, quick] = [await invite('both', night), await invite('sms', night)]
    // Three days and ten hours later it is 23:00 there
    await later(3 * dayMs + 10 * hourMs)
    await clockStrikes()
    expect([texts().length, mails().length]).toEqual([2, 2])
    await withFirm(dana.ctx, (tx) => advanceInvite(tx, dana.ctx, quick.inviteId, 'connected'))
    await later(10 * hourMs)
    await app.drain()
    expect(texts().length).toBe(3)
    const ofAsleep = (await listOf(asleep.clientId))[0]?.messages ?? []
    expect(ofAsleep.filter(({ channel }) => channel === 'sms').map(({ state }) => state)).toEqual(['delivered', 'delivered'])
    expect((await listOf(quick.clientId))[0]?.messages.at(-1)).toMatchObject({
      state: 'canceled',
      reason: expect.stringContaining('before it went out'),
    })
  })
})

describe('by hand', () => {
  test('a reminder goes at once, not twice by a double click, and none on the third day any more', async () => {
    const { clientId, inviteId } = await invite('sms')
    await later(dayMs)
    const answers = await Promise.all([remind(clientId, inviteId), remind(clientId, inviteId)])
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409])
    await app.drain()
    expect(texts().length).toBe(2)
    await later(3 * dayMs)
    await clockStrikes()
    expect(texts().length).toBe(2)
    expect((await remind(clientId, inviteId)).status).toBe(204)
    const { rows } = await app.admin.query(
      "select d.details from audit_log l join audit_details d on d.audit_id = l.id where l.action = 'invite.reminded' and l.client_id = $1",
      [clientId],
    )
    expect(rows).toEqual([{ details: { channel: 'sms' } }, { details: { channel: 'sms' } }])
  })

  test('there is none of what was handed over, is not sent yet, is used or over, or of who has opted out or is locked', async () => {
    const refusal = async ({ clientId, inviteId }: { clientId: string; inviteId: string }) => {
      const answer = await remind(clientId, inviteId)
      return [answer.status, codeOf(answer)]
    }
    const copiedClient = await client()
    const copy = { clientId: copiedClient, inviteId: (await create(copiedClient, 'copy')).body.invite.id }
    expect(await refusal(copy)).toEqual([409, 'conflict'])
    const waitsClient = await client({ timeZone: zoneAt(3, app.deps.now()) })
    const waits = { clientId: waitsClient, inviteId: (await create(waitsClient, 'sms')).body.invite.id }
    await app.drain()
    expect(await refusal(waits)).toEqual([409, 'conflict'])
    const connected = await invite('sms')
    await withFirm(dana.ctx, (tx) => advanceInvite(tx, dana.ctx, connected.inviteId, 'connected'))
    expect(await refusal(connected)).toEqual([409, 'conflict'])
    const silent = await invite('sms', { phone: '+15035550173' })
    await withFirm(dana.ctx, (tx) => optOutPhone(tx, app.deps, '+15035550173', app.deps.now()))
    expect(await refusal(silent)).toEqual([409, 'conflict'])
    const locked = await invite('sms')
    await app.call(clients.lock, { params: { clientId: locked.clientId } }, dana)
    expect(await refusal(locked)).toEqual([409, 'client_locked'])
    const expired = await invite('sms')
    await later(6 * dayMs)
    expect(await refusal(expired)).toEqual([409, 'conflict'])
    expect(await refusal({ clientId: copiedClient, inviteId: expired.inviteId })).toEqual([404, 'not_found'])
  })
})

describe('where clocks change meanwhile, in five time zones', () => {
  const zones = ['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles', 'America/Anchorage']
  const at = (local: string, zone: string): number => Temporal.PlainDateTime.from(local).toZonedDateTime(zone).epochMilliseconds
  const clockTo = (ms: number) => later(ms - app.deps.now().getTime())
  const localOf = (iso: string | null | undefined, zone: string): string =>
    Temporal.Instant.from(iso ?? '')
      .toZonedDateTimeISO(zone)
      .toPlainDateTime()
      .toString({ smallestUnit: 'minute' })

  test.each([
    // 72 hours after half past eight in the evening it is half past nine, when nobody is texted
    ['forward', { sent: '2027-03-11T20:30', due: '2027-03-14T21:30', goes: '2027-03-15T08:00', ends: '2027-03-16T21:30' }],
    // And 72 hours after half past eight in the morning it is half past seven
    ['back', { sent: '2027-11-05T08:30', due: '2027-11-08T07:30', goes: '2027-11-08T08:00', ends: '2027-11-10T07:30' }],
  ])(
    'by an hour %s: the reminder is due 72 hours after, goes in the day of the place, and the link works five times 24 hours',
    async (_way, { sent, due, goes, ends }) => {
      const invited: { clientId: string; zone: string }[] = []
      for (const zone of zones) {
        await clockTo(at(sent, zone))
        invited.push({ zone, clientId: (await invite('sms', { timeZone: zone, email: null })).clientId })
      }
      for (const { clientId, zone } of invited) {
        const [asked] = await listOf(clientId)
        expect(asked?.messages.map(({ state }) => state)).toEqual(['delivered'])
        expect([localOf(asked?.remindAt, zone), localOf(asked?.expiresAt, zone)]).toEqual([due, ends])
      }
      for (const { zone, clientId } of invited) {
        await clockTo(at(due, zone) - 60_000)
        await clockStrikes()
        expect((await listOf(clientId))[0]?.messages).toHaveLength(1)
        await clockTo(at(due, zone) + 60_000)
        await clockStrikes()
        const [reminded] = await listOf(clientId)
        expect(reminded?.messages[1]).toMatchObject({ state: 'queued' })
        expect(localOf(reminded?.messages[1]?.notBefore, zone)).toBe(goes)
      }
      await clockTo(at(goes, zones.at(-1) ?? '') + 1_000)
      await app.drain()
      for (const { zone, clientId } of invited) {
        const reminder = (await listOf(clientId))[0]?.messages[1]
        expect(reminder?.state).toBe('delivered')
        const sentAt = reminder?.history.find(({ state }) => state === 'sending')?.at ?? ''
        expect(Date.parse(sentAt)).toBeGreaterThanOrEqual(at(goes, zone))
      }
    },
  )
})
