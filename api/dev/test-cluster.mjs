import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseUser } from './database-user.mjs'
import { inRoot } from './paths.mjs'
import { idExists, isAlive, readPostmaster, startPostgres } from './postgres.mjs'
import { openTemporaryFolder } from './postgres-binaries.mjs'

const memory = '/dev/shm'
const spaceNeededBytes = 1024 ** 3
const prefix = 'ledgersync-test-'

/**
 * A PostgreSQL server for one test run, in memory where there is room for it; `durable` ones keep what was committed when they
 * are killed. It goes with this process. `removeNow` is synchronous, so that it can be called when the process ends;
 * `killAndRestart` is kill -9 of the server and a new start at the same address.
 */
export async function startTestCluster({ durable = false } = {}) {
  const user = databaseUser()
  const places = [...new Set([...(hasRoom(memory) ? [memory] : []), openTemporaryFolder(user)])]
  for (const place of [memory, ...places]) sweep(place)
  const folder = join(places[0] ?? openTemporaryFolder(user), `${prefix}${process.pid}-${randomBytes(4).toString('hex')}`)
  const guard = startGuard(folder)
  mkdirSync(folder, { mode: 0o755 })
  const data = join(folder, 'postgres')
  const options = { data, password: randomBytes(18).toString('base64url'), throwAway: !durable }
  let server = await startPostgres(options)
  const { port, url, socket } = server
  return {
    url,
    socket,
    async killAndRestart() {
      process.kill(server.pid, 'SIGKILL')
      while (idExists(server.pid)) await sleep(5) // it is our child: gone once it has been collected
      server = await startPostgres({ ...options, port })
    },
    removeNow() {
      removeCluster(folder)
      guard.kill('SIGKILL')
    },
  }
}

/** A process of its own, which Ctrl-C does not reach. @param {string} folder */
function startGuard(folder) {
  const guard = spawn(process.execPath, [inRoot('api/dev/cluster-guard.mjs'), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.unref()
  // A pipe is a socket, which can be left out of what keeps this process running
  const pipe = /** @type {import('node:net').Socket} */ (guard.stdin)
  pipe.unref()
  return guard
}

/**
 * Ends the server of that folder, and removes it.
 * @param {string} folder
 */
export function removeCluster(folder) {
  const left = readPostmaster(join(folder, 'postgres'))
  if (left && isAlive(left.pid)) process.kill(left.pid, 'SIGQUIT')
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 })
}

/** @param {string} folder */
function hasRoom(folder) {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize > spaceNeededBytes
  } catch {
    return false // not on this system
  }
}

/**
 * Removes the clusters of test runs that were killed with their guards: the whole machine went down, say.
 * @param {string} place
 */
function sweep(place) {
  let names
  try {
    names = readdirSync(place)
  } catch {
    return // not on this system
  }
  for (const name of names) {
    const owner = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN
    if (!(owner > 0) || isAlive(owner)) continue
    try {
      removeCluster(join(place, name))
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error)
      if (code !== 'EPERM' && code !== 'EACCES') throw error // another user's; theirs to remove
    }
  }
}
