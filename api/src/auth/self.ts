import { and, eq, gt, isNull, ne } from 'drizzle-orm'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { one, type Tx } from '../db/client.ts'
import { firmsTable, sessionsTable, staffTable } from '../db/schema/firms.ts'

type StaffRow = typeof staffTable.$inferSelect

/** How long who has proved who they are may change how they sign in. */
const confirmedMs = 10 * 60_000

/** The signed-in person's own row; `lock` holds it until the transaction ends. */
export async function readSelf(tx: Tx, ctx: StaffCtx, mode: 'read' | 'lock' = 'read'): Promise<StaffRow> {
  const mine = tx
    .select()
    .from(staffTable)
    .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, ctx.actor.staffId)))
  return one(await (mode === 'lock' ? mine.for('update') : mine))
}

/** Throws `confirmation_required` unless this session's person has proved who they are within the last ten minutes. */
export async function requireConfirmed(tx: Tx, ctx: StaffCtx): Promise<void> {
  const [fresh] = await tx
    .select({ id: sessionsTable.id })
    .from(sessionsTable)
    .where(
      and(
        eq(sessionsTable.firmId, ctx.firmId),
        eq(sessionsTable.id, ctx.actor.sessionId),
        gt(sessionsTable.confirmedAt, new Date(ctx.deps.now().getTime() - confirmedMs)),
      ),
    )
  if (fresh === undefined) throw new AppError('confirmation_required', 'Enter your password once more to change this.')
}

/** Notes that this session's person has just proved who they are. */
export async function noteConfirmed(tx: Tx, ctx: StaffCtx): Promise<void> {
  await tx
    .update(sessionsTable)
    .set({ confirmedAt: ctx.deps.now() })
    .where(and(eq(sessionsTable.firmId, ctx.firmId), eq(sessionsTable.id, ctx.actor.sessionId)))
  await recordAudit(tx, ctx, 'session.confirmed', { id: ctx.actor.sessionId })
}

/** Ends the person's sessions, all of them or all but one. Answers how many ended. */
export async function endSessions(tx: Tx, ctx: Ctx, staffId: string, exceptId: string | null): Promise<number> {
  const live = and(eq(sessionsTable.firmId, ctx.firmId), eq(sessionsTable.staffId, staffId), isNull(sessionsTable.revokedAt))
  const ended = await tx
    .update(sessionsTable)
    .set({ revokedAt: ctx.deps.now() })
    .where(exceptId === null ? live : and(live, ne(sessionsTable.id, exceptId)))
    .returning({ id: sessionsTable.id })
  return ended.length
}

/** The words that a password of this person must not be made of. */
export async function knownNames(tx: Tx, ctx: Ctx, { name, email, username }: StaffRow): Promise<string[]> {
  const [firm] = await tx.select({ name: firmsTable.name }).from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId))
  return namesOf({ firmName: firm?.name ?? '', name, email, username })
}

/** The same, of what somebody signs up with. */
export function namesOf({
  firmName,
  name,
  email,
  username,
}: {
  firmName: string
  name: string
  email: string
  username: string
}): string[] {
  const domain = email.slice(email.lastIndexOf('@') + 1)
  return [firmName, ...firmName.split(' '), name, ...name.split(' '), email, username, domain.split('.')[0] ?? '']
}
