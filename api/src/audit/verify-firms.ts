import { eq } from 'drizzle-orm'
import { verifyAudit } from '../core/audit.ts'
import { idPattern } from '../core/cursor.ts'
import { type Deps, systemCtx } from '../core/context.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { firmIdsAfter } from '../db/global.ts'
import { firmsTable } from '../db/schema/firms.ts'

const firmPage = 500

/**
 * Checks the audit log of one firm, or of all, and tells a line for each: whether it adds up, how many entries, and when it was
 * looked at. Answers how many do not add up.
 */
export async function verifyFirms(deps: Deps, only: string | null, say: (line: string) => void): Promise<number> {
  let broken = 0
  for await (const firmId of firmsOf(deps, only)) {
    const { ok, sealed, unsealed, problem } = await verifyAudit(systemCtx(deps, firmId, 'verify_audit'))
    const rows = `${sealed} sealed entries, ${unsealed} wait for their seal, looked at ${deps.now().toISOString()}`
    say(`${firmId}  ${ok ? 'adds up' : `BROKEN: ${problem}`}  ${rows}`)
    if (!ok) broken += 1
  }
  return broken
}

/** Whether there is a firm of this id, which may be anything that somebody typed. */
export async function isFirm(deps: Deps, id: string): Promise<boolean> {
  if (!idPattern.test(id)) return false
  const select = (tx: Tx) => tx.select({ id: firmsTable.firmId }).from(firmsTable).where(eq(firmsTable.firmId, id))
  return (await withFirm({ deps, firmId: id }, select, 'read')).length === 1
}

async function* firmsOf(deps: Deps, only: string | null): AsyncGenerator<string> {
  if (only !== null) {
    yield only
    return
  }
  for (let after: string | null = null; ; ) {
    const ids: string[] = await firmIdsAfter(deps.db, after, firmPage)
    yield* ids
    const last = ids.at(-1)
    if (ids.length < firmPage || last === undefined) return
    after = last
  }
}
