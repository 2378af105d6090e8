import fastifyFormbody from '@fastify/formbody'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import { auditRoutes } from './audit/routes.ts'
import { accountRoutes } from './auth/account-routes.ts'
import { recoveryRoutes } from './auth/recovery-routes.ts'
import { passkeyRoutes } from './auth/passkey-routes.ts'
import { authRoutes } from './auth/routes.ts'
import { sessionRoutes } from './auth/session-routes.ts'
import { booksRoutes } from './books/routes.ts'
import { bulkRoutes } from './bulk/routes.ts'
import { clientsRoutes } from './clients/routes.ts'
import type { Config } from './config.ts'
import { connectionPages } from './connections/pages.ts'
import { connectionsRoutes } from './connections/routes.ts'
import type { Deps } from './core/context.ts'
import { dashboardRoutes } from './dashboard/routes.ts'
import { funnelRoutes } from './funnel/routes.ts'
import { searchRoutes } from './search/routes.ts'
import { newId } from './core/ids.ts'
import { erasureRoutes } from './erasure/routes.ts'
import { firmsRoutes } from './firms/routes.ts'
import { groupsRoutes } from './groups/routes.ts'
import type { App } from './http/app-type.ts'
import { registerAuth } from './http/auth.ts'
import { registerDocs } from './http/docs.ts'
import { answerError, registerErrorHandler } from './http/error-handler.ts'
import { securityHeaders } from './http/headers.ts'
import { healthRoutes } from './http/health.ts'
import { registerHttpRules } from './http/http-rules.ts'
import { parseJson } from './http/json-bodies.ts'
import { limitAddresses, limitPeople } from './http/limits.ts'
import { type Metrics, registerMetrics } from './http/metrics.ts'
import { createHttpServer, refuseConnection } from './http/server.ts'
import { registerSite } from './http/site.ts'
import { registerSerialization } from './http/serialization.ts'
import { registerValidation } from './http/validation.ts'
import { webhookRoutes } from './http/webhooks.ts'
import { invitePages } from './invites/pages.ts'
import { refusalPages } from './invites/refusal-pages.ts'
import { invitesRoutes } from './invites/routes.ts'
import type { LiveBus } from './live/bus.ts'
import { liveRoutes } from './live/routes.ts'
import { messagesRoutes } from './messages/routes.ts'
import { opsRoutes } from './ops/routes.ts'
import { outreachRoutes } from './outreach/routes.ts'
import { pushesRoutes } from './pushes/routes.ts'
import { reviewRoutes } from './review/routes.ts'
import { rulesRoutes } from './rules/routes.ts'
import { staffRoutes } from './staff/routes.ts'
import { templatesRoutes } from './templates/routes.ts'
import { uploadsRoutes } from './uploads/routes.ts'
import { statementPages } from './statements/pages.ts'
import { statementsRoutes } from './statements/routes.ts'
import { transactionsRoutes } from './transactions/routes.ts'

export interface AppParts {
  config: Config
  deps: Deps
  bus: LiveBus
  metrics: Metrics
  logger: FastifyBaseLogger
}

/** The longest request of ours, 500 ids, has a tenth of it. Forms and webhooks have their own. */
const bodyBytesMax = 256 * 1024
const formBytesMax = 8 * 1024

/** Every feature's routes by name: the table of contents of HTTP. */
const features = [
  authRoutes,
  sessionRoutes,
  recoveryRoutes,
  accountRoutes,
  passkeyRoutes,
  firmsRoutes,
  staffRoutes,
  clientsRoutes,
  groupsRoutes,
  bulkRoutes,
  dashboardRoutes,
  funnelRoutes,
  searchRoutes,
  erasureRoutes,
  invitesRoutes,
  messagesRoutes,
  templatesRoutes,
  outreachRoutes,
  connectionsRoutes,
  transactionsRoutes,
  rulesRoutes,
  reviewRoutes,
  booksRoutes,
  pushesRoutes,
  auditRoutes,
  uploadsRoutes,
  statementsRoutes,
  opsRoutes,
]

/** The whole of HTTP, ready to be listened with. */
export async function buildApp({ config, deps, bus, metrics, logger }: AppParts): Promise<App> {
  const headers = securityHeaders(config)
  const app: App = Fastify({
    serverFactory: (listener) => createHttpServer(headers, listener),
    clientErrorHandler: refuseConnection(headers),
    frameworkErrors: answerError(deps),
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    // One proxy, ours: what stands further left in X-Forwarded-For is the caller's own writing
    trustProxy: config.trustProxy ? (_address, hop) => hop === 0 : false,
    genReqId: () => newId(),
    routerOptions: { maxParamLength: 200 },
    return503OnClosing: true,
    forceCloseConnections: 'idle',
  }).withTypeProvider<TypeBoxTypeProvider>()

  // JSON only; form bodies are parsed where forms are
  app.removeContentTypeParser('text/plain')
  parseJson(app)
  registerValidation(app)
  registerSerialization(app)
  registerErrorHandler(app, deps)
  registerMetrics(app, metrics)
  registerHttpRules(app)
  await limitAddresses(app, config.requestsPerMinuteMax)
  await registerAuth(app, deps)
  limitPeople(app, Math.ceil(config.requestsPerMinuteMax / 2))
  await registerDocs(app)
  healthRoutes(app, deps)

  await app.register(
    async (v1: App) => {
      for (const routes of features) await routes(v1, deps)
      liveRoutes(v1, deps, bus)
      await v1.register(async (scope: App) => webhookRoutes(scope, deps))
    },
    { prefix: '/v1' },
  )
  await app.register(async (scope: App) => {
    await scope.register(fastifyFormbody, { bodyLimit: formBytesMax })
    refusalPages(scope, deps, config.inviteDir)
    invitePages(scope, deps, config.inviteDir)
    connectionPages(scope, deps, config.inviteDir)
    await statementPages(scope, deps, config.inviteDir)
  })
  await registerSite(app, config)
  return app
}
