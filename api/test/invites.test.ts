import { clients } from '@ledgersync/shared/clients'
import type { Problem } from '@ledgersync/shared/errors'
import { type Invite, invites } from '@ledgersync/shared/invites'
import { withFirm } from '../src/db/client.ts'
import { newId } from '../src/core/ids.ts'
import { bankAccountsTable, connectionsTable } from '../src/db/schema/banks.ts'
import { wantedBanksTable } from '../src/db/schema/clients.ts'
import { advanceInvite, claimLink, findLink } from '../src/invites/links.ts'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

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

/** A time zone whose clock shows noon, so that texts go at once. */
function noonZone(): string {
  const offset = 12 - app.deps.now().getUTCHours()
  return offset === 0 ? 'Etc/UTC' : `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`
}
const client = (overrides: Parameters<typeof makeClient>[2] = {}) => makeClient(app, dana, { timeZone: noonZone(), ...overrides })
const create = (clientId: string, channel: 'sms' | 'email' | 'both' | 'copy', as: Person = dana) =>
  app.call(invites.create, { params: { clientId }, body: { channel } }, as)
const listOf = async (clientId: string): Promise<Invite[]> => (await app.call(invites.list, { params: { clientId } }, dana)).body.items
// A refused call answers a Problem
const codeOf = (answer: { body: unknown }): string => (answer.body as Problem).code
const tokenOf = (url: string | null): string => /\/i\/([\w-]{43})/.exec(url ?? '')?.[1] ?? 'none'

async function copied(clientId: string): Promise<string> {
  const answer = await create(clientId, 'copy')
  expect(answer.status).toBe(201)
  return tokenOf(answer.body.url)
}
const page = (token: string, headers: Record<string, string> = {}, query = '') => app.request().get(`/i/${token}${query}`).set(headers)

/** Everything a visit could change, as one text. */
async function everything(): Promise<string> {
  const { rows } = await app.admin.query<{ text: string }>(`select (select string_agg(l::text, ' ' order by id) from links l)
    || (select string_agg(i::text, ' ' order by id) from invites i) || coalesce((select string_agg(m::text, ' ' order by id) from messages m), '')
    || (select count(*) from audit_log) || (select count(*) from link_sessions) || (select count(*) from graphile_worker._private_jobs) as text`)
  return rows[0]?.text ?? ''
}

