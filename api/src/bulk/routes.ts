import { bulk } from '@ledgersync/shared/bulk'
import type { Routes } from '../http/app-type.ts'
import { getBulkRun, listBulkItems, listBulkRuns, startBulkRun } from './service.ts'

/** HTTP of what is done to many clients at once. */
export const bulkRoutes: Routes = (app) => {
  app.route({
    ...bulk.start,
    handler: async (req, reply) => {
      reply.code(202)
      return startBulkRun(req.ctx, req.body)
    },
  })
  app.route({ ...bulk.list, handler: async (req) => ({ items: await listBulkRuns(req.ctx) }) })
  app.route({ ...bulk.get, handler: (req) => getBulkRun(req.ctx, req.params.runId) })
  app.route({ ...bulk.items, handler: (req) => listBulkItems(req.ctx, req.params.runId, req.query) })
}
