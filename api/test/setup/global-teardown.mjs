export { removeCluster as default } from './cluster.mjs'
