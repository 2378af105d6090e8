import { groups } from '@ledgersync/shared/groups'
import type { Routes } from '../http/app-type.ts'
import { listGroupClients, listGroups } from './queries.ts'
import { createGroup, deleteGroup, moveClients, renameGroup } from './service.ts'

/** HTTP of the groups of clients. */
export const groupsRoutes: Routes = (app) => {
  app.route({ ...groups.list, handler: (req) => listGroups(req.ctx) })
  app.route({ ...groups.clients, handler: (req) => listGroupClients(req.ctx, req.query) })
  app.route({
    ...groups.create,
    handler: async (req, reply) => {
      reply.code(201)
      return createGroup(req.ctx, req.body.name)
    },
  })
  app.route({ ...groups.rename, handler: (req) => renameGroup(req.ctx, req.params.groupId, req.body.name) })
  app.route({
    ...groups.remove,
    handler: async (req, reply) => {
      await deleteGroup(req.ctx, req.params.groupId)
      return reply.code(204).send(null)
    },
  })
  app.route({ ...groups.move, handler: (req) => moveClients(req.ctx, req.body) })
}
