import { type SQL, sql } from 'drizzle-orm'
import { type Db, runLast, type Tx } from '../db/client.ts'

/** Every job: its name and what it carries. Ids only, the firm's first; `tasks.ts` has the handlers. */
export interface JobPayloads {
  seal_audit: { firmId: string }
  verify_audit: { firmId: string; checkId: string }
  rewrap_keys: Record<string, never>
  sweep: Record<string, never>
  recover_work: Record<string, never>
  ask_repairs: Record<string, never>
  remind_invites: Record<string, never>
  handle_webhook: { webhookId: string }
  handle_access_request: { requestId: string }
  deliver_message: { firmId: string; messageId: string }
  disconnect_bank: { firmId: string; disconnectId: string }
  finish_link_session: { firmId: string; linkSessionId: string }
  sync_connection: { firmId: string; connectionId: string }
  poll_connections: Record<string, never>
  apply_rules: { firmId: string; clientId: string }
  refresh_books: { firmId: string; booksId: string }
  revoke_books: { firmId: string; revocationId: string }
  run_upload: { firmId: string; uploadId: string }
  push_books: { firmId: string; booksId: string }
  run_bulk: { firmId: string; runId: string }
}
export type TaskName = keyof JobPayloads

export interface JobOptions {
  /** Jobs of the same key that have not begun collapse into one. */
  key: string
  /** Not before; at once when left out. */
  runAt?: Date
  /** Jobs of one queue run one after the other. */
  queue?: string
  /** Tries before it is given up; 25 over about three days when left out. */
  attemptsMax?: number
  /** A waiting job of this key keeps its time: for whoever asks for later, so that nobody waits who has asked for now. */
  keepRunAt?: boolean
  /** Urgent: somebody waits for it. Bulk: it may wait for everything else. */
  priority?: keyof typeof priorities
}

/** The lower goes first. */
const priorities = { urgent: -10, normal: 0, bulk: 10 } as const

/**
 * Adds a job in the caller's transaction, as it ends: the job exists exactly when the rows it speaks of do. Everybody who adds to a
 * waiting job waits for whoever did and has not committed; at the end of a transaction that is never a circle.
 */
export async function enqueue<T extends TaskName>(tx: Tx | Db, task: T, payload: JobPayloads[T], options: JobOptions): Promise<void> {
  await runLast(tx, options.key, () => [enqueueCall(task, payload, options)], { once: options.keepRunAt === true })
}

/** {@link enqueue} as part of a query of one's own. */
export function enqueueCall<T extends TaskName>(task: T, payload: JobPayloads[T], options: JobOptions): SQL {
  const { key, runAt, queue, attemptsMax = 25, keepRunAt = false, priority = 'normal' } = options
  return sql`enqueue(${task}, ${JSON.stringify(payload)}::json, ${key}, ${runAt?.toISOString() ?? null}::timestamptz, ${queue ?? null}, ${attemptsMax}, ${keepRunAt}, ${priorities[priority]})`
}
