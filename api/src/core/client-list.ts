import type { Tx } from '../db/client.ts'
import { asItEnds } from './publish.ts'

/**
 * Has the list's rows of these clients say what is true, as the transaction ends. Whoever publishes that something of a client
 * changed does it by that; only who changes many clients under one event calls it by hand.
 */
export async function listAnew(tx: Tx, ctx: { firmId: string }, clientIds: readonly string[]): Promise<void> {
  await asItEnds(tx, ctx, ({ listed }) => clientIds.forEach((id) => listed.add(id)))
}
