import './node-version.mjs'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { ensureBuilt } from './build.mjs'
import { ensureInstalled } from './install.mjs'
import { watchParent } from './parent.mjs'
import { inRoot, root } from './paths.mjs'
import { bold, dim, green, red, say, sayFailure, seconds, step } from './report.mjs'

// npm test -- invites      the files whose path matches
// npm test -- -t 'twice'   the tests whose name matches, and whatever else Jest takes

const args = process.argv.slice(2)
const patterns = args.filter(
  (arg, index) => !arg.startsWith('-') && !/^(-t|--testNamePattern|-w|--maxWorkers|--seed)$/.test(args[index - 1] ?? ''),
)

try {
  const since = performance.now()
  await ensureInstalled()
  await build()
  const code = await runJest(since)
  process.exitCode = code
} catch (error) {
  sayFailure(error)
  say('0 passed, 1 failed')
  process.exitCode = 1
}

/** What tests start as programs and open in the browser. A chosen few may not need it: for them a broken build is only said. */
async function build() {
  const journeys = journeyFiles().some((file) => patterns.length === 0 || patterns.some((pattern) => new RegExp(pattern).test(file)))
  /** @type {('programs' | 'application')[]} */
  const names = journeys || patterns.length === 0 ? ['programs', 'application'] : ['programs']
  await step('Building', async (remark) => {
    let built = 0
    for (const name of names) {
      try {
        if (await ensureBuilt(name)) built += 1
      } catch (error) {
        if (patterns.length === 0) throw error
        sayFailure(error)
      }
    }
    if (built === 0) remark('nothing new')
  })
}

function journeyFiles() {
  const folder = inRoot('web/e2e')
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : []
  return names.filter((name) => name.endsWith('.e2e.ts')).map((name) => join(folder, name))
}

/** @param {number} since */
async function runJest(since) {
  const folder = mkdtempSync(join(tmpdir(), 'ledgersync-results-'))
  const results = join(folder, 'results.json')
  const jest = [inRoot('api/node_modules/jest/bin/jest.js'), '--config', inRoot('.config/jest.config.mjs')]
  const child = spawn(process.execPath, [...jest, '--json', `--outputFile=${results}`, ...args], {
    cwd: root,
    // Jest writes what people read to the error stream, and with --json the results to the other.
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_ENV: 'test', TZ: 'UTC', ...(process.stderr.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }) },
  })
  // Ctrl-C reaches Jest by itself; it takes the database away and ends, and so do we.
  process.on('SIGINT', () => {})
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
  watchParent(() => child.kill('SIGTERM'))
  const code = await new Promise((resolve) => child.once('close', (exit, signal) => resolve(signal ? 1 : (exit ?? 1))))
  const passed = summarise(results, since)
  rmSync(folder, { recursive: true, force: true })
  return code === 0 && passed ? 0 : code || 1
}

/**
 * Says what failed and, alone on the last line, how many passed and failed. A file that could not be run counts as one failure.
 * @param {string} file
 * @param {number} since
 */
function summarise(file, since) {
  const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
  if (!results) {
    say(red('\nThe tests were interrupted.'))
    say('0 passed, 1 failed')
    return false
  }
  /** @type {{ name: string, status: string, assertionResults: { status: string, fullName: string }[] }[]} */
  const files = results.testResults
  const failures = files.flatMap(({ name, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed').map((test) => `${relative(root, name)}: ${test.fullName}`)
    return failed.length === 0 && status === 'failed' ? [`${relative(root, name)}: the file could not be run`] : failed
  })
  const passed = Number(results.numPassedTests)
  const skipped = Number(results.numPendingTests) + Number(results.numTodoTests)
  say()
  for (const failure of failures) say(red(`✗ ${failure}`))
  say(dim(`${files.length} files${skipped > 0 ? `, ${skipped} tests skipped` : ''}, ${seconds(since)}`))
  if (passed === 0 && failures.length === 0) say(red('No test was run.'))
  say(bold(failures.length > 0 ? red(`${passed} passed, ${failures.length} failed`) : green(`${passed} passed, 0 failed`)))
  return failures.length === 0 && passed > 0
}
