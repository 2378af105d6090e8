import { type SQL, sql } from 'drizzle-orm'
import { healthRank } from './health-rank.ts'

const patienceMs = 2 * 24 * 60 * 60_000

/** Why a client of the list is stuck, over `client_list l`; null when it is not. The names are the contract's `StuckKind`. */
export function stuckKind(now: Date): SQL {
  const waited = sql`l.invite_at < ${new Date(now.getTime() - patienceMs).toISOString()}::timestamptz`
  return sql`case when l.locked then null
    when l.health = ${healthRank.needs_client} then 'sign_in'
    when l.connections > 0 then null
    when l.invite_state = 'failed' then 'invite_failed'
    when l.invite_state in ('queued', 'sent', 'delivered', 'opened', 'started') and l.invite_expires_at <= ${now.toISOString()}::timestamptz then 'invite_expired'
    when l.invite_state in ('sent', 'delivered') and ${waited} then 'not_opened'
    when l.invite_state in ('opened', 'started') and ${waited} then 'not_finished' end`
}

/** Since when it waits, over `client_list l`. */
export const stuckSince: SQL = sql`case when l.health = ${healthRank.needs_client} then greatest(l.last_sync_at, l.created_at) else l.invite_at end`
