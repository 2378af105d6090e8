import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Db } from '../db/client.ts'
import type { Log } from './context.ts'
import { ProviderError } from './errors.ts'
import { describeFailure } from './failures.ts'

/** A bound on calls, kept for all processes together under its key. */
export interface Limit {
  /** What is counted: `provider/operation`, and below it whose it is. Never a token. */
  key: string
  /** Milliseconds in which one turn comes back. */
  everyMs: number
  /** Turns that can be taken at once after a pause. */
  burst: number
  /** Turns of the burst that only urgent calls may take. */
  reserved: number
  atOnce?: AtOnce
}

/** A bound on calls under way. Costs a second round trip a call, for the end of the call has to be told. */
interface AtOnce {
  max: number
  /** Of these only urgent calls may take so many. */
  reserved: number
  /** A call whose process died counts as over after this long. */
  leaseMs: number
  /** A place stays taken for so long after its call. With a second, `max` also bounds the calls of any second. */
  restMs: number
}

/** What one call needs before it goes out. */
export interface Turn {
  provider: ProviderError['provider']
  operation: string
  /** All of them apply. The provider's refusal pauses the first. */
  limits: readonly [Limit, ...Limit[]]
  /** The key above the first limit's, paused too when several below it are. */
  wider?: string
  /** Somebody waits: may use what is reserved, and waiting counts against `callMs`. */
  urgent: boolean
  /** How long to wait for the turn, here and now. */
  patienceMs: number
  /** How long the call may take. */
  callMs: number
  /** Turns it takes; 1 when left out. */
  cost?: number
}

/** Keeps the pace that providers ask for. Only adapters use it, so that no feature can forget it. */
export interface Pace {
  /**
   * Runs `call` when its turn has come; the call is told how long it may take. When the turn does not come within the patience,
   * nothing is called: ProviderError, refused and transient, with the time to come back. A refusal of the provider for too many
   * calls pauses the key for all processes and says when to come back in the same way.
   */
  inTurn<T>(turn: Turn, call: (timeoutMs: number) => Promise<T>): Promise<T>
}

/** A call reaches the provider within this after its turn; limits hold although some calls are slower than others. */
const lateMs = 5_000
/** Part of {@link lateMs} that may pass before the call leaves here; whoever is later, asks again. */
const lateHereMs = 2_500
/** When all places are taken, nobody knows when one comes free: look again after this. */
const busyMs = 1_000
const asksMax = 500

/**
 * A limit of `callsMax` in any `windowMs` (a minute when left out), counted where the calls arrive. `burst` of them may come at
 * once; the rest is the steady rate.
 */
export function limitOf(
  key: string,
  { callsMax, burst, reserved = 0, windowMs = 60_000 }: { callsMax: number; burst: number; reserved?: number; windowMs?: number },
  atOnce?: AtOnce,
): Limit {
  if (!(reserved < burst && burst < callsMax)) throw new RangeError(`${key}: reserved < burst < callsMax must hold`)
  // A bucket lets at most burst + span / everyMs calls through in any span: exactly callsMax in a window and the lateness
  return { key, everyMs: (windowMs + lateMs) / (callsMax - burst), burst, reserved, ...(atOnce && { atOnce }) }
}

/** A limit on calls under way alone. */
export function atOnceOf(key: string, atOnce: AtOnce): Limit {
  return { key, everyMs: 0, burst: 1, reserved: 0, atOnce }
}

interface PaceDeps {
  db: Db
  log: Log
  /**
   * The pace runs on the database's clock: it is one for all processes, and the provider's minute is not the product's. Whoever
   * moves the product's clock moves the pace by as much; in production that is nothing.
   */
  shiftMs: () => number
}

type Answer = { kind: 'granted'; waitMs: number } | { kind: 'busy' | 'refused'; waitMs: number }

/** The pace over PostgreSQL: one round trip a call (migrations/0030_pace.sql has the arithmetic). */
export function createPace(deps: PaceDeps): Pace {
  return {
    async inTurn(turn, call) {
      const id = randomUUID()
      const startedAt = performance.now()
      await takeTurn(deps, turn, id)
      const leftMs = turn.urgent ? Math.max(1, turn.callMs - (performance.now() - startedAt)) : turn.callMs
      let answered = true
      try {
        return await call(Math.ceil(leftMs))
      } catch (error) {
        answered = !(error instanceof ProviderError && error.outcome === 'unknown' && error.status === null)
        if (!(error instanceof ProviderError) || !error.throttled) throw error
        throw error.comeBack(await pause(deps, turn, error.retryAfterSeconds))
      } finally {
        await leave(deps, turn, id, answered)
      }
    },
  }
}

