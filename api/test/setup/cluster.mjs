import { startTestCluster } from '../../dev/test-cluster.mjs'

/** @type {(() => void) | undefined} */
let remove

/** Starts this run's PostgreSQL server and returns the superuser's address, by its socket where it has one. */
export async function startCluster() {
  const cluster = await startTestCluster()
  remove = cluster.removeNow
  const address = new URL(cluster.url)
  if (cluster.socket !== '') address.host = `${encodeURIComponent(cluster.socket)}:${address.port}`
  return address.href
}

/** Stops it and removes its files, at once, however often it is called. */
export function removeCluster() {
  remove?.()
  remove = undefined
}
