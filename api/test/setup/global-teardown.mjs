/** Stops the run's PostgreSQL server and removes its files. */
export default function globalTeardown() {
  globalThis.removeTestCluster()
}
