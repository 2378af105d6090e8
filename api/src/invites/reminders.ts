import { and, asc, eq, inArray, isNull, lte } from 'drizzle-orm'
import { getVisibleClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, type StaffCtx, systemCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { clientsTable, invitesTable } from '../db/schema/clients.ts'
import { choseStatements, isAnswered } from '../messages/answered.ts'
import { eachClient } from './each-client.ts'
import { reminderChannel } from './later.ts'
import { byPerson } from './outgoing.ts'
import { type Further, holdClient, holdClients, type InviteValues, isOpen, openChannel, queueAnew } from './reach.ts'

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
        .select({ invite: invitesTable, client: clientsTable })
        .from(invitesTable)
        .innerJoin(clientsTable, and(eq(clientsTable.firmId, invitesTable.firmId), eq(clientsTable.id, invitesTable.clientId)))
        // Who is locked meanwhile is reminded once unlocked, if the link still works then
        .where(and(eq(invitesTable.firmId, firmId), lte(invitesTable.remindAt, deps.now()), isNull(clientsTable.lockedAt)))
        .orderBy(asc(invitesTable.remindAt), asc(invitesTable.id))
        .limit(turnMax),
    'read',
  )
  // Each person's together: they get one message about all of their clients
  const persons = byPerson(due.map((row) => ({ ...row, channel: 'both' as const })))
  const turns = persons.map((rows) => ({ clientId: rows[0].client.id, inviteIds: rows.map(({ invite }) => invite.id), rows }))
  await eachClient(deps, turns, async ({ inviteIds, rows }) => {
    await withFirm(ctx, async (tx) => {
      const clientIds = rows.map(({ client }) => client.id)
      const clients = (await holdClients(tx, ctx, clientIds)).filter(({ lockedAt }) => lockedAt === null)
      const held = inArray(
        invitesTable.clientId,
        clients.map(({ id }) => id),
      )
      const mine = and(eq(invitesTable.firmId, firmId), inArray(invitesTable.id, inviteIds), held, lte(invitesTable.remindAt, deps.now()))
      const taken = await tx.update(invitesTable).set({ remindAt: null }).where(mine).returning()
      const open: Further[] = []
      for (const client of clients) {
        // Of a client that was invited anew, only the newest is out
        for (const invite of taken.filter((one) => one.clientId === client.id && isOut(one, deps.now()) && !choseStatements(one)))
          if (!(await isAnswered(tx, ctx, invite))) open.push({ client, invite })
      }
      await remindEach(tx, ctx, open)
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
    if ((await remindEach(tx, ctx, [{ client, invite }])) === 0)
      throw new AppError('conflict', 'Nobody can be reminded: the client has opted out, or the address is gone.')
  })
}

/** Whether a message of it went out, and its links work. */
const isOut = (invite: InviteValues, now: Date): boolean => invite.state !== 'queued' && isOpen(invite, now)

/** Reminds of these, each person by one message. Answers how many invites somebody is reminded of. */
async function remindEach(tx: Tx, ctx: Ctx, open: readonly Further[]): Promise<number> {
  const reachable: (Further & { channel: 'sms' | 'email' | 'both' })[] = []
  for (const { client, invite } of open) {
    const channel = await openChannel(tx, ctx, client, reminderChannel(invite, client))
    if (channel !== null) reachable.push({ client, invite, channel })
  }
  let reminded = 0
  for (const person of byPerson(reachable.map((row) => ({ client: row.client, channel: 'both' as const, row })))) {
    const group = person.map(({ row }) => row)
    if (!(await queueAnew(tx, ctx, group, { channel: 'both', purpose: 'reminder' }))) continue
    const ids = group.map(({ invite }) => invite.id)
    await tx
      .update(invitesTable)
      .set({ remindAt: null, remindedAt: ctx.deps.now(), remindAsked: false })
      .where(and(eq(invitesTable.firmId, ctx.firmId), inArray(invitesTable.id, ids)))
    for (const { client, invite, channel } of group)
      await recordAudit(tx, ctx, 'invite.reminded', { id: invite.id, clientId: client.id, details: { channel } })
    reminded += group.length
  }
  return reminded
}
