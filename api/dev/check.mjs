import './node-version.mjs'
import { ensureInstalled } from './install.mjs'
import { inRoot } from './paths.mjs'
import { bold, dim, green, red, say, sayFailure, seconds } from './report.mjs'
import { run } from './run.mjs'

const bin = (/** @type {string} */ name) => inRoot('.config/node_modules/.bin', name)
const fix = process.argv.includes('--fix')

/** @type {Record<string, [string, string[]]>} */
const parts = {
  types: [bin('tsc'), ['-b', '.config', '--pretty', 'false']],
  lint: [bin('oxlint'), ['-c', '.config/oxlint.json', '--type-aware', '--deny-warnings', '.']],
  boundaries: [process.execPath, ['.config/boundaries.mjs']],
  'dead code': [bin('knip'), ['--config', '.config/knip.json', '--no-progress', '--no-config-hints']],
  format: [bin('biome'), ['format', '--config-path=.config/format.json', '--colors=off', ...(fix ? ['--write'] : [])]],
}

try {
  await ensureInstalled()
  process.exitCode = (await check()) ? 0 : 1
} catch (error) {
  sayFailure(error)
  process.exitCode = 1
}

/** Runs every part at once; true when all agree. */
async function check() {
  const start = performance.now()
  const env = { ...process.env, OXLINT_TSGOLINT_PATH: bin('tsgolint') }
  const failed = await Promise.all(
    Object.entries(parts).map(async ([name, [command, args]]) => {
      const since = performance.now()
      const { code, output } = await run(command, args, { env })
      say(`${code === 0 ? green('✓') : red('✗')} ${name} ${dim(seconds(since))}`)
      if (code !== 0) say(`${output.trimEnd()}\n`)
      return code === 0 ? [] : [name]
    }),
  )
  const names = failed.flat()
  say(bold(names.length === 0 ? `Everything agrees (${seconds(start)})` : red(`Failed: ${names.join(', ')} (${seconds(start)})`)))
  return names.length === 0
}
