import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { App } from './app-type.ts'
import { publicScope } from './auth.ts'
import { type ApiDocument, documentProblems } from './documented-problems.ts'

const introduction = `The Ledgersync API. Everything the screens do, they do through it.

* Sign in with \`POST /v1/auth/sign-in\`; cookies carry the session. Writes need an \`Origin\` header with the product's own address.
* Amounts are integers in the currency's smallest unit (\`amountMinor\`); positive is money into the account. Instants are UTC.
* Bodies and queries are exact: a member or parameter that is not documented is a 400 that names it.
* Lists are cut by cursor: pass \`nextCursor\` as \`cursor\`.
* Errors are \`application/problem+json\` with a stable \`code\`.
* Requests are limited per network address and per person. \`X-RateLimit-Limit\`, \`X-RateLimit-Remaining\` and \`X-RateLimit-Reset\`
  (seconds) tell the limit that is nearest; past it the answer is 429 with \`Retry-After\` in seconds, as it is where attempts are counted.`

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
      // Who must be more than a member of staff stands where OpenAPI 3.1 has the required roles
      const permission = route.config?.need?.permission
      const needed = [...(access === 'staff' || access === undefined ? [] : [access]), ...(permission === undefined ? [] : [permission])]
      const security = signedIn ? [{ session: needed }] : []
      return { schema: { ...schema, hide: hidden || schema?.hide === true, security }, url }
    },
    // The plugin is told to write OpenAPI 3.1, of which ApiDocument is a part
    transformObject: (made) => documentProblems('openapiObject' in made ? (made.openapiObject as ApiDocument) : {}),
  })
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async (_req, reply) =>
    reply.type('application/json').serializer(JSON.stringify).send(app.swagger()),
  )
  await app.register(async (scope) => {
    scope.decorate(publicScope, true)
    await scope.register(fastifySwaggerUi, {
      routePrefix: '/docs',
      // Without it the pages would show a badge from somebody else's site
      uiConfig: { docExpansion: 'none', tryItOutEnabled: false, validatorUrl: null },
    })
  })
}
