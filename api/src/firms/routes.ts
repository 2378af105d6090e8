import { firms } from '@ledgersync/shared/firms'
import type { Routes } from '../http/app-type.ts'
import { getFirm, updateFirm } from './service.ts'

/** HTTP of the firm's profile. */
export const firmsRoutes: Routes = (app) => {
  app.route({ ...firms.get, handler: (req) => getFirm(req.ctx) })
  app.route({ ...firms.update, handler: (req) => updateFirm(req.ctx, req.body) })
}
