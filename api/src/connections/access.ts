import { and, eq } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { type Place, seal, unseal } from '../core/crypto.ts'
import type { Tx } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'

export type ConnectionRecord = typeof connectionsTable.$inferSelect

const placeOf = (rowId: string): Place => ({ table: 'connections', column: 'access_token', rowId })

/** Encrypts a connection's access token for its row. */
export function sealAccess(tx: Tx, ctx: Ctx, connectionId: string, accessToken: string): Promise<Buffer> {
  return seal(tx, ctx, placeOf(connectionId), accessToken)
}

/** The connection's access token; null once access was given back. */
export async function openAccess(tx: Tx, ctx: Ctx, connection: ConnectionRecord): Promise<string | null> {
  return connection.accessTokenSealed === null ? null : unseal(tx, ctx, placeOf(connection.id), connection.accessTokenSealed)
}

/** The connection, locked until the transaction ends: whoever changes its rows, accounts or health goes one after the other. */
export async function lockConnection(tx: Tx, ctx: Ctx, connectionId: string): Promise<ConnectionRecord | null> {
  const [connection] = await tx
    .select()
    .from(connectionsTable)
    .where(and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.id, connectionId)))
    .for('update')
  return connection ?? null
}
