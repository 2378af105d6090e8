import { erasure } from '@ledgersync/shared/erasure'
import type { Routes } from '../http/app-type.ts'
import { deleteClient, previewDeletion } from './service.ts'

/** HTTP of deleting a client. It stands above all that a client has. */
export const erasureRoutes: Routes = (app) => {
  app.route({ ...erasure.preview, handler: (req) => previewDeletion(req.ctx, req.params.clientId) })
  app.route({
    ...erasure.remove,
    handler: async (req, reply) => {
      await deleteClient(req.ctx, req.params.clientId, req.body)
      return reply.code(204).send(null)
    },
  })
}
