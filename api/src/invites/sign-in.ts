import { sql } from 'drizzle-orm'
import { visitSteps } from '@ledgersync/shared/reach'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'

const order = sql`array_position(array[${sql.join(
  visitSteps.map((step) => sql`${step}`),
  sql`, `,
)}]::text[], s.step)`

/**
 * Writes on an invite what its visits to the bank come to: how far the best of them got, at which bank, and what stood in the way. A
 * trouble that somebody got past is none. Whoever connected a bank while one that was asked for is still missing, and none of those
 * asked for, has not done what the invite asks.
 */
export async function recordSignIn(tx: Tx, ctx: Ctx, inviteId: string): Promise<void> {
  const visits = sql`link_sessions s where s.firm_id = ${ctx.firmId} and s.invite_id = ${inviteId}`
  await tx.execute(sql`
    update invites i set visit_step = best.step, visit_bank = best.bank_name,
      bank_chosen_at = (select min(s.bank_at) from ${visits} and s.step <> 'opened'),
      visit_trouble = case when i.connected_at is not null and i.kind = 'connect'
        and exists (select from wanted_banks w where w.firm_id = i.firm_id and w.client_id = i.client_id and w.connection_id is null)
        and not exists (select from link_sessions s
          join connections n on n.firm_id = s.firm_id and n.id = s.connection_id
          join wanted_banks w on w.firm_id = s.firm_id and w.client_id = s.client_id and w.institution_id = n.institution_id
          where s.firm_id = i.firm_id and s.invite_id = i.id and s.state = 'done')
        then 'other_bank' when best.trouble_at >= best.step_at then best.trouble end
    from (select 1) as one left join lateral (select * from ${visits} order by ${order} desc nulls last, s.created_at desc, s.id desc limit 1) best on true
    where i.firm_id = ${ctx.firmId} and i.id = ${inviteId}`)
}
