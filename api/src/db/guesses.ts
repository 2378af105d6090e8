import { sql } from 'drizzle-orm'
import type { Db, Tx } from './client.ts'
import type { KeyOwner } from './global.ts'

/** What came of counting a guess: whether it may be evaluated, how many in a row there were, and for how long the key is closed now. */
export interface Charge {
  allowed: boolean
  guesses: number
  /** Seconds; null while it is open, and once it is closed for good. */
  waitSeconds: number | null
  isEndless: boolean
}

/** What guesses are counted by: a name, or one browser at a name. */
export interface GuessKey {
  key: string
  /** The key of the name alone. */
  name: string
}

/** Counts a guess before it is evaluated, over all processes. See migrations/0040_sign_in_locks.sql for when a key closes. */
export async function chargeKey(db: Db, { key, name }: GuessKey, now: Date): Promise<Charge> {
  const result = await db.execute<{ allowed: boolean; guesses: number; wait_seconds: number | null; is_endless: boolean }>(
    sql`select * from guess_charge(${key}, ${name}, ${now.toISOString()}::timestamptz)`,
  )
  const [row] = result.rows
  if (row === undefined) throw new Error('A guess was not counted')
  return { allowed: row.allowed, guesses: row.guesses, waitSeconds: row.wait_seconds, isEndless: row.is_endless }
}

/** Forgets the guesses of these keys, and of browsers at these names. Whether there were any. */
export async function forgiveKeys(db: Db | Tx, keys: readonly string[]): Promise<boolean> {
  const result = await db.execute<{ forgiven: boolean }>(sql`select guess_forgive(${sql.param(keys)}::text[]) as forgiven`)
  return result.rows[0]?.forgiven === true
}

/** Which of these keys are closed now, after how many guesses in a row and for how many seconds: null until they are forgiven. */
export async function closedKeys(
  db: Db | Tx,
  keys: readonly string[],
  now: Date,
): Promise<Map<string, { guesses: number; waitSeconds: number | null }>> {
  if (keys.length === 0) return new Map()
  const result = await db.execute<{ key: string; guesses: number; wait_seconds: number | null }>(
    sql`select key, guesses, wait_seconds from guess_locks(${sql.param(keys)}::text[], ${now.toISOString()}::timestamptz)`,
  )
  return new Map(result.rows.map(({ key, guesses, wait_seconds: waitSeconds }) => [key, { guesses, waitSeconds }]))
}

/** The newest account of an e-mail that has not been verified, over all firms; null when there is none. */
export async function findUnverified(db: Db, email: string): Promise<KeyOwner | null> {
  const result = await db.execute<{ firm_id: string; row_id: string }>(sql`select firm_id, row_id from staff_unverified(${email})`)
  const [row] = result.rows
  return row === undefined ? null : { firmId: row.firm_id, rowId: row.row_id }
}

/** Drops guesses at keys that nobody has tried since. */
export async function sweepGuesses(db: Db, before: Date): Promise<void> {
  await db.execute(sql`select guess_sweep(${before.toISOString()}::timestamptz)`)
}
