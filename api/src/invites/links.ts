import { and, asc, eq, sql } from 'drizzle-orm'
import { recordAudit } from '../core/audit.ts'
import type { ClientActor, Ctx, Deps } from '../core/context.ts'
import { keyedDigest, newId, newToken, sameBytes, tokenHash } from '../core/ids.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { findKey, keyClaim } from '../db/global.ts'
import { clientsTable, invitesTable, linkInvitesTable, linksTable, messagesTable } from '../db/schema/clients.ts'
import { firmsTable, staffTable } from '../db/schema/firms.ts'
import { senderName } from '../firms/sender.ts'
import type { Member } from '../messages/members.ts'
import { advanceInvite } from './progress.ts'

export { advanceInvite }

/** A link as it stands now. Whatever is not `current` opens nothing. */
export type LinkState = { kind: 'unknown' } | KnownLink
export interface KnownLink {
  kind: 'current' | 'expired' | 'superseded' | 'revoked' | 'locked'
  firmId: string
  linkId: string
  /** The invites it opens, first the one it was made for; of a link that opens nothing (any more), all that it was made for. */
  members: readonly Member[]
  /** It was made for several clients, however many of them it opens now. */
  isShared: boolean
  /** Of the first of them. */
  inviteId: string
  clientId: string
  staffName: string
  firmName: string
  claimed: boolean
  /** Of the browsers that may act through it. */
  claimDigests: string[]
}

/**
 * What names the client in addresses below a link that several of them share; nothing for a link of one. Also where the page shows but
 * one of them: another may be back by the time a button is tapped.
 */
export const clientQuery = ({ isShared, clientId }: Pick<KnownLink, 'isShared' | 'clientId'>): string =>
  isShared ? `&client=${clientId}` : ''

const tokenPattern = /^[\w-]{43}$/

/** Makes one secret address for one message of an invite, or of the invites of one person. The token exists only in the answer. */
export async function mintLink(tx: Tx, ctx: Ctx, members: readonly Member[]): Promise<{ linkId: string; path: string }> {
  const [first, ...others] = members
  if (first === undefined) throw new Error('A link is of at least one invite')
  const token = newToken()
  const linkId = newId()
  const hash = tokenHash(token)
  const [made] = await tx
    .insert(linksTable)
    .values({ firmId: ctx.firmId, id: linkId, ...first, tokenHash: hash, createdAt: ctx.deps.now() })
    .returning({ isMine: keyClaim('link', hash, { firmId: ctx.firmId, rowId: linkId }) })
  if (made?.isMine !== true) throw new Error('A new link token exists already')
  if (others.length > 0) await tx.insert(linkInvitesTable).values(others.map((member) => ({ firmId: ctx.firmId, linkId, ...member })))
  return { linkId, path: `/i/${token}` }
}

/** Reads a link by its token, of whatever firm. Changes nothing. */
export async function findLink(deps: Deps, token: string): Promise<LinkState> {
  if (!tokenPattern.test(token)) return { kind: 'unknown' }
  const owner = await findKey(deps.db, 'link', tokenHash(token))
  if (owner === null) return { kind: 'unknown' }
  const scope = { deps, firmId: owner.firmId }
  return withFirm(scope, (tx) => readLink(tx, scope, owner.rowId), 'read')
}

/** The newest invite of a client is the current one; an older one gives way even when it was used. */
const hasNewer = sql<boolean>`exists (select 1 from invites newer where newer.firm_id = ${invitesTable.firmId} and newer.client_id = ${invitesTable.clientId}
    and (newer.created_at, newer.id) > (${invitesTable.createdAt}, ${invitesTable.id}))`
const isShared = sql<boolean>`exists (select 1 from link_invites g where g.firm_id = ${linksTable.firmId} and g.link_id = ${linksTable.id})`

interface InviteOfLink {
  invite: typeof invitesTable.$inferSelect
  phone: string | null
  email: string | null
  lockedAt: Date | null
  hasNewer: boolean
}

function kindOf({ invite, lockedAt, hasNewer: isOlder }: InviteOfLink, now: Date): KnownLink['kind'] {
  if (invite.state === 'revoked') return 'revoked'
  if (invite.state === 'superseded' || isOlder) return 'superseded'
  if (invite.expiresAt <= now) return 'expired'
  return lockedAt === null ? 'current' : 'locked'
}

