import { storedAt, tracksClasses, tracksDepartments } from './company.ts'
import {
  badDate,
  badEnum,
  badNumber,
  badReference,
  businessRule,
  duplicateDocNumber,
  inactive,
  missing,
  periodClosed,
  tooLong,
  unsupported,
} from './faults.ts'
import { type JsonObject, flagAt, objectAt, refAt, textAt } from './json.ts'
import { toMinor } from './money.ts'
import type { Company, EntityName } from './state.ts'
import { isDay } from './time.ts'

/** What a builder of an entity may look at. */
export interface BuildContext {
  company: Company
  /** The object being updated; null at a create. */
  old: JsonObject | null
  /** The server's day, the default TxnDate. */
  today: string
  closedOn: string | null
  allowDuplicateDocNumber: boolean
}

/** Refuses members Intuit does not know, as it does, so that a misspelt one never passes unseen. */
export function onlyKnown(source: JsonObject, known: readonly string[]): void {
  const unknown = Object.keys(source).find((key) => !known.includes(key))
  if (unknown !== undefined) throw unsupported(unknown)
}

export function requireText(source: JsonObject, key: string, element = key): string {
  const value = textAt(source, key)
  if (value === null || value.trim() === '') throw missing(element)
  return value
}

/** The text below `key`, null when absent or empty; longer than `lengthMax` is refused. */
export function shortText(source: JsonObject, key: string, lengthMax: number): string | null {
  const value = textAt(source, key)
  if (value === null || value === '') return null
  if (value.length > lengthMax) throw tooLong(key, lengthMax, value.length)
  return value
}

export function requireOneOf(source: JsonObject, key: string, allowed: readonly string[]): string {
  const value = requireText(source, key)
  if (!allowed.includes(value)) throw badEnum(key, value)
  return value
}

/** A positive amount in minor units. */
export function requireAmount(source: JsonObject, key: string): number {
  if (source[key] === undefined || source[key] === null) throw missing(key)
  const minor = toMinor(source[key])
  if (typeof minor !== 'number') throw badNumber(key, `is ${minor}`)
  if (minor <= 0) throw businessRule(`The amount must be greater than zero: ${key}`, key)
  return minor
}

const listNames: Partial<Record<EntityName, string>> = {
  Account: 'Accounts',
  Vendor: 'Names',
  Customer: 'Names',
  Employee: 'Names',
  Class: 'Classes',
  Department: 'Departments',
}

/** The active object a reference points to: 2500 when there is none, 610 when it was made inactive. */
export function resolve(company: Company, entity: EntityName, id: string, element: string): JsonObject {
  const found = storedAt(company, entity, id)
  if (found === null) throw badReference(listNames[entity] ?? entity, id, element)
  if (flagAt(found, 'Active') === false) throw inactive(element)
  return found
}

/** The account a required reference points to. */
export function requireAccount(company: Company, source: JsonObject, key: string): JsonObject {
  const id = refAt(source, key)
  if (id === null) throw missing(key)
  return resolve(company, 'Account', id, key)
}

/** The reference as Intuit writes it back, with the target's name. */
export function referenceTo(target: JsonObject): JsonObject {
  const name = textAt(target, 'FullyQualifiedName') ?? textAt(target, 'DisplayName') ?? textAt(target, 'Name')
  return { value: textAt(target, 'Id') ?? '', name: name ?? '' }
}

const nameKinds: Readonly<Record<string, EntityName>> = { Vendor: 'Vendor', Customer: 'Customer', Employee: 'Employee' }

/** A payee `{value, type}`; type defaults to Vendor. Undefined when absent. */
export function payee(company: Company, source: JsonObject, key: string): JsonObject | undefined {
  const reference = objectAt(source, key)
  const id = refAt(source, key)
  if (reference === null || id === null) return undefined
  const type = textAt(reference, 'type') ?? 'Vendor'
  const entity = nameKinds[type.charAt(0).toUpperCase() + type.slice(1).toLowerCase()]
  if (entity === undefined) throw badEnum(`${key}.type`, type)
  return { ...referenceTo(resolve(company, entity, id, key)), type: entity }
}

/** The ClassRef of a line. With class tracking off Intuit keeps none, so it is dropped here too. */
export function classRef(company: Company, source: JsonObject): JsonObject | undefined {
  const id = refAt(source, 'ClassRef')
  if (id === null || !tracksClasses(company)) return undefined
  return referenceTo(resolve(company, 'Class', id, 'ClassRef'))
}

/** The DepartmentRef (location), dropped while locations are not tracked. */
export function departmentRef(company: Company, source: JsonObject): JsonObject | undefined {
  const id = refAt(source, 'DepartmentRef')
  if (id === null || !tracksDepartments(company)) return undefined
  return referenceTo(resolve(company, 'Department', id, 'DepartmentRef'))
}

export function customerRef(company: Company, source: JsonObject): JsonObject | undefined {
  const id = refAt(source, 'CustomerRef')
  return id === null ? undefined : referenceTo(resolve(company, 'Customer', id, 'CustomerRef'))
}

/** TxnDate, today when absent. A day in a closed period is refused, the old entry's day as well as the new one's. */
export function txnDate(source: JsonObject, context: BuildContext): string {
  const date = textAt(source, 'TxnDate') ?? context.today
  if (!isDay(date)) throw badDate('TxnDate', date)
  refuseClosed(date, context)
  if (context.old !== null) refuseClosed(textAt(context.old, 'TxnDate') ?? date, context)
  return date
}

export function refuseClosed(date: string, context: Pick<BuildContext, 'closedOn'>): void {
  if (context.closedOn !== null && date <= context.closedOn) throw periodClosed()
}

/** With multicurrency off only the home currency may be named. */
export function refuseForeignCurrency(source: JsonObject): void {
  const currency = refAt(source, 'CurrencyRef')
  if (currency !== null && currency !== 'USD') {
    throw businessRule(`Multicurrency is not enabled; ${currency} cannot be used`, 'CurrencyRef')
  }
}

/** DocNumber, at most 21 characters, and new among the company's entries of its kind while the company warns of duplicates. */
export function docNumber(source: JsonObject, entity: EntityName, context: BuildContext): string | null {
  const number = shortText(source, 'DocNumber', 21)
  if (number === null || !context.company.warnDuplicateDocNumber || context.allowDuplicateDocNumber) return number
  const id = context.old === null ? null : textAt(context.old, 'Id')
  for (const other of Object.values(context.company.entities[entity])) {
    const otherId = textAt(other, 'Id') ?? ''
    if (otherId !== id && textAt(other, 'DocNumber') === number) throw duplicateDocNumber(number, entity, otherId)
  }
  return number
}
