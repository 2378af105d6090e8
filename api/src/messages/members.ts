import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { inviteMessagesView, linkInvitesTable, messagesTable } from '../db/schema/clients.ts'

/** One of the invites that a message and its link stand for: of one client, or of each client of a person who has several. */
export interface Member {
  inviteId: string
  clientId: string
}

/** The other invites of a link that stands for several. */
export function readOthers(tx: Tx, ctx: { firmId: string }, linkId: string): Promise<Member[]> {
  const { firmId, inviteId, clientId } = linkInvitesTable
  return tx
    .select({ inviteId, clientId })
    .from(linkInvitesTable)
    .where(and(eq(firmId, ctx.firmId), eq(linkInvitesTable.linkId, linkId)))
    .orderBy(asc(inviteId))
}

/** The invites that a message stands for, first the one it was made for. None for a message that is about no invite. */
export async function membersOf(
  tx: Tx,
  ctx: Ctx,
  { inviteId, clientId, linkId, isShared }: Pick<typeof messagesTable.$inferSelect, 'inviteId' | 'clientId' | 'linkId' | 'isShared'>,
): Promise<Member[]> {
  if (inviteId === null || clientId === null) return []
  return [{ inviteId, clientId }, ...(isShared && linkId !== null ? await readOthers(tx, ctx, linkId) : [])]
}

/** Condition on `messages`: those of these invites, also where they share them. */
export const ofInvites = (ctx: Ctx, inviteIds: readonly string[]) =>
  sql`${messagesTable.id} in (select ${inviteMessagesView.messageId} from ${inviteMessagesView} where ${and(
    eq(inviteMessagesView.firmId, ctx.firmId),
    inArray(inviteMessagesView.inviteId, [...inviteIds]),
  )})`

/** Condition on `messages`: those to these clients, also where others share them; with those that are about no invite. */
export const toClients = (ctx: Ctx, clientIds: readonly string[]) =>
  sql`${messagesTable.id} in (select id from messages where firm_id = ${ctx.firmId} and client_id = any (${sql.param(clientIds)}::uuid[])
    union all select m.id from link_invites g join messages m on m.firm_id = g.firm_id and m.link_id = g.link_id and m.is_shared
      where g.firm_id = ${ctx.firmId} and g.client_id = any (${sql.param(clientIds)}::uuid[]))`
