import type { Deps } from '../core/context.ts'
import { describeFailure } from '../core/failures.ts'

/** Does the work for one after the other. What fails for one keeps no other from its turn; afterwards it throws, with how many failed. */
export async function eachClient<T extends { clientId: string }>(
  deps: Deps,
  rows: readonly T[],
  work: (row: T) => Promise<void>,
): Promise<void> {
  let failed = 0
  for (const row of rows) {
    try {
      await work(row)
    } catch (error) {
      failed += 1
      deps.log.error({ clientId: row.clientId, ...describeFailure(error) }, 'a client could not be written to')
    }
  }
  if (failed > 0) throw new Error(`It failed for ${failed} of ${rows.length} clients`)
}
