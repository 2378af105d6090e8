import type { FastifyRequest } from 'fastify'
import { operationOf, type ServerParts } from '../kit/server.ts'
import { bearerOf, companyOperation, companyRoute, unauthenticated } from './company-routes.ts'
import { type IntuitFault, systemFailure, throttled } from './faults.ts'
import { expireAccessToken } from './tokens.ts'
import type { World } from './world.ts'

const batch = 'POST /v3/company/:realmId/batch'
const tokens = 'POST /oauth2/v1/tokens/bearer'
const companyPrefix = '/v3/company/'

/** The calls of the product: the company API and the token endpoints. The rest are pages a person looks at. */
function operation(req: FastifyRequest): string | null {
  if (req.routeOptions.url === companyRoute) return companyOperation(req)
  return req.url.startsWith('/oauth2/') || req.url.startsWith('/v2/oauth2/') ? operationOf(req) : null
}

/** How a plan of faults looks at Intuit. A token that is refused in the middle has really ended, so that a new one is needed. */
export function intuitFaults(world: World): ServerParts['fault'] {
  const answer = (fault: IntuitFault) => ({ status: fault.status, body: fault.toBody(world.now()) })
  return {
    faults: world.faults,
    operation,
    inside: (name) => {
      if (name === tokens) return ['refresh_race']
      if (name === batch) return ['batch_item_failed', 'requestid_ignored']
      return name.startsWith(`POST ${companyPrefix}`) ? ['requestid_ignored'] : []
    },
    throttled: () => answer(throttled()),
    serverError: () => answer(systemFailure()),
    canBeUnauthorized: (name) => name.includes(companyPrefix),
    unauthorized: (req) => (expireAccessToken(world, bearerOf(req)) ? unauthenticated('Token expired', world.now()) : null),
  }
}
