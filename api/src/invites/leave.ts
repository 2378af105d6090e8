import { and, asc, eq, inArray } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { invitesTable, linkInvitesTable, linksTable, messagesTable } from '../db/schema/clients.ts'
import { type Member, membersOf, readOthers, toClients } from '../messages/members.ts'
import { holdMessages } from '../messages/service.ts'
import type { MessageRow } from '../messages/state.ts'
import { purposeOf, readAsked, readSenderName, withdrawMessages, writerOf } from './outgoing.ts'

/** In place of words that named somebody who has been deleted. */
const erasedBody = 'Erased: it also named a client who has been deleted.'

/**
 * Takes a client who is about to be deleted out of what it shares with others of the same person: what waits to go out is written
 * anew without it, what went loses its words, which name it, and the links go on opening what is left. The client must be held.
 */
export async function leaveShared(tx: Tx, ctx: Ctx, clientId: string): Promise<void> {
  await holdMessages(tx, ctx, [clientId])
  const invites = await tx
    .select({ id: invitesTable.id })
    .from(invitesTable)
    .where(and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.clientId, clientId)))
  await withdrawMessages(
    tx,
    ctx,
    invites.map(({ id }) => id),
    'The client was deleted',
  )
  const shared = await tx
    .select()
    .from(messagesTable)
    .where(and(eq(messagesTable.firmId, ctx.firmId), eq(messagesTable.isShared, true), toClients(ctx, [clientId])))
    .orderBy(asc(messagesTable.id))
    .for('update')
  for (const message of shared) await leaveMessage(tx, ctx, message, clientId)
  await leaveLinks(tx, ctx, clientId)
}

/** Hands a message on to the others. One that may have to go out once more says again what it is about without the client. */
async function leaveMessage(tx: Tx, ctx: Ctx, message: MessageRow, clientId: string): Promise<void> {
  const left = (await membersOf(tx, ctx, message)).filter((member) => member.clientId !== clientId)
  const [first] = left
  if (first === undefined) return
  const words = message.state === 'sending' || message.state === 'unknown' ? await wordsWithout(tx, ctx, message, left) : null
  const subject = words === null ? (message.subject === null ? null : erasedBody) : words.subject
  await tx
    .update(messagesTable)
    .set({ clientId: first.clientId, inviteId: first.inviteId, subject, body: words?.body ?? erasedBody })
    .where(and(eq(messagesTable.firmId, ctx.firmId), eq(messagesTable.id, message.id)))
}

async function wordsWithout(tx: Tx, ctx: Ctx, message: MessageRow, left: readonly Member[]) {
  const asked = await readAsked(tx, ctx, left)
  const [first] = asked
  if (first === undefined) return null
  const staffName = await readSenderName(tx, ctx, first.inviteId)
  return writerOf(tx, ctx, { staffName })(asked, { channel: message.channel, purpose: purposeOf(message) })
}

async function leaveLinks(tx: Tx, ctx: Ctx, clientId: string): Promise<void> {
  const { firmId, linkId, inviteId } = linkInvitesTable
  const led = await tx
    .select({ id: linksTable.id })
    .from(linksTable)
    .where(
      and(
        eq(linksTable.firmId, ctx.firmId),
        eq(linksTable.clientId, clientId),
        inArray(linksTable.id, tx.select({ linkId }).from(linkInvitesTable).where(eq(firmId, ctx.firmId))),
      ),
    )
    .orderBy(asc(linksTable.id))
  for (const { id } of led) {
    const [heir] = await readOthers(tx, ctx, id)
    if (heir === undefined) continue
    await tx
      .update(linksTable)
      .set(heir)
      .where(and(eq(linksTable.firmId, ctx.firmId), eq(linksTable.id, id)))
    await tx.delete(linkInvitesTable).where(and(eq(firmId, ctx.firmId), eq(linkId, id), eq(inviteId, heir.inviteId)))
  }
}
