import { ops } from '@ledgersync/shared/ops'
import type { Routes } from '../http/app-type.ts'
import { discardJob, listFailures, readOperations, retryJob, retryTask } from './service.ts'

/** HTTP of the operations page. */
export const opsRoutes: Routes = (app) => {
  app.route({ ...ops.get, handler: (req) => readOperations(req.ctx) })
  app.route({ ...ops.listFailures, handler: (req) => listFailures(req.ctx, req.query) })
  app.route({
    ...ops.retry,
    handler: async (req, reply) => {
      await retryJob(req.ctx, req.params.jobId)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...ops.discard,
    handler: async (req, reply) => {
      await discardJob(req.ctx, req.params.jobId)
      return reply.code(204).send(null)
    },
  })
  app.route({ ...ops.retryTask, handler: (req) => retryTask(req.ctx, req.params.task) })
}
