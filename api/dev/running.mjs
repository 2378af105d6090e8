import { forgetInstance, rememberEnding, rememberInstance } from './instance.mjs'
import { startProgram } from './program.mjs'
import { sayFailure, Stop } from './report.mjs'

/** What runs, in the order of its start; it is stopped in the opposite order. @type {{ name: string, stop: () => Promise<void> }[]} */
const running = []
/** @type {number[]} */
const children = []
let stopping = false

export const isStopping = () => stopping

/**
 * The database is stopped last, whenever it was started.
 * @param {() => Promise<void>} stop
 */
export function addDatabase(stop) {
  running.unshift({ name: 'database', stop })
}

/**
 * Starts a program of ours that is stopped with the rest.
 * @param {string} name
 * @param {string} script
 * @param {Record<string, string>} env
 */
export function addProgram(name, script, env) {
  const program = startProgram(name, script, env)
  running.push({ name, stop: program.stop })
  children.push(program.pid)
  if (!stopping) rememberInstance({ children })
  return program
}

/**
 * From now on the end of the program is the end of all.
 * @param {string} name
 * @param {import('./program.mjs').Program} program
 */
export function stopAllWith(name, program) {
  void program.ended.then((how) => {
    if (stopping) return undefined
    sayFailure(
      new Stop(`The ${name} ended by itself (${how}). Its last lines:\n\n${program.lastLines()}\n\nMore in .data/log/${name}.log.`),
    )
    return stopAll(1)
  })
}

/**
 * The address where it all can be found, for whoever starts a second time.
 * @param {string} url
 */
export function announce(url) {
  if (!stopping) rememberInstance({ children, url })
}

/** @param {number} code of this process */
export async function stopAll(code) {
  if (stopping) return
  stopping = true
  rememberEnding()
  let result = code
  for (const { name, stop } of running.reverse()) {
    try {
      await stop()
    } catch (error) {
      sayFailure(new Error(`Could not stop the ${name}`, { cause: error }))
      result = 1
    }
  }
  forgetInstance()
  process.exit(result)
}
