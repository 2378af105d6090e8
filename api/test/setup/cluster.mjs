import { startTestCluster } from '../../dev/test-cluster.mjs'

/** @type {(() => void) | undefined} */
let remove

/** Starts this run's PostgreSQL server and returns the superuser's address. */
export async function startCluster() {
  const cluster = await startTestCluster()
  remove = cluster.removeNow
  return cluster.url
}

/** Stops it and removes its files, at once, however often it is called. */
export function removeCluster() {
  remove?.()
  remove = undefined
}
