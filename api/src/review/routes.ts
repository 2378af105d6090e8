import { review } from '@ledgersync/shared/review'
import type { Routes } from '../http/app-type.ts'
import { approve, unapprove } from './approve.ts'
import { codeTransaction } from './code.ts'
import { countReview, listReview } from './service.ts'

/** HTTP of the review queue. */
export const reviewRoutes: Routes = (app) => {
  app.route({ ...review.list, handler: (req) => listReview(req.ctx, req.query) })
  app.route({ ...review.counts, handler: (req) => countReview(req.ctx, req.query) })
  app.route({ ...review.code, handler: (req) => codeTransaction(req.ctx, req.params.transactionId, req.body) })
  app.route({ ...review.approve, handler: (req) => approve(req.ctx, req.body) })
  app.route({ ...review.unapprove, handler: (req) => unapprove(req.ctx, req.body) })
}
