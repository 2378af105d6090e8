import type { FastifyReply, FastifyRequest } from 'fastify'
import { canSeeClient } from '../clients/visibility.ts'
import type { ClientActor, Ctx, Deps, StaffCtx } from '../core/context.ts'
import { optionalStaff } from '../http/auth.ts'
import type { Member } from '../messages/members.ts'
import { sendOtherDevicePage } from './claim-pages.ts'
import type { Pages } from './frame.ts'
import { linkPath, sendLinkPage } from './link-pages.ts'
import { type Claim, claimLink, findLink, isOpenTo, type KnownLink } from './links.ts'
import { claimCookie, isStaffOf, setClaimCookie } from './visitor-pages.ts'

interface Parts {
  deps: Deps
  pages: Pages
}
type LinkRequest = FastifyRequest<{ Params: { token: string } }>

/** Who came to look: the client, or staff of the firm who see what the client would. */
export interface Visitor {
  link: KnownLink
  isPreview: boolean
}

/** Lets a browser look at a page of a link, which changes nothing. Null when it may not: then it has been answered with the reason. */
export async function lookIn(req: LinkRequest, reply: FastifyReply, { deps, pages }: Parts): Promise<Visitor | null> {
  const link = await findLink(deps, req.params.token)
  if (link.kind !== 'current') return answered(sendLinkPage(req, reply, { pages, deps, link }))
  const staff = await optionalStaff(req, deps)
  const isPreview = staff?.firmId === link.firmId
  if (!isPreview && !isOpenTo(deps, link, claimCookie(req, deps)))
    return answered(await sendOtherDevicePage(req, reply, { pages, deps, link }))
  const seen = staff !== null && isPreview ? await seenBy(staff, link) : link
  if (seen === null) return answered(sendLinkPage(req, reply, { pages, deps, link: { kind: 'unknown' } }))
  const chosen = chosenOf(seen, req)
  return chosen === null ? answered(reply.redirect(linkPath(req), 303)) : { link: chosen, isPreview }
}

/** The link with those of its clients that the person looks after; whoever is not assigned to any sees nothing of it, here either. */
async function seenBy(staff: StaffCtx, link: KnownLink): Promise<KnownLink | null> {
  const members: Member[] = []
  for (const member of link.members) if (await canSeeClient(staff, member.clientId)) members.push(member)
  const [first] = members
  return first === undefined ? null : { ...link, ...first, members }
}

/** The link as of the client that the address names; null when that is none of its clients (any more). */
function chosenOf(link: KnownLink, req: LinkRequest): KnownLink | null {
  // A query string parses to an object of texts and lists
  const { client } = req.query as { client?: unknown }
  if (client === undefined) return link
  const member = link.members.find(({ clientId }) => clientId === client)
  return member === undefined ? null : { ...link, ...member }
}

export interface Tap {
  link: KnownLink
  claim: Extract<Claim, { kind: 'claimed' }>
  /** What this browser shows from now on. */
  cookie: string | undefined
}

/**
 * What every tap does first: the first one claims the link for this browser. Null when it may not go on: then it has been answered,
 * staff who look at a preview by a way back to `page`. `ofOne`: it is about one client, and of several the address must name it.
 */
export async function tap(
  req: LinkRequest,
  reply: FastifyReply,
  { deps, pages, page, ofOne }: Parts & { page: string; ofOne: boolean },
): Promise<Tap | null> {
  const found = await findLink(deps, req.params.token)
  if (found.kind !== 'current') return answered(sendLinkPage(req, reply, { pages, deps, link: found }))
  const link = chosenOf(found, req)
  const { client } = req.query as { client?: unknown }
  if (link === null || (ofOne && client === undefined && link.members.length > 1)) return answered(reply.redirect(linkPath(req), 303))
  if (await isStaffOf(req, deps, link)) return answered(reply.redirect(page, 303))
  const shown = claimCookie(req, deps)
  const claim = await claimLink(deps, req.params.token, shown, req.ip)
  if (claim.kind === 'needs_code') return answered(await sendOtherDevicePage(req, reply, { pages, deps, link }))
  if (claim.kind === 'refused') return answered(sendLinkPage(req, reply, { pages, deps, link: claim.link }))
  if (claim.newClaim !== null) setClaimCookie(reply, deps, claim.newClaim)
  const { inviteId, clientId } = link
  const ctx: Ctx<ClientActor> = { ...claim.ctx, actor: { kind: 'client', clientId } }
  return { link, claim: { ...claim, ctx, inviteId, clientId }, cookie: claim.newClaim ?? shown }
}

/** Nothing is left to do for whoever called: the page is on its way. */
const answered = (_reply: FastifyReply): null => null
