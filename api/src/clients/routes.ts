import { clientList } from '@ledgersync/shared/client-list'
import { clients } from '@ledgersync/shared/clients'
import type { Routes } from '../http/app-type.ts'
import { addBank, removeBank, searchInstitutions } from './banks.ts'
import { readListSettings, removeFilter, saveFilter, setColumns } from './list-settings.ts'
import { countClients, listClients, totalClients } from './list.ts'
import { assignClient, getClient, updateClient } from './service.ts'

/** HTTP of this feature. Adding a client stands with the invites, which it may send. */
export const clientsRoutes: Routes = (app) => {
  app.route({ ...clients.list, handler: (req) => listClients(req.ctx, req.query) })
  app.route({ ...clients.counts, handler: (req) => countClients(req.ctx) })
  app.route({ ...clients.get, handler: (req) => getClient(req.ctx, req.params.clientId) })
  app.route({ ...clients.update, handler: (req) => updateClient(req.ctx, req.params.clientId, req.body) })
  app.route({ ...clients.assign, handler: (req) => assignClient(req.ctx, req.params.clientId, req.body.staffIds) })
  app.route({
    ...clients.addBank,
    handler: async (req, reply) => {
      reply.code(201)
      return addBank(req.ctx, req.params.clientId, req.body)
    },
  })
  app.route({
    ...clients.removeBank,
    handler: async (req, reply) => {
      await removeBank(req.ctx, req.params)
      return reply.code(204).send(null)
    },
  })
  app.route({ ...clients.searchInstitutions, handler: async (req) => ({ items: await searchInstitutions(req.ctx, req.query.query) }) })
  app.route({ ...clientList.total, handler: (req) => totalClients(req.ctx, req.query) })
  app.route({ ...clientList.settings, handler: (req) => readListSettings(req.ctx) })
  app.route({ ...clientList.setColumns, handler: (req) => setColumns(req.ctx, req.body.columns) })
  app.route({
    ...clientList.saveFilter,
    handler: async (req, reply) => {
      reply.code(201)
      return saveFilter(req.ctx, req.body)
    },
  })
  app.route({
    ...clientList.removeFilter,
    handler: async (req, reply) => {
      await removeFilter(req.ctx, req.params.filterId)
      return reply.code(204).send(null)
    },
  })
}
