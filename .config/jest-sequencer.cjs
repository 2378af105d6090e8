// The longest files first: begun last, they would run alone while the other workers have nothing left to do.
const { statSync } = require('node:fs')

const longest = [
  'web/e2e/screens-desk',
  'web/e2e/screens-phone',
  'api/test/torture',
  'api/test/recovery',
  'api/test/limits',
  'web/e2e/ops',
  'api/test/fuzz.',
  'api/test/undo.',
  'api/test/sign-in',
  'api/test/sync',
  'api/test/uploads',
  'api/test/security/secrets',
  'api/test/connections',
  'api/test/security/isolation',
  'web/e2e/',
]

/** @param {string} path */
function rank(path) {
  const found = longest.findIndex((name) => path.includes(name))
  return found < 0 ? longest.length : found
}

module.exports = class {
  /** @param {{ path: string }[]} tests */
  sort(tests) {
    return [...tests].sort((a, b) => rank(a.path) - rank(b.path) || statSync(b.path).size - statSync(a.path).size)
  }
  /** Files that failed before do not come first: the order is the same everywhere. */
  allFailedTests() {
    return []
  }
  cacheResults() {}
}
