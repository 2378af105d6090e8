import { badEnum, badText, IntuitFault, missing, notEmulated, tooLong } from './faults.ts'
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

/** Carries out the items one after another; one that fails answers its own Fault and stops none of the others. */
export function runBatch(
  company: Company,
  items: { bId: string; item: JsonObject }[],
  options: WriteOptions,
): { answers: JsonObject[]; changes: Change[] } {
  const changes: Change[] = []
  const answers = items.map(({ bId, item }): JsonObject => {
    try {
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
