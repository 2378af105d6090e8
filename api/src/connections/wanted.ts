import { and, eq, isNull } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { wantedBanksTable } from '../db/schema/clients.ts'
import type { ConnectionRecord } from './access.ts'
import type { LinkSession } from './link-sessions.ts'

/**
 * Ticks the asked-for bank that was connected. Another bank than the one asked for is no answer to the request: it stays open,
 * and what happened instead is returned as a sentence.
 */
export async function fulfilWanted(tx: Tx, ctx: Ctx, session: LinkSession, connection: ConnectionRecord): Promise<string | null> {
  const ofClient = and(eq(wantedBanksTable.firmId, ctx.firmId), eq(wantedBanksTable.clientId, connection.clientId))
  if (connection.institutionId !== null) {
    await tx
      .update(wantedBanksTable)
      .set({ connectionId: connection.id })
      .where(and(ofClient, eq(wantedBanksTable.institutionId, connection.institutionId), isNull(wantedBanksTable.connectionId)))
  }
  if (session.wantedBankId === null) return null
  const [wanted] = await tx
    .select()
    .from(wantedBanksTable)
    .where(and(ofClient, eq(wantedBanksTable.id, session.wantedBankId)))
  if (wanted === undefined || wanted.institutionId === connection.institutionId) return null
  return `Asked for ${wanted.name}, but ${connection.institutionName} was connected.`
}
