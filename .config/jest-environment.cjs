// Jest gives each test file a world of its own, in which every package is compiled and run anew and every look at a global costs
// many times what it does outside: that was half of what the tests took. Here only what is ours is loaded anew for each file;
// packages are loaded once, by Node, in the world of the worker, and so is our code, so that one Error is the same as another.
const hooks = require('node:async_hooks')
const { createRequire } = require('node:module')
const { join } = require('node:path')
const vm = require('node:vm')
const { TestEnvironment } = require('jest-environment-node')

/** Stands for the worker's own world where Jest asks in which its files are to run. */
const thisWorld = {}

/**
 * Our modules, each as the function that makes it: run anew for every test file, and compiled once.
 * @type {Map<string | undefined, { code: string, make: Function }>}
 */
const compiled = new Map()

const { compileFunction } = vm
vm.compileFunction = (code, names, options) => {
  if (options?.parsingContext !== thisWorld) return compileFunction(code, names, options)
  const known = compiled.get(options.filename)
  if (known?.code === code) return known.make
  const make = compileFunction(code, names, { ...options, parsingContext: undefined })
  compiled.set(options.filename, { code, make })
  return make
}

/** Every file starts the product anew, whose schemas say the same each time: what checks one is compiled once, too. */
function keepChecks() {
  const { Ajv } = require(join(__dirname, '..', 'api', 'node_modules', 'ajv'))
  if (Ajv.prototype.compile.checks !== undefined) return
  const { compile } = Ajv.prototype
  /** @type {Map<string, Function>} */
  const checks = new Map()
  Ajv.prototype.compile = function (schema, meta) {
    const { coerceTypes, strictNumbers, allErrors, useDefaults, strict } = this.opts
    const key = JSON.stringify([{ coerceTypes, strictNumbers, allErrors, useDefaults, strict }, Object.keys(this.formats), schema])
    const check = checks.get(key) ?? compile.call(this, schema, meta)
    checks.set(key, check)
    return check
  }
  Ajv.prototype.compile.checks = checks
}

/** What writes the answers of an endpoint is compiled by Fastify when it first answers, and is as much the same in every file. */
function keepWriters() {
  const ofApi = createRequire(join(__dirname, '..', 'api', 'package.json'))
  const path = createRequire(ofApi.resolve('@fastify/fast-json-stringify-compiler')).resolve('fast-json-stringify')
  const build = require(path)
  if (build.writers !== undefined) return
  /** @type {Map<string, Function>} */
  const writers = new Map()
  const keep = (/** @type {unknown} */ schema, /** @type {unknown} */ options) => {
    const key = JSON.stringify([schema, options])
    const write = writers.get(key) ?? build(schema, options)
    writers.set(key, write)
    return write
  }
  const cached = require.cache[path]
  if (cached === undefined) throw new Error('The compiler of answers is loaded in another way than before')
  cached.exports = Object.assign(keep, build, { writers })
}

/**
 * Passwords are hashed as by the product, for a hundredth of what that takes: guessing many is what some tests are about, and the
 * cost is meant to be felt. What it really is, a test of the built program says (production.test.ts).
 */
function hashCheaply() {
  const argon2 = require(join(__dirname, '..', 'api', 'node_modules', '@node-rs', 'argon2'))
  const { hash } = argon2
  if (hash.isCheap) return
  const cheap = (/** @type {string} */ password, /** @type {object} */ options) =>
    hash(password, { ...options, memoryCost: 64, timeCost: 1 })
  argon2.hash = Object.assign(cheap, { isCheap: true })
}

/**
 * What measures the process itself watches its loop and its memory for as long as it lives, so each product of a worker would add to
 * what the next ones take: it is begun once, and all show it.
 */
function measureOnce() {
  const metrics = require(join(__dirname, '..', 'api', 'node_modules', 'prom-client'))
  const begin = metrics.collectDefaultMetrics
  if (begin.isOnce) return
  const own = new metrics.Registry()
  begin({ register: own })
  const show = (/** @type {{ register: { registerMetric: (metric: unknown) => void } }} */ { register }) => {
    for (const metric of own.getMetricsAsArray()) register.registerMetric(metric)
  }
  metrics.collectDefaultMetrics = Object.assign(show, { isOnce: true })
}

const { exit } = process
const { AsyncLocalStorage } = hooks

/**
 * Stands for the storage in which Jest keeps which test is running, one for each file. With a true one Node marks whatever is begun with
 * its test, which a timer then holds for long, and goes for each promise through all that were ever used: in the fortieth file of a
 * worker each took forty times as long. Tests of a file run one after the other, so one place is enough.
 */
class OneAtATime {
  getStore() {
    return this.store
  }

  /** @param {unknown} store @param {() => Promise<unknown>} work */
  async run(store, work) {
    const before = this.store
    this.store = store
    try {
      return await work()
    } finally {
      this.store = before
    }
  }
}

module.exports = class extends TestEnvironment {
  /** @param {ConstructorParameters<typeof TestEnvironment>} args */
  constructor(...args) {
    super(...args)
    this.context = thisWorld
    this.global = globalThis
    // What jest-swc.cjs makes of a package
    this.global.loadPackage = require
    keepChecks()
    keepWriters()
    hashCheaply()
    measureOnce()
    hooks.AsyncLocalStorage = OneAtATime
  }

  /**
   * The first event comes once Jest's runner is loaded: whoever asks from then on gets the true one.
   * @param {{ name: string }} event
   */
  handleTestEvent(event) {
    if (event.name === 'setup') hooks.AsyncLocalStorage = AsyncLocalStorage
  }

  /**
   * Jest counts on a world that ends with its file: what it left in ours would hear of every test of the files after, and hold all that
   * this one made.
   */
  async teardown() {
    await super.teardown()
    process.exit = exit
    for (const key of Object.getOwnPropertySymbols(globalThis)) {
      if (key.description === 'EVENT_HANDLERS' || key.description === 'JEST_STATE_SYMBOL') Reflect.deleteProperty(globalThis, key)
    }
  }
}
