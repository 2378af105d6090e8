import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import type { App } from '../http/app-type.ts'
import { askForRepair } from '../invites/repairs.ts'
import { lockClient } from './lock.ts'
import { countConnections, listConnections } from './list.ts'
import { listClientConnections } from './queries.ts'
import { addConnection, repairConnection, syncClient } from './service.ts'

/** HTTP of bank connections, and of locking a client, which stops them. */
export function connectionsRoutes(app: App): void {
  app.route({ ...connections.list, handler: (req) => listConnections(req.ctx, req.query) })
  app.route({ ...connections.counts, handler: (req) => countConnections(req.ctx, req.query) })
  app.route({
    ...connections.listOfClient,
    handler: async (req) => ({ items: await listClientConnections(req.ctx, req.params.clientId) }),
  })
  app.route({
    ...connections.add,
    handler: async (req, reply) => {
      const link = await addConnection(req.ctx, req.params.clientId, req.body)
      return reply.code(201).send(link)
    },
  })
  app.route({
    ...connections.repair,
    handler: async (req, reply) => {
      const link = await repairConnection(req.ctx, req.params.clientId, req.params.connectionId)
      return reply.code(201).send(link)
    },
  })
  app.route({
    ...connections.askClient,
    handler: async (req, reply) => {
      await askForRepair(req.ctx, req.params.clientId)
      return reply.code(204).send(null)
    },
  })
  app.route({ ...clients.lock, handler: (req) => lockClient(req.ctx, req.params.clientId, true) })
  app.route({ ...clients.unlock, handler: (req) => lockClient(req.ctx, req.params.clientId, false) })
  app.route({
    ...connections.sync,
    handler: async (req, reply) => {
      await syncClient(req.ctx, req.params.clientId)
      return reply.code(202).send(null)
    },
  })
}
