import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { dataDir } from './paths.mjs'
import { Stop } from './report.mjs'
import { readJson, writeWhole } from './whole-file.mjs'

const makers = {
  sessionSecret: () => randomBytes(32).toString('base64'),
  keyEncryptionKeys: () => `local-1:${randomBytes(32).toString('base64')}`,
  superuserPassword: () => randomBytes(24).toString('base64url'),
  ownerPassword: () => randomBytes(24).toString('base64url'),
  appPassword: () => randomBytes(24).toString('base64url'),
}

/** @typedef {{ [name in keyof typeof makers]: string }} Secrets */

/** @param {string} folder */
export const secretsFile = (folder = dataDir) => join(folder, 'secrets.json')

/**
 * The secrets of this checkout, made at the first start. They protect local data only; production has its own. New ones open
 * nothing that older ones closed: none is made beside a database that is there already.
 * @param {string} [folder]
 * @returns {Secrets}
 */
export function localSecrets(folder = dataDir) {
  const file = secretsFile(folder)
  const known = readJson(file)
  const isRecord = typeof known === 'object' && known !== null && !Array.isArray(known)
  if (known !== undefined && !isRecord) throw useless(file, 'is not the JSON that was written there')
  const given = new Map(Object.entries(known ?? {}))
  const names = /** @type {(keyof typeof makers)[]} */ (Object.keys(makers)) // the keys of a constant
  const missing = names.filter((name) => typeof given.get(name) !== 'string')
  if (missing.length > 0 && existsSync(join(folder, 'postgres/PG_VERSION')))
    throw useless(file, known === undefined ? 'is missing' : `lacks ${missing.join(', ')}`)
  for (const name of missing) given.set(name, makers[name]())
  if (missing.length > 0) {
    mkdirSync(folder, { recursive: true })
    writeWhole(file, `${JSON.stringify(Object.fromEntries(given), null, 2)}\n`)
  }
  return /** @type {Secrets} */ (Object.fromEntries(given)) // each name of makers has a string now
}

/**
 * @param {string} file
 * @param {string} problem
 */
function useless(file, problem) {
  return new Stop(
    `${file} ${problem}. It holds the passwords of the local database and the keys to what is encrypted there.\n` +
      'Put a copy of it back; or start over, forgetting the local data, with: npm start -- --reset',
  )
}
