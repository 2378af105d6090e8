import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { errorBody, faultOf, invalidInput, PlaidFault } from './errors.ts'
import { Fields } from './fields.ts'
import { base62 } from './ids.ts'
import type { Item } from './types.ts'
import type { World } from './world.ts'

/** One endpoint: the members its body may have (besides the credentials) and what it does. */
export interface Endpoint {
  path: string
  fields: readonly string[]
  handle(body: Fields, req: FastifyRequest): object
}

/** A request id in Plaid's manner. */
export function requestId(): string {
  return base62(randomBytes(16).toString('hex'), 15)
}

function same(given: unknown, expected: string): boolean {
  const [a, b] = [Buffer.from(typeof given === 'string' ? given : ''), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function checkKeys(world: World, req: FastifyRequest, body: Record<string, unknown>): void {
  const clientId = req.headers['plaid-client-id'] ?? body.client_id
  const secret = req.headers['plaid-secret'] ?? body.secret
  if (!same(clientId, world.clientId) || !same(secret, world.secret))
    throw invalidInput('INVALID_API_KEYS', 'invalid client_id or secret provided')
}

/** Adds an endpoint: credentials first, then a JSON object as body without unknown members; every answer has a request id. */
export function addEndpoint(app: FastifyInstance, world: World, endpoint: Endpoint): void {
  app.post(endpoint.path, async (req) => {
    const body: unknown = req.body ?? {}
    if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalidBody()
    // A non-null object that is no array has string keys
    const values = body as Record<string, unknown>
    checkKeys(world, req, values)
    if (!/^application\/json\b/.test(req.headers['content-type'] ?? '')) {
      throw new PlaidFault('INVALID_REQUEST', 'INVALID_HEADERS', 'Content-Type must be application/json')
    }
    const fields = new Fields(values)
    fields.only([...endpoint.fields, 'client_id', 'secret'])
    world.throttle.enter(endpoint.path, values.access_token)
    return { ...endpoint.handle(fields, req), request_id: requestId() }
  })
}

function invalidBody(): PlaidFault {
  return new PlaidFault('INVALID_REQUEST', 'INVALID_BODY', 'body could not be parsed as JSON')
}

/** Turns whatever a handler threw into Plaid's error body. */
export function toFault(error: Error): PlaidFault {
  if (error instanceof PlaidFault) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return code.startsWith('FST_ERR_CTP_') || error instanceof SyntaxError ? invalidBody() : faultOf('INTERNAL_SERVER_ERROR')
}

/** The error answer for a fault. */
export function faultAnswer(fault: PlaidFault): { status: number; body: unknown } {
  return { status: fault.status, body: errorBody(fault, requestId()) }
}

const tokenForm = /^access-sandbox-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The Item behind `access_token`.
 *
 * @throws PlaidFault INVALID_ACCESS_TOKEN for one nobody issued, ITEM_NOT_FOUND for an Item that was removed.
 */
export function itemOf(world: World, body: Fields): Item {
  const token = body.needText('access_token')
  if (!tokenForm.test(token)) {
    throw invalidInput(
      'INVALID_ACCESS_TOKEN',
      'provided access token is in an invalid format. expected format: access-<environment>-<identifier>',
    )
  }
  const item = Object.values(world.store.data.items).find((candidate) => candidate.accessToken === token && candidate.exchangedAt !== null)
  if (!item) throw invalidInput('INVALID_ACCESS_TOKEN', 'could not find matching access token')
  if (item.removedAt !== null) throw faultOf('ITEM_NOT_FOUND')
  return item
}

/** Refuses what needs the bank while the Item's login does not work. */
export function needHealthy(item: Item): void {
  if (item.errorCode !== null) throw faultOf(item.errorCode)
}
