import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stamp as installStamp } from './install.mjs'
import { withLock } from './lock.mjs'
import { inRoot } from './paths.mjs'
import { Stop } from './report.mjs'
import { run } from './run.mjs'

const sourceFile = /\.(?:tsx?|mts|css|html|svg|json|woff2?|png|ico|webmanifest)$/

/**
 * What can be built: from which files and folders, to which file that must exist, by which command, run where.
 * @type {Record<'programs' | 'application', { from: string[], to: string[], command: [string, string[], string] }>}
 */
const targets = {
  programs: {
    from: ['api/dev/bundle.mjs', 'api/dev/bundle-options.mjs', 'shared/src', 'api/src', 'api/emulators/src'],
    to: ['api/dist/server.js', 'api/emulators/dist/main.js'],
    command: [process.execPath, [inRoot('api/dev/bundle.mjs')], inRoot('.')],
  },
  application: {
    from: ['web/vite.config.ts', 'web/index.html', 'web/public', 'web/src', 'shared/src'],
    to: ['web/dist/index.html'],
    command: [inRoot('web/node_modules/.bin/vite'), ['build', '--logLevel', 'warn'], inRoot('web')],
  },
}

/**
 * Builds what changed since it was last built; true when there was something to do.
 * @param {keyof typeof targets} name
 */
export async function ensureBuilt(name) {
  const {
    from,
    to,
    command: [command, args, folder],
  } = targets[name]
  const stampFile = inRoot('node_modules/.cache/built', name)
  const isBuilt = (/** @type {string} */ stamp) =>
    to.every((file) => existsSync(inRoot(file))) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
  if (isBuilt(stampOf(from))) return false
  return withLock(inRoot(`node_modules/.cache/${name}.building`), async () => {
    const stamp = stampOf(from)
    if (isBuilt(stamp)) return false
    const { code, output } = await run(command, args, { cwd: folder })
    if (code !== 0) throw new Stop(`The build failed (${[command, ...args].join(' ')}):\n${output}`)
    mkdirSync(dirname(stampFile), { recursive: true })
    writeFileSync(stampFile, stamp)
    return true
  })
}

/** @param {string[]} from */
function stampOf(from) {
  const hash = createHash('sha256').update(installStamp())
  for (const path of from) addTo(hash, inRoot(path))
  return hash.digest('hex')
}

/**
 * Size and time say enough of a source file, and are read at once.
 * @param {import('node:crypto').Hash} hash
 * @param {string} path
 */
function addTo(hash, path) {
  if (!existsSync(path)) return
  const { mtimeMs, size } = statSync(path)
  if (!statSync(path).isDirectory()) hash.update(`${path}\0${size}\0${mtimeMs}\0`)
  else for (const name of readdirSync(path).sort()) if (!name.includes('.') || sourceFile.test(name)) addTo(hash, join(path, name))
}
