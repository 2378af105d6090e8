import { uploadBytesMax } from '@ledgersync/shared/upload-limits'
import { uploads } from '@ledgersync/shared/uploads'
import type { Routes } from '../http/app-type.ts'
import { badRowsFile, listRows } from './rows.ts'
import { createUpload, getUpload, listUploads, matchUpload, removeUpload, setCell, startUpload } from './service.ts'
import { templateFile } from './template.ts'

/** The largest file in base64, and the rest of the body. */
const bodyBytesMax = Math.ceil(uploadBytesMax / 3) * 4 + 4_096

export const uploadsRoutes: Routes = (app) => {
  app.route({
    ...uploads.create,
    config: { ...uploads.create.config, isSlow: true },
    bodyLimit: bodyBytesMax,
    handler: async (req, reply) => {
      reply.code(201)
      return createUpload(req.ctx, req.body)
    },
  })
  app.route({ ...uploads.list, handler: async (req) => ({ items: await listUploads(req.ctx) }) })
  app.route({ ...uploads.template, handler: (req) => templateFile(req.query.format ?? 'xlsx') })
  app.route({ ...uploads.get, handler: (req) => getUpload(req.ctx, req.params.uploadId) })
  app.route({ ...uploads.match, handler: (req) => matchUpload(req.ctx, req.params.uploadId, req.body) })
  app.route({ ...uploads.rows, handler: (req) => listRows(req.ctx, req.params.uploadId, req.query) })
  app.route({ ...uploads.setCell, handler: (req) => setCell(req.ctx, req.params.uploadId, req.body) })
  app.route({
    ...uploads.run,
    handler: async (req, reply) => {
      reply.code(202)
      return startUpload(req.ctx, req.params.uploadId, req.body)
    },
  })
  app.route({ ...uploads.badRows, handler: (req) => badRowsFile(req.ctx, req.params.uploadId) })
  app.route({
    ...uploads.remove,
    handler: async (req, reply) => {
      await removeUpload(req.ctx, req.params.uploadId)
      return reply.code(204).send(null)
    },
  })
}
