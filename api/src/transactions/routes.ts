import { transactions } from '@ledgersync/shared/transactions'
import type { Routes } from '../http/app-type.ts'
import { getTransaction, listTransactions } from './service.ts'

/** HTTP of this feature. */
export const transactionsRoutes: Routes = (app) => {
  app.route({ ...transactions.list, handler: (req) => listTransactions(req.ctx, req.query) })
  app.route({ ...transactions.get, handler: (req) => getTransaction(req.ctx, req.params.transactionId) })
}
