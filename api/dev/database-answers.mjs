import { Stop } from './report.mjs'

const connectMs = 10_000
/** What PostgreSQL answers to a wrong name or password, and to a host it does not let in. */
const refusals = ['28P01', '28000']

/**
 * Throws a {@link Stop} when nobody answers at that address, or the name and password are refused. What else may be wrong there is
 * for the migrations to find.
 * @param {string} url
 * @param {{ unreachable: (reason: string) => string, refused: (reason: string) => string }} words
 */
export async function askDatabase(url, words) {
  const { Client } = (await import('pg')).default // not installed yet when the first start begins
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectMs })
  client.on('error', () => {}) // it ends right away; connect() has told what there is to tell
  try {
    await client.connect()
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error)
    if (code && refusals.includes(code)) throw new Stop(words.refused(message))
    if (!code || !/^[0-9A-Z]{5}$/.test(code)) throw new Stop(words.unreachable(message || (code ?? 'no answer')))
  } finally {
    await client.end()
  }
}
