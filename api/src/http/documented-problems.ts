import { Problem } from '@ledgersync/shared/errors'

/** The part of an OpenAPI document that is read and completed here. */
export interface ApiDocument {
  components?: Record<string, Record<string, unknown>>
  paths?: Record<string, Record<string, Operation> | undefined>
}
interface Operation {
  parameters?: { in: string }[]
  requestBody?: unknown
  security?: { session?: string[] }[]
  summary?: string
  responses?: Record<string, object>
}

/** Each error status once: its name among the components, and when it is answered. */
const problems = {
  400: ['BadRequest', 'The request is malformed, or a value in it is: `fields` says which.'],
  401: ['Unauthenticated', 'There is no session, it has ended, or the credentials are wrong.'],
  403: ['Forbidden', "The person or the request's origin may not do this."],
  404: ['NotFound', 'Something the request names does not exist, or the caller has no access to it.'],
  408: ['RequestTimeout', 'The request did not arrive in time.'],
  409: ['Conflict', 'The state of things does not allow it; `code` says why.'],
  413: ['BodyTooLarge', 'The body is larger than anything that is expected here.'],
  414: ['AddressTooLong', 'A part of the address is too long.'],
  415: ['UnsupportedMediaType', 'The body is not JSON.'],
  429: ['TooManyRequests', 'Too many requests or attempts; wait.'],
  431: ['HeadersTooLarge', 'The headers are too large.'],
  500: ['Internal', 'A mistake of ours. Nothing was changed.'],
  502: ['ProviderUnavailable', 'The bank or bookkeeping service did not answer as expected. Nothing was changed.'],
  503: ['Unavailable', 'The service cannot take requests now; try again.'],
} as const
type ProblemStatus = keyof typeof problems

const always: ProblemStatus[] = [400, 408, 429, 431, 500, 502, 503]

/**
 * Adds the error answers to every operation, those with routes of their own included: each is described once among the components
 * and referred to, so that what is documented does not depend on who declares an operation.
 */
export function documentProblems<D extends ApiDocument>(document: D): D {
  const components = { ...document.components }
  components.schemas = { ...components.schemas, Problem }
  components.responses = { ...components.responses, ...Object.fromEntries(Object.values(problems).map(describe)) }
  const paths = Object.entries(document.paths ?? {}).map(([path, methods]) => [
    path,
    Object.fromEntries(Object.entries(methods ?? {}).map(([method, operation]) => [method, complete(method, operation)])),
  ])
  return { ...document, components, paths: Object.fromEntries(paths) }
}

function describe([name, description]: readonly [string, string]): [string, object] {
  return [name, { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } }]
}

function complete(method: string, operation: Operation): Operation {
  const answers = statusesOf(method, operation).map((status) => [status, { $ref: `#/components/responses/${problems[status][0]}` }])
  const own = Object.entries(operation.responses ?? {}).map(([status, answer]) => [
    status,
    { ...answer, description: wordsOf(status, operation) },
  ])
  return { ...operation, responses: Object.fromEntries([...own, ...answers]) }
}

/** What an operation answers when all went well is what it is for. */
const wordsOf = (status: string, { summary = 'Done' }: Operation): string => (status === '204' ? 'Done; the answer has no body' : summary)

/** What can go wrong follows from what the operation takes: a write, a session, ids. */
function statusesOf(method: string, operation: Operation): ProblemStatus[] {
  const isWrite = method !== 'get'
  const needsSession = (operation.security ?? []).length > 0
  // To everybody else an operator's address does not exist
  const isHidden = (operation.security ?? []).some(({ session = [] }) => session.includes('operator'))
  const hasParams = (operation.parameters ?? []).some((parameter) => parameter.in === 'path')
  const namesRows = hasParams || JSON.stringify([operation.parameters, operation.requestBody]).includes('"uuid"')
  return [
    ...always,
    ...(isWrite || needsSession ? ([401, 403] as const) : []),
    ...(isWrite ? ([409, 413, 415] as const) : []),
    ...(hasParams ? ([414] as const) : []),
    ...(namesRows || isHidden ? ([404] as const) : []),
  ]
}
