import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isAlive } from './postgres.mjs'

const intervalMs = 500

/**
 * Calls back once when the npm that runs this script is gone. A signal to npm's process alone is not passed on to
 * the script; without this, everything would run on, unseen.
 * @param {() => void} onGone
 */
export function watchParent(onGone) {
  if (!process.env.npm_lifecycle_event) return // started by hand, perhaps in the background of a shell that may end
  const shell = process.ppid
  const watched = [shell, parentOf(shell)].filter((pid) => pid > 1)
  const timer = setInterval(() => {
    if (process.ppid === shell && watched.every(isAlive)) return
    clearInterval(timer)
    onGone()
  }, intervalMs)
  timer.unref()
}

/**
 * npm runs a script through a shell, whose parent is npm itself. 0 when it cannot be found out.
 * @param {number} pid
 */
function parentOf(pid) {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    if (!/^[^\0]*sh\0-c\0/.test(command)) return 0 // the shell made way for us: this is npm already
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return parentByPs(pid)
  }
}

/** @param {number} pid */
function parentByPs(pid) {
  try {
    return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }))
  } catch {
    return 0 // a system without ps
  }
}
