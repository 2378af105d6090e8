import { randomInt } from 'node:crypto'
import { and, count, eq, isNotNull, isNull, lt } from 'drizzle-orm'
import type { RecoveryCodes, SecondFactorSetup } from '@ledgersync/shared/account'
import { passwordMin } from '@ledgersync/shared/auth'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, Deps, StaffCtx } from '../core/context.ts'
import { seal, unseal } from '../core/crypto.ts'
import { AppError } from '../core/errors.ts'
import { keyedDigest, newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { forgiveKeys } from '../db/guesses.ts'
import { recoveryCodesTable, secondFactorsTable } from '../db/schema/access.ts'
import { chargeGuess, personKey } from './guesses.ts'
import { tell } from './notices.ts'
import { readSelf, requireConfirmed } from './self.ts'
import { newTotpSecret, totpStep, totpUri } from './totp.ts'

const codesMade = 10
/** Crockford's digits without those that look alike. Ten of them are 50 bits: guessed at a hundred times at most, that is plenty. */
const codeAlphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const codeLength = 10

const secretPlace = (rowId: string) => ({ table: 'second_factors', column: 'secret_sealed', rowId })
const codeDigest = (deps: Deps, staffId: string, code: string): Buffer => keyedDigest(deps.sessionSecret, 'recovery-code', staffId, code)

const ofStaff = (ctx: Ctx, staffId: string) => and(eq(secondFactorsTable.firmId, ctx.firmId), eq(secondFactorsTable.staffId, staffId))
const confirmed = (ctx: Ctx, staffId: string) => and(ofStaff(ctx, staffId), isNotNull(secondFactorsTable.confirmedAt))
const unused = (ctx: Ctx, staffId: string) =>
  and(eq(recoveryCodesTable.firmId, ctx.firmId), eq(recoveryCodesTable.staffId, staffId), isNull(recoveryCodesTable.usedAt))

/** When the person's second factor was set, or null; and how many recovery codes are left. */
export async function readSecondFactor(tx: Tx, ctx: Ctx, staffId: string): Promise<{ since: Date | null; codesLeft: number }> {
  const [factor] = await tx.select({ since: secondFactorsTable.confirmedAt }).from(secondFactorsTable).where(confirmed(ctx, staffId))
  const left = one(await tx.select({ codes: count() }).from(recoveryCodesTable).where(unused(ctx, staffId)))
  return { since: factor?.since ?? null, codesLeft: left.codes }
}

/**
 * Lets who is past the password pass, or throws: `second_factor_required` when there is one and no code came,
 * `second_factor_refused` when the code is wrong or was taken before. A code and a recovery code open once, also when they come twice
 * at the same moment. The guess has been charged by then ({@link chargeCode}); what it opens commits with the verb's transaction.
 */
export async function passSecondFactor(
  tx: Tx,
  ctx: Ctx,
  staff: { id: string; name: string; email: string },
  code: string | undefined,
): Promise<void> {
  const [factor] = await tx.select().from(secondFactorsTable).where(confirmed(ctx, staff.id))
  if (factor === undefined) return
  if (code === undefined)
    throw new AppError('second_factor_required', 'Enter the six digits of your authenticator app, or a recovery code.')
  const plain = code.toLowerCase().replaceAll(/[\s-]/g, '')
  const isFromApp = /^\d{6}$/.test(plain)
  const isTaken = isFromApp ? await takeCode(tx, ctx, factor, plain) : await takeRecoveryCode(tx, ctx, staff.id, asMade(plain))
  if (!isTaken) {
    throw new AppError('second_factor_refused', 'This code is not right, or it was used. Enter the one your authenticator app shows now.')
  }
  if (!isFromApp) await tell(tx, ctx, 'recovery_code_used', staff)
}

/** What people read for the digits that recovery codes are made of. */
const asMade = (code: string): string => code.replaceAll('o', '0').replaceAll(/[il]/g, '1')

/** Counts a code before it is looked at, whatever asks for it. */
export async function chargeCode(deps: Deps, staffId: string, code: string | undefined): Promise<void> {
  if (code !== undefined) await chargeGuess(deps, personKey(deps, staffId))
}

async function takeCode(tx: Tx, ctx: Ctx, factor: typeof secondFactorsTable.$inferSelect, code: string): Promise<boolean> {
  const secret = await unseal(tx, ctx, secretPlace(factor.id), factor.secretSealed)
  const step = totpStep(secret, code, ctx.deps.now())
  if (step === null) return false
  const taken = await tx
    .update(secondFactorsTable)
    .set({ lastStep: step })
    .where(and(confirmed(ctx, factor.staffId), eq(secondFactorsTable.id, factor.id), lt(secondFactorsTable.lastStep, step)))
    .returning({ id: secondFactorsTable.id })
  return taken.length > 0
}

async function takeRecoveryCode(tx: Tx, ctx: Ctx, staffId: string, code: string): Promise<boolean> {
  const taken = await tx
    .update(recoveryCodesTable)
    .set({ usedAt: ctx.deps.now() })
    .where(and(unused(ctx, staffId), eq(recoveryCodesTable.codeDigest, codeDigest(ctx.deps, staffId, code))))
    .returning({ id: recoveryCodesTable.id })
  if (taken.length > 0) await recordAudit(tx, ctx, 'staff.recovery_code_used', { id: staffId })
  return taken.length > 0
}

/** Makes a key that waits to be confirmed; an earlier one that waited is forgotten, one that is set stays. */
export async function beginSecondFactor(ctx: StaffCtx): Promise<SecondFactorSetup> {
  return withFirm(ctx, async (tx) => {
    await requireConfirmed(tx, ctx)
    const self = await readSelf(tx, ctx, 'lock')
    const [id, secret] = [newId(), newTotpSecret()]
    await tx.delete(secondFactorsTable).where(and(ofStaff(ctx, self.id), isNull(secondFactorsTable.confirmedAt)))
    const secretSealed = await seal(tx, ctx, secretPlace(id), secret)
    await tx.insert(secondFactorsTable).values({ firmId: ctx.firmId, id, staffId: self.id, secretSealed, createdAt: ctx.deps.now() })
    await recordAudit(tx, ctx, 'staff.second_factor_begun', { id: self.id })
    return { secret, uri: totpUri(secret, self.username) }
  })
}

/** Sets the second factor by a code of the app that got the key, and answers new recovery codes. */
export async function confirmSecondFactor(ctx: StaffCtx, code: string): Promise<RecoveryCodes> {
  await chargeCode(ctx.deps, ctx.actor.staffId, code)
  return withFirm(ctx, async (tx) => {
    await requireConfirmed(tx, ctx)
    const self = await readSelf(tx, ctx, 'lock')
    const open = and(ofStaff(ctx, self.id), isNull(secondFactorsTable.confirmedAt))
    const [waiting] = await tx.select().from(secondFactorsTable).where(open).for('update')
    if (waiting === undefined) throw new AppError('conflict', 'There is no key to confirm. Begin again.')
    const secret = await unseal(tx, ctx, secretPlace(waiting.id), waiting.secretSealed)
    const step = totpStep(secret, code, ctx.deps.now())
    if (step === null) {
      const message =
        'This code is not right. Enter the one your authenticator app shows now; if it stays wrong, check the clock of the phone.'
      throw new AppError('code_refused', message, { fields: [{ field: 'body.code', message }] })
    }
    await tx.delete(secondFactorsTable).where(confirmed(ctx, self.id))
    await tx.update(secondFactorsTable).set({ confirmedAt: ctx.deps.now(), lastStep: step }).where(open)
    const codes = await makeCodes(tx, ctx, self.id)
    await forgiveKeys(tx, [personKey(ctx.deps, self.id)])
    await recordAudit(tx, ctx, 'staff.second_factor_set', { id: self.id })
    await tell(tx, ctx, 'second_factor_set', self)
    await publish(tx, ctx, 'firm', null)
    return { codes }
  })
}

/** Removes the second factor with its recovery codes. Refused while the password is too short to stand alone. */
export async function removeSecondFactor(ctx: StaffCtx): Promise<void> {
  await withFirm(ctx, async (tx) => {
    await requireConfirmed(tx, ctx)
    const self = await readSelf(tx, ctx, 'lock')
    if (self.passwordIsShort) {
      throw new AppError(
        'conflict',
        `Choose a password of at least ${passwordMin} characters first: a shorter one needs the second factor.`,
      )
    }
    if (!(await forgetSecondFactor(tx, ctx, self.id))) return
    await recordAudit(tx, ctx, 'staff.second_factor_removed', { id: self.id })
    await tell(tx, ctx, 'second_factor_removed', self)
    await publish(tx, ctx, 'firm', null)
  })
}

/** Takes the person's second factor with its recovery codes, in the verb's transaction. Whether there was one. */
export async function forgetSecondFactor(tx: Tx, ctx: Ctx, staffId: string): Promise<boolean> {
  const gone = await tx.delete(secondFactorsTable).where(confirmed(ctx, staffId)).returning({ id: secondFactorsTable.id })
  await tx.delete(recoveryCodesTable).where(and(eq(recoveryCodesTable.firmId, ctx.firmId), eq(recoveryCodesTable.staffId, staffId)))
  return gone.length > 0
}

/** Replaces the recovery codes. Only for who has a second factor. */
export async function renewRecoveryCodes(ctx: StaffCtx): Promise<RecoveryCodes> {
  return withFirm(ctx, async (tx) => {
    await requireConfirmed(tx, ctx)
    const self = await readSelf(tx, ctx, 'lock')
    if ((await readSecondFactor(tx, ctx, self.id)).since === null) throw new AppError('conflict', 'Set a second factor first.')
    const codes = await makeCodes(tx, ctx, self.id)
    await recordAudit(tx, ctx, 'staff.recovery_codes_renewed', { id: self.id })
    await tell(tx, ctx, 'recovery_codes_renewed', self)
    return { codes }
  })
}

async function makeCodes(tx: Tx, ctx: Ctx, staffId: string): Promise<string[]> {
  await tx.delete(recoveryCodesTable).where(and(eq(recoveryCodesTable.firmId, ctx.firmId), eq(recoveryCodesTable.staffId, staffId)))
  const digits = () => Array.from({ length: codeLength }, () => codeAlphabet[randomInt(codeAlphabet.length)] ?? '').join('')
  const codes = Array.from({ length: codesMade }, digits)
  await tx.insert(recoveryCodesTable).values(
    codes.map((code) => ({
      firmId: ctx.firmId,
      id: newId(),
      staffId,
      codeDigest: codeDigest(ctx.deps, staffId, code),
      createdAt: ctx.deps.now(),
    })),
  )
  return codes.map((code) => `${code.slice(0, codeLength / 2)}-${code.slice(codeLength / 2)}`)
}
