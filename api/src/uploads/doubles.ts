import { and, asc, eq, inArray, or, sql } from 'drizzle-orm'
import type { UploadField } from '@ledgersync/shared/uploads'
import { toPhone } from '../clients/contact.ts'
import { refusalOf } from '../clients/values.ts'
import { visibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { readRow, type Said } from './cells.ts'
import type { TableRow } from './table.ts'

/** What people write or leave out in the name of a business: of these two names are one. */
const signs = ` .,'’"&-/()!:;_#+*`

const fold = (name: string): string => [...name.toLowerCase()].filter((letter) => !signs.includes(letter)).join('')

/** By which a client may be known though its username is another. */
interface Marks {
  name: string | null
  phone: string | null
  email: string | null
}

function marksOf({ businessName = '', phone, email }: Said): Marks {
  const isPhone = phone !== undefined && refusalOf(() => toPhone(phone, 'body.phone')).length === 0
  return { name: fold(businessName) || null, phone: isPhone ? toPhone(phone, 'body.phone') : null, email: email?.toLowerCase() ?? null }
}

/** More are not looked at: of so many that share a name or a phone none is meant. */
const foundMax = 1_000

/**
 * For each row that has the name, phone or e-mail of a client the person sees, by its number, a sentence that names the client's
 * username. For rows that would add a client.
 */
export async function readDoubles(
  tx: Tx,
  ctx: StaffCtx,
  rows: readonly TableRow[],
  fields: readonly (UploadField | null)[],
): Promise<Map<number, string>> {
  if (rows.length === 0) return new Map()
  const marked = rows.map((row) => ({ row: row.row, marks: marksOf(readRow(row, fields).said) }))
  const all = (kind: keyof Marks): string[] => marked.flatMap(({ marks }) => marks[kind] ?? [])
  const name = sql<string>`translate(lower(${clientsTable.businessName}), ${signs}, '')`
  const email = sql<string | null>`lower(${clientsTable.email})`
  const found = await tx
    .select({ username: clientsTable.username, name, phone: clientsTable.phone, email })
    .from(clientsTable)
    .where(
      and(
        eq(clientsTable.firmId, ctx.firmId),
        visibleClient(ctx, clientsTable.id),
        or(
          sql`${name} = any(${sql.param(all('name'))}::text[])`,
          inArray(clientsTable.phone, all('phone')),
          sql`${email} = any(${sql.param(all('email'))}::text[])`,
        ),
      ),
    )
    .orderBy(asc(clientsTable.username))
    .limit(foundMax)
  return new Map(
    marked.flatMap(({ row, marks }): [number, string][] => {
      const same = found.map((client) => ({ client, words: sharedWords(marks, client) })).filter(({ words }) => words.length > 0)
      const [best] = same.toSorted((a, b) => b.words.length - a.words.length)
      return best === undefined ? [] : [[row, warningOf(best.client.username, best.words)]]
    }),
  )
}

const kinds = { name: 'name', phone: 'phone', email: 'e-mail' } as const

const sharedWords = (marks: Marks, client: Marks): string[] =>
  (['name', 'phone', 'email'] as const).flatMap((kind) => (marks[kind] !== null && marks[kind] === client[kind] ? [kinds[kind]] : []))

const warningOf = (username: string, words: readonly string[]): string =>
  `Client ${username} has the same ${words.join(' and ')}. If they are one, write that username in this row.`
