import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { withLock } from './lock.mjs'
import { inRoot } from './paths.mjs'
import { Stop, step } from './report.mjs'
import { run } from './run.mjs'

const pnpm = 'pnpm@12.21.0'
const manifests = ['', 'api', 'api/emulators', 'shared', 'web', '.config'].map((folder) => join(folder, 'package.json'))
const stampFile = inRoot('node_modules/.installed')

/** Installs the packages when the lock file, a manifest, the platform or Node changed since the last time. */
export async function ensureInstalled() {
  if (isInstalled()) return
  await withLock(inRoot('node_modules/.installing'), async () => {
    if (isInstalled()) return
    await step('Installing packages', install)
    mkdirSync(dirname(stampFile), { recursive: true })
    writeFileSync(stampFile, stamp())
  })
}

function isInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp()
}

/** What the installed tree depends on, as one hash. */
export function stamp() {
  const hash = createHash('sha256').update([pnpm, process.platform, process.arch, process.versions.modules].join(' '))
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]) hash.update(`\0${file}\0`).update(readFileSync(inRoot(file)))
  return hash.digest('hex')
}

async function install() {
  const [command, ...prefix] = npx()
  // CI: never ask, neither before removing an old node_modules nor for anything else.
  const options = { env: { ...process.env, ...writableHome(), CI: 'true' }, shell: command === 'npx' && process.platform === 'win32' }
  const args = [...prefix, '--yes', pnpm, 'install', '--frozen-lockfile']
  let result = await run(command ?? 'npx', args, options)
  if (result.code !== 0) result = await run(command ?? 'npx', args, options) // a registry that hiccuped
  if (result.code !== 0) throw new Stop(`The packages could not be installed:\n${result.output}`)
}

/**
 * Settings for npm and pnpm where nothing can be written at home, as for `nobody`: their caches lie in the checkout then.
 * @param {string} [home]
 * @param {string} [cache] where npm keeps its cache
 * @returns {Record<string, string>}
 */
export function writableHome(home = homedir(), cache = process.env.npm_config_cache ?? join(homedir(), '.npm')) {
  if (isWritable(home) && isWritable(cache)) return {}
  const folder = inRoot('node_modules/.cache/home')
  mkdirSync(folder, { recursive: true })
  const places = { XDG_CACHE_HOME: '.cache', XDG_CONFIG_HOME: '.config', XDG_DATA_HOME: '.local/share', XDG_STATE_HOME: '.local/state' }
  const given = Object.entries(places).map(([name, place]) => [name, join(folder, place)])
  return { HOME: folder, npm_config_cache: join(folder, '.npm'), ...Object.fromEntries(given) }
}

/** Whether something can be written there, or where it would be made. @param {string} path */
function isWritable(path) {
  let there = path
  while (!existsSync(there) && there !== dirname(there)) there = dirname(there)
  try {
    accessSync(there, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The npx of the npm that runs us, else the one on the path. */
function npx() {
  const npm = process.env.npm_execpath
  const cli = npm && join(dirname(npm), 'npx-cli.js')
  return cli && existsSync(cli) ? [process.execPath, cli] : ['npx']
}
