import { sql } from 'drizzle-orm'
import { Type } from 'typebox'
import type { Deps } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import type { App } from './app-type.ts'

const Ok = Type.Object({ status: Type.Literal('ok', { description: 'Always ok; anything else is another HTTP status' }) })

/** `/healthz`: the process runs. `/readyz`: it can reach its database, and is not closing. */
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
        description: 'The process can serve: it reaches its database.',
        response: { 200: Ok },
      },
    },
    async () => {
      try {
        await deps.db.execute(sql`select 1`)
      } catch (error) {
        throw new AppError('unavailable', 'The database cannot be reached.', { cause: error })
      }
      return { status: 'ok' as const }
    },
  )
}
