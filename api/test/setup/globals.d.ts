/** Set by global-setup.mjs, called by global-teardown.mjs, both in Jest's own process. */
declare var removeTestCluster: () => void