/** Waits until the turn has come, or throws. */
async function takeTurn(deps: PaceDeps, turn: Turn, id: string): Promise<void> {
  const startedAt = performance.now()
  let comeBackMs = busyMs
  for (let asks = 0; asks < asksMax; asks++) {
    const askedAt = performance.now()
    const leftMs = turn.patienceMs - (askedAt - startedAt)
    const answer = await ask(deps, turn, id, Math.max(0, leftMs))
    if (answer.kind === 'refused') comeBackMs = answer.waitMs
    if (answer.kind === 'refused' || (answer.kind === 'busy' && answer.waitMs > leftMs)) break
    await pauseFor(answer.waitMs)
    // Whoever waited far beyond the patience, for a database that did not answer, may have lost what was held for the call
    if (performance.now() - startedAt > turn.patienceMs + lateHereMs) break
    if (answer.kind === 'granted' && performance.now() - askedAt - answer.waitMs <= lateHereMs) return
  }
  // A turn that came too late to be used may have left a place taken
  await leave(deps, turn, id, true)
  throw refusal(turn, 'not_yet', comeBackMs / 1_000)
}

async function ask({ db, log, shiftMs }: PaceDeps, turn: Turn, id: string, waitMaxMs: number): Promise<Answer> {
  const { provider, operation, limits, urgent, cost = 1 } = turn
  // More than a bucket holds would never come
  const costMax = Math.min(...limits.filter(({ everyMs }) => everyMs > 0).map(({ burst }) => burst))
  const caller = { id, cost: Math.min(cost, costMax), urgent, waitMax: waitMaxMs, shift: shiftMs() }
  const asked = limits.map(({ key, everyMs, burst, reserved, atOnce }) => ({
    key,
    every: everyMs,
    burst,
    reserved,
    ...(atOnce && { atOnce: atOnce.max, atOnceReserved: atOnce.reserved, lease: atOnce.leaseMs }),
  }))
  try {
    const result = await db.execute<{ granted: boolean; wait_ms: number; busy: boolean }>(
      sql`select granted, wait_ms, busy from pace_take(${JSON.stringify(asked)}::jsonb, ${JSON.stringify(caller)}::jsonb)`,
    )
    const [row] = result.rows
    if (row === undefined) throw new Error('pace_take always answers')
    return { kind: row.granted ? 'granted' : row.busy ? 'busy' : 'refused', waitMs: row.wait_ms }
  } catch (error) {
    // Without a turn nothing is called, so the caller may be sure that nothing has happened
    log.warn({ provider, operation, error: describeFailure(error).error }, 'no turn could be taken: the database did not answer')
    throw refusal(turn, 'no_turn', null)
  }
}

function refusal({ provider, operation }: Turn, code: string, retryAfterSeconds: number | null): ProviderError {
  return new ProviderError({ provider, operation, outcome: 'refused', status: null, code, transient: true, retryAfterSeconds })
}

/** Pauses the key of a call that was refused; answers in how many seconds to come back. */
async function pause(
  { db, log, shiftMs }: PaceDeps,
  { provider, operation, limits, wider }: Turn,
  seconds: number | null,
): Promise<number> {
  const fallbackSeconds = seconds ?? 60
  try {
    const result = await db.execute<{ ms: number }>(
      sql`select pace_pause(${limits[0].key}, ${wider ?? null}::text, ${seconds}::double precision, ${shiftMs()}::double precision) as ms`,
    )
    const retryAfterSeconds = (result.rows[0]?.ms ?? fallbackSeconds * 1_000) / 1_000
    log.warn({ provider, operation, retryAfterSeconds }, 'too many calls for the provider; they pause')
    return retryAfterSeconds
  } catch (error) {
    // What the provider said is what the caller has to hear; the next refusal pauses the others
    log.warn({ provider, operation, error: describeFailure(error).error }, 'a pause could not be stored')
    return fallbackSeconds
  }
}

/** Gives the place back. Whoever got no answer may still be at work over there: its place waits for the lease to end. */
async function leave({ db, log, shiftMs }: PaceDeps, { provider, operation, limits }: Turn, id: string, answered: boolean): Promise<void> {
  if (!answered) return
  for (const { key, atOnce } of limits) {
    if (atOnce === undefined) continue
    try {
      await db.execute(sql`select pace_leave(${key}, ${id}, ${atOnce.restMs}::double precision, ${shiftMs()}::double precision)`)
    } catch (error) {
      // The lease ends by itself; the call's own outcome must not be lost over it
      log.warn({ provider, operation, error: describeFailure(error).error }, 'a place could not be given back')
    }
  }
}

const pauseFor = (ms: number): Promise<void> => (ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms)))
