import { and, eq, gt } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import type { invitesTable } from '../db/schema/clients.ts'

const ofClient = (ctx: Ctx, clientId: string) =>
  and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.clientId, clientId), eq(connectionsTable.complete, true))

/** Whether a bank of the client wants a new sign-in. */
export async function isBroken(tx: Tx, ctx: Ctx, clientId: string): Promise<boolean> {
  const broken = and(ofClient(ctx, clientId), eq(connectionsTable.health, 'needs_client'))
  return (await tx.select({ id: connectionsTable.id }).from(connectionsTable).where(broken).limit(1)).length > 0
}

/**
 * Whether the client's last word on an invite was to send statements: then the clock does not ask them for a bank again. Staff may,
 * by hand, and so may the client who asks afterwards to be reminded.
 */
export const choseStatements = ({
  statementsAt,
  remindAsked,
}: Pick<typeof invitesTable.$inferSelect, 'statementsAt' | 'remindAsked'>): boolean => statementsAt !== null && !remindAsked

/**
 * Whether what an invite asks for has been done, whoever did it: every bank works, and of an invite to connect, a bank has been added
 * since it was made.
 */
export async function isAnswered(
  tx: Tx,
  ctx: Ctx,
  { kind, clientId, createdAt }: Pick<typeof invitesTable.$inferSelect, 'kind' | 'clientId' | 'createdAt'>,
): Promise<boolean> {
  if (await isBroken(tx, ctx, clientId)) return false
  if (kind === 'repair') return true
  const added = and(ofClient(ctx, clientId), gt(connectionsTable.createdAt, createdAt))
  return (await tx.select({ id: connectionsTable.id }).from(connectionsTable).where(added).limit(1)).length > 0
}
