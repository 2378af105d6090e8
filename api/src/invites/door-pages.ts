import type { FastifyReply, FastifyRequest } from 'fastify'
import { canSeeClient } from '../clients/visibility.ts'
import type { Deps } from '../core/context.ts'
import { optionalStaff } from '../http/auth.ts'
import { sendOtherDevicePage } from './claim-pages.ts'
import type { Pages } from './frame.ts'
import { sendLinkPage } from './link-pages.ts'
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
  // Whoever is not assigned to the client sees nothing of it, here either
  if (staff !== null && isPreview && !(await canSeeClient(staff, link.clientId)))
    return answered(sendLinkPage(req, reply, { pages, deps, link: { kind: 'unknown' } }))
  if (!isPreview && !isOpenTo(deps, link, claimCookie(req, deps)))
    return answered(await sendOtherDevicePage(req, reply, { pages, deps, link }))
  return { link, isPreview }
}

export interface Tap {
  link: KnownLink
  claim: Extract<Claim, { kind: 'claimed' }>
  /** What this browser shows from now on. */
  cookie: string | undefined
}

/**
 * What every tap does first: the first one claims the link for this browser. Null when it may not go on: then it has been answered,
 * staff who look at a preview by a way back to `page`.
 */
export async function tap(req: LinkRequest, reply: FastifyReply, { deps, pages, page }: Parts & { page: string }): Promise<Tap | null> {
  const link = await findLink(deps, req.params.token)
  if (link.kind !== 'current') return answered(sendLinkPage(req, reply, { pages, deps, link }))
  if (await isStaffOf(req, deps, link)) return answered(reply.redirect(page, 303))
  const shown = claimCookie(req, deps)
  const claim = await claimLink(deps, req.params.token, shown, req.ip)
  if (claim.kind === 'needs_code') return answered(await sendOtherDevicePage(req, reply, { pages, deps, link }))
  if (claim.kind === 'refused') return answered(sendLinkPage(req, reply, { pages, deps, link: claim.link }))
  if (claim.newClaim !== null) setClaimCookie(reply, deps, claim.newClaim)
  return { link, claim, cookie: claim.newClaim ?? shown }
}

/** Nothing is left to do for whoever called: the page is on its way. */
const answered = (_reply: FastifyReply): null => null
