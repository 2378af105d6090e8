import { fileURLToPath } from 'node:url'
import { runProgram } from './program.ts'

if (process.argv[1] === fileURLToPath(import.meta.url)) await runProgram()
