import { erasure } from '@ledgersync/shared/erasure'
import type { Routes } from '../http/app-type.ts'
import { exportClient } from './export.ts'
import { deleteClient, previewDeletion } from './service.ts'

/** HTTP of deleting a client. It stands above all that a client has. */
export const erasureRoutes: Routes = (app) => {
  app.route({ ...erasure.preview, handler: (req) => previewDeletion(req.ctx, req.params.clientId) })
  app.route({
    ...erasure.export,
    handler: async (req, reply) => {
      const { fileName, zip } = await exportClient(req.ctx, req.params.clientId)
      reply.type('application/zip').header('content-disposition', `attachment; filename="${fileName}"`).header('cache-control', 'no-store')
      // The schema says what arrives: a file. It is sent as it is read
      return reply.send(zip as unknown as string)
    },
  })
  app.route({
    ...erasure.remove,
    handler: async (req, reply) => {
      await deleteClient(req.ctx, req.params.clientId, req.body)
      return reply.code(204).send(null)
    },
  })
}
