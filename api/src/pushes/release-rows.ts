import { sql } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { requestRuleRun } from '../transactions/rule-runs.ts'

interface Released extends Record<string, unknown> {
  client_id: string
  stage: string
}

/**
 * Gives rows back whose entries do not stand in QuickBooks: to `to`, unless the bank has withdrawn them meanwhile, or has changed
 * the amount since the entry was written. Then nobody approved what now stands there: it is open again, and rules may code it.
 */
export async function releaseRows(
  tx: Tx,
  ctx: Ctx,
  pushIds: string[],
  { from, to }: { from: 'pushing' | 'pushed'; to: 'failed' | 'approved' },
): Promise<void> {
  if (pushIds.length === 0) return
  const changed = sql`(t.amount_minor, t.currency) is distinct from (p.amount_minor, p.currency)`
  const stays = sql`(t.withdrawn_at is null and not ${changed})`
  const { rows } = await tx.execute<Released>(sql`
    update transactions t set
      stage = case when t.withdrawn_at is not null then 'removed' when ${changed} then 'open' else ${to} end,
      approved_at = case when ${stays} then t.approved_at end,
      approved_by = case when ${stays} then t.approved_by end,
      updated_at = ${ctx.deps.now().toISOString()}::timestamptz
    from pushes p
    where t.firm_id = ${ctx.firmId} and p.firm_id = t.firm_id and p.id = any (${sql.param(pushIds)}::uuid[]) and t.id = p.transaction_id
      and t.stage = ${from}
    returning t.client_id, t.stage`)
  const open = new Set(rows.filter(({ stage }) => stage === 'open').map((row) => row.client_id))
  for (const clientId of open) await requestRuleRun(tx, ctx, clientId)
}
