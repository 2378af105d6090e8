import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorObject } from 'ajv'
import { type ErrorCode, errorStatus, type Problem } from '@ledgersync/shared/errors'
import type { Deps } from '../core/context.ts'
import { AppError, noSuchAddress, ProviderError } from '../core/errors.ts'
import { describeFailure } from '../core/failures.ts'
import { fieldErrors } from '../core/validation.ts'
import { isDatabaseLost } from '../db/client.ts'
import type { App } from './app-type.ts'

/** Fastify's own errors, in our codes and words. */
const frameworkErrors: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_json', 'The body is not valid JSON.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid_json', 'The body is empty; JSON was expected.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['bad_request', 'The body is not as long as it says.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is larger than anything that is expected here.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send JSON with Content-Type: application/json.'],
  FST_ERR_BAD_URL: ['bad_request', 'The address is not valid.'],
  FST_ERR_MAX_PARAM_LENGTH: ['uri_too_long', 'The address is too long.'],
}

/** PostgreSQL refuses values that no column can hold: NUL or half a surrogate pair in text, a 31st of February in a cursor. */
const unstorable = new Set(['22021', '22P05', '22007', '22008'])

/** Two requests at once: what one adds to was deleted by the other, or both waited for each other. */
const atOnce: Record<string, string> = {
  '23503': 'Something that this belongs to was deleted at the same moment.',
  '40P01': 'Somebody else changed this at the same moment. Try again.',
}

/** One place turns whatever was thrown into one kind of answer. A stack never leaves the process. */
export function registerErrorHandler(app: App, deps: Deps): void {
  app.setErrorHandler(answerError(deps))
  app.setNotFoundHandler((req, reply) => send(reply, toProblem(noSuchAddress(), req, deps)))
}

/** The handler itself, which the framework also takes for what it refuses before any route is found. */
export function answerError(deps: Deps): (error: unknown, req: FastifyRequest, reply: FastifyReply) => void {
  return (error, req, reply) => {
    const problem = toProblem(error, req, deps)
    if (error instanceof AppError && error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
    send(reply, problem)
  }
}

function send(reply: FastifyReply, problem: Problem): FastifyReply {
  // Serialised here: the route's schemas are for its own answers
  return reply.code(problem.status).type('application/problem+json').serializer(JSON.stringify).send(problem)
}

function problemOf(req: FastifyRequest, code: ErrorCode, detail: string): Problem {
  return { type: `/docs#${code}`, title: code.replaceAll('_', ' '), status: errorStatus[code], code, detail, requestId: req.id }
}

/** What is told of whatever was thrown; what was not expected is logged on the way. */
export function toProblem(error: unknown, req: FastifyRequest, deps: Deps): Problem {
  if (error instanceof AppError) {
    const more = { ...(error.fields && { fields: error.fields }), ...(error.suggestion !== undefined && { suggestion: error.suggestion }) }
    return { ...problemOf(req, error.code, error.message), ...more }
  }
  if (error instanceof ProviderError) {
    const { provider, operation, status, code, requestId } = error
    deps.log.warn({ requestId: req.id, provider, operation, status, code, providerRequestId: requestId }, 'a provider call failed')
    return problemOf(
      req,
      'provider_unavailable',
      'The bank or bookkeeping service did not answer as expected. Nothing was changed; try again in a minute.',
    )
  }
  // Fastify types what reaches the handler as FastifyError; ours above are not
  const known = error as Partial<FastifyError> & {
    validation?: ErrorObject[]
    validationContext?: string
    statusCode?: number
    cause?: unknown
  }
  if (known.validation !== undefined) {
    const context = known.validationContext === 'querystring' ? 'query' : (known.validationContext ?? 'body')
    const fields = fieldErrors(known.validation, context)
    const first = fields[0]
    return {
      ...problemOf(req, 'invalid_field', first === undefined ? 'The request is not valid.' : `${first.field}: ${first.message}`),
      fields,
    }
  }
  const framework = frameworkErrors[known.code ?? '']
  if (framework !== undefined) return problemOf(req, ...framework)
  const postgres = (known.cause ?? error) as { code?: unknown }
  if (typeof postgres.code === 'string' && unstorable.has(postgres.code))
    return problemOf(req, 'bad_request', 'The request has a value that cannot be stored.')
  const raced = typeof postgres.code === 'string' ? atOnce[postgres.code] : undefined
  if (raced !== undefined) return problemOf(req, 'conflict', raced)
  if (isDatabaseLost(error)) return databaseLost(error, req, deps)
  if (typeof known.statusCode === 'number' && known.statusCode >= 400 && known.statusCode < 500)
    return problemOf(req, 'bad_request', 'The request is not valid.')
  logUnexpected(error, req, deps)
  return problemOf(
    req,
    'internal',
    'Something went wrong on our side. Nothing was changed; try again, and quote the request id if it stays.',
  )
}

function databaseLost(error: unknown, req: FastifyRequest, deps: Deps): Problem {
  deps.log.warn({ requestId: req.id, error: describeFailure(error).error }, 'the database cannot be reached')
  return problemOf(req, 'unavailable', 'Ledgersync is being restarted. Try again in a moment; what was saved is safe.')
}

function logUnexpected(error: unknown, req: FastifyRequest, deps: Deps): void {
  deps.log.error({ requestId: req.id, route: req.routeOptions.url, ...describeFailure(error) }, 'unexpected error')
}
