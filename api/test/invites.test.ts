import { clients } from '@ledgersync/shared/clients'
import type { Problem } from '@ledgersync/shared/errors'
import { invites } from '@ledgersync/shared/invites'
import { withFirm } from '../src/db/client.ts'
import { newId } from '../src/core/ids.ts'
import { advanceInvite, claimLink, findLink } from '../src/invites/links.ts'
import { makeFirm, makeStaff, type Person, zoneAt } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { inviteKit } from './invite-kit.ts'

const dayMs = 24 * 60 * 60_000

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

const { client, create, listOf, codeOf, tokenOf, copied, page } = inviteKit(
  () => app,
  () => dana,
)

describe('inviting', () => {
  test('by both sends one text and one mail with a link of its own each, and says what it sent', async () => {
    const clientId = await client()
    const { body } = await app.call(
      clients.addBank,
      { params: { clientId }, body: { institutionId: 'ins_1', name: 'First Meridian' } },
      dana,
    )
    expect(body.name).toBe('First Meridian')
    const answer = await create(clientId, 'both')
    expect([answer.status, answer.body.url]).toEqual([201, null])
    await app.drain()
    const [text] = app.network.twilio.messages()
    const [mail] = app.network.sendgrid.messages()
    expect(text?.body).toMatch(
      /^Hi Nora, this is Dana Whitlock at Quillstone Accounting\. Please connect First Meridian so I can keep your books current\. It is read-only: http:\/\/localhost:\d+\/i\/[\w-]{43}\nReply STOP to opt out\.$/,
    )
    expect(mail?.subject).toContain('Dana Whitlock')
    expect(tokenOf(text?.body ?? '')).not.toBe(tokenOf(mail?.text ?? ''))
    const [invite] = await listOf(clientId)
    expect(invite).toMatchObject({
      channel: 'both',
      state: 'delivered',
      createdBy: 'Dana Whitlock',
      times: { sentAt: expect.any(String), deliveredAt: expect.any(String), openedAt: null },
    })
    expect(invite?.messages.map((message) => message.channel).sort()).toEqual(['email', 'sms'])
  })

  test('in Spanish is written in Spanish', async () => {
    await create(await client({ language: 'es' }), 'sms')
    await app.drain()
    expect(app.network.twilio.messages()[0]?.body).toMatch(
      /^Hola, Nora, le escribe Dana Whitlock de Quillstone Accounting\. Conecte sus bancos/,
    )
  })

  test('while adding a client is one act: a channel that cannot be used adds nobody', async () => {
    const body = { staffHaveAccess: true, businessName: 'Alder & Finch Bakery', invite: 'sms' } as const
    const refused = await app.call(clients.create, { body }, dana)
    expect([refused.status, codeOf(refused), (refused.body as unknown as Problem).fields?.[0]?.field]).toEqual([
      409,
      'channel_unavailable',
      'body.phone',
    ])
    expect((await app.call(clients.counts, {}, dana)).body.all).toBe(0)
    const added = await app.call(clients.create, { body: { ...body, phone: '503 555 0144', timeZone: zoneAt(12, app.deps.now()) } }, dana)
    expect(added.status).toBe(201)
    await app.drain()
    expect(app.network.twilio.messages().map((message) => message.to)).toEqual(['+15035550144'])
    expect((await app.call(clients.list, {}, dana)).body.items[0]?.invite?.state).toBe('delivered')
  })

  test('needs a verified sender, an unlocked client and an address', async () => {
    const clientId = await client({ phone: null })
    expect([codeOf(await create(clientId, 'sms')), codeOf(await create(clientId, 'both'))]).toEqual([
      'channel_unavailable',
      'channel_unavailable',
    ])
    await app.admin.query('update clients set locked_at = now() where id = $1', [clientId])
    expect(codeOf(await create(clientId, 'email'))).toBe('client_locked')
    await app.admin.query('update clients set locked_at = null')
    await app.admin.query('update staff set email_verified_at = null where id = $1', [dana.staffId])
    expect(codeOf(await create(clientId, 'copy'))).toBe('email_unverified')
    await app.drain()
    expect(app.network.sendgrid.messages()).toEqual([])
  })

  test("of another's client is not found", async () => {
    const clientId = await client()
    const [marcus, stranger] = [await makeStaff(app, dana.firmId, 'employee'), await makeFirm(app, 'Another Firm')]
    for (const person of [marcus, stranger]) {
      expect((await create(clientId, 'copy', person)).status).toBe(404)
      expect((await app.call(invites.list, { params: { clientId } }, person)).status).toBe(404)
    }
  })

  test('anew supersedes the older one, its unsent message and its links', async () => {
    const clientId = await client()
    await create(clientId, 'email')
    await app.drain()
    const old = tokenOf(app.network.sendgrid.messages()[0]?.text ?? '')
    const token = await copied(clientId)
    expect((await listOf(clientId)).map((invite) => invite.state)).toEqual(['sent', 'superseded'])
    expect((await findLink(app.deps, old)).kind).toBe('superseded')
    expect((await findLink(app.deps, token)).kind).toBe('current')
  })

  test('ten times at once leaves exactly one current', async () => {
    const clientId = await client()
    const answers = await Promise.all(Array.from({ length: 10 }, () => create(clientId, 'copy')))
    const kinds = await Promise.all(answers.map(async (answer) => (await findLink(app.deps, tokenOf(answer.body.url))).kind))
    expect(kinds.filter((kind) => kind === 'current')).toHaveLength(1)
    expect((await listOf(clientId)).filter((invite) => invite.state !== 'superseded')).toHaveLength(1)
  })

  test('is the newest when it was made last, even by a clock that was set back', async () => {
    const clientId = await client()
    const first = await copied(clientId)
    await app.advance(-60_000)
    const second = await copied(clientId)
    await app.advance(60_000)
    expect([(await findLink(app.deps, first)).kind, (await findLink(app.deps, second)).kind]).toEqual(['superseded', 'current'])
    expect((await listOf(clientId)).map((invite) => invite.state)).toEqual(['sent', 'superseded'])
  })

  test('revoked before the text goes sends nothing; a second time is a conflict', async () => {
    const clientId = await client()
    const { body } = await create(clientId, 'sms')
    const params = { clientId, inviteId: body.invite.id }
    expect((await app.call(invites.revoke, { params }, dana)).status).toBe(204)
    await app.drain()
    expect(app.network.twilio.messages()).toEqual([])
    const [invite] = await listOf(clientId)
    expect([invite?.state, invite?.messages[0]?.state, invite?.messages[0]?.reason]).toEqual([
      'revoked',
      'canceled',
      'The invite was revoked',
    ])
    expect((await app.call(invites.revoke, { params }, dana)).status).toBe(409)
    expect((await app.call(invites.revoke, { params: { clientId, inviteId: newId() } }, dana)).status).toBe(404)
  })
})

