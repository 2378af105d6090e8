// Jest gives each test file a world of its own, in which every package is compiled and run anew and every look at a global costs
// many times what it does outside: that was half of what the tests took. Here only what is ours is loaded anew for each file;
// packages are loaded once, by Node, in the world of the worker, and so is our code, so that one Error is the same as another.
const vm = require('node:vm')
const { TestEnvironment } = require('jest-environment-node')

/** Stands for the worker's own world where Jest asks in which its files are to run. */
const thisWorld = {}

const { compileFunction } = vm
vm.compileFunction = (code, names, options) =>
  compileFunction(code, names, options?.parsingContext === thisWorld ? { ...options, parsingContext: undefined } : options)

module.exports = class extends TestEnvironment {
  /** @param {ConstructorParameters<typeof TestEnvironment>} args */
  constructor(...args) {
    super(...args)
    this.context = thisWorld
    this.global = globalThis
    // What jest-swc.cjs makes of a package
    this.global.loadPackage = require
  }
}
