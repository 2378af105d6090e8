import { statementBytesMax, statements } from '@ledgersync/shared/statements'
import type { Routes } from '../http/app-type.ts'
import { addStatement, deleteStatement, downloadStatement, listStatements } from './service.ts'

/** The largest file in base64, and the rest of the body. */
const bodyBytesMax = Math.ceil(statementBytesMax / 3) * 4 + 4_096

/** HTTP of a client's statements, for staff. */
export const statementsRoutes: Routes = (app) => {
  app.route({ ...statements.list, handler: (req) => listStatements(req.ctx, req.params.clientId, req.query) })
  app.route({
    ...statements.add,
    config: { ...statements.add.config, isSlow: true },
    bodyLimit: bodyBytesMax,
    handler: async (req, reply) => {
      reply.code(201)
      return addStatement(req.ctx, req.params.clientId, req.body)
    },
  })
  app.route({
    ...statements.download,
    handler: async (req, reply) => {
      const { fileName, byteCount, content } = await downloadStatement(req.ctx, req.params)
      reply.type('application/octet-stream').headers({
        'content-disposition': attachment(fileName),
        'content-length': byteCount,
        'content-security-policy': "default-src 'none'; sandbox",
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
      // The schema says what arrives: bytes. They are sent as they are read
      return reply.send(content as unknown as string)
    },
  })
  app.route({
    ...statements.remove,
    handler: async (req, reply) => {
      await deleteStatement(req.ctx, req.params)
      return reply.code(204).send(null)
    },
  })
}

/** To be saved under this name (RFC 6266), in whatever letters; old browsers get it in plain ones. */
function attachment(fileName: string): string {
  const plain = fileName.replaceAll(/[^ -~]|["\\%;]/gu, '_')
  const encoded = encodeURIComponent(fileName).replaceAll(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