describe('a link', () => {
  test('is kept as a hash only', async () => {
    const token = await copied(await client())
    const { rows } = await app.admin.query<{ text: string }>(
      "select string_agg(l::text, ' ') || (select string_agg(k::text, ' ') from global_keys k) as text from links l",
    )
    expect(rows[0]?.text).not.toContain(token)
  })

  test('belongs to the browser that taps first, once, and the invite is opened then', async () => {
    const clientId = await client()
    const token = await copied(clientId)
    const first = await claimLink(app.deps, token, undefined, '203.0.113.7')
    if (first.kind !== 'claimed' || first.newClaim === null) throw new Error(first.kind)
    expect(first.ctx.actor).toEqual({ kind: 'client', clientId })
    expect(await claimLink(app.deps, token, first.newClaim, null)).toMatchObject({ kind: 'claimed', newClaim: null })
    expect(await claimLink(app.deps, token, undefined, null)).toEqual({ kind: 'needs_code' })
    expect(await claimLink(app.deps, token, 'x'.repeat(43), null)).toEqual({ kind: 'needs_code' })
    expect(await listOf(clientId)).toMatchObject([{ state: 'opened', times: { openedAt: expect.any(String) } }])
    const { rows } = await app.admin.query("select actor_kind, ip from audit_log where action = 'link.claimed' and client_id = $1", [
      clientId,
    ])
    expect(rows).toEqual([{ actor_kind: 'client', ip: '203.0.113.7' }])
  })

  test('tapped in two browsers at once goes to one of them', async () => {
    const token = await copied(await client())
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimLink(app.deps, token, undefined, null)))
    expect(claims.filter((claim) => claim.kind === 'claimed')).toHaveLength(1)
    expect(claims.filter((claim) => claim.kind === 'needs_code')).toHaveLength(7)
  })

  test('moves forward only', async () => {
    const clientId = await client()
    const { inviteId } = (await findLink(app.deps, await copied(clientId))) as { inviteId: string }
    for (const step of ['connected', 'started', 'opened'] as const)
      await withFirm(dana.ctx, (tx) => advanceInvite(tx, dana.ctx, inviteId, step))
    expect(await listOf(clientId)).toMatchObject([{ state: 'connected', times: { connectedAt: expect.any(String) } }])
  })

  test('lives five days from its last message', async () => {
    const clientId = await client()
    const token = await copied(clientId)
    await app.advance(5 * dayMs - 60_000)
    expect((await page(token)).status).toBe(200)
    await app.advance(2 * 60_000)
    expect((await page(token)).status).toBe(410)
    await app.admin.query('update sessions set created_at = $1, last_active_at = $1', [app.deps.now()])
    expect((await listOf(clientId))[0]?.state).toBe('expired')
    expect((await claimLink(app.deps, token, undefined, null)).kind).toBe('refused')
  })
})
