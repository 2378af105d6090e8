import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { dataDir } from './paths.mjs'
import { endPostgres, reachableData, startPostgres } from './postgres.mjs'

/** @typedef {{ DATABASE_URL: string, DATABASE_OWNER_URL: string, DATABASE_ADMIN_URL?: string }} DatabaseAddresses */

const databaseName = 'ledgersync'

/** Where the local server keeps its files. */
const dataFolder = () => reachableData(join(dataDir, 'postgres'))

/**
 * Starts the local server; its addresses, one for each role.
 * @param {{ superuserPassword: string, ownerPassword: string, appPassword: string }} secrets
 */
export async function startLocalDatabase(secrets) {
  const server = await startPostgres({ data: dataFolder(), password: secrets.superuserPassword })
  return { server, addresses: addressesFor(new URL(server.url), databaseName, secrets) }
}

/** Stops a local server that a killed start left behind, and forgets all its data. */
export async function removeLocalDatabase() {
  const data = dataFolder()
  await endPostgres(data)
  rmSync(data, { recursive: true, force: true })
}

/**
 * The addresses in a server that the environment names, or null when it names none.
 * @param {{ ownerPassword: string, appPassword: string }} secrets
 * @returns {DatabaseAddresses | null}
 */
export function givenAddresses(secrets) {
  const { DATABASE_URL, DATABASE_OWNER_URL, DATABASE_ADMIN_URL } = process.env
  if (!DATABASE_URL) return null
  const given = new URL(DATABASE_URL)
  if (!DATABASE_OWNER_URL) return addressesFor(given, given.pathname.slice(1) || databaseName, secrets)
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
