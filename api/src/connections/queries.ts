import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm'
import type { BankAccount, Connection } from '@ledgersync/shared/connections'
import { getVisibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { bankAccountsTable, connectionEventsTable, connectionsTable } from '../db/schema/banks.ts'

const historyMax = 200

/** A client's connections, oldest first, with accounts, history and how many rows wait for review. Throws `not_found`. */
export async function listClientConnections(ctx: StaffCtx, clientId: string): Promise<Connection[]> {
  return withFirm(
    ctx,
    async (tx) => {
      await getVisibleClient(tx, ctx, clientId)
      const connections = await tx
        .select()
        .from(connectionsTable)
        .where(and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.clientId, clientId)))
        .orderBy(asc(connectionsTable.createdAt), asc(connectionsTable.id))
      const ids = connections.map(({ id }) => id)
      const accounts = await accountsByConnection(tx, ctx, ids)
      const history = await historyByConnection(tx, ctx, ids)
      return connections.map((connection) => ({
        id: connection.id,
        clientId,
        institutionId: connection.institutionId,
        institutionName: connection.institutionName,
        health: connection.health,
        cause: connection.cause,
        lastSuccessAt: connection.lastSuccessAt?.toISOString() ?? null,
        createdAt: connection.createdAt.toISOString(),
        accounts: accounts.get(connection.id) ?? [],
        history: history.get(connection.id) ?? [],
      }))
    },
    'read',
  )
}

async function accountsByConnection(tx: Tx, ctx: StaffCtx, connectionIds: string[]): Promise<Map<string, BankAccount[]>> {
  const byConnection = new Map<string, BankAccount[]>()
  if (connectionIds.length === 0) return byConnection
  // Written out: in a select from one table the columns of the outer row would lose their table's name
  const toReview = sql<number>`(select count(*)::int from transactions t where t.firm_id = "bank_accounts"."firm_id"
    and t.bank_account_id = "bank_accounts"."id" and t.stage = 'open')`
  const rows = await tx
    .select({ account: bankAccountsTable, toReview })
    .from(bankAccountsTable)
    .where(and(eq(bankAccountsTable.firmId, ctx.firmId), inArray(bankAccountsTable.connectionId, connectionIds)))
    .orderBy(asc(bankAccountsTable.createdAt), asc(bankAccountsTable.id))
  for (const { account, toReview: count } of rows) {
    const { id, connectionId, name, mask, kind, subtype, currency, balanceMinor, balanceAt, booksAccountId, mode } = account
    const list = byConnection.get(connectionId) ?? []
    list.push({
      id,
      connectionId,
      name,
      mask,
      kind,
      subtype,
      currency,
      balanceMinor,
      balanceAt: balanceAt?.toISOString() ?? null,
      booksAccountId,
      mode,
      toReview: count,
    })
    byConnection.set(connectionId, list)
  }
  return byConnection
}

async function historyByConnection(tx: Tx, ctx: StaffCtx, connectionIds: string[]): Promise<Map<string, Connection['history']>> {
  const byConnection = new Map<string, Connection['history']>()
  if (connectionIds.length === 0) return byConnection
  const rows = await tx
    .select()
    .from(connectionEventsTable)
    .where(and(eq(connectionEventsTable.firmId, ctx.firmId), inArray(connectionEventsTable.connectionId, connectionIds)))
    .orderBy(desc(connectionEventsTable.at), desc(connectionEventsTable.id))
  for (const { connectionId, kind, at, by } of rows) {
    const list = byConnection.get(connectionId) ?? []
    if (list.length < historyMax) list.push({ kind, at: at.toISOString(), by })
    byConnection.set(connectionId, list)
  }
  return byConnection
}
