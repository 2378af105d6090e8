import { funnel } from '@ledgersync/shared/funnel'
import type { Routes } from '../http/app-type.ts'
import { listRequests, readFunnel } from './service.ts'
import { readNextStep } from './stuck.ts'

/** HTTP of what becomes of invites. */
export const funnelRoutes: Routes = (app) => {
  app.route({ ...funnel.get, handler: (req) => readFunnel(req.ctx, req.query) })
  app.route({ ...funnel.list, handler: (req) => listRequests(req.ctx, req.query) })
  app.route({ ...funnel.nextStep, handler: async (req) => ({ next: await readNextStep(req.ctx, req.params.clientId) }) })
}
