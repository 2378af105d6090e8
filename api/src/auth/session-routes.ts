import { auth } from '@ledgersync/shared/auth'
import type { Routes } from '../http/app-type.ts'
import { listLocks, unlockStaff } from './locks.ts'
import { resetSecondFactor } from './second-factor-reset.ts'
import { listSessions, revokeOtherSessions, revokeSession } from './sessions.ts'

/** HTTP of sessions, of closed sign-ins and of what colleagues sign in with. */
export const sessionRoutes: Routes = (app) => {
  app.route({ ...auth.listLocks, handler: async (req) => ({ items: await listLocks(req.ctx) }) })
  app.route({
    ...auth.unlock,
    handler: async (req, reply) => {
      await unlockStaff(req.ctx, req.params.staffId)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...auth.resetSecondFactor,
    handler: async (req, reply) => {
      await resetSecondFactor(req.ctx, req.params.staffId)
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
  app.route({
    ...auth.revokeOtherSessions,
    handler: async (req, reply) => {
      await revokeOtherSessions(req.ctx)
      return reply.code(204).send(null)
    },
  })
}
