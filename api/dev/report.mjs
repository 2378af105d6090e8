const colours = process.stdout.isTTY && !process.env.NO_COLOR

/** @param {string} text */
export const dim = (text) => (colours ? `\u001B[2m${text}\u001B[22m` : text)
/** @param {string} text */
export const bold = (text) => (colours ? `\u001B[1m${text}\u001B[22m` : text)
/** @param {string} text */
export const red = (text) => (colours ? `\u001B[31m${text}\u001B[39m` : text)
/** @param {string} text */
export const green = (text) => (colours ? `\u001B[32m${text}\u001B[39m` : text)

/** @param {number} since a `performance.now()` */
export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

/** @param {string} [text] */
export function say(text = '') {
  process.stdout.write(`${text}\n`)
}

/**
 * Runs one step of a launcher, says what it does and how long it took. What `work` returns may add a remark.
 * @template T
 * @param {string} title
 * @param {(remark: (text: string) => void) => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const since = performance.now()
  let note = ''
  if (process.stdout.isTTY) process.stdout.write(dim(`  … ${title}`))
  const clear = process.stdout.isTTY ? '\r\u001B[2K' : ''
  try {
    const result = await work((text) => {
      note = `, ${text}`
    })
    process.stdout.write(`${clear}  ${green('✓')} ${title} ${dim(`${seconds(since)}${note}`)}\n`)
    return result
  } catch (error) {
    process.stdout.write(`${clear}  ${red('✗')} ${title} ${dim(seconds(since))}\n`)
    throw error
  }
}

/** A failure whose message is all that the reader needs: shown without a stack. */
export class Stop extends Error {}

/** @param {unknown} error */
export function sayFailure(error) {
  const text = error instanceof Stop ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`\n${red(text)}\n`)
}
