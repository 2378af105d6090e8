import { search } from '@ledgersync/shared/search'
import type { Routes } from '../http/app-type.ts'
import { searchEverywhere } from './service.ts'

/** HTTP of the search over everything. */
export const searchRoutes: Routes = (app) => {
  app.route({ ...search.everywhere, handler: (req) => searchEverywhere(req.ctx, req.query.query) })
}
