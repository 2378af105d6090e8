import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fateOf } from '../kit/wire.ts'
import { type CompanyRequest, isEmulated, serve } from './company-api.ts'
import { authenticationBody, IntuitFault, notEmulated, notYourCompany } from './faults.ts'
import { checkAccessToken } from './tokens.ts'
import type { World } from './world.ts'

export const companyRoute = '/v3/company/:realmId/*'

interface Params {
  realmId: string
  '*': string
}

function toRequest(req: FastifyRequest): CompanyRequest {
  // Fastify parses the query into strings, or arrays for a name given twice, of which the last one counts
  const query = Object.entries(req.query as Record<string, string | string[]>)
  // The route below matches with these parameters only
  const params = req.params as Params
  return {
    method: req.method === 'GET' ? 'GET' : 'POST',
    path: params['*'].split('/').filter((part) => part !== ''),
    query: Object.fromEntries(query.map(([key, value]) => [key, Array.isArray(value) ? value.at(-1) : value])),
    body: req.body,
    fate: fateOf(req),
  }
}

export const bearerOf = (req: FastifyRequest): string | undefined => /^Bearer (\S+)$/i.exec(req.headers.authorization ?? '')?.[1]

/** The answer to a token that opens nothing. */
export const unauthenticated = (detail: string, now: Date) => ({
  status: 401,
  headers: { 'www-authenticate': 'Bearer realm="Intuit", error="invalid_token"' },
  body: authenticationBody(detail, now),
})

/** Lets a call through to its body, or answers it: 501, then 401, 403 and 429 in this order. */
function admit(world: World, req: FastifyRequest, reply: FastifyReply): FastifyReply | null {
  const request = toRequest(req)
  // The route below matches with these parameters only
  const { realmId } = req.params as Params
  const refuse = (fault: IntuitFault): FastifyReply => reply.code(fault.status).send(fault.toBody(world.now()))
  if (!isEmulated(request)) {
    return refuse(notEmulated(`The intuit emulator does not implement ${req.method} ${req.url.split('?')[0] ?? ''}`))
  }
  const checked = checkAccessToken(world, bearerOf(req))
  if ('problem' in checked) {
    const { status, headers, body } = unauthenticated(checked.problem, world.now())
    return reply.code(status).headers(headers).send(body)
  }
  if (checked.realmId !== realmId) return refuse(notYourCompany())
  try {
    world.throttle.enter(realmId, request.path[0] === 'batch')
  } catch (error) {
    if (error instanceof IntuitFault) return refuse(error)
    throw error
  }
  // "close" follows both an answer and a cut connection
  reply.raw.once('close', () => world.throttle.leave(realmId))
  return null
}

/** The operation of a call of the company API, such as `POST /v3/company/:realmId/batch`. */
export function companyOperation(req: FastifyRequest): string {
  const [first = ''] = toRequest(req).path
  return `${req.method} /v3/company/:realmId/${first.toLowerCase()}`
}

/** The company API: every call passes `admit`, then the plan of faults, then the books. */
export function companyRoutes(app: FastifyInstance, world: World): void {
  app.route({
    method: ['GET', 'POST'],
    url: companyRoute,
    onRequest: async (req, reply) => admit(world, req, reply) ?? undefined,
    handler: async (req, reply) => {
      // The route matches with these parameters only
      const { realmId } = req.params as Params
      const company = world.store.data.companies[realmId]
      if (company === undefined) throw new Error(`A live token names company ${realmId}, which does not exist`)
      const { status, body } = serve(world, company, toRequest(req))
      return reply.code(status).send(body)
    },
  })
}