const ofClient = { phone: clientsTable.phone, email: clientsTable.email, lockedAt: clientsTable.lockedAt }

/** The other invites of a link that several clients of one person have. */
function readOthersOf(tx: Tx, firmId: string, linkId: string): Promise<InviteOfLink[]> {
  return tx
    .select({ invite: invitesTable, ...ofClient, hasNewer })
    .from(linkInvitesTable)
    .innerJoin(invitesTable, and(eq(invitesTable.firmId, linkInvitesTable.firmId), eq(invitesTable.id, linkInvitesTable.inviteId)))
    .innerJoin(clientsTable, and(eq(clientsTable.firmId, invitesTable.firmId), eq(clientsTable.id, invitesTable.clientId)))
    .where(and(eq(linkInvitesTable.firmId, firmId), eq(linkInvitesTable.linkId, linkId)))
    .orderBy(asc(clientsTable.businessName), asc(clientsTable.id))
}

async function readLink(tx: Tx, { deps, firmId }: { deps: Deps; firmId: string }, linkId: string): Promise<LinkState> {
  const [row] = await tx
    .select({
      link: linksTable,
      invite: invitesTable,
      ...ofClient,
      staffName: staffTable.name,
      firmName: senderName,
      hasNewer,
      isShared,
    })
    .from(linksTable)
    .innerJoin(invitesTable, and(eq(invitesTable.firmId, linksTable.firmId), eq(invitesTable.id, linksTable.inviteId)))
    .innerJoin(clientsTable, and(eq(clientsTable.firmId, invitesTable.firmId), eq(clientsTable.id, invitesTable.clientId)))
    .innerJoin(staffTable, and(eq(staffTable.firmId, invitesTable.firmId), eq(staffTable.id, invitesTable.createdBy)))
    .innerJoin(firmsTable, eq(firmsTable.firmId, linksTable.firmId))
    .where(and(eq(linksTable.firmId, firmId), eq(linksTable.id, linkId)))
  if (row === undefined) return { kind: 'unknown' }
  const { link, staffName, firmName } = row
  const found = row.isShared ? await withoutMoved(tx, firmId, linkId, [row, ...(await readOthersOf(tx, firmId, linkId))]) : [row]
  const all = found.map((one) => ({
    kind: kindOf(one, deps.now()),
    member: { inviteId: one.invite.id, clientId: one.invite.clientId },
  }))
  const kind = linkKinds.find((known) => all.some((one) => one.kind === known)) ?? 'revoked'
  const members = all.filter((one) => one.kind === kind || kind !== 'current').map(({ member }) => member)
  const [first = { inviteId: link.inviteId, clientId: link.clientId }] = members
  const { claimDigests } = link
  const { isShared: shared } = row
  return { kind, firmId, linkId, ...first, members, isShared: shared, staffName, firmName, claimed: claimDigests.length > 0, claimDigests }
}

/**
 * Those whose address is still the one that the link went to: a client who was sold is not on the page of who had it before. Where all
 * have another one, those who have the same as the first of them, for one person may have got a new number.
 */
async function withoutMoved(tx: Tx, firmId: string, linkId: string, all: readonly InviteOfLink[]): Promise<readonly InviteOfLink[]> {
  const [message] = await tx
    .select({ channel: messagesTable.channel, to: messagesTable.toAddress })
    .from(messagesTable)
    .where(and(eq(messagesTable.firmId, firmId), eq(messagesTable.linkId, linkId), eq(messagesTable.isShared, true)))
  if (message === undefined) return all
  const addressOf = ({ phone, email }: InviteOfLink) => (message.channel === 'sms' ? phone : email)?.toLowerCase()
  const stayed = all.filter((one) => addressOf(one) === message.to.toLowerCase())
  if (stayed.length > 0) return stayed
  return all.filter(
    (one, nth) => nth === 0 || (addressOf(one) !== undefined && all[0] !== undefined && addressOf(one) === addressOf(all[0])),
  )
}

/** A link does what the best of its invites allows: opens, sends the newest, or says why it does not. */
const linkKinds = ['current', 'superseded', 'expired', 'locked', 'revoked'] as const

const claimOf = (deps: Deps, linkId: string, cookie: string): string =>
  keyedDigest(deps.sessionSecret, 'link-claim', linkId, cookie).toString('hex')

