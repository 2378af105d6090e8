import type { clients } from '@ledgersync/shared/clients'
import type { Input } from '@ledgersync/shared/endpoint'

type ListQuery = NonNullable<Input<typeof clients.list>['query']>

/** One question to the list, and the same in SQL over the tables that people and banks write. */
export interface Case {
  name: string
  query: ListQuery
  /** A condition over `f`, what is true of each client; see `plain.ts`. */
  where?: string
  /** The order; by name when left out. */
  order?: string
}

const words = (text: string): string =>
  text
    .split(' ')
    .map((word) => `f.words ilike '%${word}%'`)
    .join(' and ')

const sorts: Case[] = (
  [
    ['name', 'f.name, f.id'],
    ['-name', 'f.name desc, f.id desc'],
    ['added', 'f.created_at, f.id'],
    ['-added', 'f.created_at desc, f.id desc'],
    ['invite', 'f.invite_at, f.id'],
    ['-invite', 'f.invite_at desc, f.id desc'],
    ['health', 'f.health, f.id'],
    ['-health', 'f.health desc, f.id desc'],
    ['lastSync', 'f.last_sync_at, f.id'],
    ['-lastSync', 'f.last_sync_at desc, f.id desc'],
    ['toReview', 'f.to_review, f.id'],
    ['-toReview', 'f.to_review desc, f.id desc'],
  ] as const
).map(([sort, order]) => ({ name: `sort ${sort}`, query: { sort }, order }))

const waiting = `f.invite_state in ('queued', 'sent', 'delivered', 'opened', 'started')`
const filters: Case[] = [
  { name: 'view needs_client', query: { view: 'needs_client' }, where: 'f.health = 5' },
  { name: 'view never_connected', query: { view: 'never_connected' }, where: 'f.health = 0' },
  { name: 'view to_review', query: { view: 'to_review' }, where: 'f.to_review > 0' },
  { name: 'health bank_down', query: { health: 'bank_down' }, where: 'f.health = 4' },
  { name: 'health healthy', query: { health: 'healthy' }, where: 'f.health = 1' },
  { name: 'invite waiting', query: { invite: 'waiting' }, where: `${waiting} and f.invite_expires_at > now()` },
  { name: 'invite expired', query: { invite: 'expired' }, where: `${waiting} and f.invite_expires_at <= now()` },
  { name: 'invite failed', query: { invite: 'failed' }, where: `f.invite_state = 'failed'` },
  { name: 'invite none', query: { invite: 'none' }, where: 'f.invite_state is null' },
  { name: 'invite started', query: { invite: 'started' }, where: `f.invite_state = 'started'` },
  { name: 'books reconnect', query: { books: 'reconnect' }, where: `f.books = 'reconnect'` },
  { name: 'books none', query: { books: 'none' }, where: `f.books = 'none'` },
  { name: 'locked', query: { locked: true }, where: 'f.locked' },
  {
    name: 'staff nobody',
    query: { staffId: 'none' },
    where: `not exists (select from client_staff a where a.firm_id = f.firm_id and a.client_id = f.id)`,
  },
]

// Health above 0: there are connections
const stuck = `(not f.locked and (f.health = 5 or (f.health = 0 and (f.invite_state = 'failed' or (${waiting} and f.invite_expires_at <= now())
  or (f.invite_state in ('sent', 'delivered', 'opened', 'started') and f.invite_at < now() - interval '2 days')))))`
filters.push(
  { name: 'stuck', query: { stuck: true }, where: stuck },
  { name: 'stuck, longest first', query: { stuck: true, sort: 'invite' }, where: stuck, order: 'f.invite_at, f.id' },
)

const searches: Case[] = [
  { name: 'search a common word', query: { search: 'bakery' }, where: words('bakery') },
  { name: 'search one client', query: { search: 'roofing 31' }, where: words('roofing 31') },
  { name: 'search a person', query: { search: 'velasco 911' }, where: words('velasco 911') },
  { name: 'search a bank', query: { search: 'harborview' }, where: words('harborview') },
  { name: 'search a phone', query: { search: '5030012345' }, where: words('5030012345') },
  { name: 'search two letters of nobody', query: { search: 'qx' }, where: words('qx') },
  { name: 'search nobody', query: { search: 'zephyr lantern' }, where: words('zephyr lantern') },
]

const together: Case[] = [
  {
    name: 'search, filter and sort',
    query: { search: 'kestrel', health: 'needs_client', sort: '-toReview' },
    where: `${words('kestrel')} and f.health = 5`,
    order: 'f.to_review desc, f.id desc',
  },
  {
    name: 'three filters, rare',
    query: { invite: 'failed', books: 'reconnect', locked: true, sort: '-lastSync' },
    where: `f.invite_state = 'failed' and f.books = 'reconnect' and f.locked`,
    order: 'f.last_sync_at desc, f.id desc',
  },
]

export const cases: readonly Case[] = [...sorts, ...filters, ...searches, ...together]
