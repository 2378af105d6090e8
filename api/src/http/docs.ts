import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { App } from './app-type.ts'
import { publicScope } from './auth.ts'

const introduction = `The Ledgersync API. Everything the screens do, they do through it.

* Sign in with \`POST /v1/auth/sign-in\`; cookies carry the session. Writes need an \`Origin\` header with the product's own address.
* Amounts are integers in the currency's smallest unit (\`amountMinor\`); positive is money into the account. Instants are UTC.
* Lists are cut by cursor: pass \`nextCursor\` as \`cursor\`.
* Errors are \`application/problem+json\` with a stable \`code\`.`

/** OpenAPI 3.1 at /openapi.json from the endpoints' own schemas, and interactive documentation at /docs that needs no network. */
export async function registerDocs(app: App): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Ledgersync', version: '1', description: introduction, license: { name: 'MIT', identifier: 'MIT' } },
      components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'ledgersync', description: 'Set by signing in' } } },
    },
    transform: ({ schema, url, route }) => {
      const access = route.config?.access
      const hidden = access === undefined || !(url.startsWith('/v1') || url === '/healthz' || url === '/readyz')
      const signedIn = access === 'staff' || access === 'administrator' || access === 'operator'
      const security = signedIn ? [{ session: [] }] : []
      return { schema: { ...schema, hide: hidden || schema?.hide === true, security }, url }
    },
  })
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async (_req, reply) =>
    reply.type('application/json').serializer(JSON.stringify).send(app.swagger()),
  )
  await app.register(async (scope) => {
    scope.decorate(publicScope, true)
    await scope.register(fastifySwaggerUi, {
      routePrefix: '/docs',
      staticCSP: true,
      uiConfig: { docExpansion: 'none', tryItOutEnabled: false },
    })
  })
}
