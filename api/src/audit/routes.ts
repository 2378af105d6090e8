import { audit } from '@ledgersync/shared/audit'
import type { Routes } from '../http/app-type.ts'
import { newestCheck, requestCheck } from './checks.ts'
import { exportAuditLog } from './export.ts'
import { listAuditLog } from './list.ts'

/** HTTP of the audit log. */
export const auditRoutes: Routes = (app) => {
  app.route({ ...audit.list, handler: (req) => listAuditLog(req.ctx, req.query) })
  app.route({
    ...audit.export,
    handler: async (req, reply) =>
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="audit-log.csv"')
        // The schema says what arrives: text. It is sent as it is read
        .send((await exportAuditLog(req.ctx, req.query)) as unknown as string),
  })
  app.route({ ...audit.checks, handler: async (req) => ({ check: await newestCheck(req.ctx) }) })
  app.route({
    ...audit.check,
    handler: async (req, reply) => {
      reply.code(202)
      return requestCheck(req.ctx)
    },
  })
}
