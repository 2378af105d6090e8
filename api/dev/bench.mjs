import { ensureBuilt } from './build.mjs'
import { runTool } from './tool.mjs'

await runTool('api/bench/main.ts', () => ensureBuilt('application'))