/** Whether the browser with this claim cookie may act through the link: one that claimed it, or any while nobody has. */
export function isOpenTo(deps: Deps, link: KnownLink, claimCookie: string | undefined): boolean {
  if (!link.claimed) return true
  if (claimCookie === undefined) return false
  const claim = Buffer.from(claimOf(deps, link.linkId, claimCookie), 'hex')
  return link.claimDigests.some((known) => sameBytes(claim, Buffer.from(known, 'hex')))
}

/** What a browser shows from now on: the cookie it has, where that is one of ours, for one serves all its links. */
function cookieFor(claimCookie: string | undefined): { cookie: string; newClaim: string | null } {
  if (claimCookie !== undefined && tokenPattern.test(claimCookie)) return { cookie: claimCookie, newClaim: null }
  const cookie = newToken()
  return { cookie, newClaim: cookie }
}

/** More browsers than anybody has; the one that came first gives way. */
const browsersMax = 10

/** Lets one more browser act through a link, whoever has it already. `newClaim` is to be set as the claim cookie. */
export async function addClaim(
  tx: Tx,
  ctx: Ctx<ClientActor>,
  { linkId, members }: KnownLink,
  claimCookie: string | undefined,
): Promise<{ newClaim: string | null }> {
  const { cookie, newClaim } = cookieFor(claimCookie)
  const { claimDigests, firmId, id } = linksTable
  const kept = sql`${claimDigests}[greatest(1, cardinality(${claimDigests}) - ${browsersMax - 2}):]`
  await tx
    .update(linksTable)
    .set({ claimDigests: sql`${kept} || ${claimOf(ctx.deps, linkId, cookie)}::text` })
    .where(and(eq(firmId, ctx.firmId), eq(id, linkId)))
  for (const { clientId } of members) await recordAudit(tx, ctx, 'link.claimed', { id: linkId, clientId, details: { by: 'code' } })
  return { newClaim }
}

export type Claim =
  | { kind: 'claimed'; ctx: Ctx<ClientActor>; linkId: string; inviteId: string; clientId: string; newClaim: string | null }
  | { kind: 'needs_code' }
  | { kind: 'refused'; link: LinkState }

/**
 * What a tap does first: the first browser to tap gets the link for itself and moves the invite to opened. The same browser may
 * tap again; another one answers `needs_code`. `newClaim` is to be set as the claim cookie; one cookie serves all links of a browser.
 */
export async function claimLink(deps: Deps, token: string, claimCookie: string | undefined, ip: string | null): Promise<Claim> {
  const link = await findLink(deps, token)
  if (link.kind !== 'current') return { kind: 'refused', link }
  const { firmId, linkId, inviteId, clientId, members } = link
  const ctx: Ctx<ClientActor> = { deps, firmId, actor: { kind: 'client', clientId }, requestId: null, ip }
  if (link.claimed)
    return isOpenTo(deps, link, claimCookie) ? { kind: 'claimed', ctx, linkId, inviteId, clientId, newClaim: null } : { kind: 'needs_code' }
  const { cookie, newClaim } = cookieFor(claimCookie)
  const isFirst = await withFirm(ctx, async (tx) => {
    const claimed = await tx
      .update(linksTable)
      .set({ claimDigests: [claimOf(deps, linkId, cookie)], claimedAt: deps.now() })
      .where(and(eq(linksTable.firmId, firmId), eq(linksTable.id, linkId), eq(linksTable.claimDigests, [])))
      .returning({ id: linksTable.id })
    if (claimed.length === 0) return false
    for (const member of members.toSorted((a, b) => (a.inviteId < b.inviteId ? -1 : 1))) {
      await advanceInvite(tx, ctx, member.inviteId, 'opened')
      await recordAudit(tx, ctx, 'link.claimed', { id: linkId, clientId: member.clientId })
    }
    return true
  })
  if (isFirst) return { kind: 'claimed', ctx, linkId, inviteId, clientId, newClaim }
  // Two taps at once: a double tap of one browser is no second browser, as far as its cookie shows it
  const after = await findLink(deps, token)
  if (after.kind !== 'current') return { kind: 'refused', link: after }
  return isOpenTo(deps, after, claimCookie) ? { kind: 'claimed', ctx, linkId, inviteId, clientId, newClaim: null } : { kind: 'needs_code' }
}
