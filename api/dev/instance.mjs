import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readLock, tryLock } from './lock.mjs'
import { dataDir, root } from './paths.mjs'
import { isAlive } from './postgres.mjs'
import { Stop } from './report.mjs'

const file = join(dataDir, 'running.json')

/** @typedef {{ pid: number, url?: string, children?: number[] }} Instance */

/**
 * Makes this process the one start of the checkout, or stops with the address of the one that runs.
 * Programs that a killed start left behind are given time to end, then ended.
 */
export async function becomeTheOnlyStart() {
  const before = /** @type {Instance | null} */ (readLock(file))
  if (before && !runs(before.pid, 'start.mjs')) {
    await endLeftovers(before.children ?? [])
    if (readLock(file)?.pid === before.pid) rmSync(file, { force: true })
  }
  const holder = /** @type {Instance | null} */ (tryLock(file))
  if (!holder) return
  const where = holder.url ? `at ${holder.url}` : 'and is still starting'
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
