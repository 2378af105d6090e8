import { and, asc, eq, isNull, lte } from 'drizzle-orm'
import { getVisibleClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, type StaffCtx, systemCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { clientsTable, invitesTable } from '../db/schema/clients.ts'
import { choseStatements, isAnswered } from '../messages/answered.ts'
import { eachClient } from './each-client.ts'
import { reminderChannel } from './later.ts'
import { type ClientValues, holdClient, type InviteValues, isOpen, openChannel, queueAnew } from './reach.ts'

/** Reminded by hand again within this, somebody has clicked twice. */
const twiceMs = 10 * 60_000
/** Invites in one turn; the rest follow at the next one, minutes later. */
const turnMax = 1_000

/**
 * Job, for one firm: reminds of the invites whose third day has come, each once and by the channels it went out by. That it is done
 * is written in the transaction that queues the messages, so whoever comes later, or at the same time, finds nothing to do.
 */
export async function remindFirm(deps: Deps, firmId: string): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'remind_invites')
  const due = await withFirm(
    ctx,
    (tx) =>
      tx
        .select({ id: invitesTable.id, clientId: invitesTable.clientId })
        .from(invitesTable)
        .innerJoin(clientsTable, and(eq(clientsTable.firmId, invitesTable.firmId), eq(clientsTable.id, invitesTable.clientId)))
        // Who is locked meanwhile is reminded once unlocked, if the link still works then
        .where(and(eq(invitesTable.firmId, firmId), lte(invitesTable.remindAt, deps.now()), isNull(clientsTable.lockedAt)))
        .orderBy(asc(invitesTable.remindAt), asc(invitesTable.id))
        .limit(turnMax),
    'read',
  )
  await eachClient(deps, due, async ({ id, clientId }) => {
    await withFirm(ctx, async (tx) => {
      const client = await holdClient(tx, ctx, clientId)
      if (client === undefined || client.lockedAt !== null) return
      const mine = and(eq(invitesTable.firmId, firmId), eq(invitesTable.id, id), lte(invitesTable.remindAt, deps.now()))
      const [invite] = await tx.update(invitesTable).set({ remindAt: null }).where(mine).returning()
      if (invite === undefined || !isOut(invite, deps.now()) || choseStatements(invite)) return
      if (!(await isAnswered(tx, ctx, invite))) await remind(tx, ctx, client, invite)
    })
  })
}

/**
 * Reminds a client now, by the channels the invite went out by. The reminder of the third day is off then. Throws `not_found`,
 * `client_locked`, and `conflict` where there is nothing to be reminded of, nobody who may get it, or one has just gone out.
 */
export async function remindClient(ctx: StaffCtx, { clientId, inviteId }: { clientId: string; inviteId: string }): Promise<void> {
  await withFirm(ctx, async (tx) => {
    await getVisibleClient(tx, ctx, clientId)
    const client = await holdClient(tx, ctx, clientId)
    if (client === undefined) throw notFound('client')
    if (client.lockedAt !== null) throw new AppError('client_locked', 'This client is locked. Unlock it first.')
    const mine = and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.clientId, clientId), eq(invitesTable.id, inviteId))
    const [invite] = await tx.select().from(invitesTable).where(mine).for('update')
    if (invite === undefined) throw notFound('invite')
    if (invite.channel === 'copy') throw new AppError('conflict', 'You handed this link over yourself: remind the same way.')
    const now = ctx.deps.now()
    if (!isOut(invite, now)) throw new AppError('conflict', 'There is nothing to remind of: this invite is used, over, or not sent yet.')
    if (await isAnswered(tx, ctx, invite)) throw new AppError('conflict', 'There is nothing left to remind of: the bank has been seen to.')
    if (invite.remindedAt !== null && now.getTime() - invite.remindedAt.getTime() < twiceMs)
      throw new AppError('conflict', 'A reminder went out a moment ago.')
    if (!(await remind(tx, ctx, client, invite)))
      throw new AppError('conflict', 'Nobody can be reminded: the client has opted out, or the address is gone.')
  })
}

/** Whether a message of it went out, and its links work. */
const isOut = (invite: InviteValues, now: Date): boolean => invite.state !== 'queued' && isOpen(invite, now)

/** Queues the reminder and writes down that it is done. False when there is nobody to send it to. */
async function remind(tx: Tx, ctx: Ctx, client: ClientValues, invite: InviteValues): Promise<boolean> {
  const channel = await openChannel(tx, ctx, client, reminderChannel(invite, client))
  if (channel === null || !(await queueAnew(tx, ctx, client, { invite, channel, purpose: 'reminder' }))) return false
  await tx
    .update(invitesTable)
    .set({ remindAt: null, remindedAt: ctx.deps.now(), remindAsked: false })
    .where(and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.id, invite.id)))
  await recordAudit(tx, ctx, 'invite.reminded', { id: invite.id, clientId: client.id, details: { channel } })
  return true
}
