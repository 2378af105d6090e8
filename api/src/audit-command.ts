import { configOrExit } from './boot.ts'

// Settings first: a wrong one is told before anything else is loaded.
const config = await configOrExit()
const [command, firmId] = process.argv.slice(2)
if (command !== 'verify') {
  process.stderr.write('Usage: audit-command verify [firm id]\n')
  process.exit(64)
}
const { verifyFirms } = await import('./audit/verify-firms.ts')
const { createClock } = await import('./clock.ts')
const { buildDeps } = await import('./deps.ts')
const { createLogger } = await import('./logger.ts')
const { deps, pool } = buildDeps(config, createLogger(config.logLevel), createClock(config))
const broken = await verifyFirms(deps, firmId ?? null, (line) => process.stdout.write(`${line}\n`))
await pool.end()
process.exitCode = broken === 0 ? 0 : 1
