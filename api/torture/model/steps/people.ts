import fc from 'fast-check'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { erasure } from '@ledgersync/shared/erasure'
import { invites } from '@ledgersync/shared/invites'
import { zoneAt } from '../../../test/factories.ts'
import { clientOf, must, type Real, rowsOf, tokenOf } from '../real.ts'
import { advance, cancel } from '../settle.ts'
import { at, type Client, companyOf, type Invite, living, type Link, type Model, newClient } from '../state.ts'
import type { Step } from '../step.ts'
import { signIn, wakeAll } from './banks.ts'

const clientsMax = 2
const some = fc.nat(50)

function insertInvite(client: Client, channel: Invite['channel']): void {
  for (const older of client.invites) {
    if (['queued', 'sent', 'delivered', 'failed', 'opened', 'started'].includes(older.state)) {
      older.state = 'superseded'
      for (const message of older.messages) if (message.state === 'queued') cancel(older, message)
    }
  }
  const messages = (['sms', 'email'] as const)
    .filter((each) => channel === each || channel === 'both')
    .map((each) => ({ channel: each, state: 'queued' as const, waits: false }))
  client.invites.push({ channel, state: channel === 'copy' ? 'sent' : 'queued', messages })
}

export const addClient: Step<{ invite: 'none' | 'sms' | 'email' | 'both' }> = {
  name: 'add client',
  weight: 2,
  params: fc.record({ invite: fc.constantFrom('none', 'sms', 'email', 'both') }),
  can: (model) => model.clients.length < clientsMax,
  async act(model, real, { invite }) {
    const number = real.number * clientsMax + real.clients.length
    const phone = `+1503${String(2_000_000 + number)}`
    const email = `nora${number}@saltgrass.example`
    const businessName = `Saltgrass Model ${number}`
    const { status, body } = await real.product.call(
      clients.create,
      {
        body: {
          staffHaveAccess: false,
          businessName,
          email,
          phone,
          timeZone: zoneAt(12, real.product.deps.now()),
          textConsent: true,
          invite,
        },
      },
      real.dana,
    )
    must('adding a client', status, 201)
    real.clients.push({ id: body.id, phone, email, businessName, cookie: '', copied: [] })
    const client = newClient(model.clients.length)
    model.clients.push(client)
    if (invite !== 'none') insertInvite(client, invite)
  },
}

export const invite: Step<{ client: number; channel: Invite['channel'] }> = {
  name: 'invite',
  weight: 3,
  params: fc.record({ client: some, channel: fc.constantFrom('sms', 'email', 'both', 'copy') }),
  can: (model) => living(model).length > 0,
  async act(model, real, { client: pick, channel }) {
    const client = at(living(model), pick)
    if (client === undefined) return
    const { id, copied } = clientOf(real, client.index)
    const { status, body } = await real.product.call(invites.create, { params: { clientId: id }, body: { channel } }, real.dana)
    const refused = client.locked || (channel === 'sms' && client.optedOut)
    must(`inviting by ${channel}`, status, refused ? 409 : 201)
    if (refused) return
    insertInvite(client, channel)
    if (channel !== 'copy') return
    client.links.push({ invite: client.invites.length - 1, from: { copied: client.copied } })
    client.copied += 1
    copied.push(/\/i\/([\w-]{43})/.exec(body.url ?? '')?.[1] ?? '')
  },
}

export const revokeInvite: Step<{ client: number; which: number }> = {
  name: 'revoke invite',
  weight: 1,
  params: fc.record({ client: some, which: some }),
  can: (model) => living(model).some(({ invites: all }) => all.length > 0),
  async act(model, real, { client: pick, which }) {
    const client = at(
      living(model).filter(({ invites: all }) => all.length > 0),
      pick,
    )
    if (client === undefined) return
    const { id: clientId } = clientOf(real, client.index)
    const number = which % client.invites.length
    const rows = await rowsOf<{ id: string }>(real, 'select id from invites where client_id = $1 order by created_at, id', [clientId])
    const { status } = await real.product.call(invites.revoke, { params: { clientId, inviteId: rows[number]?.id ?? '' } }, real.dana)
    const revoked = client.invites[number]
    if (revoked === undefined) return
    const hasEnded = revoked.state === 'superseded' || revoked.state === 'revoked'
    must('revoking an invite', status, hasEnded ? 409 : 204)
    if (hasEnded) return
    revoked.state = 'revoked'
    for (const message of revoked.messages) if (message.state === 'queued') cancel(revoked, message)
  },
}

/** What the page of a link answers. */
function pageOf(client: Client, link: Link): 'current' | 404 | 410 | 403 {
  if (client.deleted) return 404
  const state = client.invites[link.invite]?.state
  if (state === 'revoked' || state === 'superseded' || link.invite < client.invites.length - 1) return 410
  return client.locked ? 403 : 'current'
}

interface Visit {
  client: number
  link: number
  bank: number
  does: 'connects' | 'leaves' | 'waits'
}

