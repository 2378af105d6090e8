import { randomBytes } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { withFirm } from '../db/client.ts'
import { staffTable } from '../db/schema/firms.ts'
import { tell } from './notices.ts'
import { forgetPasskeys } from './passkeys.ts'
import { hashPassword } from './password.ts'
import { forgetSecondFactor } from './second-factor.ts'
import { endSessions, requireConfirmed } from './self.ts'

/**
 * Takes second factor and passkeys from a colleague who has lost phone and recovery codes, ends their sessions and tells them. The
 * passkeys go, too, for the lost phone may have one that opens the account to whoever knows its PIN. A password that is too short to
 * stand alone is taken as well: the link for a lost password is what is left. No error when there is neither.
 * Throws `confirmation_required`, `conflict` for oneself, `not_found`.
 */
export async function resetSecondFactor(ctx: StaffCtx, staffId: string): Promise<void> {
  if (staffId === ctx.actor.staffId)
    throw new AppError('conflict', 'Remove your own second factor on your account page, or ask another administrator.')
  const nobodysPassword = await hashPassword(randomBytes(32).toString('base64'))
  await withFirm(ctx, async (tx) => {
    await requireConfirmed(tx, ctx)
    const me = and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, staffId))
    const [person] = await tx.select().from(staffTable).where(me).for('update')
    if (person === undefined) throw notFound('member of staff')
    const hadFactor = await forgetSecondFactor(tx, ctx, person.id)
    const passkeysRemoved = await forgetPasskeys(tx, ctx, person.id)
    if (!hadFactor && passkeysRemoved === 0) return
    const { passwordIsShort } = person
    if (passwordIsShort) await tx.update(staffTable).set({ passwordHash: nobodysPassword, passwordIsShort: false }).where(me)
    const sessionsEnded = await endSessions(tx, ctx, person.id, null)
    const details = { sessionsEnded, passwordTaken: passwordIsShort, passkeysRemoved }
    await recordAudit(tx, ctx, 'staff.second_factor_reset', { id: person.id, details })
    const withPassword = passwordIsShort ? 'second_factor_and_password_reset' : 'second_factor_reset'
    await tell(tx, ctx, hadFactor ? withPassword : 'passkeys_reset', person)
    await publish(tx, ctx, 'firm', null)
  })
}
