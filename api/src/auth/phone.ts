import { randomInt } from 'node:crypto'
import { and, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm'
import { toPhone } from '../clients/contact.ts'
import { countAttempt } from '../core/attempts.ts'
import { recordAudit } from '../core/audit.ts'
import type { Deps, StaffCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { keyedDigest, newId, sameBytes } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { phoneVerificationsTable } from '../db/schema/access.ts'
import { staffTable } from '../db/schema/firms.ts'
import { queueMessage } from '../messages/service.ts'
import { tell } from './notices.ts'
import { readSelf, requireConfirmed } from './self.ts'

const validMs = 10 * 60_000
const triesMax = 5
const sendLimit = { windowSeconds: 3600, max: 5, sentence: 'You asked for many codes. Try again in an hour.' }

const codeDigest = (deps: Deps, verificationId: string, code: string): Buffer =>
  keyedDigest(deps.sessionSecret, 'phone-code', verificationId, code)

const open = (ctx: StaffCtx) =>
  and(
    eq(phoneVerificationsTable.firmId, ctx.firmId),
    eq(phoneVerificationsTable.staffId, ctx.actor.staffId),
    isNull(phoneVerificationsTable.usedAt),
  )

/** Texts a code to the phone; earlier ones stop working. A phone that is set stays until the code comes back. Throws `invalid_phone`. */
export async function changePhone(ctx: StaffCtx, input: string): Promise<void> {
  const phone = toPhone(input, 'body.phone')
  const { deps, firmId, actor } = ctx
  await countAttempt(deps, `phone:${actor.staffId}`, sendLimit)
  await countAttempt(deps, `phone-to:${keyedDigest(deps.sessionSecret, 'phone-to', phone).toString('base64url')}`, sendLimit)
  await withFirm(ctx, async (tx) => {
    await requireConfirmed(tx, ctx)
    const self = await readSelf(tx, ctx, 'lock')
    if (self.emailVerifiedAt === null) throw new AppError('email_unverified', 'Verify your e-mail first. Then we can text you.')
    const [id, now] = [newId(), deps.now()]
    const code = randomInt(0, 1_000_000).toString().padStart(6, '0')
    await tx.update(phoneVerificationsTable).set({ usedAt: now }).where(open(ctx))
    await tx.insert(phoneVerificationsTable).values({
      firmId,
      id,
      staffId: self.id,
      phone,
      codeDigest: codeDigest(deps, id, code),
      createdAt: now,
      expiresAt: new Date(now.getTime() + validMs),
    })
    await queueMessage(tx, ctx, {
      purpose: 'verification',
      channel: 'sms',
      staffId: self.id,
      to: phone,
      body: 'Your Ledgersync code is [code]. It works for 10 minutes. Nobody from Ledgersync will ask you for it.',
      secrets: { code },
    })
    await recordAudit(tx, ctx, 'staff.phone_change_asked', { id: self.id, details: { after: phone } })
    await publish(tx, ctx, 'firm', null)
  })
}

/** Takes the six digits of the text and keeps the phone. A wrong code counts; after five the code is void. */
export async function verifyPhone(ctx: StaffCtx, code: string): Promise<void> {
  const accepted = await withFirm(ctx, async (tx) => {
    const usable = and(open(ctx), gt(phoneVerificationsTable.expiresAt, ctx.deps.now()), lt(phoneVerificationsTable.tries, triesMax))
    const [row] = await tx
      .select()
      .from(phoneVerificationsTable)
      .where(usable)
      .orderBy(desc(phoneVerificationsTable.createdAt))
      .limit(1)
      .for('update')
    if (row === undefined) return false
    const isRight = sameBytes(row.codeDigest, codeDigest(ctx.deps, row.id, code))
    await tx
      .update(phoneVerificationsTable)
      .set(isRight ? { usedAt: ctx.deps.now() } : { tries: sql`${phoneVerificationsTable.tries} + 1` })
      .where(and(open(ctx), eq(phoneVerificationsTable.id, row.id)))
    if (isRight) await setPhone(tx, ctx, row.phone)
    return isRight
  })
  if (accepted) return
  const message = 'This code is not right or has expired. Check the newest text, or ask for a new code.'
  throw new AppError('code_refused', message, { fields: [{ field: 'body.code', message }] })
}

/** Forgets the phone; no error when there is none. */
export async function removePhone(ctx: StaffCtx): Promise<void> {
  await withFirm(ctx, async (tx) => {
    await requireConfirmed(tx, ctx)
    await tx.update(phoneVerificationsTable).set({ usedAt: ctx.deps.now() }).where(open(ctx))
    await setPhone(tx, ctx, null)
  })
}

async function setPhone(tx: Tx, ctx: StaffCtx, phone: string | null): Promise<void> {
  const self = await readSelf(tx, ctx, 'lock')
  if (self.phone === phone) return
  await tx
    .update(staffTable)
    .set({ phone, phoneVerifiedAt: phone === null ? null : ctx.deps.now() })
    .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, self.id)))
  await recordAudit(tx, ctx, phone === null ? 'staff.phone_removed' : 'staff.phone_changed', {
    id: self.id,
    details: { before: self.phone, after: phone },
  })
  await tell(tx, ctx, 'phone_changed', self)
  await publish(tx, ctx, 'firm', null)
}
