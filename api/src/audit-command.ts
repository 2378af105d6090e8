import { configOrExit, orExit } from './boot.ts'

// Settings first: a wrong one is told before anything else is loaded.
const config = await configOrExit()
const [command, firmId] = process.argv.slice(2)
if (command !== 'verify') {
  process.stderr.write('Usage: audit-command verify [firm id]\n')
  process.exit(64)
}
const { runVerify } = await import('./run-verify.ts')
process.exitCode = await orExit(() => runVerify(config, firmId?.toLowerCase() ?? null))
