import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
  for (;;) {
    try {
      writeFileSync(path, JSON.stringify({ pid: process.pid }), { flag: 'wx' })
      return null
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    }
    const holder = readLock(path)
    if (holder && isRunning(Number(holder.pid))) return holder
    rmSync(path, { force: true })
  }
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
