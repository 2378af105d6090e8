import { createHash } from 'node:crypto'
import { invalidField, PlaidFault } from './errors.ts'
import type { Change, Item, PlaidTransaction } from './types.ts'

/**
 * Where a client stands in an Item's change log. `from` is the position whose updates it has all applied. In the middle of
 * paging, `to` is the log's length when paging began and `given` how many updates of that stretch it has had.
 */
interface Cursor {
  item: string
  account: string | null
  from: number
  to: number | null
  given: number
}

const collapsed = new WeakMap<Item, { key: string; updates: Update[] }>()

/** The updates of one paging are the same from page to page, so that they are found once. */
function updatesOf(item: Item, stretch: { from: number; to: number; account: string | null }): Update[] {
  const key = `${stretch.from}:${stretch.to}:${stretch.account ?? ''}`
  const known = collapsed.get(item)
  if (known?.key === key) return known.updates
  const updates = collapse(item.changes, stretch)
  collapsed.set(item, { key, updates })
  return updates
}

/** Whether the cursor stands in the middle of paging, where a change of rows ends the paging. */
export function isMidPaging(text: string | null, item: Item, account: string | null): boolean {
  return text !== null && text !== '' && text !== 'now' && decode(text, item, account).to !== null
}

/** One page of /transactions/sync. */
export interface SyncPage {
  added: PlaidTransaction[]
  modified: PlaidTransaction[]
  removed: { transaction_id: string; account_id: string }[]
  next_cursor: string
  has_more: boolean
}

type Update = { kind: 'added' | 'modified'; transaction: PlaidTransaction } | { kind: 'removed'; transactionId: string; accountId: string }

const cursorMax = 256

/** Binds a cursor to its Item without naming the Item in it. */
function itemTag(itemId: string): string {
  return createHash('sha256').update(itemId).digest('base64url').slice(0, 12)
}

function encode(cursor: Cursor): string {
  return Buffer.from(JSON.stringify([cursor.item, cursor.account, cursor.from, cursor.to, cursor.given])).toString('base64')
}

function decode(text: string, item: Item, account: string | null): Cursor {
  const wrong = invalidField('cursor not associated with access_token')
  if (text.length > cursorMax) throw invalidField(`cursor must be at most ${cursorMax} characters`)
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64').toString('utf8'))
  } catch {
    // Not one of ours, whatever it is
    throw wrong
  }
  if (!Array.isArray(parsed)) throw wrong
  const [tag, filter, from, to, given]: unknown[] = parsed
  const whole = (value: unknown): value is number => Number.isInteger(value)
  if (tag !== itemTag(item.itemId) || !whole(from) || !whole(given) || !(to === null || whole(to)) || from > item.changes.length)
    throw wrong
  if (filter !== account) throw invalidField('cursor not associated with the given options.account_id')
  return { item: tag, account, from, to, given }
}

/** The updates that lead from position `from` of the log to `to`: each transaction once, at its latest, in the order of the log. */
function collapse(changes: readonly Change[], { from, to, account }: { from: number; to: number; account: string | null }): Update[] {
  const mine = (change: Change): boolean => account === null || change.accountId === account
  const known = new Set<string>()
  for (const change of changes.slice(0, from).filter(mine)) {
    if (change.transaction === null) known.delete(change.transactionId)
    else known.add(change.transactionId)
  }
  const latest = new Map<string, Change>()
  for (const change of changes.slice(from, to).filter(mine)) {
    latest.delete(change.transactionId)
    latest.set(change.transactionId, change)
  }
  return [...latest.values()].flatMap(({ transactionId, accountId, transaction }): Update[] => {
    if (transaction !== null) return [{ kind: known.has(transactionId) ? 'modified' : 'added', transaction }]
    return known.has(transactionId) ? [{ kind: 'removed', transactionId, accountId }] : []
  })
}

/**
 * One page from the Item's change log. A cursor whose stretch has been paged to its end stays good for good; one from the
 * middle of paging fails with TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION as soon as the log has grown, as at Plaid.
 *
 * @throws PlaidFault INVALID_FIELD for a cursor of another Item or account, or none at all.
 */
export function syncPage(item: Item, cursorText: string | null, count: number, account: string | null): SyncPage {
  const tag = itemTag(item.itemId)
  const end = item.changes.length
  if (item.readiness === 'none') return { added: [], modified: [], removed: [], next_cursor: '', has_more: false }
  if (cursorText === 'now')
    return {
      added: [],
      modified: [],
      removed: [],
      next_cursor: encode({ item: tag, account, from: end, to: null, given: 0 }),
      has_more: false,
    }
  const cursor =
    cursorText === null || cursorText === '' ? { item: tag, account, from: 0, to: null, given: 0 } : decode(cursorText, item, account)
  if (cursor.to !== null && cursor.to !== end) {
    throw new PlaidFault(
      'TRANSACTIONS_ERROR',
      'TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION',
      'Underlying transaction data changed since last page was fetched. Please restart pagination from last update.',
    )
  }
  const updates = updatesOf(item, { from: cursor.from, to: end, account })
  const page = updates.slice(cursor.given, cursor.given + count)
  const given = cursor.given + page.length
  const hasMore = given < updates.length
  const next: Cursor = hasMore ? { ...cursor, to: end, given } : { item: tag, account, from: end, to: null, given: 0 }
  return {
    added: page.flatMap((update) => (update.kind === 'added' ? [update.transaction] : [])),
    modified: page.flatMap((update) => (update.kind === 'modified' ? [update.transaction] : [])),
    removed: page.flatMap((update) =>
      update.kind === 'removed' ? [{ transaction_id: update.transactionId, account_id: update.accountId }] : [],
    ),
    next_cursor: encode(next),
    has_more: hasMore,
  }
}
