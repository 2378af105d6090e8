import { isFirm, verifyFirms } from './audit/verify-firms.ts'
import { createClock } from './clock.ts'
import type { Config } from './config.ts'
import { buildDeps } from './deps.ts'
import { createLogger } from './logger.ts'
import { reach, untilMigrated } from './reach.ts'

/** Checks the audit log of one firm, or of all; answers the exit code: 1 when one does not add up, 2 when there is no such firm. */
export async function runVerify(config: Config, firmId: string | null): Promise<number> {
  const log = createLogger(config.logLevel)
  const { deps, pool } = buildDeps(config, log, createClock(config))
  await reach({ name: 'DATABASE_URL', pool, role: 'ledgersync_app' }, { ms: 0, log })
  await untilMigrated(deps.db, { ms: 0, log })
  try {
    if (firmId !== null && !(await isFirm(deps, firmId))) {
      process.stderr.write(`There is no firm with the id ${JSON.stringify(firmId)}.\n`)
      return 2
    }
    const broken = await verifyFirms(deps, firmId, (line) => process.stdout.write(`${line}\n`))
    return broken === 0 ? 0 : 1
  } finally {
    await pool.end()
  }
}
