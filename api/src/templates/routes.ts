import { templates } from '@ledgersync/shared/templates'
import type { Routes } from '../http/app-type.ts'
import { previewTemplate, testTemplate } from './preview.ts'
import { archiveTemplate, createTemplate, listTemplates, pickTemplate, restoreTemplate, updateTemplate } from './service.ts'

/** HTTP of the templates that messages to clients are written with. */
export const templatesRoutes: Routes = (app) => {
  app.route({ ...templates.list, handler: (req) => listTemplates(req.ctx) })
  app.route({
    ...templates.create,
    handler: async (req, reply) => {
      reply.code(201)
      return createTemplate(req.ctx, req.body)
    },
  })
  app.route({ ...templates.update, handler: (req) => updateTemplate(req.ctx, req.params.templateId, req.body) })
  app.route({ ...templates.archive, handler: (req) => archiveTemplate(req.ctx, req.params.templateId) })
  app.route({ ...templates.restore, handler: (req) => restoreTemplate(req.ctx, req.params.templateId) })
  app.route({
    ...templates.pick,
    handler: async (req, reply) => {
      await pickTemplate(req.ctx, req.body)
      return reply.code(204).send(null)
    },
  })
  app.route({ ...templates.preview, handler: (req) => previewTemplate(req.ctx, req.body) })
  app.route({ ...templates.test, handler: (req) => testTemplate(req.ctx, req.body) })
}