describe('inviting', () => {
  test('by both sends one text and one mail with a link of its own each, and says what it sent', async () => {
    const clientId = await client()
    const { body } = await app.call(clients.addBank, { params: { clientId }, body: { institutionId: 'ins_1', name: 'First Meridian' } }, dana)
    expect(body.name).toBe('First Meridian')
    const answer = await create(clientId, 'both')
    expect([answer.status, answer.body.url]).toEqual([201, null])
    await app.drain()
    const [text] = app.network.twilio.messages()
    const [mail] = app.network.sendgrid.messages()
    expect(text?.body).toMatch(/^Hi Nora, this is Dana Whitlock at Quillstone Accounting\. Please connect First Meridian so I can keep your books current\. It is read-only: http:\/\/localhost:\d+\/i\/[\w-]{43}\nReply STOP to opt out\.$/)
    expect(mail?.subject).toContain('Dana Whitlock')
    expect(tokenOf(text?.body ?? '')).not.toBe(tokenOf(mail?.text ?? ''))
    const [invite] = await listOf(clientId)
    expect(invite).toMatchObject({ channel: 'both', state: 'delivered', createdBy: 'Dana Whitlock', times: { sentAt: expect.any(String), deliveredAt: expect.any(String), openedAt: null } })
    expect(invite?.messages.map((message) => message.channel).sort()).toEqual(['email', 'sms'])
  })

  test('in Spanish is written in Spanish', async () => {
    await create(await client({ language: 'es' }), 'sms')
    await app.drain()
    expect(app.network.twilio.messages()[0]?.body).toMatch(/^Hola, Nora, le escribe Dana Whitlock de Quillstone Accounting\. Conecte sus bancos/)
  })

  test('while adding a client is one act: a channel that cannot be used adds nobody', async () => {
    const body = { staffHaveAccess: true, businessName: 'Alder & Finch Bakery', invite: 'sms' } as const
    const refused = await app.call(clients.create, { body }, dana)
    expect([refused.status, codeOf(refused), (refused.body as unknown as Problem).fields?.[0]?.field]).toEqual([409, 'channel_unavailable', 'body.phone'])
    expect((await app.call(clients.counts, {}, dana)).body.all).toBe(0)
    const added = await app.call(clients.create, { body: { ...body, phone: '503 555 0144', timeZone: noonZone() } }, dana)
    expect(added.status).toBe(201)
    await app.drain()
    expect(app.network.twilio.messages().map((message) => message.to)).toEqual(['+15035550144'])
    expect((await app.call(clients.list, {}, dana)).body.items[0]?.invite?.state).toBe('delivered')
  })

  test('needs a verified sender, an unlocked client and an address', async () => {
    const clientId = await client({ phone: null })
    expect([codeOf(await create(clientId, 'sms')), codeOf(await create(clientId, 'both'))]).toEqual(['channel_unavailable', 'channel_unavailable'])
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

  test('revoked before the text goes sends nothing; a second time is a conflict', async () => {
    const clientId = await client()
    const { body } = await create(clientId, 'sms')
    const params = { clientId, inviteId: body.invite.id }
    expect((await app.call(invites.revoke, { params }, dana)).status).toBe(204)
    await app.drain()
    expect(app.network.twilio.messages()).toEqual([])
    const [invite] = await listOf(clientId)
    expect([invite?.state, invite?.messages[0]?.state, invite?.messages[0]?.reason]).toEqual(['revoked', 'canceled', 'The invite was revoked'])
    expect((await app.call(invites.revoke, { params }, dana)).status).toBe(409)
    expect((await app.call(invites.revoke, { params: { clientId, inviteId: newId() } }, dana)).status).toBe(404)
  })
})

describe('a link', () => {
  test('is kept as a hash only', async () => {
    const token = await copied(await client())
    const { rows } = await app.admin.query<{ text: string }>("select string_agg(l::text, ' ') || (select string_agg(k::text, ' ') from global_keys k) as text from links l")
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
    const { rows } = await app.admin.query("select actor_kind, ip from audit_log where action = 'link.claimed' and client_id = $1", [clientId])
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
    for (const step of ['connected', 'started', 'opened'] as const) await withFirm(dana.ctx, (tx) => advanceInvite(tx, dana.ctx, inviteId, step))
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

describe('the page', () => {
  async function asked(name: string): Promise<{ clientId: string; token: string; bankId: string }> {
    const clientId = await client()
    const { body } = await app.call(clients.addBank, { params: { clientId }, body: { institutionId: 'ins_1', name } }, dana)
    return { clientId, token: await copied(clientId), bankId: body.id }
  }

  test('a hundred GET and HEAD change nothing at all', async () => {
    const { token } = await asked('First Meridian Bank')
    await app.drain()
    const before = await everything()
    for (let visit = 0; visit < 50; visit++) {
      expect((await page(token)).status).toBe(200)
      expect((await app.request().head(`/i/${token}`)).status).toBe(200)
    }
    expect(await everything()).toBe(before)
  })

  test('says who asks, why and what cannot happen before the first button, and offers the bank', async () => {
    const { token, bankId } = await asked('First Meridian Bank')
    const { text, headers } = await page(token)
    const words = ['Dana Whitlock', 'Quillstone Accounting', 'Read-only.', 'Nobody can move your money', 'Your password stays private', 'First Meridian Bank', 'Add another bank', 'Not sure this is real?']
    expect(words.map((word) => text.indexOf(word))).not.toContain(-1)
    expect(text.indexOf('Nobody can move your money')).toBeLessThan(text.indexOf('<button'))
    expect(text).toContain(`action="/i/${token}/connect"`)
    expect(text).toContain(`name="bankId" value="${bankId}"`)
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex, nofollow' })
    expect(headers['content-security-policy']).toContain(`form-action 'self' ${app.deps.plaid.hostedLinkOrigin}`)
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(text).not.toMatch(/<style|style="|onclick|<script>|saltgrass\.example|\+1503/)
  })

  test('shows a tick and the accounts of a connected bank, one that needs the client again, and one filled button', async () => {
    const { clientId, token, bankId } = await asked('First Meridian Bank')
    await app.call(clients.addBank, { params: { clientId }, body: { institutionId: 'ins_2', name: 'Unity Card' } }, dana)
    const [connectionId, now] = [newId(), app.deps.now()]
    await withFirm(dana.ctx, async (tx) => {
      await tx.insert(connectionsTable).values({ firmId: dana.firmId, id: connectionId, clientId, institutionId: 'ins_1', institutionName: 'First Meridian Bank', providerItemId: newId(), health: 'healthy', complete: true, createdAt: now })
      for (const name of ['Checking', 'Savings']) {
        await tx.insert(bankAccountsTable).values({ firmId: dana.firmId, id: newId(), connectionId, clientId, providerAccountId: name, name, kind: 'bank', type: 'depository', currency: 'USD', createdAt: now })
      }
      await tx.update(wantedBanksTable).set({ connectionId })
    })
    await app.admin.query('update wanted_banks set connection_id = null where id <> $1', [bankId])
    const { text } = await page(token)
    expect(text).toContain('Connected, 2 accounts')
    expect(text).toContain('1 of 2 done')
    expect(text.match(/class="bank next"/g)).toHaveLength(1)
    expect(text).not.toContain(`value="${bankId}"`)
    await app.admin.query("update connections set health = 'needs_client' where id = $1", [connectionId])
    const broken = await page(token)
    expect(broken.text).toContain('Needs you to sign in again')
    expect(broken.text).toContain(`value="${bankId}"`)
  })

  test('is Spanish for whom it should be, and switches', async () => {
    const clientId = await client({ language: 'es' })
    const token = await copied(clientId)
    expect((await page(token)).text).toContain('Solo lectura.')
    const english = await page(token, {}, '?lang=en')
    expect(english.text).toContain('Read-only.')
    expect(english.text).toContain(`href="/i/${token}?lang=es"`)
  })

  test('escapes every value', async () => {
    const evil = '<img src=x onerror=alert(1)>"\'&'
    const clientId = await client({ contactFirstName: evil })
    await app.call(clients.addBank, { params: { clientId }, body: { institutionId: evil, name: evil } }, dana)
    await app.admin.query('update staff set name = $1 where id = $2', [evil, dana.staffId])
    await app.admin.query('update firms set name = $1 where firm_id = $2', [evil, dana.firmId])
    const token = await copied(clientId)
    for (const answer of [await page(token), await page(token, { cookie: dana.cookie })]) {
      expect(answer.text).not.toContain('<img')
      expect(answer.text).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;')
    }
    await create(clientId, 'copy')
    expect((await page(token)).text).not.toContain('<img')
  })

  test('signed-in staff of the firm see a preview whose buttons do nothing; others are clients', async () => {
    const { token } = await asked('First Meridian Bank')
    const preview = await page(token, { cookie: dana.cookie })
    expect(preview.text).toContain('This is what your client sees')
    expect(preview.text.match(/<button/g)?.length).toBe(preview.text.match(/<button [^>]*disabled>/g)?.length)
    const stranger = await makeFirm(app, 'Another Firm')
    expect((await page(token, { cookie: stranger.cookie })).text).not.toContain('This is what your client sees')
  })

  test('in a browser that did not tap first shows nothing of the client', async () => {
    const { token } = await asked('First Meridian Bank')
    const claim = await claimLink(app.deps, token, undefined, null)
    if (claim.kind !== 'claimed') throw new Error(claim.kind)
    const other = await page(token)
    expect([other.status, other.text.includes('opened on another device'), other.text.includes('First Meridian')]).toEqual([403, true, false])
    expect((await page(token, { cookie: `ledgersync-link=${claim.newClaim}` })).status).toBe(200)
  })

  test('of an expired, superseded, revoked, locked or unknown link says what to do and reveals no address', async () => {
    const clientId = await client()
    const superseded = await copied(clientId)
    const answer = await create(clientId, 'copy')
    const token = tokenOf(answer.body.url)
    await app.admin.query('update clients set locked_at = now() where id = $1', [clientId])
    const pages = [await page(superseded), await page(token)]
    await app.admin.query('update clients set locked_at = null')
    await app.call(invites.revoke, { params: { clientId, inviteId: answer.body.invite.id } }, dana)
    pages.push(await page(token), await page('A'.repeat(43)), await page('short'))
    expect(pages.map(({ status }) => status)).toEqual([410, 403, 410, 404, 404])
    const words = ['There is a newer link', 'not working at the moment', 'no longer needed', 'We do not know this link', 'We do not know this link']
    for (const [index, { text, headers }] of pages.entries()) {
      expect(text).toContain(words[index])
      expect(text).not.toMatch(/saltgrass\.example|\+1503|quillstone\.example|<form/)
      expect(headers['cache-control']).toBe('no-store')
    }
    expect(pages[3]?.text).not.toContain('Quillstone')
    expect((await page('A'.repeat(43), { 'accept-language': 'es-MX,es;q=0.9' })).text).toContain('No conocemos este enlace')
  })

  test('weighs at most 60 KB with its style and script, which are kept for ever', async () => {
    const { token } = await asked('First Meridian Bank')
    const { text } = await page(token)
    const files = [...text.matchAll(/(?:href|src)="(\/i\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '')
    expect(files).toHaveLength(2)
    let bytes = Buffer.byteLength(text)
    for (const file of files) {
      const answer = await app.request().get(file).buffer(true)
      expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable'])
      bytes += Buffer.byteLength(answer.text)
    }
    expect(bytes).toBeLessThan(60_000)
    expect((await app.request().get('/i/assets/invite-000000000000.css')).status).toBe(404)
  })
})
