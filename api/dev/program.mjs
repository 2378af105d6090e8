import { spawn } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataDir, inRoot, root } from './paths.mjs'
import { failureText, Stop } from './report.mjs'

/** The API lets running jobs finish for up to 20 s. */
const stopGraceMs = 22_000
const linesKept = 40

/**
 * @typedef {object} Program
 * @property {number} pid
 * @property {() => string} lastLines
 * @property {Promise<string>} ended how it ended, in words
 * @property {(match: (line: string) => boolean, timeoutMs: number) => Promise<string>} line the first such line of its output
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a Node program of ours in its own process group (so that Ctrl-C reaches only the launcher, which stops
 * things in order), writing to `.data/log/<name>.log`.
 * @param {string} name
 * @param {string} script below the checkout
 * @param {Record<string, string>} env on top of this process's
 * @returns {Program}
 */
export function startProgram(name, script, env) {
  mkdirSync(join(dataDir, 'log'), { recursive: true })
  const log = createWriteStream(join(dataDir, 'log', `${name}.log`), { flags: 'w' })
  log.on('error', (error) => process.stderr.write(`\n${failureText(error)}\n`)) // it runs on without a log
  const child = spawn(process.execPath, ['--enable-source-maps', '--import', inRoot('api/dev/die-with-parent.mjs'), inRoot(script)], {
    cwd: root,
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  /** @type {string[]} */
  const lines = []
  /** @type {Set<(line: string) => void>} */
  const listeners = new Set()
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`)
      lines.push(line)
      if (lines.length > linesKept) lines.shift()
      for (const listener of listeners) listener(line)
    })
  }
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal ? `ended by ${signal}` : `exit code ${code}`))
  })
  return {
    pid: child.pid ?? 0,
    ended,
    lastLines: () => lines.join('\n'),
    line(match, timeoutMs) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`The ${name} did not get ready in ${timeoutMs / 1000} s:\n${lines.join('\n')}`)),
          timeoutMs,
        )
        const listener = (/** @type {string} */ line) => {
          if (!match(line)) return
          clearTimeout(timer)
          listeners.delete(listener)
          resolve(line)
        }
        listeners.add(listener)
        void ended.then((how) => {
          clearTimeout(timer)
          reject(new Stop(`The ${name} did not start (${how}):\n${lines.join('\n')}`))
        })
      })
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const late = Symbol('late')
      if ((await Promise.race([ended, sleep(stopGraceMs, late, { ref: false })])) === late) child.kill('SIGKILL')
      await ended
    },
  }
}
