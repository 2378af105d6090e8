import './node-version.mjs'
import { spawn } from 'node:child_process'
import { ensureBuilt } from './build.mjs'
import { ensureInstalled } from './install.mjs'
import { watchParent } from './parent.mjs'
import { inRoot } from './paths.mjs'
import { sayFailure } from './report.mjs'

// Builds the programs as they run in production, then sets the torture on them; everything after the command is its options.
try {
  await ensureInstalled()
  await ensureBuilt('programs')
  const child = spawn(
    process.execPath,
    ['--conditions=@ledgersync/source', '--import', 'tsx', inRoot('api/torture/main.ts'), ...process.argv.slice(2)],
    { cwd: inRoot('api'), stdio: 'inherit', env: { ...process.env, TZ: 'UTC' } },
  )
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
  watchParent(() => child.kill('SIGTERM'))
  process.exitCode = await new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)))
} catch (error) {
  sayFailure(error)
  process.exitCode = 1
}
