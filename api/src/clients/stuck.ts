import { type SQL, sql } from 'drizzle-orm'
import { healthRank } from './health-rank.ts'

const patienceMs = 2 * 24 * 60 * 60_000

/**
 * Whether a client of the list waits for somebody, over `client_list l`: a bank wants a new sign-in, or there is no bank yet and the
 * invite failed, expired, or has led to nothing for two days.
 */
export function isStuck(now: Date): SQL {
  const waited = sql`l.invite_at < ${new Date(now.getTime() - patienceMs).toISOString()}::timestamptz`
  return sql`case when l.locked then false
    when l.health = ${healthRank.needs_client} then true
    when l.connections > 0 then false
    when l.invite_state = 'failed' then true
    when l.invite_state in ('queued', 'sent', 'delivered', 'opened', 'started') then l.invite_expires_at <= ${now.toISOString()}::timestamptz
      or (l.invite_state <> 'queued' and ${waited})
    else false end`
}

/**
 * What holds of every stuck client whatever the time is, over `client_list l`: the very condition of the index `client_list_stuck`,
 * which has them by how long they wait.
 */
export const mayBeStuck: SQL = sql.raw(
  `not l.locked and (l.health = ${healthRank.needs_client} or (l.connections = 0 and l.invite_state is not null))`,
)

/** Since when it waits, over `client_list l`. */
export const stuckSince: SQL = sql`case when l.health = ${healthRank.needs_client} then greatest(l.last_sync_at, l.created_at)
  when l.invite_state is null then l.created_at else l.invite_at end`
