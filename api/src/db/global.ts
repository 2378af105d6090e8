import { type SQL, sql } from 'drizzle-orm'
import { type Db, runLast, type Tx } from './client.ts'

/** What a key of `global_keys` is. */
export type KeyKind =
  | 'username'
  | 'link'
  | 'email_link'
  | 'staff_invite'
  | 'reset_link'
  | 'passkey'
  | 'link_session'
  | 'plaid_link_token'
  | 'plaid_item'
  | 'twilio_message'
  | 'sendgrid_message'
  | 'realm'

export interface KeyOwner {
  firmId: string
  rowId: string
}

/**
 * Takes a key for a row of the current firm. True when it is now, or was already, that row's; false when somebody else has it.
 * Part of the caller's transaction, so an abandoned verb leaves no key behind.
 */
export async function claimKey(tx: Tx, kind: KeyKind, key: string, owner: KeyOwner): Promise<boolean> {
  const result = await tx.execute<{ claimed: boolean }>(sql`select ${keyClaim(kind, key, owner)} as claimed`)
  return result.rows[0]?.claimed === true
}

/** {@link claimKey} as part of a query of one's own. */
export function keyClaim(kind: KeyKind, key: string, { firmId, rowId }: KeyOwner): SQL<boolean> {
  return sql<boolean>`key_claim(${kind}, ${key}, ${firmId}, ${rowId})`
}

/** Who has the key, over all firms; null when nobody. */
export async function findKey(db: Db | Tx, kind: KeyKind, key: string): Promise<KeyOwner | null> {
  const result = await db.execute<{ firm_id: string; row_id: string }>(sql`select firm_id, row_id from key_find(${kind}, ${key})`)
  const row = result.rows[0]
  return row === undefined ? null : { firmId: row.firm_id, rowId: row.row_id }
}

/** Gives a key of the current firm back. */
export async function releaseKey(tx: Tx, kind: KeyKind, key: string): Promise<void> {
  await tx.execute(sql`select key_release(${kind}, ${key})`)
}

/** Gives back every key that rows of the current firm have, whatever they are; for rows that are deleted. */
export async function releaseKeysOf(tx: Tx, rowIds: string[]): Promise<void> {
  if (rowIds.length > 0) await tx.execute(sql`select keys_release_of(${sql.param(rowIds)}::uuid[])`)
}

/** Counts an attempt and answers how many there were in this window, over all processes. */
export async function hitAttempt(db: Db, key: string, windowSeconds: number, now: Date): Promise<number> {
  const result = await db.execute<{ n: number }>(sql`select attempt_hit(${key}, ${windowSeconds}, ${now.toISOString()}::timestamptz) as n`)
  return result.rows[0]?.n ?? 1
}

/** Counts an attempt under `key` for the first one of `each` in this window, and answers how many there were; null for a later one. */
export async function hitAttemptOnce(
  db: Db,
  each: string,
  key: string,
  { windowSeconds, now }: { windowSeconds: number; now: Date },
): Promise<number | null> {
  const hit = (which: string): SQL => sql`attempt_hit(${which}, ${windowSeconds}, ${now.toISOString()}::timestamptz)`
  const result = await db.execute<{ n: number | null }>(sql`select case when ${hit(each)} = 1 then ${hit(key)} end as n`)
  return result.rows[0]?.n ?? null
}

/** Ids of all firms after `after`, in order, at most `page`. For background work that walks every firm. */
export async function firmIdsAfter(db: Db, after: string | null, page: number): Promise<string[]> {
  const result = await db.execute<{ firm_ids: string }>(sql`select firm_ids(${after}::uuid, ${page})`)
  return result.rows.map((row) => row.firm_ids)
}

/** For each key-encryption key that has wrapped data keys, one of them: the oldest firm's. */
export async function firmKeySamples(db: Db): Promise<{ firmId: string; kekId: string; wrappedKey: Buffer }[]> {
  const result = await db.execute<{ firm_id: string; kek_id: string; wrapped_key: Buffer }>(
    sql`select firm_id, kek_id, wrapped_key from firm_key_samples()`,
  )
  return result.rows.map((row) => ({ firmId: row.firm_id, kekId: row.kek_id, wrappedKey: row.wrapped_key }))
}

/** What is kept of a verified webhook. */
export interface StoredWebhook {
  id: string
  provider: string
  dedupeKey: string
  payload: unknown
  at: Date
}

/** Stores verified webhooks, each once and with its `job`, in this order and one question. Answers how many were not known. */
export async function storeWebhooks(db: Tx | Db, webhooks: readonly (StoredWebhook & { job: SQL })[]): Promise<number> {
  const stored = webhooks.map(
    ({ id, provider, dedupeKey, payload, at, job }) =>
      sql`case when webhook_store(${id}, ${provider}, ${dedupeKey}, ${JSON.stringify(payload)}::jsonb, ${at.toISOString()}::timestamptz) then (${job} is not null)::int else 0 end`,
  )
  if (stored.length === 0) return 0
  const result = await db.execute<{ stored: number }>(sql`select ${sql.join(stored, sql` + `)} as stored`)
  return result.rows[0]?.stored ?? 0
}

