import { dashboard } from '@ledgersync/shared/dashboard'
import type { Routes } from '../http/app-type.ts'
import { readDashboard } from './service.ts'

/** HTTP of the dashboard. */
export const dashboardRoutes: Routes = (app) => {
  app.route({ ...dashboard.get, handler: (req) => readDashboard(req.ctx, req.query) })
}
