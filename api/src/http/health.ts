import { Type } from 'typebox'
import type { Deps } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { missingMigrations } from '../db/migrations.ts'
import type { App } from './app-type.ts'

const Ok = Type.Object({ status: Type.Literal('ok', { description: 'Always ok; anything else is another HTTP status' }) })

/** `/healthz`: the process runs. `/readyz`: it can reach its database, which is migrated as far as it needs, and is not closing. */
export function healthRoutes(app: App, deps: Deps): void {
  app.get(
    '/healthz',
    {
      config: { access: 'public' },
      schema: { operationId: 'health', tags: ['Operation'], summary: 'Alive', description: 'The process runs.', response: { 200: Ok } },
    },
    async () => ({ status: 'ok' as const }),
  )
  app.get(
    '/readyz',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'ready',
        tags: ['Operation'],
        summary: 'Ready',
        description: 'The process can serve: it reaches its database, which is migrated as far as the process needs.',
        response: { 200: Ok },
      },
    },
    async () => {
      const missing = await missingMigrations(deps.db).catch((error: unknown) => {
        throw new AppError('unavailable', 'The database cannot be reached.', { cause: error })
      })
      if (missing.length > 0) throw new AppError('unavailable', 'The database is not migrated as far as this program needs.')
      return { status: 'ok' as const }
    },
  )
}
