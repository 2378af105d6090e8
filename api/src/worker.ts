import { configOrExit } from './boot.ts'

// Settings first: a wrong one is told before anything else is loaded.
const config = configOrExit()
const { runProgram } = await import('./program.ts')
await runProgram(config, 'worker')
