import type { FastifyReply } from 'fastify'
import { accessMinutes, refreshToken, type SessionClaims } from '../auth/sessions.ts'
import type { Deps } from '../core/context.ts'

/** Names of the cookies at this public address: prefixed on https, ordinary on plain-http loopback. */
export function cookieNames(publicUrl: string): { access: string; refresh: string; browser: string; claim: string; secure: boolean } {
  return publicUrl.startsWith('https:')
    ? {
        access: '__Host-ledgersync',
        refresh: '__Secure-ledgersync-refresh',
        browser: '__Secure-ledgersync-browser',
        claim: '__Host-ledgersync-link',
        secure: true,
      }
    : { access: 'ledgersync', refresh: 'ledgersync-refresh', browser: 'ledgersync-browser', claim: 'ledgersync-link', secure: false }
}

const refreshPath = '/v1/auth'

/** Sets the access and refresh cookies of a session. */
export async function setSessionCookies(reply: FastifyReply, deps: Deps, session: Parameters<typeof refreshToken>[1]): Promise<void> {
  const { access, refresh, secure } = cookieNames(deps.publicUrl)
  const claims: SessionClaims = { firmId: session.firmId, sessionId: session.id }
  const jwt = await reply.jwtSign(claims, { expiresIn: `${accessMinutes}m` })
  const common = { httpOnly: true, sameSite: 'lax', secure } as const
  reply.setCookie(access, jwt, { ...common, path: '/' })
  reply.setCookie(refresh, refreshToken(deps, session), { ...common, path: refreshPath })
}

/** Browsers keep a cookie no longer than this. */
const browserDays = 400

/** Marks a browser as one that has signed in. It stays when its session ends: it opens nothing. */
export function setBrowserCookie(reply: FastifyReply, deps: Deps, value: string): void {
  const { browser, secure } = cookieNames(deps.publicUrl)
  reply.setCookie(browser, value, { httpOnly: true, sameSite: 'lax', secure, path: refreshPath, maxAge: browserDays * 24 * 60 * 60 })
}

/** Removes the cookies of the session. */
export function clearSessionCookies(reply: FastifyReply, deps: Deps): void {
  const { access, refresh, secure } = cookieNames(deps.publicUrl)
  reply.clearCookie(access, { path: '/', secure, httpOnly: true, sameSite: 'lax' })
  reply.clearCookie(refresh, { path: refreshPath, secure, httpOnly: true, sameSite: 'lax' })
}
