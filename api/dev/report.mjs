import { root } from './paths.mjs'

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

/** What the system refuses because of where the checkout lies, not because of a mistake in a program. @type {Record<string, string>} */
const refusals = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the disk can only be read',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
}

/**
 * @param {NodeJS.ErrnoException} error
 * @returns {string | null} a sentence, for what the system refused
 */
function refusalOf({ code = '', path, syscall }) {
  const reason = refusals[code]
  if (reason === undefined || syscall === 'listen' || syscall === 'connect' || syscall === 'kill') return null
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  const help = isFull
    ? 'Make room, then start again: what is there is kept.'
    : `Packages, data and logs are kept in ${root}: whoever starts it must be allowed to write there.`
  return `Ledgersync cannot use ${path ?? root}: ${reason}.\n${help}`
}

/**
 * A failure in words for whoever started the program: with its stack only when it is a mistake in the program.
 * @param {unknown} error
 * @returns {string}
 */
export function failureText(error) {
  if (!(error instanceof Error)) return String(error)
  return error instanceof Stop ? error.message : (refusalOf(error) ?? error.stack ?? error.message)
}

/** @param {unknown} error */
export function sayFailure(error) {
  stderr.write(`\n${red(failureText(error))}\n`)
}
