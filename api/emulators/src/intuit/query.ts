import { invalidQuery, notEmulated } from './faults.ts'
import { type Json, type JsonObject, flagAt, isObject } from './json.ts'
import { type EntityKind, kindOf } from './kinds.ts'
import { answered } from './ledger.ts'
import { type Condition, type Literal, parseQuery, type Statement } from './query-parser.ts'
import type { Company } from './state.ts'

const resultsMax = 1000
const resultsDefault = 100

/**
 * Answers one query statement.
 * @returns the value below `QueryResponse`: `{}` when nothing matches
 * @throws IntuitFault 4000 for what cannot be read, 4001 for what Intuit does not let one ask
 */
export function runQuery(company: Company, text: string): JsonObject {
  const statement = parseQuery(text)
  const kind = kindOf(statement.from)
  if (kind === null) throw notEmulated(`The intuit emulator does not implement queries of ${statement.from}`)
  const limit = validate(kind, statement)
  const where = statement.where.map((condition) => ({ ...condition, field: fieldOf(kind, condition.field) }))
  const asksForInactive = where.some(({ field }) => field === 'Active')
  const stored = Object.values(company.entities[kind.name])
  // Accounts can be asked for by their balances, which are not stored; of the others only the page is copied
  const asked = kind.name === 'Account' ? answered(company, kind.name, stored) : stored
  const found = asked.filter(
    (object) => (asksForInactive || flagAt(object, 'Active') !== false) && where.every((condition) => holds(object, condition)),
  )
  if (statement.select === 'count') return { totalCount: found.length }
  const orderBy = statement.orderBy.map((order) => ({ ...order, field: fieldOf(kind, order.field) }))
  found.sort((left, right) => compareBy(left, right, orderBy))
  const part = found.slice(statement.startPosition - 1, statement.startPosition - 1 + limit)
  const page = kind.name === 'Account' ? part : answered(company, kind.name, part)
  if (page.length === 0) return {}
  const { select } = statement
  const rows =
    select === 'all'
      ? page
      : page.map((object) =>
          pick(
            object,
            select.map((column) => fieldOf(kind, column)),
          ),
        )
  return { [kind.name]: rows, startPosition: statement.startPosition, maxResults: rows.length }
}

/** The field in its own letter case. */
function fieldOf(kind: EntityKind, field: string): string {
  const lower = field.toLowerCase()
  return [...kind.filterable, ...kind.selectable].find((known) => known.toLowerCase() === lower) ?? field
}

/** Refuses what Intuit does; returns the page size. */
function validate(kind: EntityKind, statement: Statement): number {
  for (const { field } of [...statement.where, ...statement.orderBy]) {
    const name = fieldOf(kind, field)
    if (kind.filterable.includes(name)) continue
    if (kind.selectable.includes(name)) throw invalidQuery(`property '${field}' is not queryable`)
    throw invalidQuery(`Property ${field} not found for Entity ${kind.name}`)
  }
  if (Array.isArray(statement.select)) {
    const unknown = statement.select.find((column) => ![...kind.filterable, ...kind.selectable].includes(fieldOf(kind, column)))
    if (unknown !== undefined) throw invalidQuery(`Property ${unknown} not found for Entity ${kind.name}`)
  }
  for (const { operator, values } of statement.where) {
    if (operator === 'LIKE' && values.some((value) => typeof value !== 'string')) throw invalidQuery('LIKE needs a string')
  }
  if (statement.startPosition < 1) throw invalidQuery(`value ${statement.startPosition} is too small. Min allowed value is 1`)
  const limit = statement.maxResults ?? resultsDefault
  if (limit > resultsMax) throw invalidQuery(`value ${limit} is too large. Max allowed value is ${resultsMax}`)
  return limit
}

function valueAt(object: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = object
  for (const key of path.split('.')) value = isObject(value) ? value[key] : undefined
  return value
}

function pick(object: JsonObject, fields: string[]): JsonObject {
  const picked: JsonObject = { domain: 'QBO', sparse: true }
  for (const field of fields) {
    const [first = '', second] = field.split('.')
    const value = valueAt(object, field)
    if (value === undefined) continue
    const before = picked[first]
    picked[first] = second === undefined ? value : { ...(isObject(before) ? before : {}), [second]: value }
  }
  return picked
}

/** A value as something to compare: numbers and Ids by size, times by instant, text without letter case. */
function comparable(field: string, value: Json | Literal | undefined): number | string | boolean | null {
  if (value === undefined || value === null || typeof value === 'object') return null
  if (field.startsWith('MetaData.')) return Date.parse(String(value))
  if (typeof value === 'boolean') return value
  if (field === 'Active' || field === 'SubAccount') return String(value).toLowerCase() === 'true'
  if (['Id', 'TotalAmt', 'Balance', 'CurrentBalance'].includes(field)) return Number(value)
  return String(value).toLowerCase()
}

function compare(left: number | string | boolean | null, right: number | string | boolean | null): number {
  if (left === right) return 0
  if (left === null) return -1
  if (right === null) return 1
  return left < right ? -1 : 1
}

function holds(object: JsonObject, { field, operator, values }: Condition): boolean {
  const value = valueAt(object, field)
  const actual = comparable(field, value)
  if (operator === 'LIKE') return typeof value === 'string' && likePattern(String(values[0])).test(value)
  if (operator === 'IN') return values.some((wanted) => compare(actual, comparable(field, wanted)) === 0)
  // SQL's rule: nothing compares with an absent value
  if (actual === null) return false
  const order = compare(actual, comparable(field, values[0]))
  switch (operator) {
    case '=':
      return order === 0
    case '<':
      return order < 0
    case '>':
      return order > 0
    case '<=':
      return order <= 0
    case '>=':
      return order >= 0
  }
}

function likePattern(pattern: string): RegExp {
  const parts = pattern.split('%').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[\\s\\S]*')}$`, 'i')
}

function compareBy(left: JsonObject, right: JsonObject, orderBy: Statement['orderBy']): number {
  for (const { field, descending } of orderBy) {
    const order = compare(comparable(field, valueAt(left, field)), comparable(field, valueAt(right, field)))
    if (order !== 0) return descending ? -order : order
  }
  return compare(comparable('Id', valueAt(left, 'Id')), comparable('Id', valueAt(right, 'Id')))
}
