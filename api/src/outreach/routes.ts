import { outreach } from '@ledgersync/shared/outreach'
import type { Routes } from '../http/app-type.ts'
import { listSkipped, previewOutreach } from './preview.ts'

/** HTTP of asking many people for banks. What does it is a bulk run. */
export const outreachRoutes: Routes = (app) => {
  app.route({ ...outreach.preview, handler: (req) => previewOutreach(req.ctx, req.body, req.query) })
  app.route({ ...outreach.skipped, handler: (req) => listSkipped(req.ctx, req.body, req.query) })
}
