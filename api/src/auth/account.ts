import { and, desc, eq, gt, isNull } from 'drizzle-orm'
import type { Account, Confirm, MeUpdate } from '@ledgersync/shared/account'
import type { Me } from '@ledgersync/shared/auth'
import { passwordMin, passwordMinWithSecondFactor } from '@ledgersync/shared/auth'
import { countAttempt } from '../core/attempts.ts'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { parseTimeZone } from '../core/time-zone.ts'
import { withFirm } from '../db/client.ts'
import { claimKey, releaseKey } from '../db/global.ts'
import { forgiveKeys } from '../db/guesses.ts'
import { phoneVerificationsTable } from '../db/schema/access.ts'
import { emailVerificationsTable, staffTable } from '../db/schema/firms.ts'
import { chargeGuess, personKey } from './guesses.ts'
import { readMe } from './me.ts'
import { tell } from './notices.ts'
import { checkPassword, hashPassword, verifyPassword } from './password.ts'
import { passSecondFactor, readSecondFactor } from './second-factor.ts'
import { endSessions, knownNames, noteConfirmed, readSelf, requireConfirmed } from './self.ts'
import { queueVerification } from './verification.ts'
import { parseWorkEmail } from './work-email.ts'

const changesLimit = { windowSeconds: 3600, max: 10, sentence: 'You changed this many times. Try again in an hour.' }

/** How the signed-in person signs in, and what still waits to be verified. */
export async function readAccount(ctx: StaffCtx): Promise<Account> {
  const { staffId } = ctx.actor
  const now = ctx.deps.now()
  return withFirm(
    ctx,
    async (tx) => {
      const self = await readSelf(tx, ctx)
      const { since, codesLeft } = await readSecondFactor(tx, ctx, staffId)
      const emails = emailVerificationsTable
      const [email] = await tx
        .select({ email: emails.email })
        .from(emails)
        .where(and(eq(emails.firmId, ctx.firmId), eq(emails.staffId, staffId), isNull(emails.usedAt), gt(emails.expiresAt, now)))
        .orderBy(desc(emails.createdAt))
        .limit(1)
      const phones = phoneVerificationsTable
      const [phone] = await tx
        .select({ phone: phones.phone })
        .from(phones)
        .where(and(eq(phones.firmId, ctx.firmId), eq(phones.staffId, staffId), isNull(phones.usedAt), gt(phones.expiresAt, now)))
        .orderBy(desc(phones.createdAt))
        .limit(1)
      return {
        pendingEmail: email === undefined || email.email === self.email ? null : email.email,
        phone: self.phone,
        pendingPhone: phone?.phone ?? null,
        secondFactorSince: since?.toISOString() ?? null,
        recoveryCodesLeft: codesLeft,
        passwordIsShort: self.passwordIsShort,
      }
    },
    'read',
  )
}

/** Changes the members that are given. */
export async function updateMe(ctx: StaffCtx, input: MeUpdate): Promise<Me> {
  const changes = {
    ...(input.name !== undefined && { name: input.name.trim() }),
    ...(input.timeZone !== undefined && { timeZone: input.timeZone === null ? null : parseTimeZone(input.timeZone, 'body.timeZone') }),
  }
  await withFirm(ctx, async (tx) => {
    const { name, timeZone, id } = await readSelf(tx, ctx, 'lock')
    await tx
      .update(staffTable)
      .set(changes)
      .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, id)))
    await recordAudit(tx, ctx, 'staff.updated', { id, details: { before: { name, timeZone }, after: { name, timeZone, ...changes } } })
    await publish(tx, ctx, 'firm', null)
  })
  return readMe(ctx)
}

/** Notes that it is the person themselves. Counts as a guess; throws `wrong_credentials` and what the second factor throws. */
export async function confirmIdentity(ctx: StaffCtx, { password, code }: Confirm): Promise<void> {
  const { deps, actor } = ctx
  const key = personKey(deps, actor.staffId)
  await chargeGuess(deps, key)
  const self = await withFirm(ctx, (tx) => readSelf(tx, ctx), 'read')
  if (!(await verifyPassword(self.passwordHash, password))) {
    const message = 'This is not your password.'
    throw new AppError('wrong_credentials', message, { fields: [{ field: 'body.password', message }] })
  }
  await withFirm(ctx, async (tx) => {
    await passSecondFactor(tx, ctx, self, code)
    await noteConfirmed(tx, ctx)
    await forgiveKeys(tx, [key])
  })
}

