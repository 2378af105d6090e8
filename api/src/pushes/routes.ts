import { pushes } from '@ledgersync/shared/pushes'
import type { Routes } from '../http/app-type.ts'
import { getBatch, listBatches } from './batches.ts'
import { createPushes, retryBatch } from './service.ts'
import { undoBatch, undoPush } from './undo.ts'

/** HTTP of pushes and Sync Status. */
export const pushesRoutes: Routes = (app) => {
  app.route({ ...pushes.create, handler: async (req, reply) => reply.code(201).send(await createPushes(req.ctx, req.body)) })
  app.route({ ...pushes.list, handler: (req) => listBatches(req.ctx, req.query) })
  app.route({ ...pushes.get, handler: (req) => getBatch(req.ctx, req.params.batchId) })
  app.route({ ...pushes.retry, handler: (req) => retryBatch(req.ctx, req.params.batchId) })
  app.route({ ...pushes.undo, handler: (req) => undoPush(req.ctx, req.params.pushId) })
  app.route({ ...pushes.undoBatch, handler: (req) => undoBatch(req.ctx, req.params.batchId) })
}
