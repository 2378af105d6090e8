import type { Person } from '../../test/factories.ts'
import type { Case } from './cases.ts'

/**
 * The first page in plain SQL over the tables themselves, by nothing of the list's making: what is true of each client the person
 * may see, then the condition, the order and the cut.
 */
export function plainSql({ where = 'true', order = 'f.name, f.id' }: Case, person: Person): string {
  const { firmId, staffId, ctx } = person
  const assigned = `exists (select from client_staff a where a.firm_id = c.firm_id and a.client_id = c.id and a.staff_id = '${staffId}')`
  return `
    with f as (
      select c.firm_id, c.id, lower(c.business_name) as name, c.created_at, c.locked_at is not null as locked,
        concat_ws(' ', c.business_name, c.contact_first_name, c.contact_last_name, c.email, c.username, c.phone, n.names) as words,
        coalesce(n.health, 0) as health, coalesce(n.last_sync_at, 'epoch') as last_sync_at, coalesce(t.to_review, 0) as to_review,
        i.state as invite_state, i.expires_at as invite_expires_at, coalesce(i.at, 'epoch') as invite_at, coalesce(b.state, 'none') as books
      from clients c
      left join (
        select n.client_id, max(n.last_success_at) as last_sync_at, string_agg(n.institution_name, ' ') as names,
          max(array_position(array['healthy', 'syncing', 'disconnected', 'bank_down', 'needs_client'], n.health)) as health
        from connections n where n.firm_id = '${firmId}' and n.complete group by n.client_id
      ) n on n.client_id = c.id
      left join (
        select t.client_id, count(*) as to_review from transactions t where t.firm_id = '${firmId}' and t.stage = 'open' group by t.client_id
      ) t on t.client_id = c.id
      left join (
        select distinct on (i.client_id) i.client_id, i.state, i.expires_at,
          coalesce(case i.state when 'sent' then i.sent_at when 'delivered' then i.delivered_at when 'failed' then i.failed_at
            when 'connected' then i.connected_at when 'superseded' then i.ended_at end, i.created_at) as at
        from invites i where i.firm_id = '${firmId}' order by i.client_id, i.created_at desc, i.id desc
      ) i on i.client_id = c.id
      left join books b on b.firm_id = c.firm_id and b.client_id = c.id and b.state <> 'disconnected'
      where c.firm_id = '${firmId}' and ${ctx.actor.role === 'administrator' ? 'true' : assigned}
    )
    select f.id from f where ${where} order by ${order} limit 50`
}
