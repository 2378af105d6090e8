import { type SQL, sql } from 'drizzle-orm'
import { firmsTable } from '../db/schema/firms.ts'

/** The firm as clients read it, in messages, on their pages and at their bank. */
export function senderNameOf({ senderName, name }: Pick<typeof firmsTable.$inferSelect, 'senderName' | 'name'>): string {
  return senderName ?? name
}

/** The same in a query over firms. */
export const senderName: SQL<string> = sql<string>`coalesce(${firmsTable.senderName}, ${firmsTable.name})`
