// Who may import whom. The rules are the tables below; the rest reads every import of the sources and compares.
// Exits with 1 and one line per violation.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parse } from '@swc/core'

const root = resolve(import.meta.dirname, '..')

/** The floors of api/src. Imports stay on a floor or go down. */
const floors = ['db', 'core', 'providers', 'wiring', 'features', 'contents', 'entries']

/** Which features may import which, besides themselves. What is reached through another is allowed too. */
const featureImports = {
  firms: [],
  audit: ['firms'],
  clients: ['firms'],
  groups: ['clients'],
  auth: ['messages', 'rules'],
  staff: ['auth', 'messages', 'clients'],
  messages: ['clients'],
  invites: ['messages', 'clients'],
  templates: ['invites', 'messages', 'clients'],
  connections: ['invites', 'clients'],
  transactions: ['clients'],
  statements: ['transactions', 'invites', 'clients'],
  rules: ['transactions', 'clients'],
  books: ['clients'],
  pushes: ['transactions', 'books'],
  review: ['pushes', 'rules', 'transactions'],
  sync: ['connections', 'transactions', 'rules'],
  uploads: ['clients', 'invites'],
  erasure: ['connections', 'books', 'clients', 'statements', 'uploads'],
  funnel: ['clients'],
  dashboard: ['clients', 'funnel'],
  search: ['clients'],
  outreach: ['invites', 'messages', 'clients'],
  bulk: ['outreach', 'invites', 'connections', 'messages', 'clients'],
  integrations: ['clients'],
  ops: [],
  recovery: ['audit', 'auth', 'bulk', 'messages', 'connections', 'books', 'pushes', 'transactions', 'uploads'],
  live: ['auth'],
  http: ['auth'],
}

/** The files of a feature that speak HTTP, and may therefore use api/src/http. */
const speaksHttp = /^(?:.+-)?(?:routes|webhooks?|stream|pages?)\.ts$/

/** Parts that may import only these packages; the others use what their package.json lists. */
const packages = { shared: ['typebox'] }

const problems = []
const graph = new Map()

for (const part of ['shared/src', 'api/src', 'api/emulators/src', 'web/src', 'web/invite'])
  for (const file of sourcesBelow(join(root, part))) await checkFile(file)
for (const cycle of cycles()) problems.push(`${cycle.join(' -> ')}: these files import each other in a circle`)

if (problems.length > 0) process.stdout.write(`${problems.sort().join('\n')}\n`)
process.stdout.write(`${graph.size} files, ${problems.length} forbidden imports\n`)
process.exitCode = problems.length > 0 ? 1 : 0

async function checkFile(path) {
  const file = relative(root, path)
  const targets = []
  for (const specifier of await importsOf(path)) {
    const reason = specifier.startsWith('.') ? forbiddenFile(file, path, specifier, targets) : forbiddenPackage(file, specifier)
    if (reason) problems.push(`${file}: imports ${specifier}, but ${reason}`)
  }
  graph.set(file, targets)
}

function forbiddenFile(file, path, specifier, targets) {
  const found = resolve(dirname(path), specifier)
  const target = relative(root, found)
  if (!existsSync(found)) return null // the type check says it better
  targets.push(target)
  if (partOf(file) !== partOf(target)) return `${partOf(file)} may not reach into ${partOf(target) ?? 'another part'} by path`
  return partOf(file) === 'api' ? forbiddenInApi(placeOf(file), placeOf(target)) : null
}

function forbiddenPackage(file, specifier) {
  const part = partOf(file)
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  if (name === '@ledgersync/emulators') return 'only tests and the launchers may use the emulators'
  if (name === '@ledgersync/api') return 'nobody may import the API'
  if (part === 'emulators' && name === '@ledgersync/shared') return 'the emulators know the providers only'
  // What `createRequire` loads is seen by nobody here
  if (part === 'api' && specifier === 'node:module' && file !== 'api/src/core/outgoing.ts') return 'packages are imported, not required'
  if (part === 'web' && specifier.startsWith('node:')) return 'the web runs in a browser'
  if (packages[part] && !packages[part].includes(name)) return `${part} may import only ${packages[part].join(', ')}`
  return null
}

