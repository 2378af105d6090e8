import { staff } from '@ledgersync/shared/firms'
import type { Routes } from '../http/app-type.ts'
import { listStaff } from './service.ts'

/** HTTP of the team. */
export const staffRoutes: Routes = (app) => {
  app.route({ ...staff.list, handler: async (req) => ({ items: await listStaff(req.ctx) }) })
}
