import type { Db } from '../db/client.ts'
import { hitAttempt } from '../db/global.ts'
import { AppError } from './errors.ts'

export interface AttemptLimit {
  windowSeconds: number
  max: number
  /** What the person is told past it. */
  sentence: string
}

/**
 * Counts an attempt under `key`, over all processes. Past `max` in a window it throws `too_many_requests`, with the seconds until
 * the next window. Windows are aligned to the clock.
 */
export async function countAttempt(deps: { db: Db; now: () => Date }, key: string, limit: AttemptLimit): Promise<void> {
  const { windowSeconds, max, sentence } = limit
  const now = deps.now()
  if ((await hitAttempt(deps.db, key, windowSeconds, now)) <= max) return
  const passedSeconds = Math.floor(now.getTime() / 1000) % windowSeconds
  throw new AppError('too_many_requests', sentence, { retryAfterSeconds: windowSeconds - passedSeconds })
}
