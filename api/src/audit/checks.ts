import { and, desc, eq, isNull } from 'drizzle-orm'
import type { AuditCheck } from '@ledgersync/shared/audit'
import { recordAudit, verifyAudit } from '../core/audit.ts'
import { type Ctx, type Deps, type StaffCtx, systemCtx } from '../core/context.ts'
import { enqueue } from '../core/enqueue.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { auditChecksTable, staffTable } from '../db/schema/firms.ts'

const c = auditChecksTable

/** Has a check run in the background. */
export async function enqueueCheck(tx: Tx, { firmId }: { firmId: string }, checkId: string): Promise<void> {
  await enqueue(tx, 'verify_audit', { firmId, checkId }, { key: `verify_audit:${checkId}`, priority: 'bulk' })
}

async function readNewest(tx: Tx, ctx: StaffCtx): Promise<AuditCheck | null> {
  const [found] = await tx
    .select({ check: c, requestedBy: staffTable.name })
    .from(c)
    .innerJoin(staffTable, and(eq(staffTable.firmId, c.firmId), eq(staffTable.id, c.requestedBy)))
    .where(eq(c.firmId, ctx.firmId))
    .orderBy(desc(c.requestedAt), desc(c.id))
    .limit(1)
  if (found === undefined) return null
  const { id, requestedAt, checked, finishedAt, ok, sealed, unsealed, problem } = found.check
  return {
    id,
    requestedAt: requestedAt.toISOString(),
    requestedBy: found.requestedBy,
    checked,
    finishedAt: finishedAt?.toISOString() ?? null,
    ok,
    entries: sealed,
    waiting: unsealed,
    problem,
  }
}

/** The newest check, running or done; null when there was none. */
export function newestCheck(ctx: StaffCtx): Promise<AuditCheck | null> {
  return withFirm(ctx, (tx) => readNewest(tx, ctx), 'read')
}

/** Asks for a check, and answers it. While one runs there is no other. */
export async function requestCheck(ctx: StaffCtx): Promise<AuditCheck> {
  return withFirm(ctx, async (tx) => {
    const values = { firmId: ctx.firmId, id: newId(), requestedAt: ctx.deps.now(), requestedBy: ctx.actor.staffId }
    // The unique index decides between two who ask at once
    const [row] = await tx.insert(c).values(values).onConflictDoNothing().returning()
    if (row !== undefined) {
      await enqueueCheck(tx, ctx, row.id)
      await recordAudit(tx, ctx, 'audit.check_requested', { id: row.id })
    }
    return one([await readNewest(tx, ctx)].flatMap((check) => (check === null ? [] : [check])))
  })
}

/** Job: checks a firm's chain and writes down how far it is and what it finds. Safe to run twice: the first that ends decides. */
export async function runAuditCheck(deps: Deps, { firmId, checkId }: { firmId: string; checkId: string }): Promise<void> {
  const ctx: Ctx = systemCtx(deps, firmId, 'verify_audit')
  const open = and(eq(c.firmId, firmId), eq(c.id, checkId), isNull(c.finishedAt))
  if ((await withFirm(ctx, (tx) => tx.select({ id: c.id }).from(c).where(open), 'read')).length === 0) return
  const verdict = await verifyAudit(ctx, async (checked) => {
    await withFirm(ctx, async (tx) => {
      await tx.update(c).set({ checked }).where(open)
      await publish(tx, ctx, 'audit', null)
    })
  })
  await withFirm(ctx, async (tx) => {
    const done = await tx
      .update(c)
      .set({ ...verdict, finishedAt: deps.now() })
      .where(open)
      .returning({ id: c.id })
    if (done.length === 0) return
    const { ok, sealed: entries, problem } = verdict
    await recordAudit(tx, ctx, 'audit.checked', { id: checkId, details: { ok, entries, problem } })
    await publish(tx, ctx, 'audit', null)
  })
  if (!verdict.ok) deps.log.error({ firmId, problem: verdict.problem }, 'the audit log of a firm does not add up')
}
