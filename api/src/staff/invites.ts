import { and, eq, isNull, sql } from 'drizzle-orm'
import { type StaffInvite, type StaffInviteCreate, staffInviteDays } from '@ledgersync/shared/team'
import { safeName } from '@ledgersync/shared/texts'
import { parseWorkEmail } from '../auth/work-email.ts'
import { type AttemptLimit, countAttempt } from '../core/attempts.ts'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { newId, newToken, tokenHash } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { claimKey, releaseKey } from '../db/global.ts'
import { firmsTable, staffInvitesTable, staffTable } from '../db/schema/firms.ts'
import { queueMessage } from '../messages/service.ts'
import { moveMessage } from '../messages/state.ts'
import { selectInvites } from './team.ts'

const validMs = staffInviteDays * 24 * 60 * 60_000
const sendLimit: AttemptLimit = { windowSeconds: 3600, max: 60, sentence: 'Your firm has sent many invitations. Try again in an hour.' }

const i = staffInvitesTable
const isOpen = and(isNull(i.acceptedAt), isNull(i.withdrawnAt))
const thisInvite = (ctx: StaffCtx, inviteId: string) => and(eq(i.firmId, ctx.firmId), eq(i.id, inviteId), isOpen)

/** Somebody's e-mail belongs to the person, so what stands in the way is said on its field. */
function refuseEmail(message: string): AppError {
  return new AppError('conflict', message, { fields: [{ field: 'body.email', message }] })
}

/**
 * Invites a colleague: a row, and an e-mail with a link of its own. Throws `email_unverified`, `work_email_required`, and `conflict`
 * when the address is a member's or has an open invitation. It never says whether the address signs in at another firm.
 */
export async function inviteStaff(ctx: StaffCtx, input: StaffInviteCreate): Promise<StaffInvite> {
  const { email } = parseWorkEmail(input.email)
  await countAttempt(ctx.deps, `staff-invite:${ctx.firmId}`, sendLimit)
  return withFirm(ctx, async (tx) => {
    const sender = await readSender(tx, ctx)
    await checkNewcomer(tx, ctx, email)
    const [id, now, name] = [newId(), ctx.deps.now(), input.name.trim()]
    const link = await sendLink(tx, ctx, { id, email, name }, sender)
    const permissions = [...(input.permissions ?? [])].sort()
    const values = {
      firmId: ctx.firmId,
      id,
      email,
      name,
      role: input.role,
      permissions,
      createdAt: now,
      createdBy: ctx.actor.staffId,
      ...link,
    }
    // The unique index decides between two who invite the same address at once
    const [row] = await tx.insert(i).values(values).onConflictDoNothing().returning()
    if (row === undefined) throw refuseEmail('This address has an open invitation already. Send that one again.')
    await recordAudit(tx, ctx, 'staff_invite.created', { id, details: { email, name, role: input.role, permissions } })
    await publish(tx, ctx, 'firm', null)
    return one(await selectInvites(tx, ctx, id))
  })
}

/** The inviter's names as they may stand in a mail. */
async function readSender(tx: Tx, ctx: StaffCtx): Promise<{ staffName: string; firmName: string }> {
  const { staff, firmName } = one(
    await tx
      .select({ staff: staffTable, firmName: firmsTable.name })
      .from(staffTable)
      .innerJoin(firmsTable, eq(firmsTable.firmId, staffTable.firmId))
      .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, ctx.actor.staffId))),
  )
  if (staff.emailVerifiedAt === null)
    throw new AppError('email_unverified', 'Verify your own e-mail first: your colleague gets a message in your name.')
  return { staffName: safeName(staff.name), firmName: safeName(firmName) }
}

async function checkNewcomer(tx: Tx, ctx: StaffCtx, email: string): Promise<void> {
  const [member] = await tx
    .select({ name: staffTable.name, deactivatedAt: staffTable.deactivatedAt })
    .from(staffTable)
    .where(and(eq(staffTable.firmId, ctx.firmId), sql`lower(${staffTable.email}) = ${email}`))
    .orderBy(sql`${staffTable.deactivatedAt} is not null`)
    .limit(1)
  if (member === undefined) return
  throw refuseEmail(
    member.deactivatedAt === null
      ? `${member.name} works at your firm with this address already.`
      : `${member.name} worked at your firm with this address. Take them back instead.`,
  )
}

/** Queues the mail with a new link, and answers what the invitation's row keeps of it. */
async function sendLink(
  tx: Tx,
  ctx: StaffCtx,
  { id, email, name }: { id: string; email: string; name: string },
  { staffName, firmName }: { staffName: string; firmName: string },
) {
  const token = newToken()
  const hash = tokenHash(token)
  await claimKey(tx, 'staff_invite', hash, { firmId: ctx.firmId, rowId: id })
  const messageId = await queueMessage(tx, ctx, {
    purpose: 'staff_invite',
    channel: 'email',
    to: email,
    subject: `${staffName} invites you to ${firmName} on Ledgersync`,
    body: [
      `Hello ${safeName(name)},`,
      `${staffName} at ${firmName} invites you to work with them on Ledgersync. Choose your own password here:`,
      '[link]',
      `The link works once, for ${staffInviteDays} days. If you do not know ${firmName}, ignore this message.`,
    ].join('\n\n'),
    secrets: { link: `/join#${token}` },
  })
  const now = ctx.deps.now()
  return { tokenHash: hash, messageId, sentAt: now, expiresAt: new Date(now.getTime() + validMs) }
}

/** Makes what is on its way useless: the link stops working, and a mail that waits is not sent. */
async function endLink(tx: Tx, ctx: StaffCtx, invite: typeof i.$inferSelect, reason: string): Promise<void> {
  await moveMessage(tx, ctx, invite.messageId, { to: 'canceled', from: ['queued'], reason })
  await releaseKey(tx, 'staff_invite', invite.tokenHash)
}

/** Sends a new link in place of the old one. Throws `not_found` for an invitation that has ended. */
export async function resendInvite(ctx: StaffCtx, inviteId: string): Promise<StaffInvite> {
  await countAttempt(ctx.deps, `staff-invite:${ctx.firmId}`, sendLimit)
  return withFirm(ctx, async (tx) => {
    const sender = await readSender(tx, ctx)
    const [invite] = await tx.select().from(i).where(thisInvite(ctx, inviteId)).for('update')
    if (invite === undefined) throw notFound('invitation')
    await endLink(tx, ctx, invite, 'A newer e-mail took its place')
    const link = await sendLink(tx, ctx, invite, sender)
    await tx.update(i).set(link).where(thisInvite(ctx, inviteId))
    await recordAudit(tx, ctx, 'staff_invite.sent_again', { id: inviteId, details: { email: invite.email } })
    await publish(tx, ctx, 'firm', null)
    return one(await selectInvites(tx, ctx, inviteId))
  })
}

/** Withdraws an invitation; its link stops working at once. Throws `not_found` for one that has ended. */
export async function withdrawInvite(ctx: StaffCtx, inviteId: string): Promise<void> {
  await withFirm(ctx, async (tx) => {
    const [invite] = await tx.update(i).set({ withdrawnAt: ctx.deps.now() }).where(thisInvite(ctx, inviteId)).returning()
    if (invite === undefined) throw notFound('invitation')
    await endLink(tx, ctx, invite, 'The invitation was withdrawn')
    await recordAudit(tx, ctx, 'staff_invite.withdrawn', { id: inviteId, details: { email: invite.email } })
    await publish(tx, ctx, 'firm', null)
  })
}
