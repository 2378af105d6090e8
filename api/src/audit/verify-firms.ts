import { verifyAudit } from '../core/audit.ts'
import { idPattern } from '../core/cursor.ts'
import { type Deps, systemCtx } from '../core/context.ts'
import { firmIdsAfter } from '../db/global.ts'

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

async function* firmsOf(deps: Deps, only: string | null): AsyncGenerator<string> {
  if (only !== null) {
    if (!idPattern.test(only)) throw new Error('This is not the id of a firm')
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
