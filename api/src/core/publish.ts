import { sql } from 'drizzle-orm'
import type { Topic } from '@ledgersync/shared/events'
import { runLast, type Tx } from '../db/client.ts'

/** The channel that API processes listen on. */
export const liveChannel = 'ledgersync_live'

/** What a transaction does as it ends. */
interface Ending {
  /** Clients whose rows of the list are brought up to date. */
  listed: Set<string>
  /** What the screens are told when it commits. */
  news: Set<string>
}
const endings = new WeakMap<object, Ending>()

/**
 * Tells the screens of the firm that something of this topic changed, when the transaction commits, and has the client's row of the
 * list say so. Carries no data; repeats within a transaction are sent once.
 */
export async function publish(tx: Tx, ctx: { firmId: string }, topic: Topic, clientId: string | null): Promise<void> {
  await tell(tx, ctx, topic, clientId)
  if (clientId !== null) await asItEnds(tx, ctx, ({ listed }) => listed.add(clientId))
}

/** {@link publish} of what the list of clients shows nothing of. */
export async function tell(tx: Tx, ctx: { firmId: string }, topic: Topic, clientId: string | null): Promise<void> {
  await asItEnds(tx, ctx, ({ news }) => news.add(JSON.stringify({ firmId: ctx.firmId, topic, clientId })))
}

/** Adds to what the transaction does as it ends. */
export async function asItEnds(tx: Tx, { firmId }: { firmId: string }, add: (ending: Ending) => void): Promise<void> {
  const known = endings.get(tx)
  const ending = known ?? { listed: new Set(), news: new Set() }
  add(ending)
  if (known !== undefined) return
  endings.set(tx, ending)
  const finish = () => {
    endings.delete(tx)
    const { listed, news } = ending
    const calls = [...news].map((words) => sql`pg_notify(${liveChannel}, ${words})`)
    return listed.size === 0 ? calls : [sql`client_list_refresh(${firmId}, ${sql.param([...listed])}::uuid[])`, ...calls]
  }
  await runLast(tx, 'client_list', finish, { once: true })
}
