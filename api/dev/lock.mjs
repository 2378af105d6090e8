import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * Takes a lock file that holds this process's id, or returns what its live holder wrote there.
 * A file whose process is gone is taken over.
 * @param {string} path
 * @returns {Record<string, unknown> | null} null = taken
 */
export function tryLock(path) {
  mkdirSync(dirname(path), { recursive: true })
  const own = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    for (;;) {
      // A link appears at once with all its text: nobody ever reads half a lock.
      writeFileSync(own, JSON.stringify({ pid: process.pid }))
      if (linked(own, path)) return null
      const holder = readLock(path)
      if (holder && isRunning(Number(holder.pid))) return holder
      removeStale(path, own)
    }
  } finally {
    rmSync(own, { force: true })
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
function linked(from, to) {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    return false
  }
}

/**
 * Two may find the same stale lock: the slower must not remove the new lock of the faster, so it looks at what it took.
 * @param {string} path
 * @param {string} aside
 */
function removeStale(path, aside) {
  try {
    renameSync(path, aside)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
    return // the other was faster
  }
  const taken = readLock(aside)
  if (taken && isRunning(Number(taken.pid))) linked(aside, path)
}

/**
 * @param {string} path
 * @returns {Record<string, unknown> | null}
 */
export function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null // absent, or its writer died in the middle
  }
}

/**
 * Does the work while no other launcher of this checkout does, waiting for one that is at it.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 */
export async function withLock(path, work) {
  const until = Date.now() + 300_000
  for (let holder = tryLock(path); holder; holder = tryLock(path)) {
    if (Date.now() > until) throw new Error(`Process ${Number(holder.pid)} has held ${path} for too long.`)
    await sleep(100)
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}
