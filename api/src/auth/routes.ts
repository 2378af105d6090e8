import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import { auth } from '@ledgersync/shared/auth'
import type { Routes } from '../http/app-type.ts'
import { clearSessionCookies, cookieNames, setSessionCookies } from '../http/cookies.ts'
import { readMe } from './me.ts'
import { signIn, signOut, signUp, type Visitor } from './service.ts'
import { listSessions, revokeSession, rotateSession } from './sessions.ts'
import { sendVerification, verifyByCode, verifyByLink } from './verification.ts'

/** Where a request came from. */
export const visitor = (req: FastifyRequest): Visitor => ({
  ip: req.ip,
  network: normalizeIP(req.ip),
  userAgent: req.headers['user-agent'] ?? '',
  requestId: req.id,
})

/** HTTP of sign-up, sign-in and sessions. */
export const authRoutes: Routes = (app, deps) => {
  app.route({
    ...auth.signUp,
    handler: async (req, reply) => {
      const { session, ctx } = await signUp(deps, visitor(req), req.body)
      await setSessionCookies(reply, deps, session)
      return reply.code(201).send(await readMe(ctx))
    },
  })
  app.route({
    ...auth.signIn,
    handler: async (req, reply) => {
      const { session, ctx } = await signIn(deps, visitor(req), req.body)
      await setSessionCookies(reply, deps, session)
      return readMe(ctx)
    },
  })
  app.route({
    ...auth.refresh,
    handler: async (req, reply) => {
      const session = await rotateSession(deps, req.cookies[cookieNames(deps.publicUrl).refresh] ?? '')
      await setSessionCookies(reply, deps, session)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...auth.signOut,
    handler: async (req, reply) => {
      await signOut(req.ctx)
      clearSessionCookies(reply, deps)
      return reply.code(204).send(null)
    },
  })
  app.route({ ...auth.me, handler: (req) => readMe(req.ctx) })
  app.route({ ...auth.verifyEmail, handler: (req) => verifyByCode(req.ctx, req.body.code) })
  app.route({
    ...auth.verifyEmailLink,
    handler: async (req, reply) => {
      await verifyByLink(deps, req.body.token)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...auth.sendVerification,
    handler: async (req, reply) => {
      await sendVerification(req.ctx)
      return reply.code(204).send(null)
    },
  })
  app.route({ ...auth.listSessions, handler: async (req) => ({ items: await listSessions(req.ctx) }) })
  app.route({
    ...auth.revokeSession,
    handler: async (req, reply) => {
      await revokeSession(req.ctx, req.params.sessionId)
      return reply.code(204).send(null)
    },
  })
}
