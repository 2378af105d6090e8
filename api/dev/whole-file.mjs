import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Writes a file so that whoever reads it, even after the power failed in the middle, finds the old text or the new one.
 * @param {string} path
 * @param {string} text
 */
export function writeWhole(path, text) {
  const next = `${path}.${process.pid}.next`
  try {
    const file = openSync(next, 'w', 0o600)
    try {
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(next, path)
  } finally {
    rmSync(next, { force: true })
  }
  if (process.platform === 'win32') return // a folder cannot be opened there
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/**
 * What a file holds, `undefined` when there is none, null when it is not JSON.
 * @param {string} path
 * @returns {unknown}
 */
export function readJson(path) {
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return JSON.parse(text)
  } catch {
    return null // whoever reads it says what that means
  }
}
