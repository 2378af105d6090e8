import { type BuildContext, refuseClosed } from './checks.ts'
import { closedOn, storedAt } from './company.ts'
import { missing, notFound, operationUnsupported, partOfDeposit, stale } from './faults.ts'
import { type JsonObject, flagAt, objectAt, objectsAt, textAt } from './json.ts'
import type { EntityKind } from './kinds.ts'
import { answered } from './ledger.ts'
import { type Company, type EntityName, originKey, stamp, takeId } from './state.ts'
import { metaTime, serverDay } from './time.ts'

export type Operation = 'create' | 'update' | 'delete'

/** One change of the books, for webhooks and the record of how entries came to be. */
export interface Change {
  entity: EntityName
  id: string
  operation: Operation
  at: Date
}

export interface WriteOptions {
  now: Date
  allowDuplicateDocNumber: boolean
  requestId: string | null
  /** False when a person inside QuickBooks does it. */
  byApi: boolean
}

export interface Written {
  /** The wire object, without its envelope. */
  object: JsonObject
  change: Change
}

/** Finds the stored object an update or a delete names, and holds its SyncToken against the one sent. */
function findCurrent(company: Company, kind: EntityKind, body: JsonObject): { id: string; current: JsonObject } {
  const id = textAt(body, 'Id')
  if (id === null || id === '') throw missing('Id')
  const current = storedAt(company, kind.name, id)
  if (current === null) throw notFound(`${kind.name} ${id} does not exist or was deleted`)
  const token = textAt(body, 'SyncToken')
  if (token === null || token === '') throw missing('SyncToken')
  if (token !== textAt(current, 'SyncToken')) throw stale()
  return { id, current }
}

/**
 * Carries out one write, or throws the Fault Intuit answers and leaves the books as they were. The caller saves the store.
 */
export function write(
  company: Company,
  kind: EntityKind,
  { operation, body }: { operation: Operation; body: JsonObject },
  options: WriteOptions,
): Written {
  if (kind.build === null) throw operationUnsupported(`${operation} ${kind.name}`)
  const change = (id: string): Change => ({ entity: kind.name, id, operation, at: options.now })
  if (operation === 'delete') {
    const id = remove(company, kind, body, options.now)
    return { object: { status: 'Deleted', domain: 'QBO', Id: id }, change: change(id) }
  }
  const context: BuildContext = {
    company,
    old: null,
    today: serverDay(options.now),
    closedOn: closedOn(company),
    allowDuplicateDocNumber: options.allowDuplicateDocNumber,
  }
  const at = metaTime(options.now)
  const id = operation === 'create' ? create(company, kind, { body, context, at }) : update(company, kind, { body, context, at })
  if (operation === 'create') {
    company.origins[originKey(kind.name, id)] = { byApi: options.byApi, requestId: options.requestId, requestCount: 1 }
  }
  const [object = {}] = answered(company, kind.name, [company.entities[kind.name][id] ?? {}])
  return { object, change: change(id) }
}

interface WriteInput {
  body: JsonObject
  context: BuildContext
  at: string
}

function create(company: Company, kind: EntityKind, { body, context, at }: WriteInput): string {
  if (kind.build === null) throw operationUnsupported(`create ${kind.name}`)
  const built = kind.build(body, context)
  const id = takeId(company, kind.sequence)
  company.entities[kind.name][id] = { ...built, ...stamp(id, at) }
  return id
}

function update(company: Company, kind: EntityKind, { body, context, at }: WriteInput): string {
  if (kind.build === null) throw operationUnsupported(`update ${kind.name}`)
  const { id, current } = findCurrent(company, kind, body)
  // A sparse update changes what it names; a full one empties every writable member it leaves out
  const source = flagAt(body, 'sparse') === true ? { ...current, ...body } : { Active: current['Active'], ...body }
  const built = kind.build(withoutUndefined(source), { ...context, old: current })
  company.entities[kind.name][id] = {
    ...built,
    // Links are made by other transactions, and stay
    ...(current['LinkedTxn'] === undefined ? {} : { LinkedTxn: current['LinkedTxn'] }),
    ...stamp(id, at),
    SyncToken: String(Number(textAt(current, 'SyncToken')) + 1),
    MetaData: { ...objectAt(current, 'MetaData'), LastUpdatedTime: at },
  }
  if (kind.group === 'list') renameChildren(company, kind.name, id)
  return id
}

function withoutUndefined(source: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined))
}

/** Full names of everything below a renamed parent follow it. */
function renameChildren(company: Company, entity: EntityName, parentId: string): void {
  const parent = company.entities[entity][parentId]
  if (parent === undefined) return
  for (const [id, child] of Object.entries(company.entities[entity])) {
    if (textAt(objectAt(child, 'ParentRef') ?? {}, 'value') !== parentId || id === parentId) continue
    child['FullyQualifiedName'] = `${textAt(parent, 'FullyQualifiedName')}:${textAt(child, 'Name')}`
    renameChildren(company, entity, id)
  }
}

function remove(company: Company, kind: EntityKind, body: JsonObject, now: Date): string {
  // Names are never deleted, only made inactive
  if (kind.group !== 'transaction') throw operationUnsupported(`delete ${kind.name}`)
  const { id, current } = findCurrent(company, kind, body)
  refuseClosed(textAt(current, 'TxnDate') ?? '', { closedOn: closedOn(company) })
  if (objectsAt(current, 'LinkedTxn').length > 0) throw partOfDeposit()
  delete company.entities[kind.name][id]
  company.tombstones.push({ entity: kind.name, id, at: metaTime(now) })
  return id
}
