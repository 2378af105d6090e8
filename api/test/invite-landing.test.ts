import { clients } from '@ledgersync/shared/clients'
import { invites } from '@ledgersync/shared/invites'
import { withFirm } from '../src/db/client.ts'
import { newId } from '../src/core/ids.ts'
import { bankAccountsTable, connectionsTable } from '../src/db/schema/banks.ts'
import { wantedBanksTable } from '../src/db/schema/clients.ts'
import { cookieNames } from '../src/http/cookies.ts'
import { claimLink, findLink } from '../src/invites/links.ts'
import { makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import type {} from '@fastify/jwt'
import { inviteKit } from './invite-kit.ts'

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

const { client, create, tokenOf, copied, page } = inviteKit(
  () => app,
  () => dana,
)

describe('the page', () => {
  async function asked(name: string): Promise<{ clientId: string; token: string; bankId: string }> {
    const clientId = await client()
    const { body } = await app.call(clients.addBank, { params: { clientId }, body: { institutionId: 'ins_1', name } }, dana)
    return { clientId, token: await copied(clientId), bankId: body.id }
  }

  test('says who asks, why and what cannot happen before the first button, and offers the bank', async () => {
    const { token, bankId } = await asked('First Meridian Bank')
    const { text, headers } = await page(token)
    const words = [
      'Dana Whitlock',
      'Quillstone Accounting',
      'Read-only.',
      'Nobody can move your money',
      'Your password stays private',
      'First Meridian Bank',
      'Add another bank',
      'Not sure this is real?',
    ]
    expect(words.map((word) => text.indexOf(word))).not.toContain(-1)
    expect(text.indexOf('Nobody can move your money')).toBeLessThan(text.indexOf('<button'))
    expect(text).toContain(`action="/i/${token}/connect"`)
    expect(text).toContain(`name="bankId" value="${bankId}"`)
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex, nofollow' })
    expect(headers['content-security-policy']).toContain(`form-action 'self' ${app.deps.plaid.hostedLinkOrigin}`)
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(text).not.toMatch(/ style="|onclick|saltgrass\.example|\+1503/)
  })

  test('shows a tick and the accounts of a connected bank, one that needs the client again, and one filled button', async () => {
    const { clientId, token, bankId } = await asked('First Meridian Bank')
    await app.call(clients.addBank, { params: { clientId }, body: { institutionId: 'ins_2', name: 'Unity Card' } }, dana)
    const [connectionId, now] = [newId(), app.deps.now()]
    await withFirm(dana.ctx, async (tx) => {
      await tx.insert(connectionsTable).values({
        firmId: dana.firmId,
        id: connectionId,
        clientId,
        institutionId: 'ins_1',
        institutionName: 'First Meridian Bank',
        providerItemId: newId(),
        health: 'healthy',
        complete: true,
        createdAt: now,
      })
      for (const name of ['Checking', 'Savings']) {
        await tx.insert(bankAccountsTable).values({
          firmId: dana.firmId,
          id: newId(),
          connectionId,
          clientId,
          providerAccountId: name,
          name,
          kind: 'bank',
          type: 'depository',
          currency: 'USD',
          createdAt: now,
        })
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
    expect(broken.text).toContain(`name="connectionId" value="${connectionId}"`)
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
    for (const cookie of [stranger.cookie, `${cookieNames(app.config.publicUrl).access}=garbage`, `${dana.cookie.slice(0, -4)}AAAA`]) {
      const seen = await page(token, { cookie })
      expect([seen.status, seen.text.includes('This is what your client sees')]).toEqual([200, false])
    }
  })

  test('is a preview to staff even when their access cookie ran out, and not once they signed out', async () => {
    const { token } = await asked('First Meridian Bank')
    const claims = { firmId: dana.firmId, sessionId: dana.ctx.actor.sessionId, iat: Math.floor(Date.now() / 1000) - 3600 }
    const cookie = `${cookieNames(app.config.publicUrl).access}=${app.app.jwt.sign(claims, { expiresIn: '10m' })}`
    expect((await app.request().get('/v1/auth/me').set('cookie', cookie)).status).toBe(401)
    expect((await page(token, { cookie })).text).toContain('This is what your client sees')
    await app.request().post(`/i/${token}/connect`).set({ cookie, origin: app.config.publicUrl })
    expect((await findLink(app.deps, token)).kind).toBe('current')
    expect(await findLink(app.deps, token)).toMatchObject({ claimed: false })
    await app.admin.query('update sessions set revoked_at = now() where id = $1', [dana.ctx.actor.sessionId])
    expect((await page(token, { cookie })).text).not.toContain('This is what your client sees')
  })

  test('in a browser that did not tap first shows nothing of the client', async () => {
    const { token } = await asked('First Meridian Bank')
    const claim = await claimLink(app.deps, token, undefined, null)
    if (claim.kind !== 'claimed') throw new Error(claim.kind)
    const other = await page(token)
    expect([other.status, other.text.includes('opened on another device'), other.text.includes('First Meridian')]).toEqual([
      403,
      true,
      false,
    ])
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
    const words = [
      'There is a newer link',
      'not working at the moment',
      'no longer needed',
      'We do not know this link',
      'We do not know this link',
    ]
    for (const [index, { text, headers }] of pages.entries()) {
      expect(text).toContain(words[index])
      expect(text).not.toMatch(/saltgrass\.example|\+1503|quillstone\.example/)
      // Only who holds an older link can have the newest one sent
      expect(text.includes('<form')).toBe(index === 0)
      expect(headers['cache-control']).toBe('no-store')
    }
    expect(pages[3]?.text).not.toContain('Quillstone')
    expect((await page('A'.repeat(43), { 'accept-language': 'es-MX,es;q=0.9' })).text).toContain('No conocemos este enlace')
  })

  describe('of an old link', () => {
    const ask = (token: string) => app.request().post(`/i/${token}/newest`).set('origin', app.config.publicUrl)

    test('sends a new link of the current invite to the address on file, and the answer is the same when nothing is sent', async () => {
      const clientId = await client({ email: 'owner@saltgrass.example' })
      const old = await copied(clientId)
      await create(clientId, 'email')
      await app.drain()
      const sent = await ask(old)
      await app.drain()
      const mails = app.network.sendgrid.messages()
      expect(mails.map((mail) => mail.to.email)).toEqual(['owner@saltgrass.example', 'owner@saltgrass.example'])
      expect(new Set(mails.map((mail) => tokenOf(mail.text))).size).toBe(2)
      for (const mail of mails) expect((await findLink(app.deps, tokenOf(mail.text))).kind).toBe('current')
      await app.admin.query('update clients set locked_at = now() where id = $1', [clientId])
      const refused = await ask(old)
      await app.drain()
      expect(app.network.sendgrid.messages()).toHaveLength(2)
      expect([refused.status, refused.text]).toEqual([sent.status, sent.text])
      expect(sent.text).not.toMatch(/saltgrass\.example|\+1503/)
    })

    test('makes a new invite in the same name when the newest has expired', async () => {
      const clientId = await client({ phone: null })
      const old = await copied(clientId)
      await app.advance(5 * 24 * 60 * 60_000 + 60_000)
      expect((await page(old)).text).toContain(`action="/i/${old}/newest?lang=en"`)
      expect((await ask(old)).status).toBe(200)
      await app.drain()
      expect(app.network.sendgrid.messages()[0]?.from.name).toBe('Dana Whitlock (Quillstone Accounting)')
      expect((await findLink(app.deps, tokenOf(app.network.sendgrid.messages()[0]?.text ?? ''))).kind).toBe('current')
    })

    test('is sent three times a day at most, not for a revoked invite, and never by staff looking at it', async () => {
      const clientId = await client()
      const old = await copied(clientId)
      const { body } = await create(clientId, 'email')
      await app.request().post(`/i/${old}/newest`).set({ origin: app.config.publicUrl, cookie: dana.cookie })
      for (let n = 0; n < 6; n++) await ask(old)
      const { rows } = await app.admin.query('select count(*)::int as n from messages where client_id = $1', [clientId])
      expect(rows).toEqual([{ n: 4 }])
      await app.admin.query("delete from attempts where key like 'newest_link:%'")
      await app.call(invites.revoke, { params: { clientId, inviteId: body.invite.id } }, dana)
      await ask(old)
      expect((await app.admin.query('select count(*)::int as n from messages where client_id = $1', [clientId])).rows).toEqual([{ n: 4 }])
    })
  })

  test('is one answer of at most 14 KB that loads nothing, whatever it has to show', async () => {
    const { clientId, token } = await asked('First Meridian Bank')
    for (let nth = 2; nth <= 6; nth++)
      await app.call(
        clients.addBank,
        { params: { clientId }, body: { institutionId: `ins_${nth}`, name: `Savings Bank of the Valley ${nth}` } },
        dana,
      )
    for (const query of ['', '?lang=es']) {
      const { text, headers } = await page(token, {}, query)
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(14 * 1024)
      expect(text).not.toMatch(/(?:src|href)="(?!data:|\/i\/)|@import|url\(/)
      expect(text).not.toMatch(/<script src|<link rel="stylesheet"/)
      expect(headers['content-security-policy']).toMatch(/style-src 'sha256-[^']+'; script-src 'sha256-[^']+';/)
    }
  })
})
