import type { Deps } from '../core/context.ts'
import { describeFailure } from '../core/failures.ts'
import type { Tx } from '../db/client.ts'
import { beatListening, readListening } from '../db/global.ts'

const beatMs = 30_000
/** Nothing heard of any API for so long: there was none. */
const gapMs = 3 * beatMs

/** Notes from now on that there is an API that takes webhooks. Resolves after the first note; answers what ends it. */
export async function noteListening(deps: Deps): Promise<() => void> {
  const beat = async (): Promise<void> => {
    try {
      await beatListening(deps.db, deps.now(), gapMs)
    } catch (error) {
      deps.log.warn({ error: describeFailure(error).error }, 'that webhooks are taken could not be noted')
    }
  }
  await beat()
  const timer = setInterval(() => void beat(), beatMs)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * Until when an event of something done at `since` can still be expected although none has come: a mail service repeats what was not
 * taken for a day at growing distances (docs.sendgrid.com, Event Webhook, retries). They are believed to be no longer than what has
 * gone by since the first, so it is as long again as the API was away, and at least `atLeastMs`. Null when it was there all the time.
 */
export async function eventsExpectedUntil(tx: Tx, since: Date, now: Date, atLeastMs: number): Promise<Date | null> {
  const heard = await readListening(tx)
  if (heard === null) return null
  if (now.getTime() - heard.beatAt.getTime() > gapMs) return new Date(now.getTime() + gapMs)
  return heard.upSince > since ? new Date(heard.upSince.getTime() + Math.max(heard.awayMs, atLeastMs)) : null
}
