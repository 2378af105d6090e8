import { and, eq, ne } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import type { Tx } from '../db/client.ts'
import { booksTable } from '../db/schema/books.ts'

export type BooksRow = typeof booksTable.$inferSelect

/** The client's current books, connected or waiting for a reconnect; null when there are none. */
export async function findBooks(tx: Tx, ctx: Ctx, clientId: string): Promise<BooksRow | null> {
  const [row] = await tx
    .select()
    .from(booksTable)
    .where(and(eq(booksTable.firmId, ctx.firmId), eq(booksTable.clientId, clientId), ne(booksTable.state, 'disconnected')))
  return row ?? null
}

/** Like {@link findBooks}, for what cannot be done without. */
export async function needBooks(tx: Tx, ctx: Ctx, clientId: string): Promise<BooksRow> {
  const books = await findBooks(tx, ctx, clientId)
  if (books === null) throw new AppError('books_not_connected', 'QuickBooks is not connected for this client. Connect it first.')
  return books
}