/** An unhandled webhook, or null. */
export async function readWebhook(db: Db, id: string): Promise<{ provider: string; payload: unknown } | null> {
  const result = await db.execute<{ provider: string; payload: unknown }>(sql`select provider, payload from webhook_read(${id})`)
  return result.rows[0] ?? null
}

/** Whether an event about this message is stored and was not handled yet. */
export async function webhookWaitsFor(db: Db | Tx, messageId: string): Promise<boolean> {
  const result = await db.execute<{ waits: boolean }>(sql`select webhook_waits_for(${messageId}) as waits`)
  return result.rows[0]?.waits === true
}

/** Notes that there is an API that takes webhooks; a silence of more than `gapMs` before counts as its having been away. */
export async function beatListening(db: Db, at: Date, gapMs: number): Promise<void> {
  await db.execute(sql`select webhook_listening_beat(${at.toISOString()}::timestamptz, ${gapMs}::bigint)`)
}

/** When an API that takes webhooks was last heard of, since when it is there, and how long it was away before. Null when there was none yet. */
export async function readListening(db: Db | Tx): Promise<{ beatAt: Date; upSince: Date; awayMs: number } | null> {
  const result = await db.execute<{ beat_at: string; up_since: string; away_ms: string }>(
    sql`select beat_at, up_since, away_ms from webhook_listening_read()`,
  )
  const row = result.rows[0]
  return row === undefined ? null : { beatAt: new Date(row.beat_at), upSince: new Date(row.up_since), awayMs: Number(row.away_ms) }
}

/** Marks a webhook as handled and empties it; in a transaction, as that ends. */
export async function finishWebhook(db: Db | Tx, id: string, at: Date): Promise<void> {
  await runLast(db, `webhook:${id}`, () => [sql`webhook_done(${id}, ${at.toISOString()}::timestamptz)`], { once: true })
}

/** Which of these keys have no job, of whatever firm; one that was given up within the day counts as having one. */
export async function missingJobs(db: Db | Tx, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set()
  const result = await db.execute<{ key: string }>(sql`select jobs_missing(${sql.param(keys)}::text[]) as key`)
  return new Set(result.rows.map(({ key }) => key))
}

/** Ids of stored webhooks received in that time and not handled, oldest first, at most `page`. */
export async function unhandledWebhooks(db: Db, from: Date, until: Date, page: number): Promise<string[]> {
  const result = await db.execute<{ id: string }>(
    sql`select webhooks_unhandled(${from.toISOString()}::timestamptz, ${until.toISOString()}::timestamptz, ${page}) as id`,
  )
  return result.rows.map(({ id }) => id)
}

/** Records STOP from a number (its keyed hash) to one of our senders. It holds unless a START came later, whichever is recorded first. */
export async function setOptOut(db: Db | Tx, sender: string, numberHash: Buffer, at: Date): Promise<void> {
  await db.execute(sql`select opt_out_set(${sender}, ${numberHash}, ${at.toISOString()}::timestamptz)`)
}

/** Ends what a STOP before that time began. */
export async function endOptOut(db: Db | Tx, sender: string, numberHash: Buffer, at: Date): Promise<void> {
  await db.execute(sql`select opt_out_end(${sender}, ${numberHash}, ${at.toISOString()}::timestamptz)`)
}

/** Which of these number hashes have opted out of the sender, as hex, and since when. */
export async function findOptOuts(db: Db | Tx, sender: string, numberHashes: Buffer[]): Promise<Map<string, Date>> {
  if (numberHashes.length === 0) return new Map()
  const hashes = sql`array(select decode(hex, 'hex') from unnest(${sql.param(numberHashes.map((hash) => hash.toString('hex')))}::text[]) hex)`
  const result = await db.execute<{ number_hash: Buffer; since: string }>(
    sql`select number_hash, (extract(epoch from at) * 1000)::bigint::text as since from opt_out_find(${sender}, ${hashes})`,
  )
  return new Map(result.rows.map((row) => [row.number_hash.toString('hex'), new Date(Number(row.since))]))
}

/** Whether this number hash has opted out of the sender, within a question of one's own. */
export function hasOptOut(sender: string, numberHash: Buffer): SQL<boolean> {
  return sql<boolean>`exists (select from opt_out_find(${sender}, array[decode(${numberHash.toString('hex')}, 'hex')]))`
}

/** Notes that the challenge with this hash has come back. False when it had before. */
export async function takePasskeyChallenge(db: Db, hash: string, at: Date): Promise<boolean> {
  const result = await db.execute<{ taken: boolean }>(
    sql`select passkey_challenge_take(${hash}, ${at.toISOString()}::timestamptz) as taken`,
  )
  return result.rows[0]?.taken === true
}

/** Drops what has served its time: handled webhooks, old attempt counts and challenges, and the pace of what nobody has called for a day. */
export async function sweepGlobal(db: Db, webhooksBefore: Date, attemptsBefore: Date): Promise<void> {
  await db.execute(sql`select webhook_sweep(${webhooksBefore.toISOString()}::timestamptz)`)
  await db.execute(sql`select attempt_sweep(${attemptsBefore.toISOString()}::timestamptz)`)
  await db.execute(sql`select passkey_challenge_sweep(${attemptsBefore.toISOString()}::timestamptz)`)
  await db.execute(sql`select pace_sweep(86400000, 0)`)
}
