import { and, eq, inArray, sql } from 'drizzle-orm'
import { getVisibleClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, type StaffCtx, systemCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { groupBy } from '../core/group-by.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import { invitesTable } from '../db/schema/clients.ts'
import { isBroken } from '../messages/answered.ts'
import { remindAfterMs } from '../messages/invite-progress.ts'
import { eachClient } from './each-client.ts'
import { byPerson } from './outgoing.ts'
import {
  type ClientValues,
  findSpeaker,
  type Further,
  holdClient,
  holdClients,
  isOpen,
  newestInvite,
  openChannel,
  queueAnew,
} from './reach.ts'
import { insertInviteRows } from './rows.ts'

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
      tx.execute<{ clientId: string; person: string }>(sql`
        select n.client_id as "clientId", ${personOf} as person from connections n
          join clients c on c.firm_id = n.firm_id and c.id = n.client_id
          join firms f on f.firm_id = n.firm_id
        where n.firm_id = ${firmId} and n.health = 'needs_client' and n.client_asked_at is null and n.complete and n.broken_at <= ${brokenBefore}::timestamptz
          and (n.ask_failed_at is null or n.ask_failed_at < ${triedBefore}::timestamptz)
          and f.ask_repairs and c.locked_at is null and not c.staff_have_access
          and ((c.phone is not null and c.text_consent_at is not null) or c.email is not null)
        group by n.client_id, person order by min(n.broken_at), n.client_id limit ${turnMax}`),
    'read',
  )
  // Each person's clients together: they get one message about all of them
  const persons = [...groupBy(rows, ({ person }) => person).values()]
  await eachClient(deps, persons.map(listed), async ({ clientIds }) => {
    await withFirm(ctx, async (tx) => {
      const due: ClientValues[] = []
      for (const client of await holdClients(tx, ctx, clientIds))
        if (client.lockedAt === null && (await isUnasked(tx, ctx, client.id))) due.push(client)
      const asked = await askEach(tx, ctx, due, null)
      const failed = due.filter(({ id }) => !asked.includes(id)).map(({ id }) => id)
      if (failed.length > 0) await tx.update(connectionsTable).set({ askFailedAt: deps.now() }).where(brokenOf(ctx, failed))
    })
  })
}

/** Clients `c` of one value get the same message; who has opted out is found when it is written. */
const personOf = sql`concat_ws(' ', c.language, case when c.phone is not null and c.text_consent_at is not null then c.phone else lower(c.email) end)`

const listed = (rows: readonly [{ clientId: string }, ...{ clientId: string }[]]) => ({
  clientId: rows[0].clientId,
  clientIds: rows.map(({ clientId }) => clientId),
})

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
    const broken = await tx
      .select({ askedAt: connectionsTable.clientAskedAt })
      .from(connectionsTable)
      .where(brokenOf(ctx, [clientId]))
    if (broken.length === 0) throw new AppError('conflict', 'No bank of this client wants a new sign-in.')
    const justNow = ctx.deps.now().getTime() - twiceMs
    if (broken.every(({ askedAt }) => askedAt !== null && askedAt.getTime() > justNow))
      throw new AppError('conflict', 'The client was asked a moment ago.')
    if ((await askEach(tx, ctx, [client], ctx.actor.staffId)).length === 0)
      throw new AppError('conflict', 'The client cannot be asked: there is no phone or e-mail, or they have opted out.')
  })
}

const brokenOf = (ctx: Ctx, clientIds: readonly string[]) =>
  and(
    eq(connectionsTable.firmId, ctx.firmId),
    inArray(connectionsTable.clientId, [...clientIds]),
    eq(connectionsTable.complete, true),
    eq(connectionsTable.health, 'needs_client'),
  )

async function isUnasked(tx: Tx, ctx: Ctx, clientId: string): Promise<boolean> {
  const rows = await tx
    .select({ askedAt: connectionsTable.clientAskedAt })
    .from(connectionsTable)
    .where(brokenOf(ctx, [clientId]))
  return rows.some(({ askedAt }) => askedAt === null)
}

/** Asks these held clients, each person by one message. Answers those that are asked; there is no way to the others, or nothing to ask. */
async function askEach(tx: Tx, ctx: Ctx, clients: readonly ClientValues[], staffId: string | null): Promise<string[]> {
  const reachable: { client: ClientValues; channel: 'sms' | 'email' }[] = []
  for (const client of clients) {
    if (!(await isBroken(tx, ctx, client.id))) continue
    // A text needs consent; without it the mail goes, or nothing
    const open = await openChannel(tx, ctx, client, client.textConsentAt === null ? 'email' : 'both')
    if (open !== null) reachable.push({ client, channel: open === 'both' ? 'sms' : open })
  }
  const asked: string[] = []
  for (const group of byPerson(reachable)) {
    const ofPerson = group.map(({ client }) => client)
    if (await ask(tx, ctx, ofPerson, { channel: group[0].channel, staffId })) asked.push(...ofPerson.map(({ id }) => id))
  }
  return asked
}

/** Queues the message, by the invites that are open or by new ones. False when nobody is left to write it. */
async function ask(
  tx: Tx,
  ctx: Ctx,
  clients: readonly ClientValues[],
  { channel, staffId }: { channel: 'sms' | 'email'; staffId: string | null },
): Promise<boolean> {
  const further: Further[] = []
  let isFirst = true
  for (const client of clients) {
    const newest = await newestInvite(tx, ctx, client.id)
    if (newest !== undefined && isOpen(newest, ctx.deps.now())) {
      further.push({ client, invite: newest })
      isFirst = false
      // Its third day begins anew; a link that was handed over has no way to remind by
      const remindAt = newest.channel === 'copy' ? null : new Date(ctx.deps.now().getTime() + remindAfterMs)
      await tx
        .update(invitesTable)
        .set({ remindAt })
        .where(and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.id, newest.id)))
      continue
    }
    const speaker = await findSpeaker(tx, ctx, client, staffId ?? newest?.createdBy ?? null)
    if (speaker === null) return false
    // What was asked for and never done is still wanted
    const kind = newest?.kind === 'connect' && newest.state !== 'connected' && newest.state !== 'revoked' ? 'connect' : 'repair'
    if (kind === 'repair') isFirst = false
    await insertInviteRows(tx, ctx, [{ client, kind }], { channel, staffId: speaker.id })
    const invite = await newestInvite(tx, ctx, client.id)
    if (invite !== undefined) further.push({ client, invite })
  }
  if (!(await queueAnew(tx, ctx, further, { channel, purpose: isFirst ? 'invite' : 'reconnect' }))) return false
  await recordAsked(
    tx,
    ctx,
    clients.map(({ id }) => id),
    channel,
  )
  return true
}

/** Writes down that these clients are asked to sign in again where a bank wants it: the clock does not ask them once more. */
export async function recordAsked(tx: Tx, ctx: Ctx, clientIds: readonly string[], channel: 'sms' | 'email' | 'both'): Promise<void> {
  await tx.update(connectionsTable).set({ clientAskedAt: ctx.deps.now(), askFailedAt: null }).where(brokenOf(ctx, clientIds))
  for (const id of clientIds) {
    await recordAudit(tx, ctx, 'client.asked_to_sign_in', { id, clientId: id, details: { channel } })
    await publish(tx, ctx, 'connections', id)
  }
}
