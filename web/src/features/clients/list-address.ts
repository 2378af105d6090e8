import { type ClientFilter, ClientSort, InviteFilter } from '@ledgersync/shared/client-filter'
import { BooksState, Health } from '@ledgersync/shared/client-states'
import type { clients } from '@ledgersync/shared/clients'
import type { Input } from '@ledgersync/shared/endpoint'

export const views = ['all', 'needs_client', 'never_connected', 'to_review', 'mine'] as const
export type View = (typeof views)[number]

/** What the address of the list holds; what everybody sees first is left out. */
export interface ListSearch {
  view?: View | undefined
  search?: string | undefined
  /** A group's id, or `none`. */
  group?: string | undefined
  /** A member of staff by id, or `none`. */
  staff?: string | undefined
  invite?: InviteFilter | undefined
  health?: Health | undefined
  qbo?: BooksState | undefined
  locked?: 'yes' | 'no' | undefined
  /** Waits for somebody, as the dashboard counts them. */
  stuck?: 'yes' | 'no' | undefined
  sort?: ClientSort | undefined
  /** `stale` after a return from Intuit that no session here asked for. */
  books?: 'stale' | undefined
}

const idPattern = /^(?:none|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** Keeps what the list understands of an address somebody may have typed. */
export function parseListSearch(raw: Record<string, unknown>): ListSearch {
  const one = <T extends string>(values: readonly T[], value: unknown): T | undefined => values.find((known) => known === value)
  const view = one(views, raw.view)
  const search = typeof raw.search === 'string' || typeof raw.search === 'number' ? String(raw.search).trim().slice(0, 100) : ''
  const sort = one(ClientSort.enum, raw.sort)
  const found: ListSearch = {
    books: raw.books === 'stale' ? 'stale' : undefined,
    view: view === 'all' ? undefined : view,
    search: search === '' ? undefined : search,
    group: typeof raw.group === 'string' && idPattern.test(raw.group) ? raw.group : undefined,
    staff: typeof raw.staff === 'string' && idPattern.test(raw.staff) ? raw.staff : undefined,
    invite: one(InviteFilter.enum, raw.invite),
    health: one(Health.enum, raw.health),
    qbo: one(BooksState.enum, raw.qbo),
    locked: one(['yes', 'no'] as const, raw.locked),
    stuck: one(['yes', 'no'] as const, raw.stuck),
    sort: sort === 'name' ? undefined : sort,
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

/** The filter of the address, as the API takes it. */
export function filterOf({ view, search, group, staff, invite, health, qbo, locked, stuck }: ListSearch): ClientFilter {
  return {
    ...(view !== undefined && view !== 'all' && { view }),
    ...(search !== undefined && { search }),
    ...(group !== undefined && { groupId: group }),
    ...(staff !== undefined && { staffId: staff }),
    ...(invite !== undefined && { invite }),
    ...(health !== undefined && { health }),
    ...(qbo !== undefined && { books: qbo }),
    ...(locked !== undefined && { locked: locked === 'yes' }),
    ...(stuck !== undefined && { stuck: stuck === 'yes' }),
  }
}

/** The address of a saved filter. */
export function addressOfFilter({ groupId, staffId, books, locked, stuck, ...same }: ClientFilter & { sort?: ClientSort }): ListSearch {
  return parseListSearch({
    ...same,
    group: groupId,
    staff: staffId,
    qbo: books,
    ...(locked !== undefined && { locked: locked ? 'yes' : 'no' }),
    ...(stuck !== undefined && { stuck: stuck ? 'yes' : 'no' }),
  })
}

/** The list's question to the API, the same for the page and for its loader. */
export function listInput(address: ListSearch): Input<typeof clients.list> {
  return { query: { limit: 100, ...filterOf(address), ...(address.sort !== undefined && { sort: address.sort }) } }
}

/** Whether anything narrows the list besides its view. */
export function isFiltered({ search, group, staff, invite, health, qbo, locked, stuck }: ListSearch): boolean {
  return [search, group, staff, invite, health, qbo, locked, stuck].some((value) => value !== undefined)
}
