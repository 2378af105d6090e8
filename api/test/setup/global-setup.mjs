import { removeCluster, startCluster } from './cluster.mjs'

const signals = /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])

/** Starts the run's PostgreSQL server. Workers inherit its address; databases are made in database.ts. */
export default async function globalSetup() {
  // Jest does not run the teardown when it is interrupted.
  process.once('exit', removeCluster)
  for (const [signal, code] of signals) process.once(signal, () => process.exit(code))
  process.env.LEDGERSYNC_TEST_CLUSTER = await startCluster()
}
