import { startTestCluster } from '../../dev/test-cluster.mjs'

/** Starts the run's PostgreSQL server. Workers inherit its address; databases are made in database.ts. */
export default async function globalSetup() {
  const cluster = await startTestCluster()
  process.env.LEDGERSYNC_TEST_CLUSTER = cluster.url
  globalThis.removeTestCluster = () => {
    cluster.removeNow()
    globalThis.removeTestCluster = () => {}
  }
  // Jest does not run the teardown when it is interrupted.
  process.once('exit', () => globalThis.removeTestCluster())
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    process.once(signal, () => process.exit(code))
  }
}