/** Changes the password, ends the other sessions and tells the person. Throws `weak_password`. */
export async function changePassword(ctx: StaffCtx, password: string): Promise<void> {
  await countAttempt(ctx.deps, `password:${ctx.actor.staffId}`, changesLimit)
  await withFirm(
    ctx,
    async (tx) => {
      await requireConfirmed(tx, ctx)
      const self = await readSelf(tx, ctx)
      const { since } = await readSecondFactor(tx, ctx, self.id)
      checkPassword(password, await knownNames(tx, ctx, self), since === null ? passwordMin : passwordMinWithSecondFactor)
    },
    'read',
  )
  const passwordHash = await hashPassword(password)
  const passwordIsShort = [...password].length < passwordMin
  await withFirm(ctx, async (tx) => {
    const self = await readSelf(tx, ctx, 'lock')
    // The second factor may have been removed while the password was hashed
    if (passwordIsShort && (await readSecondFactor(tx, ctx, self.id)).since === null) {
      throw new AppError('conflict', 'Your second factor was removed at the same moment. Choose a longer password.')
    }
    await tx
      .update(staffTable)
      .set({ passwordHash, passwordIsShort })
      .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, self.id)))
    await endSessions(tx, ctx, self.id, ctx.actor.sessionId)
    await recordAudit(tx, ctx, 'staff.password_changed', { id: self.id })
    await tell(tx, ctx, 'password_changed', self)
    await publish(tx, ctx, 'firm', null)
  })
}

/** Sends a code and a link to the new address. The e-mail changes when one of them comes back (verification.ts). */
export async function changeEmail(ctx: StaffCtx, input: string): Promise<void> {
  const { email } = parseWorkEmail(input)
  await countAttempt(ctx.deps, `email:${ctx.actor.staffId}`, changesLimit)
  await withFirm(ctx, async (tx) => {
    await requireConfirmed(tx, ctx)
    const self = await readSelf(tx, ctx, 'lock')
    if (self.email === email && self.emailVerifiedAt !== null) return
    await queueVerification(tx, ctx, { id: self.id, name: self.name, email })
    await recordAudit(tx, ctx, 'staff.email_change_asked', { id: self.id, details: { before: self.email, after: email } })
    await publish(tx, ctx, 'firm', null)
  })
}

const usernamePattern = /^[a-z0-9][a-z0-9._-]{2,62}[a-z0-9]$/

/**
 * Changes the name to sign in with, at once. Throws `username_taken`: names are unique over all firms, so who is signed in can learn
 * that one is taken, ten times an hour. A name with @ must be the person's own verified e-mail, and the names of operators are
 * nobody's to choose: whoever gets such a name has proved the e-mail.
 */
export async function changeUsername(ctx: StaffCtx, input: string): Promise<Me> {
  const username = input.trim().toLowerCase()
  await countAttempt(ctx.deps, `username:${ctx.actor.staffId}`, changesLimit)
  const refuse = (code: 'invalid_field' | 'username_taken', message: string): never => {
    throw new AppError(code, message, { fields: [{ field: 'body.username', message }] })
  }
  await withFirm(ctx, async (tx) => {
    await requireConfirmed(tx, ctx)
    const self = await readSelf(tx, ctx, 'lock')
    if (self.emailVerifiedAt === null) throw new AppError('email_unverified', 'Verify your e-mail first. It becomes your username.')
    if (username === self.username) return
    if (username !== self.email && !usernamePattern.test(username)) {
      refuse('invalid_field', 'Use your verified e-mail, or 4 to 64 letters, digits, dots, hyphens and underscores.')
    }
    const isReserved = username !== self.email && ctx.deps.operators.has(username)
    if (isReserved || !(await claimKey(tx, 'username', username, { firmId: ctx.firmId, rowId: self.id }))) {
      refuse('username_taken', 'Somebody has this username. Choose another.')
    }
    await releaseKey(tx, 'username', self.username)
    await tx
      .update(staffTable)
      .set({ username })
      .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, self.id)))
    await recordAudit(tx, ctx, 'staff.username_changed', { id: self.id, details: { before: self.username, after: username } })
    await tell(tx, ctx, 'username_changed', self)
    await publish(tx, ctx, 'firm', null)
  })
  return readMe(ctx)
}
