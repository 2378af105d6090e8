import { dashboard } from '@ledgersync/shared/dashboard'
import type { Routes } from '../http/app-type.ts'
import { readHealthDays } from './health.ts'
import { readDashboard } from './service.ts'

/** HTTP of the dashboard. */
export const dashboardRoutes: Routes = (app) => {
  app.route({ ...dashboard.health, handler: async (req) => ({ items: await readHealthDays(req.ctx, req.query) }) })
  app.route({ ...dashboard.get, handler: (req) => readDashboard(req.ctx, req.query) })
}
