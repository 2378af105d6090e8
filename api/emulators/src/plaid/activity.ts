import { addDays, dayOf } from './calendar.ts'
import { newId } from './ids.ts'
import { notifyUpdates } from './item-webhooks.ts'
import { bookChanges, bookPosted, bookRemoval, bookRow, notifyRemoved } from './ledger.ts'
import { fromMinor } from './money.ts'
import { toPlaidTransaction } from './transaction.ts'
import type { Account, Item, PlaidTransaction, RowChanges } from './types.ts'
import type { World } from './world.ts'

/** What a bank does of its own accord to one Item. */
export interface Activity {
  seed: number
  /** How many changes; a step for which nothing is left to do is left out. */
  steps: number
  /** Live rows are never more than this. */
  rowsMax: number
}

/** How many changes of each kind were made. */
export interface ActivityCounts {
  added: number
  addedPending: number
  posted: number
  modified: number
  removed: number
  readded: number
}

/** Numbers that follow from the seed alone (mulberry32), for there are many of them. */
interface Dice {
  /** A whole number from 0 to `below` - 1. */
  whole(below: number): number
  /** True this many times in a hundred. */
  percent(chance: number): boolean
}

function createDice(seed: number): Dice {
  let state = ((seed % 0x1_0000_0000) >>> 0) ^ Math.imul(Math.floor(seed / 0x1_0000_0000), 0x9e3779b1)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  return { whole: (below) => Math.floor(next() * below), percent: (chance) => next() * 100 < chance }
}

/** Ids from which one can be drawn and taken away, both at once whatever their number. */
class Bag<T> {
  readonly #all: T[]

  constructor(all: T[]) {
    this.#all = all
  }

  get size(): number {
    return this.#all.length
  }

  add(one: T): void {
    this.#all.push(one)
  }

  look(dice: Dice): T | undefined {
    return this.#all[dice.whole(this.#all.length)]
  }

