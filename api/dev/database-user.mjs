import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** @typedef {{ uid: number, gid: number }} SystemUser */

/**
 * PostgreSQL refuses to run as root. Under root the server is started as `postgres`, or as `nobody`
 * where that user does not exist; a normal user needs no other (null).
 * @returns {SystemUser | null}
 */
export function databaseUser() {
  if (process.getuid?.() !== 0) return null
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const found = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody')
  if (!found) throw new Error('Running as root, and there is neither a "postgres" nor a "nobody" user to run the database as.')
  return { uid: Number(found[2]), gid: Number(found[3]) }
}

/**
 * Whether the user may search every folder on the way to `path` (and `path` itself).
 * @param {SystemUser | null} user
 * @param {string} path
 */
export function canReach(user, path) {
  if (!user) return true
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder)
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
