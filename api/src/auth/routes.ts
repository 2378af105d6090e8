import { auth } from '@ledgersync/shared/auth'
import type { Routes } from '../http/app-type.ts'
import { clearSessionCookies, cookieNames, setBrowserCookie, setSessionCookies } from '../http/cookies.ts'
import { readMe } from './me.ts'
import { signIn, signOut, signUp } from './service.ts'
import { rotateSession } from './sessions.ts'
import { sendVerification, verifyByCode, verifyByLink } from './verification.ts'
import { visitor } from './visitor-routes.ts'

/** HTTP of sign-up, sign-in and sessions. */
export const authRoutes: Routes = (app, deps) => {
  app.route({
    ...auth.signUp,
    handler: async (req, reply) => {
      const { session, ctx } = await signUp(deps, visitor(req, deps), req.body)
      await setSessionCookies(reply, deps, session)
      return reply.code(201).send(await readMe(ctx))
    },
  })
  app.route({
    ...auth.signIn,
    handler: async (req, reply) => {
      const { session, ctx, browser } = await signIn(deps, visitor(req, deps), req.body)
      await setSessionCookies(reply, deps, session)
      if (browser !== null) setBrowserCookie(reply, deps, browser)
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
}