  take(dice: Dice): T | undefined {
    const at = dice.whole(this.#all.length)
    const taken = this.#all[at]
    const last = this.#all.pop()
    if (last !== undefined && at < this.#all.length) this.#all[at] = last
    return taken
  }
}

interface Desk {
  world: World
  item: Item
  dice: Dice
  accounts: readonly Account[]
  today: string
  pending: Bag<string>
  posted: Bag<string>
  /** Posted rows that were taken back, which may come again. */
  gone: Bag<PlaidTransaction>
  counts: ActivityCounts
  removedIds: string[]
}

type Step = (desk: Desk) => void

const words = [
  'SWIFTGAS #0412',
  'DESKMART 118',
  'NOODLE BARN',
  'CLOUDLEDGER SUBSCRIPTION',
  'CAFÉ ÑANDÚ Nº 7',
  'O\'MALLEY & SONS \\ "SUPPLY"',
  'DEPOSIT MOBILE',
  'INTEREST PAYMENT',
  'PAYMENT THANK YOU',
  '=SUM(A1) 100% OFF_TODAY',
  'BÄCKEREI  GRÜN 🥨',
] as const

/** From one cent to six figures, mostly small; money out more often than money in. Never zero. */
function amountOf(dice: Dice, currency: string): number {
  const below = [100, 10_000, 10_000, 1_000_000, 50_000_000][dice.whole(5)] ?? 100
  const minor = 1 + dice.whole(below)
  return fromMinor(dice.percent(30) ? -minor : minor, currency)
}

function describe(dice: Dice): string {
  if (dice.percent(10)) return `CHECK ${1000 + dice.whole(9000)}`
  return `${words[dice.whole(words.length)] ?? words[0]} ${dice.whole(10_000)}`
}

function newRow({ world, item, dice, accounts, today }: Desk, pending: boolean): PlaidTransaction {
  const account = accounts[dice.whole(accounts.length)]
  if (account === undefined) throw new Error(`Item ${item.itemId} shares no account`)
  const date = addDays(today, -dice.whole(pending ? 5 : 60))
  const datePosted = addDays(date, dice.whole(3))
  return toPlaidTransaction(
    {
      amount: amountOf(dice, account.currency),
      description: describe(dice),
      date,
      ...(pending ? {} : { datePosted: datePosted > today ? today : datePosted }),
    },
    {
      transactionId: newId(world.store.data),
      accountId: account.accountId,
      accountCurrency: account.currency,
      pending,
      pendingTransactionId: null,
    },
  )
}

/** Amount, date and words, one of them at least. */
function changesOf({ item, dice, today }: Desk, transactionId: string): RowChanges {
  const row = item.current[transactionId]
  if (row === undefined) throw new Error(`Item ${item.itemId} has no transaction ${transactionId}`)
  const which = 1 + dice.whole(7)
  const currency = row.iso_currency_code ?? row.unofficial_currency_code ?? 'USD'
  const day = addDays(row.date, dice.whole(7) - 3)
  return {
    ...((which & 1) > 0 ? { amount: amountOf(dice, currency) } : {}),
    ...((which & 2) > 0 ? { date: day > today ? today : day } : {}),
    ...((which & 4) > 0 ? { description: describe(dice) } : {}),
  }
}

const add: Step = (desk) => {
  const row = newRow(desk, false)
  bookRow(desk.item, row)
  desk.posted.add(row.transaction_id)
  desk.counts.added += 1
}

const addPending: Step = (desk) => {
  const row = newRow(desk, true)
  bookRow(desk.item, row)
  desk.pending.add(row.transaction_id)
  desk.counts.addedPending += 1
}

const postOne: Step = (desk) => {
  const { world, item, dice, pending, posted, today } = desk
  const id = pending.take(dice)
  if (id === undefined) return
  const changes = dice.percent(40) ? changesOf(desk, id) : {}
  const row = bookPosted(world, item, id, { date: today, ...changes, keepPointer: !dice.percent(15) })
  posted.add(row.transaction_id)
  desk.removedIds.push(id)
  desk.counts.posted += 1
}

const modify: Step = (desk) => {
  const { item, dice, pending, posted } = desk
  const id = (pending.size > 0 && dice.percent(20) ? pending : posted.size > 0 ? posted : pending).look(dice)
  if (id === undefined) return
  bookChanges(item, id, changesOf(desk, id))
  desk.counts.modified += 1
}

const remove: Step = (desk) => {
  const { item, dice, pending, posted } = desk
  const fromPending = posted.size === 0 || (pending.size > 0 && dice.percent(25))
  const id = (fromPending ? pending : posted).take(dice)
  if (id === undefined) return
  const row = bookRemoval(item, id)
  if (!row.pending) desk.gone.add(row)
  desk.removedIds.push(id)
  desk.counts.removed += 1
}

/** Under its old id or, as often, under a new one. */
const readd: Step = (desk) => {
  const { world, item, dice, gone, posted } = desk
  const row = gone.take(dice)
  if (row === undefined) return
  const back = dice.percent(50) ? row : { ...row, transaction_id: newId(world.store.data) }
  bookRow(item, back)
  posted.add(back.transaction_id)
  desk.counts.readded += 1
}

/** What can be done now, each as many times as it is likely. */
function stepFor({ dice, pending, posted, gone }: Desk, rowsMax: number): Step | undefined {
  const live = pending.size + posted.size
  const weighted: [Step, number][] = [
    [add, live < rowsMax ? 40 : 0],
    [addPending, live < rowsMax ? 20 : 0],
    [postOne, pending.size > 0 ? 14 : 0],
    [modify, live > 0 ? 13 : 0],
    [remove, live > 0 ? 7 : 0],
    [readd, gone.size > 0 && live < rowsMax ? 6 : 0],
  ]
  let left = dice.whole(weighted.reduce((sum, [, weight]) => sum + weight, 0))
  return weighted.find(([, weight]) => (left -= weight) < 0)?.[0]
}

/** Posted rows the log has seen go and not come back. A pending row that posted has not gone. */
function goneRows(item: Item): PlaidTransaction[] {
  const gone = new Map<string, PlaidTransaction>()
  const latest = new Map<string, PlaidTransaction>()
  for (const { transactionId, transaction } of item.changes) {
    const before = latest.get(transactionId)
    if (transaction !== null) {
      latest.set(transactionId, transaction)
      gone.delete(transactionId)
    } else if (before !== undefined && !before.pending) gone.set(transactionId, before)
  }
  return [...gone.values()].filter((row) => item.accounts.some((account) => account.shared && account.accountId === row.account_id))
}

/**
 * New rows, pending rows, pending rows that post (with and without a pointer), corrections, removals and rows that come back:
 * `steps` of them, decided by the seed and by the rows there are. The caller saves the store.
 */
export function act(world: World, item: Item, { seed, steps, rowsMax }: Activity): ActivityCounts {
  const rows = Object.values(item.current)
  const ids = (pending: boolean): string[] => rows.filter((row) => row.pending === pending).map((row) => row.transaction_id)
  const desk: Desk = {
    world,
    item,
    dice: createDice(seed),
    accounts: item.accounts.filter((account) => account.shared),
    today: dayOf(world.now()),
    pending: new Bag(ids(true)),
    posted: new Bag(ids(false)),
    gone: new Bag(goneRows(item)),
    counts: { added: 0, addedPending: 0, posted: 0, modified: 0, removed: 0, readded: 0 },
    removedIds: [],
  }
  const before = item.changes.length
  for (let step = 0; step < steps; step++) stepFor(desk, rowsMax)?.(desk)
  if (item.changes.length === before) return desk.counts
  item.lastUpdateAt = world.now().toISOString()
  const { added, addedPending, posted, readded } = desk.counts
  notifyUpdates(world, item, 'DEFAULT_UPDATE', { new_transactions: added + addedPending + posted + readded })
  if (desk.removedIds.length > 0) notifyRemoved(world, item, desk.removedIds)
  return desk.counts
}
