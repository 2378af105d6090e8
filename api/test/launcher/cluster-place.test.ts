import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { clusterPlace } from '../../dev/cluster-place.mjs'
import { root } from '../../dev/paths.mjs'

/** Somebody to whom nothing here belongs. */
const stranger = { uid: 54_321, gid: 54_321 }
let top: string
let outside: string
let folder: string

beforeEach(() => {
  top = mkdtempSync(join(realpathSync(tmpdir()), 'ledgersync-place-'))
  outside = join(top, 'lib')
  folder = join(top, 'home/.data')
  chmodSync(top, 0o755)
  mkdirSync(outside)
  mkdirSync(join(top, 'home'), { mode: 0o700 })
})
afterEach(() => rmSync(top, { recursive: true, force: true }))

const place = (user: typeof stranger | null = stranger) => clusterPlace({ folder, user, outside })

/** What initdb would leave there. */
function fill(data: string): void {
  mkdirSync(data, { recursive: true })
  writeFileSync(join(data, 'PG_VERSION'), '18\n')
}

test('a cluster lives in the data folder where the database user gets there', () => {
  expect(place(null)).toEqual({ data: join(folder, 'postgres'), left: [] })
  chmodSync(join(top, 'home'), 0o755)
  expect(place()).toEqual({ data: join(folder, 'postgres'), left: [] })
})

test('in a closed folder it lives outside, and the next start finds it, wherever the checkout has gone', () => {
  const { data } = place()
  expect(dirname(dirname(data))).toBe(outside)
  fill(data)
  expect(place()).toEqual({ data, left: [] })
  renameSync(join(top, 'home'), join(top, 'moved'))
  expect(clusterPlace({ folder: join(top, 'moved/.data'), user: stranger, outside })).toEqual({ data, left: [] })
})

test('a second clone at the same path gets a cluster of its own, and is told of the data of the first', () => {
  const first = place()
  fill(first.data)
  rmSync(folder, { recursive: true })
  const second = place()
  expect(second.data).not.toBe(first.data)
  expect(second.left).toEqual([dirname(first.data)])
  expect(place()).toEqual({ data: second.data, left: [] })
})

test('a place named after the path stays the one of the checkout that made it, and of no later one', () => {
  const old = join(outside, `ledgersync-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`)
  fill(join(old, 'postgres'))
  mkdirSync(join(folder, 'postgres'), { recursive: true }) // as the older version left it
  expect(place()).toEqual({ data: join(old, 'postgres'), left: [] })
  expect(lstatSync(join(folder, 'postgres')).isSymbolicLink()).toBe(true)
  rmSync(folder, { recursive: true })
  expect(place().left).toEqual([old])
})

test('a database that the folder above now hides is not silently replaced by an empty one', () => {
  chmodSync(join(top, 'home'), 0o755)
  fill(place().data)
  chmodSync(join(top, 'home'), 0o700)
  expect(() => place()).toThrow('Let it pass through again (chmod o+x on each closed folder above)')
})
