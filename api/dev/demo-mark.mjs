import { readJson, writeWhole } from './whole-file.mjs'

/**
 * Whether the demo of this database was made to its end once: the file names its firm, and the database has that firm. Another
 * database (DATABASE_URL) has not.
 * @param {string} file
 * @param {string} databaseUrl the owner's
 */
export async function isComplete(file, databaseUrl) {
  const firmIds = marked(file)
  if (firmIds.length === 0) return false
  const { Client } = (await import('pg')).default // not installed yet when the first start begins
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    for (const firmId of firmIds) {
      await client.query("select set_config('app.firm', $1, false)", [firmId])
      const { rowCount } = await client.query('select from firms where firm_id = $1', [firmId])
      if (rowCount === 1) return true
    }
    return false
  } finally {
    await client.end()
  }
}

/**
 * @param {string} file
 * @param {string} firmId
 */
export function rememberComplete(file, firmId) {
  writeWhole(file, JSON.stringify([...marked(file), firmId]))
}

/**
 * @param {string} file
 * @returns {string[]}
 */
function marked(file) {
  const known = readJson(file)
  return Array.isArray(known) ? known.map(String) : []
}
