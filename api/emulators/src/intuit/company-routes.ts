import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Calls } from '../kit/calls.ts'
import { type CompanyRequest, isEmulated, serve } from './company-api.ts'
import { authenticationBody, IntuitFault, notEmulated, notYourCompany } from './faults.ts'
import type { Work } from './intercept.ts'
import { checkAccessToken } from './tokens.ts'
import type { World } from './world.ts'

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
  }
}

/** Lets a call through to its body, or answers it: 501, then 401, 403 and 429 in this order. */
function admit(world: World, req: FastifyRequest, reply: FastifyReply): FastifyReply | null {
  const request = toRequest(req)
  // The route below matches with these parameters only
  const { realmId } = req.params as Params
  const refuse = (fault: IntuitFault): FastifyReply => reply.code(fault.status).send(fault.toBody(world.now()))
  if (!isEmulated(request)) {
    return refuse(notEmulated(`The intuit emulator does not implement ${req.method} ${req.url.split('?')[0] ?? ''}`))
  }
  const token = /^Bearer (\S+)$/i.exec(req.headers.authorization ?? '')?.[1]
  const checked = checkAccessToken(world, token)
  if ('problem' in checked) {
    const detail = checked.problem
    return reply
      .code(401)
      .header('www-authenticate', 'Bearer realm="Intuit", error="invalid_token"')
      .send(authenticationBody(detail, world.now()))
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

/** The company API: every call passes `admit`, then the interceptor when there is one, then the books. */
export function companyRoutes(app: FastifyInstance, world: World, calls: Calls): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/v3/company/:realmId/*',
    onRequest: async (req, reply) => admit(world, req, reply) ?? undefined,
    handler: async (req, reply) => {
      // The route matches with these parameters only
      const { realmId } = req.params as Params
      const company = world.store.data.companies[realmId]
      if (company === undefined) throw new Error(`A live token names company ${realmId}, which does not exist`)
      const request = toRequest(req)
      const requestId = request.query['requestid'] ?? null
      const work: Work = (how) => serve(world, company, request, how?.ignoreRequestId === true ? null : requestId)
      const call = { realmId, method: request.method, path: request.path.join('/'), requestId, body: request.body ?? {} }
      const outcome = world.interceptor === null ? work() : await world.interceptor(call, work)
      if (outcome !== 'cut') return reply.code(outcome.status).send(outcome.body)
      // A cut connection has no status; it is recorded as 0
      calls.record(req, 0)
      reply.hijack()
      req.raw.socket.destroy()
      return reply
    },
  })
}
