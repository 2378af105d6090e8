import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../core/context.ts'
import { optionalStaff } from '../http/auth.ts'
import { cookieNames } from '../http/cookies.ts'
import type { KnownLink } from './links.ts'

/** The cookie that proves which browser claimed a link. */
export function claimCookie(req: FastifyRequest, deps: Deps): string | undefined {
  return req.cookies[cookieNames(deps.publicUrl).claim]
}

const claimDays = 6

/** Keeps a new claim in this browser for as long as a link can live. */
export function setClaimCookie(reply: FastifyReply, deps: Deps, claim: string): void {
  const { claim: name, secure } = cookieNames(deps.publicUrl)
  reply.setCookie(name, claim, { httpOnly: true, secure, sameSite: 'lax', path: '/', maxAge: claimDays * 24 * 60 * 60 })
}

/** Whether this browser is signed in as staff of the link's firm: then it sees a preview and never claims. */
export async function isStaffOf(req: FastifyRequest, deps: Deps, link: KnownLink): Promise<boolean> {
  const staff = await optionalStaff(req, deps)
  return staff?.firmId === link.firmId
}
