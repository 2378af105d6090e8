import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readLock, tryLock } from './lock.mjs'
import { dataDir, root } from './paths.mjs'
import { isAlive } from './postgres.mjs'
import { Stop, step } from './report.mjs'

const file = join(dataDir, 'running.json')

/** How long a start may take to end: its programs have 22 s each. */
const endMs = 90_000

/** @typedef {{ pid: number, url?: string, children?: number[], stopping?: boolean }} Instance */

/**
 * Makes this process the one start of the checkout, or stops with the address of the one that runs. One that is ending is waited
 * for. Programs that a killed start left behind are given time to end, then ended.
 */
export async function becomeTheOnlyStart(path = file) {
  const before = /** @type {Instance | null} */ (readLock(path))
  if (before && !runs(before.pid, 'start.mjs')) {
    await endLeftovers(before.children ?? [])
    if (readLock(path)?.pid === before.pid) rmSync(path, { force: true })
  }
  const take = () => /** @type {Instance | null} */ (tryLock(path))
  let holder = take()
  if (holder?.stopping) {
    await step('Waiting for the earlier start to end', async () => {
      for (const until = Date.now() + endMs; holder?.stopping && Date.now() < until; holder = take()) await sleep(100)
    })
  }
  if (!holder) return
  const where = holder.stopping ? 'and does not end' : holder.url ? `at ${holder.url}` : 'and is still starting'
  throw new Stop(`Ledgersync already runs from this folder, ${where} (process ${holder.pid}). Stop it with Ctrl-C, or: kill ${holder.pid}`)
}

/**
 * Writes down what runs, for the next start.
 * @param {Omit<Instance, 'pid'>} instance
 */
export function rememberInstance(instance) {
  const next = `${file}.next`
  writeFileSync(next, JSON.stringify({ pid: process.pid, ...instance }))
  renameSync(next, file) // at once: who reads half of it would take us for dead
}

/** Lets the next start know that it only has to wait. */
export function rememberEnding() {
  const own = /** @type {Instance | null} */ (readLock(file))
  if (own?.pid !== process.pid) return
  try {
    rememberInstance({ ...own, stopping: true })
  } catch {
    // On a full disk the next start says that this one runs, which is true; what runs has to end all the same.
  }
}

export function forgetInstance() {
  if (readLock(file)?.pid === process.pid) rmSync(file, { force: true })
}

/** @param {number[]} children */
async function endLeftovers(children) {
  const left = () => children.filter((pid) => runs(pid, root))
  for (const pid of left()) process.kill(pid, 'SIGTERM')
  for (const until = Date.now() + 23_000; left().length > 0 && Date.now() < until; ) await sleep(50)
  for (const pid of left()) process.kill(pid, 'SIGKILL')
}

/**
 * Whether that process lives and its command line mentions the text: ids are used again.
 * @param {number} pid
 * @param {string} text
 */
function runs(pid, text) {
  if (!isAlive(pid)) return false
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)
  } catch {
    return process.platform !== 'linux' // elsewhere there is no /proc: trust the id
  }
}
