import { orExit } from './boot.ts'
import { readMigrationConfig } from './config.ts'

// Settings first: a wrong one is told before anything else is loaded.
const config = await orExit(() => readMigrationConfig(process.env))
const { runMigrate } = await import('./run-migrate.ts')
process.exitCode = await orExit(() => runMigrate(config))
