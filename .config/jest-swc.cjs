// Jest runs CommonJS here: its ES module mode fails on CommonJS packages that require ES-only ones under Node 20,
// and is slower. So TypeScript, our modules, and the few packages that are not loaded by Node are converted.
const { createHash } = require('node:crypto')
const { readFileSync } = require('node:fs')
const { transformSync } = require('@swc/core')

const version = createHash('sha256')
  .update(readFileSync(__filename))
  .update(require('@swc/core').version)
  .update(process.version)
  .digest('hex')
const usesModules = /\bimport\s*\(|\bimport\.meta\b|^\s*(?:import|export)\b|[;}]\s*(?:import|export)\b/m

/**
 * Packages are loaded by Node, once for all files (jest-environment.cjs), but for Jest's own and those that share the axios to which
 * our code sets bounds as it is loaded (core/outgoing.ts).
 * @param {string} filename
 */
const isLoadedOnce = (filename) =>
  /\/node_modules\/\.pnpm\/(?!(?:@?jest|expect|axios|plaid|twilio|node-quickbooks|@sendgrid)[@+-])/.test(filename)

/** @param {string} filename */
const isSource = (filename) => !filename.includes('/node_modules/')

module.exports = {
  /** @param {string} source @param {string} filename */
  process(source, filename) {
    if (isLoadedOnce(filename)) return { code: `module.exports = loadPackage(${JSON.stringify(filename)})` }
    const typescript = /\.[cm]?tsx?$/.test(filename)
    if (!typescript && !usesModules.test(source)) return { code: source }
    const { code, map } = transformSync(source, {
      filename,
      configFile: false,
      swcrc: false,
      isModule: typescript ? true : 'unknown',
      sourceMaps: isSource(filename) ? 'inline' : false,
      module: { type: 'commonjs', ignoreDynamic: false },
      jsc: {
        target: 'es2023',
        parser: typescript ? { syntax: 'typescript', tsx: filename.endsWith('x') } : { syntax: 'ecmascript', jsx: filename.endsWith('x') },
        transform: { hidden: { jest: isSource(filename) }, react: { runtime: 'automatic' } },
      },
    })
    return map ? { code, map } : { code }
  },
  /** @param {string} source @param {string} filename @param {{ configString: string }} options */
  getCacheKey(source, filename, options) {
    return createHash('sha256')
      .update(version)
      .update(source)
      .update('\0')
      .update(filename)
      .update('\0')
      .update(options.configString)
      .digest('hex')
  },
}
