import { ensureBuilt } from './build.mjs'
import { runTool } from './tool.mjs'

// The programs are built as they run in production, then tortured.
await runTool('api/torture/main.ts', () => ensureBuilt('programs'))
