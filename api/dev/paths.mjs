import { join, resolve } from 'node:path'

/** The checkout's top folder. */
export const root = resolve(import.meta.dirname, '../..')

/** What a run leaves behind on purpose: the database, the emulators' books, the inbox, the local secrets. */
export const dataDir = join(root, '.data')

/** @param {string[]} parts */
export const inRoot = (...parts) => join(root, ...parts)
