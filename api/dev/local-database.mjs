import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { clusterPlace } from './cluster-place.mjs'
import { askDatabase } from './database-answers.mjs'
import { dataDir } from './paths.mjs'
import { endPostgres, startPostgres } from './postgres.mjs'
import { dim, say, Stop } from './report.mjs'
import { secretsFile } from './secrets.mjs'

/** @typedef {{ DATABASE_URL: string, DATABASE_OWNER_URL: string, DATABASE_ADMIN_URL?: string }} DatabaseAddresses */

const databaseName = 'ledgersync'

/**
 * Starts the local server; its addresses, one for each role.
 * @param {{ superuserPassword: string, ownerPassword: string, appPassword: string }} secrets
 */
export async function startLocalDatabase(secrets) {
  const { data, left } = clusterPlace()
  for (const place of left)
    say(`  ${dim('·')} ${place} has the data of an earlier checkout in this folder. Remove it when nobody needs it.`)
  const server = await startPostgres({ data, password: secrets.superuserPassword })
  return { server, data, addresses: addressesFor(new URL(server.url), databaseName, secrets) }
}

/**
 * Throws a {@link Stop} when the local server was made with other secrets.
 * @param {string} url
 * @param {string} data
 */
export async function checkLocalDatabase(url, data) {
  await askDatabase(url, {
    unreachable: (reason) => `PostgreSQL started but does not answer (${reason}). Its log: ${data}/log/server.log`,
    refused: (reason) =>
      `The database in ${data} was not made with the passwords in ${secretsFile()} (${reason}).\n` +
      'Put back the file that belongs to it; or start over, forgetting what is in that folder, with: npm start -- --reset',
  })
}

/** Stops a local server that a killed start left behind, and forgets all its data. */
export async function removeLocalDatabase() {
  const { data } = clusterPlace()
  await endPostgres(data)
  rmSync(data, { recursive: true, force: true })
  if (dirname(data) !== dataDir) rmSync(dirname(data), { recursive: true, force: true })
}

const givenNames = /** @type {const} */ (['DATABASE_URL', 'DATABASE_OWNER_URL', 'DATABASE_ADMIN_URL'])

/** Throws a {@link Stop} that names the first address in the environment that cannot be one. */
export function readGivenAddresses() {
  const { DATABASE_URL, DATABASE_OWNER_URL, DATABASE_ADMIN_URL } = process.env
  for (const name of givenNames) {
    const value = process.env[name]
    // Not shown: it may hold a password
    if (value && !(URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol)))
      throw new Stop(`${name} is not the address of a PostgreSQL database. It looks like postgres://name:password@host:5432/database`)
  }
  return DATABASE_URL ? { DATABASE_URL, DATABASE_OWNER_URL, DATABASE_ADMIN_URL } : null
}

/**
 * The addresses in a server that the environment names, once it has answered there; null when it names none.
 * @param {{ ownerPassword: string, appPassword: string }} secrets
 * @returns {Promise<DatabaseAddresses | null>}
 */
export async function givenAddresses(secrets) {
  const given = readGivenAddresses()
  if (!given) return null
  for (const name of givenNames) {
    const url = given[name]
    if (!url || (given.DATABASE_ADMIN_URL && name !== 'DATABASE_ADMIN_URL')) continue // the administrator makes the roles first
    const { host, pathname } = new URL(url)
    const where = `${name}, ${host}${pathname}`
    await askDatabase(url, {
      unreachable: (reason) => `No PostgreSQL server answers at the address in ${where}: ${reason}`,
      refused: (reason) => `The PostgreSQL server at the address in ${where} refuses the name or password there: ${reason}`,
    })
  }
  const { DATABASE_URL, DATABASE_OWNER_URL, DATABASE_ADMIN_URL } = given
  const admin = new URL(DATABASE_URL)
  if (!DATABASE_OWNER_URL) return addressesFor(admin, admin.pathname.slice(1) || databaseName, secrets)
  return { DATABASE_URL, DATABASE_OWNER_URL, ...(DATABASE_ADMIN_URL ? { DATABASE_ADMIN_URL } : {}) }
}

/**
 * @param {URL} admin
 * @param {string} database
 * @param {{ ownerPassword: string, appPassword: string }} secrets
 * @returns {DatabaseAddresses}
 */
function addressesFor(admin, database, { ownerPassword, appPassword }) {
  const as = (/** @type {string} */ role, /** @type {string} */ password) => {
    const url = new URL(admin)
    url.pathname = `/${database}`
    url.username = role
    url.password = password
    return url.href
  }
  return {
    DATABASE_ADMIN_URL: admin.href,
    DATABASE_OWNER_URL: as('ledgersync_owner', ownerPassword),
    DATABASE_URL: as('ledgersync_app', appPassword),
  }
}
