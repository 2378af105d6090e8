import { and, eq } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { releaseKeysOf } from '../db/global.ts'
import { bankAccountsTable, connectionsTable, healthSpansTable, linkSessionsTable } from '../db/schema/banks.ts'
import { booksTable } from '../db/schema/books.ts'
import {
  clientListTable,
  clientsTable,
  clientStaffTable,
  invitesTable,
  linkInvitesTable,
  linksTable,
  messagesTable,
  wantedBanksTable,
} from '../db/schema/clients.ts'
import { auditDetailsTable } from '../db/schema/firms.ts'
import { statementsTable } from '../db/schema/statements.ts'
import { categoryMappingsTable, pushBatchesTable, pushesTable, rulesTable, transactionsTable } from '../db/schema/ledger.ts'

/** Tables whose rows have keys outside the firm: addresses of links, ids in webhooks. */
const keyed = [linksTable, linkSessionsTable, connectionsTable, booksTable] as const

/**
 * Every table that names its client, what refers to others first. What hangs on these rows (a message's history, a company's
 * chart of accounts) goes with them. The before/after of the audit comes
 * late: it waits for whoever changes one of the others. The row of the list comes last, for everybody takes it last.
 */
const tables = [
  pushesTable,
  pushBatchesTable,
  transactionsTable,
  categoryMappingsTable,
  rulesTable,
  bankAccountsTable,
  healthSpansTable,
  connectionsTable,
  linkSessionsTable,
  booksTable,
  statementsTable,
  messagesTable,
  linkInvitesTable,
  linksTable,
  invitesTable,
  wantedBanksTable,
  clientStaffTable,
  auditDetailsTable,
  clientListTable,
] as const

/** Releases the client's keys and deletes all of its rows, itself included. The client must be held. */
export async function eraseRows(tx: Tx, ctx: Ctx, clientId: string): Promise<void> {
  for (const table of keyed) {
    const rows = await tx
      .select({ id: table.id })
      .from(table)
      .where(and(eq(table.firmId, ctx.firmId), eq(table.clientId, clientId)))
    await releaseKeysOf(
      tx,
      rows.map(({ id }) => id),
    )
  }
  for (const table of tables) await tx.delete(table).where(and(eq(table.firmId, ctx.firmId), eq(table.clientId, clientId)))
  await tx.delete(clientsTable).where(and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId)))
}
