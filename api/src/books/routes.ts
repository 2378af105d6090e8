import { books } from '@ledgersync/shared/books'
import type { Routes } from '../http/app-type.ts'
import { optionalStaff } from '../http/auth.ts'
import { authorizeBooks, finishConnection } from './connect.ts'
import { getMapping, mapBankAccount, mapCategory } from './mapping.ts'
import { disconnectBooks, getBooks, listAccounts, listVendors, refreshBooks } from './service.ts'

/** HTTP of QuickBooks connections and mappings. */
export const booksRoutes: Routes = (app, deps) => {
  app.route({ ...books.authorize, handler: async (req, reply) => reply.code(201).send(await authorizeBooks(req.ctx, req.params.clientId)) })
  app.route({
    ...books.callback,
    handler: async (req, reply) => reply.redirect(await finishConnection(deps, await optionalStaff(req, deps), req.query), 302),
  })
  app.route({ ...books.get, handler: (req) => getBooks(req.ctx, req.params.clientId) })
  app.route({
    ...books.disconnect,
    handler: async (req, reply) => {
      await disconnectBooks(req.ctx, req.params.clientId)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...books.refresh,
    handler: async (req, reply) => {
      await refreshBooks(req.ctx, req.params.clientId)
      return reply.code(202).send(null)
    },
  })
  app.route({ ...books.accounts, handler: async (req) => ({ items: await listAccounts(req.ctx, req.params.clientId) }) })
  app.route({ ...books.vendors, handler: async (req) => ({ items: await listVendors(req.ctx, req.params.clientId) }) })
  app.route({ ...books.mapping, handler: (req) => getMapping(req.ctx, req.params.clientId) })
  app.route({ ...books.mapAccount, handler: (req) => mapBankAccount(req.ctx, req.params, req.body) })
  app.route({ ...books.mapCategory, handler: (req) => mapCategory(req.ctx, req.params, req.body.booksAccountId) })
}
