import { rules } from '@ledgersync/shared/rules'
import type { Routes } from '../http/app-type.ts'
import { createCategory, listCategories } from './categories.ts'
import { previewRule } from './preview.ts'
import { createRule, listRules, moveRule, removeRule, updateRule } from './service.ts'

/** HTTP of rules and categories. */
export const rulesRoutes: Routes = (app) => {
  app.route({ ...rules.list, handler: async (req) => ({ items: await listRules(req.ctx, req.params.clientId) }) })
  app.route({
    ...rules.create,
    handler: async (req, reply) => reply.code(201).send(await createRule(req.ctx, req.params.clientId, req.body)),
  })
  app.route({ ...rules.update, handler: (req) => updateRule(req.ctx, req.params, req.body) })
  app.route({
    ...rules.remove,
    handler: async (req, reply) => {
      await removeRule(req.ctx, req.params.clientId, req.params.ruleId)
      return reply.code(204).send(null)
    },
  })
  app.route({ ...rules.move, handler: async (req) => ({ items: await moveRule(req.ctx, req.params, req.body.priority) }) })
  app.route({ ...rules.preview, handler: (req) => previewRule(req.ctx, req.params.clientId, req.body) })
  app.route({ ...rules.listCategories, handler: async (req) => ({ items: await listCategories(req.ctx) }) })
  app.route({ ...rules.createCategory, handler: async (req, reply) => reply.code(201).send(await createCategory(req.ctx, req.body)) })
}
