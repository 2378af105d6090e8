import { and, desc, eq, sql } from 'drizzle-orm'
import { getVisibleClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, type StaffCtx, systemCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import { invitesTable } from '../db/schema/clients.ts'
import { readBrokenBanks } from './broken.ts'
import { type ClientValues, holdClient, isWaiting, openChannel } from './reach.ts'
import { insertInvite, queueInviteMessages } from './service.ts'

/** Banks often break together: what breaks within this is one message. */
const gatherMs = 10 * 60_000
/** Asked by hand again within this, somebody has clicked twice. */
const twiceMs = 10 * 60_000
/** Clients in one turn; the rest follow at the next one, minutes later. */
const turnMax = 1_000

/**
 * Job, for one firm: asks the clients whose banks want a new sign-in, once for all banks that broke meanwhile. Not those whose bank
 * login the firm holds itself. That it is done is written in the transaction that queues the message, so whoever comes later, or at
 * the same time, finds nothing to do.
 */
export async function askForRepairs(deps: Deps, firmId: string): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'ask_repairs')
  const brokenBefore = new Date(deps.now().getTime() - gatherMs).toISOString()
  const { rows } = await withFirm(
    ctx,
    (tx) =>
      tx.execute<{ client_id: string }>(sql`
        select n.client_id from connections n
          join clients c on c.firm_id = n.firm_id and c.id = n.client_id
          join firms f on f.firm_id = n.firm_id
        where n.firm_id = ${firmId} and n.health = 'needs_client' and n.client_asked_at is null and n.complete and n.broken_at <= ${brokenBefore}::timestamptz
          and f.ask_repairs and c.locked_at is null and not c.staff_have_access and (c.phone is not null or c.email is not null)
        group by n.client_id order by min(n.broken_at), n.client_id limit ${turnMax}`),
    'read',
  )
  for (const { client_id: clientId } of rows) {
    await withFirm(ctx, async (tx) => {
      const client = await holdClient(tx, ctx, clientId)
      if (client === undefined || client.lockedAt !== null || !(await isUnasked(tx, ctx, clientId))) return
      const staffId = await speakerOf(tx, ctx, client)
      if (staffId !== null) await ask(tx, ctx, client, staffId)
    })
  }
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

/**
 * In whose name the client is asked: whoever invited them last, else who looks after them, else an administrator; somebody who works
 * here and whose own e-mail is verified. Null when there is nobody.
 */
async function speakerOf(tx: Tx, ctx: Ctx, client: ClientValues): Promise<string | null> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    select s.id from staff s
    where s.firm_id = ${ctx.firmId} and s.deactivated_at is null and s.email_verified_at is not null
    order by coalesce(s.id = (select i.created_by from invites i where i.firm_id = s.firm_id and i.client_id = ${client.id}
        order by i.created_at desc, i.id desc limit 1), false) desc,
      exists (select from client_staff a where a.firm_id = s.firm_id and a.client_id = ${client.id} and a.staff_id = s.id) desc,
      coalesce(s.id = ${client.createdBy}::uuid, false) desc, s.role = 'administrator' desc, s.created_at, s.id
    limit 1`)
  return rows[0]?.id ?? null
}

/** Queues the message, by the invite that is open or by a new one. False when there is no way to the client. */
async function ask(tx: Tx, ctx: Ctx, client: ClientValues, staffId: string): Promise<boolean> {
  if ((await readBrokenBanks(tx, ctx, client.id)).length === 0) return false
  // A text needs consent; without it the mail goes, or nothing
  const way = client.textConsentAt === null ? 'email' : 'both'
  const open = await openChannel(tx, ctx, client, way)
  if (open === null) return false
  const channel = open === 'both' ? 'sms' : open
  const [newest] = await tx
    .select()
    .from(invitesTable)
    .where(and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.clientId, client.id)))
    .orderBy(desc(invitesTable.createdAt), desc(invitesTable.id))
    .limit(1)
  if (newest !== undefined && newest.channel !== 'copy' && isWaiting(newest, ctx.deps.now())) {
    const staffName = await nameOf(tx, ctx, newest.createdBy)
    await queueInviteMessages(tx, ctx, client, { inviteId: newest.id, channel, staffName, purpose: 'reconnect' })
  } else await insertInvite(tx, ctx, client, { channel, staffId, kind: 'repair' })
  await tx.update(connectionsTable).set({ clientAskedAt: ctx.deps.now() }).where(brokenOf(ctx, client.id))
  await recordAudit(tx, ctx, 'client.asked_to_sign_in', { id: client.id, clientId: client.id, details: { channel } })
  await publish(tx, ctx, 'connections', client.id)
  return true
}

async function nameOf(tx: Tx, ctx: Ctx, staffId: string): Promise<string> {
  const { rows } = await tx.execute<{ name: string }>(sql`select s.name from staff s where s.firm_id = ${ctx.firmId} and s.id = ${staffId}`)
  return rows[0]?.name ?? ''
}
