import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify'
import type { Access, Need } from '@ledgersync/shared/endpoint'
import type { Deps, StaffCtx } from '../core/context.ts'

/** The Fastify instance every feature's routes are registered on. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** A feature's routes: spread an endpoint, call a verb, map the answer. */
export type Routes = (app: App, deps: Deps) => void | Promise<void>

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call; every route states it. */
    access: Access
    /** What an employee needs besides. */
    need?: Need
    /** Carries megabytes: its body may take minutes to arrive. */
    isSlow?: boolean
    /** `csp` of a page that needs more than the API's. */
    page?: boolean
  }
  interface FastifyRequest {
    /** Context of the signed-in person; only for endpoints that need one. */
    ctx: StaffCtx
  }
}
