import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { canReach, databaseUser } from './database-user.mjs'
import { dataDir, root } from './paths.mjs'
import { Stop } from './report.mjs'

const prefix = 'ledgersync-'
/** In a place outside: the path of the checkout whose data it holds. */
const ownerNote = 'checkout'

/**
 * Where the cluster of this checkout lives: in its data folder, or, when root runs it from a folder closed to everybody else, in
 * a folder of its own outside, to which a link in the data folder points. So the data belongs to whoever has the link and the
 * secrets beside it, and another checkout at the same path never takes it for its own. `left` are the places of earlier ones.
 * @param {{ folder?: string, user?: import('./database-user.mjs').SystemUser | null, outside?: string }} [options]
 * @returns {{ data: string, left: string[] }}
 */
export function clusterPlace({ folder = dataDir, user = databaseUser(), outside = '/var/lib' } = {}) {
  mkdirSync(folder, { recursive: true })
  const wanted = join(folder, 'postgres')
  const found = lstatSync(wanted, { throwIfNoEntry: false })
  if (found?.isSymbolicLink()) return { data: readlinkSync(wanted), left: [] }
  if (canReach(user, realpathSync(folder))) return { data: wanted, left: [] }
  if (existsSync(join(wanted, 'PG_VERSION')))
    throw new Stop(
      `The database in ${wanted} was made while others could pass through the folders above it, and the user it runs as is one of\n` +
        'the others. Let it pass through again (chmod o+x on each closed folder above), or start as that user.',
    )
  const known = placeOfOlderVersion(outside)
  const place = found?.isDirectory() && existsSync(known) ? known : join(outside, prefix + randomBytes(6).toString('hex'))
  if (found?.isDirectory()) rmSync(wanted, { recursive: true }) // it holds no database
  const left = place === known ? [] : placesOf(root, outside)
  const data = join(place, basename(wanted))
  mkdirSync(place, { recursive: true, mode: 0o755 })
  writeFileSync(join(place, ownerNote), `${root}\n`)
  symlinkSync(data, wanted)
  return { data, left }
}

/** Before there were links it was named after the checkout's path, and an empty folder stood where the link does now. @param {string} outside */
const placeOfOlderVersion = (outside) => join(outside, prefix + createHash('sha256').update(root).digest('hex').slice(0, 12))

/**
 * Places outside that hold the cluster of a checkout at that path.
 * @param {string} path
 * @param {string} outside
 */
function placesOf(path, outside) {
  const places = readdirSync(outside).filter((name) => name.startsWith(prefix))
  return places
    .map((name) => join(outside, name))
    .filter((place) => existsSync(join(place, 'postgres/PG_VERSION')))
    .filter((place) => place === placeOfOlderVersion(outside) || noteOf(place) === path)
}

/** @param {string} place */
function noteOf(place) {
  const note = join(place, ownerNote)
  return existsSync(note) ? readFileSync(note, 'utf8').trim() : ''
}
