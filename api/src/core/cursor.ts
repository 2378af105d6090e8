import type { Page } from '@ledgersync/shared/common'
import { AppError } from './errors.ts'

/** Packs the sort values of a page's last row. Opaque to callers. */
function encodeCursor(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

/**
 * Unpacks a cursor into exactly `patterns.length` texts, each matching its pattern; null when there is no cursor.
 * Throws `invalid_cursor` for anything that this list did not hand out.
 */
export function decodeCursor(cursor: string | undefined, patterns: readonly RegExp[]): string[] | null {
  if (cursor === undefined) return null
  const refused = new AppError('invalid_cursor', 'This cursor is not one this list gave out. Start from the first page.')
  let values: unknown
  try {
    values = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw refused
  }
  if (!Array.isArray(values) || values.length !== patterns.length) throw refused
  return values.map((value: unknown, index) => {
    if (typeof value !== 'string' || patterns[index]?.test(value) !== true) throw refused
    return value
  })
}

export const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
export const dayPattern = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/
export const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/

/** Cuts `limit + 1` fetched rows into a page; `keyOf` gives the last row's sort values for the cursor. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => string[],
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null
  return { items: shown.map(toItem), nextCursor }
}
