import fastifyCookie from '@fastify/cookie'
import fastifyJwt from '@fastify/jwt'
import type { FastifyRequest } from 'fastify'
import { isOperator } from '../auth/operators.ts'
import { accessMinutes, readSession, type SessionClaims } from '../auth/sessions.ts'
import { type Deps, staffActor, type StaffCtx } from '../core/context.ts'
import { AppError, noSuchAddress } from '../core/errors.ts'
import { eventsPath } from '@ledgersync/shared/events'
import { type Permission, permissionMissing } from '@ledgersync/shared/permissions'
import type { App } from './app-type.ts'
import { cookieNames } from './cookies.ts'

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: SessionClaims
    user: SessionClaims
  }
}

/** A scope decorated with this name holds only routes that anybody may call: documentation and files. */
export const publicScope = 'publicScope'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Permission, once: reads each route's `access`, checks the session's row for all that need one, and refuses writes from
 * another origin. A route that does not state its access fails at boot.
 */
export async function registerAuth(app: App, deps: Deps): Promise<void> {
  const { access, refresh, claim } = cookieNames(deps.publicUrl)
  await app.register(fastifyCookie)
  await app.register(fastifyJwt, {
    secret: deps.sessionSecret,
    cookie: { cookieName: access, signed: false },
    sign: { algorithm: 'HS256', expiresIn: `${accessMinutes}m` },
    verify: { algorithms: ['HS256'] },
  })
  app.decorateRequest('ctx', null as unknown as StaffCtx) // set below before any handler of a staff endpoint runs
  app.addHook('onRoute', function (route) {
    // Other people's plugins make routes that cannot state it; their scope says it for them
    if (route.config?.access === undefined && this.hasDecorator(publicScope)) route.config = { ...route.config, access: 'public' }
    if (route.config?.access === undefined) throw new Error(`Route ${route.url} does not state its access`)
  })
  app.addHook('onRequest', async (req) => {
    const needed = req.routeOptions.config.access
    // The 404 handler has no access of its own
    if (needed === undefined || needed === 'provider') return
    // First of all: a refusal for any other reason would say that there is something
    if (needed === 'operator') req.ctx = await operatorContext(req, deps)
    // Some endpoints that need no session go by another cookie: the refresh cookie, a client's claim of a link
    const goesByCookie = needed !== 'public' || [access, refresh, claim].some((name) => name in req.cookies)
    checkOrigin(req, deps.publicUrl, goesByCookie)
    if (needed === 'public' || needed === 'operator') return
    req.ctx = await staffContext(req, deps)
    if (needed === 'administrator' && req.ctx.actor.role !== 'administrator') {
      throw new AppError('forbidden', 'Only an administrator of your firm can do this.')
    }
    const { need } = req.routeOptions.config
    if (need !== undefined && need.many === undefined) checkPermission(req.ctx, need.permission)
  })
  // What is needed for many only shows in the body
  app.addHook('preHandler', async (req) => {
    const { need } = req.routeOptions.config
    if (need?.many !== undefined && lengthOf(req.body, need.many) > 1) checkPermission(req.ctx, need.permission)
  })
}

function checkPermission({ actor }: StaffCtx, permission: Permission): void {
  if (actor.role !== 'administrator' && !actor.permissions.includes(permission))
    throw new AppError('forbidden', permissionMissing(permission))
}

function lengthOf(body: unknown, name: string): number {
  const list: unknown = typeof body === 'object' && body !== null ? new Map(Object.entries(body)).get(name) : undefined
  return Array.isArray(list) ? list.length : 0
}

/** A write authorised by cookie needs our own Origin. Browsers send it on every write. */
function checkOrigin(req: FastifyRequest, publicUrl: string, required: boolean): void {
  if (safeMethods.has(req.method)) return
  const { origin } = req.headers
  if (origin === undefined && !required) return
  // Forms of the clients' pages come with the origin "null", for those pages send no referrer; the browser says itself whose they are
  if (
    origin === 'null' &&
    req.routeOptions.url?.startsWith('/i/') === true &&
    (req.headers['sec-fetch-site'] ?? 'same-origin') === 'same-origin'
  )
    return
  if (origin !== publicUrl) throw new AppError('origin_refused', 'This request did not come from the Ledgersync page.')
}

async function staffContext(req: FastifyRequest, deps: Deps): Promise<StaffCtx> {
  return (await liveSession(req, deps, await readClaims(req), !req.url.startsWith(eventsPath))).ctx
}

/** The operations page fetches by itself for as long as it is open: like an event stream, that is no activity. */
async function operatorContext(req: FastifyRequest, deps: Deps): Promise<StaffCtx> {
  const { ctx, staff } = await liveSession(req, deps, await readClaims(req), !safeMethods.has(req.method))
  if (!isOperator(deps, staff)) throw noSuchAddress()
  return ctx
}

async function liveSession(req: FastifyRequest, deps: Deps, claims: SessionClaims, isActivity: boolean) {
  const found = await readSession(deps, claims, isActivity)
  if (found === null) throw new AppError('unauthenticated', 'Your session has ended. Sign in again.')
  const { session, staff, assignAll } = found
  const ctx: StaffCtx = {
    deps,
    firmId: session.firmId,
    actor: staffActor(staff, session.id, assignAll),
    requestId: req.id,
    ip: req.ip,
  }
  return { ctx, staff }
}

async function readClaims(req: FastifyRequest): Promise<SessionClaims> {
  try {
    return await req.jwtVerify<SessionClaims>({ onlyCookie: true })
  } catch (error) {
    // An expired access cookie is renewed with the refresh cookie; anything else needs a new sign-in
    const expired = error instanceof Error && 'code' in error && error.code === 'FST_JWT_AUTHORIZATION_TOKEN_EXPIRED'
    if (expired) throw new AppError('session_stale', 'The access cookie has expired. Renew it and repeat the request.')
    throw new AppError('unauthenticated', 'Sign in to continue.')
  }
}

/**
 * The signed-in staff of this browser, or null; for pages that look different to them. Such pages cannot renew an access
 * cookie that ran out minutes ago, so its age does not count: the session's row decides. Counts as no activity.
 */
export async function optionalStaff(req: FastifyRequest, deps: Deps): Promise<StaffCtx | null> {
  const cookie = req.cookies[cookieNames(deps.publicUrl).access]
  if (cookie === undefined || cookie === '') return null
  try {
    const claims = req.server.jwt.verify<SessionClaims>(cookie, { algorithms: ['HS256'], ignoreExpiration: true })
    return (await liveSession(req, deps, claims, false)).ctx
  } catch (error) {
    // A session that has ended, or a cookie that is not of our making
    const isToken = error instanceof Error && 'code' in error && String(error.code).startsWith('FAST_JWT_')
    if (error instanceof AppError || isToken) return null
    throw error
  }
}
