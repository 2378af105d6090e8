import './node-version.mjs'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureBuilt } from './build.mjs'
import { ensureInstalled } from './install.mjs'
import { sayChaos, withoutChaos } from './chaos.mjs'
import { demoSignIn, seedDemo } from './demo.mjs'
import { becomeTheOnlyStart } from './instance.mjs'
import { checkLocalDatabase, givenAddresses, removeLocalDatabase, startLocalDatabase } from './local-database.mjs'
import { watchParent } from './parent.mjs'
import { dataDir, inRoot } from './paths.mjs'
import { bold, dim, Stop, say, sayFailure, seconds, step } from './report.mjs'
import { run } from './run.mjs'
import { addDatabase, addProgram, announce, isStopping, stopAll, stopAllWith } from './running.mjs'
import { localSecrets } from './secrets.mjs'
import { apiSettings, appUrl, choosePorts, emulatorSettings } from './start-environment.mjs'
import { readOptions } from './start-options.mjs'

/** @typedef {Record<string, string>} Settings */

const readyMs = 60_000

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    if (!isStopping()) say(dim('\nStopping …'))
    void stopAll(0)
  })
}
watchParent(() => void stopAll(0))

try {
  await start()
} catch (error) {
  if (!isStopping()) {
    sayFailure(error)
    await stopAll(1)
  }
}

async function start() {
  const since = performance.now()
  const options = readOptions()
  await becomeTheOnlyStart()
  say(bold('\nLedgersync'))
  await ensureInstalled()
  if (options.reset) await step('Forgetting the data of earlier starts', forgetData)

  const secrets = localSecrets()
  const ports = await choosePorts(options.port)
  const [database, providers] = await bothOrFailure(
    startDatabase(secrets),
    build().then(() => startEmulators(emulatorSettings(ports))),
  )
  /** @type {Settings} */
  const settings = { ...providers.env, ...database, ...apiSettings(ports, secrets) }
  await step('Migrating the database', () => runScript('api/dist/migrate.js', settings))
  await step('Starting the application', () => startApplication(settings))
  await step('Seeding the demo firm', async (remark) => {
    const how = await withoutChaos(providers, () => seedDemo(settings, join(dataDir, 'demo.json')))
    if (how !== 'made') remark(how === 'there' ? 'it is there' : 'what was missing')
  })
  announce(appUrl(ports))
  say(`
  ${bold(`Ledgersync       ${appUrl(ports)}`)}
  Sign in as       ${demoSignIn.email}  ${demoSignIn.password}
  Phone and inbox  http://localhost:${ports.hub}
                   ${dim('in a private window: a browser signed in as staff sees client links as a preview only')}${sayChaos(providers)}

  ${dim(`Ready in ${seconds(since)}. Logs are in .data/log. Ctrl-C stops everything.`)}
`)
}

/**
 * Waits for both even if one fails: what the other starts must be known before all is stopped.
 * @template A, B
 * @param {Promise<A>} one
 * @param {Promise<B>} other
 * @returns {Promise<[A, B]>}
 */
async function bothOrFailure(one, other) {
  const [first, second] = await Promise.allSettled([one, other])
  if (first.status === 'rejected') throw first.reason
  if (second.status === 'rejected') throw second.reason
  return [first.value, second.value]
}

/** Everything but the note that this very start runs. */
async function forgetData() {
  await removeLocalDatabase()
  for (const name of readdirSync(dataDir)) if (name !== 'running.json') rmSync(join(dataDir, name), { recursive: true, force: true })
}

async function build() {
  const parts = /** @type {const} */ ([
    ['programs', 'Building the programs'],
    ['application', 'Building the web application'],
  ])
  for (const [name, title] of parts) {
    await step(title, async (remark) => {
      if (!(await ensureBuilt(name))) remark('nothing changed')
    })
  }
}

/** @param {ReturnType<typeof localSecrets>} secrets */
async function startDatabase(secrets) {
  const given = await givenAddresses(secrets)
  if (given) {
    say(`  ${dim('·')} Using the PostgreSQL server of DATABASE_URL.`)
    return given
  }
  return step('Starting PostgreSQL', async (remark) => {
    const { server, data, addresses } = await startLocalDatabase(secrets)
    addDatabase(server.stop)
    await checkLocalDatabase(server.url, data)
    remark(`port ${server.port}${server.adopted ? ', it was still running' : ''}`)
    return addresses
  })
}

/**
 * @param {Settings} settings
 * @returns {Promise<import('./chaos.mjs').Providers>}
 */
async function startEmulators(settings) {
  return step('Starting the emulated providers', async () => {
    const program = addProgram('emulators', 'api/emulators/dist/main.js', settings)
    const ready = await program.line((line) => line.startsWith('{') && line.includes('"env"'), readyMs)
    stopAllWith('emulators', program)
    return JSON.parse(ready)
  })
}

/** @param {Settings} settings */
async function startApplication(settings) {
  const program = addProgram('api', 'api/dist/server.js', settings)
  const ended = program.ended.then((how) => {
    throw new Stop(`The application did not start (${how}). Its last lines:\n\n${program.lastLines()}`)
  })
  await Promise.race([waitUntilReady(`http://127.0.0.1:${settings.PORT}/readyz`, program), ended])
  stopAllWith('api', program)
}

/**
 * @param {string} url
 * @param {import('./program.mjs').Program} program
 */
async function waitUntilReady(url, program) {
  for (const until = Date.now() + readyMs; Date.now() < until; await sleep(30)) {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => null) // not listening yet
    if (response?.ok) return
  }
  throw new Stop(`The application did not get ready in ${readyMs / 1000} s. Its last lines:\n\n${program.lastLines()}`)
}

/**
 * @param {string} script
 * @param {Settings} settings
 */
async function runScript(script, settings) {
  const { code, output } = await run(process.execPath, ['--enable-source-maps', inRoot(script)], { env: { ...process.env, ...settings } })
  if (code !== 0) throw new Stop(`${script} failed:\n${output}`)
  return output
}
