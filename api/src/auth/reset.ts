import { and, eq, gt, isNull } from 'drizzle-orm'
import type { PasswordReset } from '@ledgersync/shared/auth'
import { passwordMin, passwordMinWithSecondFactor } from '@ledgersync/shared/auth'
import { countAttempt } from '../core/attempts.ts'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { tokenHash } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { findKey } from '../db/global.ts'
import { passwordResetsTable } from '../db/schema/access.ts'
import { staffTable } from '../db/schema/firms.ts'
import { endLinks } from './links.ts'
import { forgive } from './locks.ts'
import { tell } from './notices.ts'
import { forgetPasskeys } from './passkeys.ts'
import { checkPassword, hashPassword } from './password.ts'
import { chargeCode, passSecondFactor, readSecondFactor } from './second-factor.ts'
import { endSessions, knownNames } from './self.ts'
import type { Visitor } from './service.ts'

const resetLimit = { windowSeconds: 900, max: 300, sentence: 'Too many attempts. Wait a while, then try again.' }

const refused = () => new AppError('code_refused', 'This link has expired or was used. Ask for a new one under “Lost your password”.')

/**
 * Takes the token of a link and a new password. Whatever is wrong with the password or the second factor leaves the link as it is;
 * once it has worked, it and every other link of the person are used up, all sessions end, their passkeys are gone and a closed
 * sign-in is open.
 * Throws `code_refused`, `weak_password`, `second_factor_required`, `second_factor_refused`.
 */
export async function resetPassword(deps: Deps, visitor: Visitor, { token, password, code }: PasswordReset): Promise<void> {
  await countAttempt(deps, `reset-from:${visitor.network}`, resetLimit)
  const owner = await findKey(deps.db, 'reset_link', tokenHash(token))
  if (owner === null) throw refused()
  const ctx: Ctx = { ...systemCtx(deps, owner.firmId, 'reset_password'), ip: visitor.ip, requestId: visitor.requestId }
  const staffId = await withFirm(
    ctx,
    async (tx) => {
      const { staff } = await readReset(tx, ctx, owner.rowId)
      const { since } = await readSecondFactor(tx, ctx, staff.id)
      checkPassword(password, await knownNames(tx, ctx, staff), since === null ? passwordMin : passwordMinWithSecondFactor)
      return staff.id
    },
    'read',
  )
  await chargeCode(deps, staffId, code)
  const passwordHash = await hashPassword(password)
  await withFirm(ctx, async (tx) => {
    const { staff } = await readReset(tx, ctx, owner.rowId, 'lock')
    await passSecondFactor(tx, ctx, staff, code)
    const passwordIsShort = [...password].length < passwordMin
    if (passwordIsShort && (await readSecondFactor(tx, ctx, staff.id)).since === null) throw refused()
    const me = and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, staff.id))
    await tx.update(staffTable).set({ passwordHash, passwordIsShort }).where(me)
    await endLinks(tx, ctx, staff.id)
    const sessions = await endSessions(tx, ctx, staff.id, null)
    // The link is what we tell people to use when somebody else got in: whatever that person left behind to come back by must go
    const passkeysRemoved = await forgetPasskeys(tx, ctx, staff.id)
    await forgive(tx, ctx, staff)
    await recordAudit(tx, ctx, 'staff.password_reset', { id: staff.id, details: { sessionsEnded: sessions, passkeysRemoved } })
    await tell(tx, ctx, passkeysRemoved > 0 ? 'password_changed_passkeys_removed' : 'password_changed', staff)
    await publish(tx, ctx, 'firm', null)
  })
}

/** The link's person while it can be used; throws `code_refused`. The person's row is locked first, so that two links take turns. */
async function readReset(tx: Tx, ctx: Ctx, resetId: string, mode: 'read' | 'lock' = 'read') {
  const mine = and(eq(passwordResetsTable.firmId, ctx.firmId), eq(passwordResetsTable.id, resetId))
  const [found] = await tx.select({ staffId: passwordResetsTable.staffId }).from(passwordResetsTable).where(mine)
  if (found === undefined) throw refused()
  const person = tx
    .select()
    .from(staffTable)
    .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, found.staffId)))
  const [staff] = await (mode === 'lock' ? person.for('update') : person)
  const usable = and(mine, isNull(passwordResetsTable.usedAt), gt(passwordResetsTable.expiresAt, ctx.deps.now()))
  const [reset] = await tx.select({ id: passwordResetsTable.id }).from(passwordResetsTable).where(usable)
  if (staff === undefined || staff.deactivatedAt !== null || reset === undefined) throw refused()
  return { staff }
}
