import { clients } from '@ledgersync/shared/clients'
import { invites } from '@ledgersync/shared/invites'
import type { Routes } from '../http/app-type.ts'
import { remindClient } from './reminders.ts'
import { createClient, createInvite, listInvites, revokeInvite } from './service.ts'

/** HTTP of this feature, and adding a client, which may invite them in the same transaction. */
export const invitesRoutes: Routes = (app) => {
  app.route({
    ...clients.create,
    handler: async (req, reply) => {
      reply.code(201)
      return createClient(req.ctx, req.body)
    },
  })
  app.route({
    ...invites.create,
    handler: async (req, reply) => {
      reply.code(201).header('cache-control', 'no-store')
      return createInvite(req.ctx, req.params.clientId, req.body)
    },
  })
  app.route({ ...invites.list, handler: async (req) => ({ items: await listInvites(req.ctx, req.params.clientId) }) })
  app.route({
    ...invites.remind,
    handler: async (req, reply) => {
      await remindClient(req.ctx, req.params)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...invites.revoke,
    handler: async (req, reply) => {
      await revokeInvite(req.ctx, req.params)
      return reply.code(204).send(null)
    },
  })
}
