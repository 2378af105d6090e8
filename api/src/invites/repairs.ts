import { and, eq, sql } from 'drizzle-orm'
import { getVisibleClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, type StaffCtx, systemCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import { invitesTable } from '../db/schema/clients.ts'
import { isBroken } from '../messages/answered.ts'
import { remindAfterMs } from '../messages/invite-progress.ts'
import { eachClient } from './each-client.ts'
import { type ClientValues, findSpeaker, holdClient, isOpen, newestInvite, openChannel, queueAnew } from './reach.ts'
import { insertInvite } from './service.ts'

/** Banks often break together: what breaks within this is one message. */
const gatherMs = 10 * 60_000
/** Asked by hand again within this, somebody has clicked twice. */
const twiceMs = 10 * 60_000
/** Clients in one turn; the rest follow at the next one, minutes later. */
const turnMax = 1_000
/** Who could not be asked is tried again after this: they may have got a phone, or taken STOP back. */
const triedAgainMs = 24 * 60 * 60_000

/**
 * Job, for one firm: asks the clients whose banks want a new sign-in, once for all banks that broke meanwhile. Not those whose bank
 * login the firm holds itself. That it is done is written in the transaction that queues the message, so whoever comes later, or at
 * the same time, finds nothing to do.
 */
export async function askForRepairs(deps: Deps, firmId: string): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'ask_repairs')
  const brokenBefore = new Date(deps.now().getTime() - gatherMs).toISOString()
  const triedBefore = new Date(deps.now().getTime() - triedAgainMs).toISOString()
  const { rows } = await withFirm(
    ctx,
    (tx) =>
      tx.execute<{ clientId: string }>(sql`
        select n.client_id as "clientId" from connections n
          join clients c on c.firm_id = n.firm_id and c.id = n.client_id
          join firms f on f.firm_id = n.firm_id
        where n.firm_id = ${firmId} and n.health = 'needs_client' and n.client_asked_at is null and n.complete and n.broken_at <= ${brokenBefore}::timestamptz
          and (n.ask_failed_at is null or n.ask_failed_at < ${triedBefore}::timestamptz)
          and f.ask_repairs and c.locked_at is null and not c.staff_have_access
          and ((c.phone is not null and c.text_consent_at is not null) or c.email is not null)
        group by n.client_id order by min(n.broken_at), n.client_id limit ${turnMax}`),
    'read',
  )
  await eachClient(deps, rows, async ({ clientId }) => {
    await withFirm(ctx, async (tx) => {
      const client = await holdClient(tx, ctx, clientId)
      if (client === undefined || client.lockedAt !== null || !(await isUnasked(tx, ctx, clientId))) return
      if (!(await ask(tx, ctx, client, null)))
        await tx.update(connectionsTable).set({ askFailedAt: deps.now() }).where(brokenOf(ctx, clientId))
    })
  })
}

/**
 * Asks the client now to sign in again at every bank that wants it. Throws `not_found`, `client_locked`, and `conflict` where no bank
 * does, nobody may be asked, or they have just been.
 */
export async function askForRepair(ctx: StaffCtx, clientId: string): Promise<void> {
  await withFirm(ctx, async (tx) => {
    await getVisibleClient(tx, ctx, clientId)
    const client = await holdClient(tx, ctx, clientId)
    if (client === undefined) throw notFound('client')
    if (client.lockedAt !== null) throw new AppError('client_locked', 'This client is locked. Unlock it first.')
    const broken = await tx.select({ askedAt: connectionsTable.clientAskedAt }).from(connectionsTable).where(brokenOf(ctx, clientId))
    if (broken.length === 0) throw new AppError('conflict', 'No bank of this client wants a new sign-in.')
    const justNow = ctx.deps.now().getTime() - twiceMs
    if (broken.every(({ askedAt }) => askedAt !== null && askedAt.getTime() > justNow))
      throw new AppError('conflict', 'The client was asked a moment ago.')
    if (!(await ask(tx, ctx, client, ctx.actor.staffId)))
      throw new AppError('conflict', 'The client cannot be asked: there is no phone or e-mail, or they have opted out.')
  })
}

const brokenOf = (ctx: Ctx, clientId: string) =>
  and(
    eq(connectionsTable.firmId, ctx.firmId),
    eq(connectionsTable.clientId, clientId),
    eq(connectionsTable.complete, true),
    eq(connectionsTable.health, 'needs_client'),
  )

async function isUnasked(tx: Tx, ctx: Ctx, clientId: string): Promise<boolean> {
  const rows = await tx.select({ askedAt: connectionsTable.clientAskedAt }).from(connectionsTable).where(brokenOf(ctx, clientId))
  return rows.some(({ askedAt }) => askedAt === null)
}

/** Queues the message, by the invite that is open or by a new one. False when there is no way to the client. */
async function ask(tx: Tx, ctx: Ctx, client: ClientValues, staffId: string | null): Promise<boolean> {
  if (!(await isBroken(tx, ctx, client.id))) return false
  // A text needs consent; without it the mail goes, or nothing
  const open = await openChannel(tx, ctx, client, client.textConsentAt === null ? 'email' : 'both')
  if (open === null) return false
  const channel = open === 'both' ? 'sms' : open
  const newest = await newestInvite(tx, ctx, client.id)
  if (newest !== undefined && isOpen(newest, ctx.deps.now())) {
    if (!(await queueAnew(tx, ctx, client, { invite: newest, channel, purpose: 'reconnect' }))) return false
    // Its third day begins anew; a link that was handed over has no way to remind by
    const remindAt = newest.channel === 'copy' ? null : new Date(ctx.deps.now().getTime() + remindAfterMs)
    await tx
      .update(invitesTable)
      .set({ remindAt })
      .where(and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.id, newest.id)))
  } else {
    const speaker = await findSpeaker(tx, ctx, client, staffId ?? newest?.createdBy ?? null)
    if (speaker === null) return false
    // What was asked for and never done is still wanted
    const kind = newest?.kind === 'connect' && newest.state !== 'connected' && newest.state !== 'revoked' ? 'connect' : 'repair'
    await insertInvite(tx, ctx, client, { channel, staffId: speaker.id, kind })
  }
  await tx.update(connectionsTable).set({ clientAskedAt: ctx.deps.now(), askFailedAt: null }).where(brokenOf(ctx, client.id))
  await recordAudit(tx, ctx, 'client.asked_to_sign_in', { id: client.id, clientId: client.id, details: { channel } })
  await publish(tx, ctx, 'connections', client.id)
  return true
}
