import { badDate, invalidQuery, missing, notEmulated } from './faults.ts'
import { type JsonObject, objectAt, textAt } from './json.ts'
import { kindOf } from './kinds.ts'
import { answered } from './ledger.ts'
import type { Company } from './state.ts'

const objectCountMax = 1000
const lookBackMs = 30 * 24 * 60 * 60 * 1000

/** When the object last changed, in whole seconds, which is all MetaData keeps. */
function changedAt(object: JsonObject): number {
  return Date.parse(textAt(objectAt(object, 'MetaData') ?? {}, 'LastUpdatedTime') ?? '')
}

/**
 * Everything of the named entities changed since an instant, deleted objects as `{status: 'Deleted', Id, MetaData}`.
 * @param entities comma separated
 * @returns the value below `CDCResponse`
 */
export function changesSince(company: Company, entities: string | null, changedSince: string | null, now: Date): JsonObject[] {
  if (entities === null || entities.trim() === '') throw missing('entities')
  if (changedSince === null || changedSince === '') throw missing('changedSince')
  // A "+" of the offset that was not escaped arrives as a space
  const since = Date.parse(changedSince.trim().replace(/ (\d\d:\d\d)$/, '+$1'))
  if (Number.isNaN(since)) throw badDate('changedSince', changedSince)
  if (since < now.getTime() - lookBackMs) throw invalidQuery('changedSince must be less than 30 days ago')
  const sinceSecond = Math.floor(since / 1000) * 1000
  let left = objectCountMax
  const responses = entities.split(',').map((word): JsonObject => {
    const kind = kindOf(word.trim())
    if (kind === null) throw notEmulated(`The intuit emulator does not implement change data capture of ${word.trim()}`)
    const live = answered(company, kind.name, Object.values(company.entities[kind.name])).filter(
      (object) => changedAt(object) >= sinceSecond,
    )
    const deleted = company.tombstones
      .filter(({ entity, at }) => entity === kind.name && Date.parse(at) >= sinceSecond)
      .map(({ id, at }): JsonObject => ({ domain: 'QBO', status: 'Deleted', Id: id, MetaData: { LastUpdatedTime: at } }))
    const objects = [...live, ...deleted].slice(0, left)
    left -= objects.length
    return objects.length === 0 ? {} : { [kind.name]: objects, startPosition: 1, maxResults: objects.length }
  })
  return [{ QueryResponse: responses }]
}
