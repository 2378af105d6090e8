import type { CallFate } from '../kit/faults.ts'
import { failingItems, readBatch, runBatch } from './batch.ts'
import { changesSince } from './cdc.ts'
import { storedAt } from './company.ts'
import { badEnum, companyLapsed, IntuitFault, missing, notFound, operationUnsupported, tooLong, unreadable } from './faults.ts'
import { type JsonObject, copy, isObject, textAt } from './json.ts'
import { type EntityKind, kindOf } from './kinds.ts'
import { answered } from './ledger.ts'
import { runQuery } from './query.ts'
import { type Company, originKey } from './state.ts'
import { answerTime } from './time.ts'
import type { World } from './world.ts'
import { type Change, type Operation, write, type WriteOptions } from './write.ts'

/** A finished call. */
interface CompanyAnswer {
  status: number
  body: JsonObject
}

/** One call below `/v3/company/{realmId}/`. */
export interface CompanyRequest {
  method: 'GET' | 'POST'
  /** The path parts after the realm, such as `['purchase', '101']`. */
  path: string[]
  query: Readonly<Record<string, string | undefined>>
  body: unknown
  fate: CallFate
}

interface Result {
  body: JsonObject
  changes: Change[]
}

const requestIdLengthMax = 50
const batchRequestIdLengthMax = 36

/** Whether the emulator knows the endpoint; what it does not know is answered 501 before anything else. */
export function isEmulated({ method, path }: CompanyRequest): boolean {
  const [first = '', second] = path
  if (path.length > 2) return false
  if (first === 'query') return second === undefined
  if (first === 'batch') return second === undefined && method === 'POST'
  if (first === 'cdc') return second === undefined && method === 'GET'
  const kind = kindOf(first)
  if (kind === null || kind.path !== first.toLowerCase()) return false
  return method === 'GET' ? second !== undefined || kind.name === 'Preferences' : second === undefined
}

/**
 * Does the work of one authenticated call and answers it, Faults included. Changes are on disk and their notices on
 * their way when it returns.
 */
export function serve(world: World, company: Company, request: CompanyRequest): CompanyAnswer {
  try {
    if (company.subscriptionLapsed) throw companyLapsed()
    const [first] = request.path
    if (request.method === 'GET' || first === 'query') return { status: 200, body: read(world, company, request) }
    const given = request.query['requestid'] ?? null
    const requestId = given !== null && request.fate.take('requestid_ignored') ? null : given
    const key = replayKey(request, requestId)
    const replayed = key === null ? null : replay(world, company, key)
    return replayed ?? perform(world, company, { request, requestId, key })
  } catch (error) {
    if (error instanceof IntuitFault) return { status: error.status, body: error.toBody(world.now()) }
    throw error
  }
}

/** What a `requestid` is remembered under: a batch is the same only with the same bIds. */
function replayKey(request: CompanyRequest, requestId: string | null): string | null {
  if (requestId === null || requestId === '') return null
  const isBatch = request.path[0] === 'batch'
  const lengthMax = isBatch ? batchRequestIdLengthMax : requestIdLengthMax
  if (requestId.length > lengthMax) throw tooLong('requestid', lengthMax, requestId.length)
  if (!isBatch) return JSON.stringify([requestId])
  const bIds = readBatch(bodyObject(request)).map(({ bId }) => bId)
  return JSON.stringify([requestId, 'batch', ...bIds.sort()])
}

function replay(world: World, company: Company, key: string): CompanyAnswer | null {
  const stored = Object.hasOwn(company.answers, key) ? company.answers[key] : undefined
  if (stored === undefined) return null
  company.replayCount += 1
  for (const created of stored.created) {
    const origin = company.origins[created]
    if (origin !== undefined) origin.requestCount += 1
  }
  world.store.save()
  return { status: stored.status, body: copy(stored.body) }
}

/** Carries out a write for the first time and remembers its answer under `key`. */
function perform(
  world: World,
  company: Company,
  { request, requestId, key }: { request: CompanyRequest; requestId: string | null; key: string | null },
): CompanyAnswer {
  const remember = (answer: CompanyAnswer, changes: Change[]): CompanyAnswer => {
    if (key !== null) {
      const created = changes.filter(({ operation }) => operation === 'create').map(({ entity, id }) => originKey(entity, id))
      company.answers[key] = { ...answer, body: copy(answer.body), created }
    }
    if (key !== null || changes.length > 0) world.store.save()
    world.webhooks.send(company.realmId, changes)
    return answer
  }
  try {
    const { body, changes } = change(world, company, request, requestId)
    return remember({ status: 200, body: { ...body, time: answerTime(world.now()) } }, changes)
  } catch (error) {
    if (!(error instanceof IntuitFault) || world.options.replayFaults !== true) throw error
    return remember({ status: error.status, body: error.toBody(world.now()) }, [])
  }
}

function change(world: World, company: Company, request: CompanyRequest, requestId: string | null): Result {
  const body = bodyObject(request)
  const include = request.query['include'] ?? ''
  if (include === 'void') throw operationUnsupported('void')
  const options: WriteOptions = { now: world.now(), allowDuplicateDocNumber: include === 'allowduplicatedocnum', requestId, byApi: true }
  if (request.path[0] === 'batch') {
    const items = readBatch(body)
    const { answers, changes } = runBatch(company, items, { ...options, failing: failingItems(items, request.fate) })
    return { body: { BatchItemResponse: answers }, changes }
  }
  const kind = kindAt(request)
  const written = write(company, kind, { operation: operationOf(request, body), body }, options)
  return { body: { [kind.name]: written.object }, changes: [written.change] }
}

/** A POST is a delete when it says so, an update when it names an Id, else a create. */
function operationOf(request: CompanyRequest, body: JsonObject): Operation {
  const named = request.query['operation']
  if (named === 'delete' || named === 'update') return named
  if (named !== undefined) throw badEnum('operation', named)
  return textAt(body, 'Id') === null ? 'create' : 'update'
}

function read(world: World, company: Company, request: CompanyRequest): JsonObject {
  const time = answerTime(world.now())
  const [first, id] = request.path
  if (first === 'query') return { QueryResponse: runQuery(company, queryText(request)), time }
  if (first === 'cdc') {
    const { entities, changedSince } = request.query
    return { CDCResponse: changesSince(company, entities ?? null, changedSince ?? null, world.now()), time }
  }
  const kind = kindAt(request)
  // Settings are the only object of their kind; CompanyInfo is asked for by the realm, yet its Id is 1
  const storedId = kind.group === 'setting' ? '1' : (id ?? '')
  const found = storedAt(company, kind.name, storedId)
  const isForeign = kind.name === 'CompanyInfo' && id !== company.realmId && id !== '1'
  if (found === null || isForeign) throw notFound(`${kind.name} ${id ?? ''} does not exist or was deleted`)
  const [object = {}] = answered(company, kind.name, [found])
  return { [kind.name]: object, time }
}

/** The statement: the `query` parameter, or the text of a POST. */
function queryText(request: CompanyRequest): string {
  if (typeof request.body === 'string' && request.body.trim() !== '') return request.body
  const text = request.query['query']
  if (text === undefined || text.trim() === '') throw missing('query')
  return text
}

function kindAt(request: CompanyRequest): EntityKind {
  const kind = kindOf(request.path[0] ?? '')
  if (kind === null) throw new Error(`${request.path.join('/')} passed isEmulated without an entity`)
  return kind
}

function bodyObject(request: CompanyRequest): JsonObject {
  if (!isObject(request.body)) throw unreadable('The body of the request is not a JSON object')
  return request.body
}
