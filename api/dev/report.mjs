const { stdout, stderr } = process
const colours = stdout.isTTY && !process.env.NO_COLOR

/** @param {number} on @param {number} off */
const style = (on, off) => (/** @type {string} */ text) => (colours ? `\u001B[${on}m${text}\u001B[${off}m` : text)

export const dim = style(2, 22)
export const bold = style(1, 22)
export const red = style(31, 39)
export const green = style(32, 39)

/** @param {number} since a `performance.now()` */
export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

/** Titles of the steps under way: steps may overlap. @type {Set<string>} */
const underWay = new Set()

/** @param {string} [text] */
export function say(text = '') {
  if (!stdout.isTTY) return stdout.write(`${text}\n`)
  // On a terminal the last line shows what is under way; it moves down below what is said.
  return stdout.write(`\r\u001B[2K${text}\n${underWay.size > 0 ? dim(`  … ${[...underWay].join(', ')}`) : ''}`)
}

/**
 * Runs one step of a launcher and says what it did and how long it took. The work may add a remark.
 * @template T
 * @param {string} title
 * @param {(remark: (text: string) => void) => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const since = performance.now()
  let note = ''
  underWay.add(title)
  if (stdout.isTTY) stdout.write(`\r\u001B[2K${dim(`  … ${[...underWay].join(', ')}`)}`)
  try {
    const result = await work((text) => {
      note = `, ${text}`
    })
    underWay.delete(title)
    say(`  ${green('✓')} ${title} ${dim(`${seconds(since)}${note}`)}`)
    return result
  } catch (error) {
    underWay.delete(title)
    say(`  ${red('✗')} ${title} ${dim(seconds(since))}`)
    throw error
  }
}

/** A failure whose message is all that the reader needs: shown without a stack. */
export class Stop extends Error {}

/** @param {unknown} error */
export function sayFailure(error) {
  const text =
    error instanceof Error && !(error instanceof Stop)
      ? (error.stack ?? error.message)
      : error instanceof Error
        ? error.message
        : String(error)
  stderr.write(`\n${red(text)}\n`)
}
