import type { CallFate } from '../kit/faults.ts'
import { badEnum, badText, IntuitFault, missing, notEmulated, systemFailure, tooLong } from './faults.ts'
import { type JsonObject, isObject, objectAt, objectsAt, textAt } from './json.ts'
import { kindOf } from './kinds.ts'
import { runQuery } from './query.ts'
import type { Company } from './state.ts'
import { type Change, type Operation, write, type WriteOptions } from './write.ts'

const itemCountMax = 30
const bIdLengthMax = 10

/** The items of a batch with their bIds, or the Fault for a batch that is refused whole. */
export function readBatch(body: JsonObject): { bId: string; item: JsonObject }[] {
  const items = objectsAt(body, 'BatchItemRequest')
  if (items.length === 0) throw missing('BatchItemRequest')
  if (items.length > itemCountMax) {
    throw new IntuitFault({
      code: '1040',
      message: 'Batch size exceeds allowed limit',
      detail: `Number of items in the batch: ${items.length}. Maximum: ${itemCountMax}`,
    })
  }
  const seen = new Set<string>()
  return items.map((item) => {
    const bId = textAt(item, 'bId')
    if (bId === null || bId === '') throw missing('bId')
    if (bId.length > bIdLengthMax) throw tooLong('bId', bIdLengthMax, bId.length)
    if (seen.has(bId)) throw badText('bId', `${bId} is used twice in one batch`)
    seen.add(bId)
    return { bId, item }
  })
}

/**
 * The bIds of the items that meet a passing fault. One item at least is done, so a batch of one is left alone: what it answers
 * is its answer for ever, and nobody could get past that.
 */
export function failingItems(items: readonly { bId: string }[], fate: CallFate): ReadonlySet<string> {
  const [spared, ...others] = items
    .map(({ bId }) => ({ bId, order: fate.chance(`item ${bId}`) }))
    .sort((a, b) => a.order - b.order)
    .map(({ bId }) => bId)
  if (spared === undefined || others.length === 0 || !fate.take('batch_item_failed')) return new Set()
  return new Set(others.slice(0, 1 + Math.floor(fate.chance('items') * others.length)))
}

/** Carries out the items one after another; one that fails answers its own Fault and stops none of the others. */
export function runBatch(
  company: Company,
  items: { bId: string; item: JsonObject }[],
  { failing, ...options }: WriteOptions & { failing: ReadonlySet<string> },
): { answers: JsonObject[]; changes: Change[] } {
  const changes: Change[] = []
  const answers = items.map(({ bId, item }): JsonObject => {
    try {
      if (failing.has(bId)) throw systemFailure()
      return { bId, ...runItem(company, item, options, changes) }
    } catch (error) {
      if (error instanceof IntuitFault) return { bId, Fault: error.toFault() }
      throw error
    }
  })
  return { answers, changes }
}

function runItem(company: Company, item: JsonObject, options: WriteOptions, changes: Change[]): JsonObject {
  const query = textAt(item, 'Query')
  if (query !== null) return { QueryResponse: runQuery(company, query) }
  const member = Object.keys(item).find((key) => isObject(item[key]))
  if (member === undefined) throw missing('an entity or a Query')
  const kind = kindOf(member)
  if (kind === null) throw notEmulated(`The intuit emulator does not implement ${member} in a batch`)
  const operation = textAt(item, 'operation')
  if (operation === null) throw missing('operation')
  if (!isOperation(operation)) throw badEnum('operation', operation)
  const written = write(company, kind, { operation, body: objectAt(item, member) ?? {} }, options)
  changes.push(written.change)
  return { [kind.name]: written.object }
}

function isOperation(text: string): text is Operation {
  return text === 'create' || text === 'update' || text === 'delete'
}
