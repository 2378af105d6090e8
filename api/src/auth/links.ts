import { and, eq, isNull } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { passwordResetsTable } from '../db/schema/access.ts'

/** Uses up every link of the person that could still choose a password. */
export async function endLinks(tx: Tx, ctx: Ctx, staffId: string): Promise<void> {
  await tx
    .update(passwordResetsTable)
    .set({ usedAt: ctx.deps.now() })
    .where(and(eq(passwordResetsTable.firmId, ctx.firmId), eq(passwordResetsTable.staffId, staffId), isNull(passwordResetsTable.usedAt)))
}
