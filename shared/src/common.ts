import { type Static, type TSchema, Type } from 'typebox'

/** Characters no field accepts: controls (NUL too), bidirectional overrides and marks, half surrogate pairs. */
const forbidden =
  '\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F\\u200E\\u200F\\u2028-\\u202E\\u2066-\\u2069\\uD800-\\uDFFF\\uFEFF'

/**
 * Characters that show nothing by themselves: blanks, what Unicode calls default ignorable (joiners, fillers, variation selectors,
 * tags), the empty braille pattern and the empty note head. They may stand between others.
 */
const unseen = '\\s\\p{DI}\\u2800\\u{1D159}'

/** One line of text in which something can be seen: no line breaks, no control or direction characters. */
export const Line = (description: string, maxLength = 120) =>
  Type.String({ description, minLength: 1, maxLength, pattern: `^(?=.*[^${unseen}])[^${forbidden}\\n\\r\\t]*$` })

/** Like {@link Line}, but may be empty or blank. */
export const OptionalLine = (description: string, maxLength = 120) =>
  Type.String({ description, maxLength, pattern: `^(?=\\s*$|.*[^${unseen}])[^${forbidden}\\n\\r\\t]*$` })

/** Text of several lines. */
export const Paragraph = (description: string, maxLength = 1000) => Type.String({ description, maxLength, pattern: `^[^${forbidden}]*$` })

export const Id = (description: string) => Type.String({ description, format: 'uuid' })
export const Instant = (description: string) => Type.String({ description: `${description} (UTC, ISO 8601)`, format: 'date-time' })
export const Day = (description: string) => Type.String({ description: `${description} (YYYY-MM-DD)`, format: 'date' })
export const Email = (description: string) => Type.String({ description, format: 'email', maxLength: 254 })
/** As a person types it; the API answers E.164. */
export const PhoneInput = (description: string) =>
  Type.String({ description, minLength: 4, maxLength: 40, pattern: '^[0-9+()\\-. \\u00A0]+$' })
export const Currency = (description: string) =>
  Type.String({ description: `${description} (ISO 4217, or the bank's own code)`, maxLength: 12 })
export const Nullable = <T extends TSchema>(schema: T, options: { description?: string } = {}) => Type.Union([schema, Type.Null()], options)

/** The same schema where it stands for something of its own. */
export const Described = <T extends TSchema>(schema: T, description: string): T => ({ ...schema, description })

const idOrNone = '^(none|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$'
/** A group by its id, or `none`: the clients that are in no group. */
export const GroupFilter = (description: string) =>
  Type.String({ description: `${description}; \`none\`: those in no group`, pattern: idOrNone })

/** The query members that say whose clients every list and total is about. */
export const clientChoice = {
  groupId: Type.Optional(GroupFilter('Only clients of this group')),
  staffId: Type.Optional(
    Type.String({ description: 'Only clients assigned to this member of staff, by id; `none`: to nobody', pattern: idOrNone }),
  ),
}
export interface ClientChoice {
  groupId?: string
  staffId?: string
}

export const ClientParams = Type.Object({ clientId: Id('The client') })

/** The query members of every list: pages are cut by cursor, never by offset. */
export const pageQuery = {
  cursor: Type.Optional(Type.String({ description: 'The `nextCursor` of the page before', minLength: 1, maxLength: 512 })),
  limit: Type.Optional(Type.Integer({ description: 'Rows a page', minimum: 1, maximum: 200, default: 50 })),
}

/** One page of a list. */
export const Page = <T extends TSchema>(item: T) =>
  Type.Object({
    items: Type.Array(item, { description: 'The rows of this page' }),
    nextCursor: Nullable(Type.String({ description: 'Pass it as `cursor` for the next page; null at the end' })),
  })
export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

export const List = <T extends TSchema>(item: T) => Type.Object({ items: Type.Array(item, { description: 'All rows' }) })
/** A table to download: not JSON, and of any length. */
export const Csv = (description: string) => ({ description, content: { 'text/csv': { schema: Type.String({ description }) } } })
/** A ZIP file. */
export const Zip = (description: string) => ({ description, content: { 'application/zip': { schema: Type.String({ description }) } } })
/** A file as it was received, whatever it is: a browser saves it and never shows it. */
export const Bytes = (description: string) => ({
  description,
  content: { 'application/octet-stream': { schema: Type.String({ description }) } },
})
export type Download = ReturnType<typeof Csv> | ReturnType<typeof Zip> | ReturnType<typeof Bytes>

export const Empty = Type.Null({ description: 'No body' })
export const Language = Type.Enum(['en', 'es'], { description: 'Language of messages and pages for the client' })
export type Language = Static<typeof Language>
