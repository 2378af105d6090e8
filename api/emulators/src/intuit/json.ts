/** Any JSON value, as it comes off the wire. */
export type Json = null | boolean | number | string | Json[] | JsonObject

/** A JSON object. An absent member and an `undefined` one mean the same: it is not on the wire. */
export interface JsonObject {
  [key: string]: Json | undefined
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function objectAt(source: JsonObject, key: string): JsonObject | null {
  const value = source[key]
  return isObject(value) ? value : null
}

/** The string below `key`; a number is given as its text, because clients send Ids both ways. */
export function textAt(source: JsonObject, key: string): string | null {
  const value = source[key]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value : null
}

/** The Id inside a reference such as `{"AccountRef": {"value": "42"}}`; null when there is none. */
export function refAt(source: JsonObject, key: string): string | null {
  const reference = objectAt(source, key)
  const value = reference === null ? null : textAt(reference, 'value')
  return value === '' ? null : value
}

export function objectsAt(source: JsonObject, key: string): JsonObject[] {
  const value = source[key]
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** Boolean members arrive as JSON booleans or as the words; anything else is null. */
export function flagAt(source: JsonObject, key: string): boolean | null {
  const value = source[key]
  if (value === true || value === 'true') return true
  return value === false || value === 'false' ? false : null
}

/** A copy without `undefined` and `null` members, which never appear in Intuit's JSON. */
export function compact(source: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== null))
}

/** A deep copy, so that what a caller does with an answer never reaches the books. */
export function copy(source: JsonObject): JsonObject {
  return structuredClone(source)
}