export const useLink: Step<Visit> = {
  name: 'use link',
  weight: 5,
  params: fc.record({
    client: some,
    link: some,
    bank: fc.nat(1),
    does: fc.constantFrom('connects', 'connects', 'connects', 'leaves', 'waits'),
  }),
  can: (model) => model.clients.some(({ links }) => links.length > 0),
  async act(model, real, { client: pick, link: which, bank, does }) {
    const client = at(
      model.clients.filter(({ links }) => links.length > 0),
      pick,
    )
    const link = client === undefined ? undefined : at(client.links, which)
    if (client === undefined || link === undefined) return
    const page = pageOf(client, link)
    const { status, location } = await tap(real, client, link)
    must('the page of a link', status, page === 'current' ? [200, 303] : [page, page])
    if (page !== 'current') return
    const own = client.invites[link.invite]
    advance(own, 'opened')
    advance(own, 'started')
    if (does === 'leaves') await real.product.network.plaid.exitLink(location)
    if (does === 'connects') await signIn(model, real, { client, bank, url: location, invite: link.invite })
  },
}

/** Looks at the page and taps the button for another bank, as the client's own browser. Answers both statuses. */
async function tap(real: Real, client: Client, link: Link): Promise<{ status: [number, number]; location: string }> {
  const known = clientOf(real, client.index)
  const path = `/i/${tokenOf(real, client.index, link)}`
  const looked = await real.product.request().get(path).set('Cookie', known.cookie)
  const tapped = await real.product
    .request()
    .post(`${path}/connect`)
    .set('Origin', real.product.config.publicUrl)
    .set('Cookie', known.cookie)
    .type('form')
    .send({})
  // supertest types headers loosely; set-cookie is the only list
  const set = (tapped.headers['set-cookie'] as unknown as string[] | undefined) ?? []
  const claim = set.map((line) => line.split(';')[0] ?? '').find((pair) => !pair.includes('way='))
  if (claim !== undefined) known.cookie = claim
  return { status: [looked.status, tapped.status], location: String(tapped.headers.location ?? '') }
}

export const lock: Step<{ client: number }> = {
  name: 'lock or unlock',
  weight: 1,
  params: fc.record({ client: some }),
  can: (model) => living(model).length > 0,
  async act(model, real, { client: pick }) {
    const client = at(living(model), pick)
    if (client !== undefined) await setLocked(client, real, !client.locked)
  },
}

export async function setLocked(client: Client, real: Real, locked: boolean): Promise<void> {
  const params = { clientId: clientOf(real, client.index).id }
  const { status } = await real.product.call(locked ? clients.lock : clients.unlock, { params }, real.dana)
  must('locking or unlocking', status, 200)
  client.locked = locked
  // What came meanwhile is fetched at once
  if (!locked) wakeAll(client)
}

export const deleteClient: Step<{ client: number }> = {
  name: 'delete client',
  weight: 1,
  params: fc.record({ client: some }),
  can: (model) => living(model).length > 0,
  async act(model, real, { client: pick }) {
    const client = at(living(model), pick)
    if (client === undefined) return
    const { id: clientId, businessName } = clientOf(real, client.index)
    const { status } = await real.product.call(erasure.remove, { params: { clientId }, body: { businessName } }, real.dana)
    must('deleting a client', status, 204)
    forget(model, client)
  },
}

/** Entries stay, what was on its way does not go, access is given back. */
function forget(model: Model, client: Client): void {
  model.orphans.push(...client.pushes.filter(({ state }) => state === 'pushed' || state === 'undoing').map(({ entry }) => entry))
  const company = companyOf(client)
  const owned = company === null ? undefined : model.companies[company]
  if (company !== null && owned !== undefined) {
    owned.owner = null
    model.revocations.push(company)
  }
  client.deleted = true
}

export const stop: Step<{ client: number; word: 'STOP' | 'START' }> = {
  name: 'reply',
  weight: 1,
  params: fc.record({ client: some, word: fc.constantFrom('STOP', 'START') }),
  can: (model) => model.clients.length > 0,
  alone: true,
  async act(model, real, { client: pick, word }) {
    const client = at(model.clients, pick)
    if (client === undefined) return
    await real.product.network.twilio.reply(clientOf(real, client.index).phone, real.product.config.twilio.from, word)
    client.optedOut = word === 'STOP'
  },
}

export const connectByStaff: Step<{ client: number; bank: number }> = {
  name: 'connect a bank by staff',
  weight: 2,
  params: fc.record({ client: some, bank: fc.nat(1) }),
  can: (model) => living(model).length > 0,
  async act(model, real, { client: pick, bank }) {
    const client = at(living(model), pick)
    if (client === undefined) return
    const params = { clientId: clientOf(real, client.index).id }
    const { status, body } = await real.product.call(connections.add, { params, body: {} }, real.dana)
    must('adding a bank', status, client.locked ? 409 : 201)
    if (!client.locked) await signIn(model, real, { client, bank, url: body.url, invite: null })
  },
}
