import './node-version.mjs'
import { spawn } from 'node:child_process'
import { ensureInstalled } from './install.mjs'
import { watchParent } from './parent.mjs'
import { inRoot } from './paths.mjs'
import { sayFailure } from './report.mjs'

/**
 * Runs one of the programs that developers start by hand, with what stands after the command as its options; ends with it.
 * @param {string} program path below the root
 * @param {() => Promise<unknown>} [prepare]
 */
export async function runTool(program, prepare) {
  try {
    await ensureInstalled()
    await prepare?.()
    const imports = ['--import', inRoot('api/dev/die-with-parent.mjs'), '--import', 'tsx']
    const child = spawn(process.execPath, [...imports, inRoot(program), ...process.argv.slice(2)], {
      cwd: inRoot('api'),
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, TZ: 'UTC' },
    })
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
    watchParent(() => child.kill('SIGTERM'))
    process.exitCode = await new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)))
  } catch (error) {
    sayFailure(error)
    process.exitCode = 1
  }
}