function forbiddenInApi(from, to) {
  if (speaksHttp.test(from.base) && to.area === 'db' && to.path.startsWith('db/schema'))
    return 'routes hold no SQL: call a verb of the service'
  if (floors.indexOf(to.floor) > floors.indexOf(from.floor)) return `imports only go down, and ${to.floor} is above ${from.floor}`
  if (from.floor === 'providers' && to.floor === 'providers' && from.area !== to.area && to.area !== 'providers')
    return 'one provider may not know another'
  if (from.floor !== 'features' || to.floor !== 'features' || from.area === to.area) return null
  if (to.area === 'http') return speaksHttp.test(from.base) ? null : 'only routes, webhooks, streams and pages speak HTTP'
  if (!(from.area in featureImports)) return `the feature ${from.area} has no line in .config/boundaries.mjs`
  return reachableFeatures(from.area).has(to.area) ? null : `${from.area} may not import ${to.area} (see .config/boundaries.mjs)`
}

function reachableFeatures(feature, seen = new Set()) {
  for (const next of featureImports[feature] ?? []) {
    if (seen.has(next)) continue
    seen.add(next)
    reachableFeatures(next, seen)
  }
  return seen
}

/** Where a file of api/src stands: its floor, and the feature or provider it belongs to. */
function placeOf(file) {
  const path = relative('api/src', file)
  const [top, second = ''] = path.split('/')
  const base = path.split('/').at(-1)
  if (!path.includes('/')) return { path, base, ...floorOfTopFile(path) }
  if (path === 'http/webhooks.ts') return { path, base, floor: 'contents', area: path }
  if (top === 'db' || top === 'core') return { path, base, floor: top, area: top }
  if (top === 'providers') return { path, base, floor: 'providers', area: second.includes('.') ? 'providers' : `providers/${second}` }
  return { path, base, floor: 'features', area: top }
}

function floorOfTopFile(name) {
  if (name === 'config.ts' || name === 'deps.ts') return { floor: 'wiring', area: 'wiring' }
  if (name === 'app.ts' || name === 'tasks.ts') return { floor: 'contents', area: name }
  return { floor: 'entries', area: name }
}

function partOf(file) {
  if (file.startsWith('api/emulators/')) return 'emulators'
  return ['shared', 'api', 'web'].find((part) => file.startsWith(`${part}/src/`) || file.startsWith(`${part}/invite/`))
}

function* sourcesBelow(folder) {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* sourcesBelow(path)
    else if (/\.tsx?$/.test(name) && !/\.(test|d)\.tsx?$/.test(name)) yield path
  }
}

/** Everything a file imports, types included: static, re-exported and dynamic. */
async function importsOf(path) {
  const source = readFileSync(path, 'utf8')
  const tree = await parse(source, { syntax: 'typescript', tsx: path.endsWith('x'), target: 'es2023' })
  const found = tree.body.flatMap((item) => (typeof item.source?.value === 'string' ? [item.source.value] : []))
  collectDynamic(tree.body, found, relative(root, path))
  return found
}

function collectDynamic(node, found, file) {
  if (Array.isArray(node)) {
    for (const child of node) collectDynamic(child, found, file)
    return
  }
  if (node === null || typeof node !== 'object') return
  if (node.type === 'CallExpression' && node.callee.type === 'Import') {
    const value = node.arguments[0]?.expression
    if (value?.type === 'StringLiteral') found.push(value.value)
    else problems.push(`${file}: imports what only shows when it runs, so nobody can say whether it may`)
  }
  if (node.type === 'TsImportType') found.push(node.argument.value)
  for (const key of Object.keys(node)) if (key !== 'span') collectDynamic(node[key], found, file)
}

/** One representative path for each circle of files. */
function cycles() {
  const found = []
  const done = new Set()
  const visit = (file, trail) => {
    const at = trail.indexOf(file)
    if (at >= 0) found.push([...trail.slice(at), file])
    if (at >= 0 || done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return found
}
