import { and, eq, sql } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { enqueue } from '../core/enqueue.ts'
import type { Tx } from '../db/client.ts'
import { ruleRunsTable } from '../db/schema/ledger.ts'

const r = ruleRunsTable
const rowOf = (ctx: Ctx, clientId: string) => and(eq(r.firmId, ctx.firmId), eq(r.clientId, clientId))

/**
 * Has the rules run over all rows of the client that nobody has decided. The wish is written here, so that it outlives its job;
 * the job goes by its name, for rules stand above others who ask.
 */
export async function requestRuleRun(tx: Tx, ctx: Ctx, clientId: string): Promise<void> {
  await tx
    .insert(r)
    .values({ firmId: ctx.firmId, clientId, dueAt: ctx.deps.now() })
    .onConflictDoUpdate({
      target: [r.firmId, r.clientId],
      // Never the same twice: a run answers the wishes that it has seen
      set: { dueAt: sql`greatest(excluded.due_at, rule_runs.due_at + interval '1 millisecond')` },
    })
  await enqueueRuleRun(tx, ctx, clientId)
}

/** Has rules run that were asked for. */
export async function enqueueRuleRun(tx: Tx, ctx: Ctx, clientId: string): Promise<void> {
  await enqueue(tx, 'apply_rules', { firmId: ctx.firmId, clientId }, { key: `apply_rules:${clientId}` })
}

/** When a run was asked for last; null when none is due. */
export async function ruleRunDue(tx: Tx, ctx: Ctx, clientId: string): Promise<Date | null> {
  const [row] = await tx.select({ at: r.dueAt }).from(r).where(rowOf(ctx, clientId))
  return row?.at ?? null
}

/** Records that the run asked for at `dueAt` is done; one that was asked for since stays due. */
export async function ruleRunDone(tx: Tx, ctx: Ctx, clientId: string, dueAt: Date): Promise<void> {
  await tx.delete(r).where(and(rowOf(ctx, clientId), eq(r.dueAt, dueAt)))
}
