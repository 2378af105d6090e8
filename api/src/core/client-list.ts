import { sql } from 'drizzle-orm'
import { runLast, type Tx } from '../db/client.ts'

/** Clients whose rows of the list are to be brought up to date as each transaction ends. */
const pending = new WeakMap<object, Set<string>>()

/**
 * Has the list's rows of these clients say what is true, as the transaction ends. Whoever publishes that something of a client
 * changed does it by that; only who changes many clients under one event calls it by hand.
 */
export async function listAnew(tx: Tx, ctx: { firmId: string }, clientIds: readonly string[]): Promise<void> {
  const known = pending.get(tx)
  const ids = known ?? new Set<string>()
  for (const id of clientIds) ids.add(id)
  if (known !== undefined) return
  pending.set(tx, ids)
  const refresh = async () => {
    pending.delete(tx)
    await tx.execute(sql`select client_list_refresh(${ctx.firmId}, ${sql.param([...ids])}::uuid[])`)
  }
  await runLast(tx, 'client_list', refresh, { once: true })
}
