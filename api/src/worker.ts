import { configOrExit, orExit } from './boot.ts'

// Settings first: a wrong one is told before anything else is loaded.
const config = await configOrExit()
const { runProgram } = await import('./program.ts')
await orExit(() => runProgram(config, 'worker'))
