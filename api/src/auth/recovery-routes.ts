import { normalizeIP } from '@fastify/rate-limit'
import { auth } from '@ledgersync/shared/auth'
import type { Routes } from '../http/app-type.ts'
import { recoverPassword, recoverUsername } from './recovery.ts'
import { resetPassword } from './reset.ts'
import { visitor } from './visitor-routes.ts'

/** HTTP of getting back in. */
export const recoveryRoutes: Routes = (app, deps) => {
  app.route({
    ...auth.recoverPassword,
    handler: async (req, reply) => {
      await recoverPassword(deps, normalizeIP(req.ip), req.body)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...auth.recoverUsername,
    handler: async (req, reply) => {
      await recoverUsername(deps, normalizeIP(req.ip), req.body.email)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...auth.resetPassword,
    handler: async (req, reply) => {
      await resetPassword(deps, visitor(req, deps), req.body)
      return reply.code(204).send(null)
    },
  })
}
