import { sql } from 'drizzle-orm'
import type { Topic } from '@ledgersync/shared/events'
import { runLast, type Tx } from '../db/client.ts'

/** The channel that API processes listen on. */
export const liveChannel = 'ledgersync_live'

/** What a transaction does as it ends, in one round trip: nearly every change of a client asks for both. */
interface Ending {
  /** Clients whose rows of the list are brought up to date. */
  listed: Set<string>
  /** What the screens are told when it commits. */
  news: Set<string>
}
/** PostgreSQL answers at most 1,664 columns at once. */
const stepsMax = 1_000
const endings = new WeakMap<object, Ending>()

/**
 * Tells the screens of the firm that something of this topic changed, when the transaction commits, and has the client's row of the
 * list say so. Carries no data; repeats within a transaction are sent once.
 */
export async function publish(tx: Tx, ctx: { firmId: string }, topic: Topic, clientId: string | null): Promise<void> {
  await asItEnds(tx, ctx, ({ listed, news }) => {
    news.add(JSON.stringify({ firmId: ctx.firmId, topic, clientId }))
    if (clientId !== null) listed.add(clientId)
  })
}

/** Adds to what the transaction does as it ends. */
export async function asItEnds(tx: Tx, { firmId }: { firmId: string }, add: (ending: Ending) => void): Promise<void> {
  const known = endings.get(tx)
  const ending = known ?? { listed: new Set(), news: new Set() }
  add(ending)
  if (known !== undefined) return
  endings.set(tx, ending)
  const finish = async () => {
    endings.delete(tx)
    const { listed, news } = ending
    const steps = [
      ...(listed.size > 0 ? [sql`client_list_refresh(${firmId}, ${sql.param([...listed])}::uuid[])`] : []),
      ...[...news].map((words) => sql`pg_notify(${liveChannel}, ${words})`),
    ]
    for (let from = 0; from < steps.length; from += stepsMax)
      await tx.execute(sql`select ${sql.join(steps.slice(from, from + stepsMax), sql`, `)}`)
  }
  await runLast(tx, 'client_list', finish, { once: true })
}
