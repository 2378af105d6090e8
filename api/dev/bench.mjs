import { runTool } from './tool.mjs'

await runTool('api/bench/main.ts')
