// Watches over the cluster of a test run: when the process that made it is gone, however it went, so are the server and its
// files. The pipe from that process is closed by the system even when it is killed.
import { removeCluster } from './test-cluster.mjs'

const [folder = ''] = process.argv.slice(2)
process.stdin.once('end', () => removeCluster(folder))
process.stdin.resume()
