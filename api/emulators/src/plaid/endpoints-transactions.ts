import type { CallFate } from '../kit/faults.ts'
import { fateOf } from '../kit/wire.ts'
import { act } from './activity.ts'
import { itemOf, needHealthy, type Endpoint } from './api.ts'
import { dayOf } from './calendar.ts'
import { invalidInput } from './errors.ts'
import { armDownloads } from './items.ts'
import { advance, sendRows } from './ledger.ts'
import { refreshRows } from './seed.ts'
import { isMidPaging, syncPage, type SyncPage } from './sync.ts'
import type { Item, PlaidTransaction } from './types.ts'
import { accountView, sharedAccounts } from './views.ts'
import type { World } from './world.ts'

const statusNames = { none: 'NOT_READY', initial: 'INITIAL_UPDATE_COMPLETE', historical: 'HISTORICAL_UPDATE_COMPLETE' } as const

/** A product that was consented to but not yet used is switched on by its first use. */
function needTransactions(world: World, item: Item): void {
  if (item.products.includes('transactions')) return
  if (!item.consentedProducts.includes('transactions')) {
    throw invalidInput('ADDITIONAL_CONSENT_REQUIRED', 'client does not have user consent to access the PRODUCT_TRANSACTIONS product')
  }
  item.products.push('transactions')
  armDownloads(world, item)
}

function shownAs(transaction: PlaidTransaction, withOriginal: boolean): PlaidTransaction {
  return withOriginal ? transaction : { ...transaction, original_description: null }
}

function answer(item: Item, page: SyncPage, withOriginal: boolean, onlyAccount: string | null): object {
  return {
    accounts: sharedAccounts(item)
      .filter((account) => onlyAccount === null || account.accountId === onlyAccount)
      .map((account) => accountView(item, account)),
    added: page.added.map((transaction) => shownAs(transaction, withOriginal)),
    modified: page.modified.map((transaction) => shownAs(transaction, withOriginal)),
    removed: page.removed,
    next_cursor: page.next_cursor,
    has_more: page.has_more,
    transactions_update_status: statusNames[item.readiness],
  }
}

/** /transactions/sync and /transactions/refresh. */
export function transactionEndpoints(world: World): Endpoint[] {
  return [
    {
      path: '/transactions/sync',
      fields: ['access_token', 'cursor', 'count', 'options'],
      handle(body, req) {
        const item = itemOf(world, body)
        const options = body.object('options')
        options.only([
          'include_original_description',
          'personal_finance_category_version',
          'days_requested',
          'account_id',
          'include_personal_finance_category',
          'include_logo_and_counterparty_beta',
        ])
        options.choice('personal_finance_category_version', ['v1', 'v2'])
        options.integer('days_requested', 1, 730)
        const count = body.integer('count', 1, 500) ?? 100
        const onlyAccount = options.text('account_id')
        if (onlyAccount !== null && !sharedAccounts(item).some((account) => account.accountId === onlyAccount)) {
          throw invalidInput('INVALID_ACCOUNT_ID', 'the account ID is invalid')
        }
        needHealthy(item)
        needTransactions(world, item)
        advance(world, item)
        const cursor = body.text('cursor', { min: 0, max: 4096 })
        if (isMidPaging(cursor, item, onlyAccount)) changeMidway(world, item, fateOf(req))
        const page = syncPage(item, cursor, Math.min(count, world.syncPageMax), onlyAccount)
        if (!page.has_more) world.interruptions.delete(item.itemId)
        item.syncedAt ??= world.now().toISOString()
        world.store.save()
        return answer(item, page, options.flag('include_original_description'), onlyAccount)
      },
    },
    {
      path: '/transactions/refresh',
      fields: ['access_token'],
      handle(body) {
        const item = itemOf(world, body)
        needHealthy(item)
        needTransactions(world, item)
        advance(world, item)
        const account = sharedAccounts(item)[0]
        if (item.dynamic && account) growDynamic(world, item, account.accountId)
        item.lastUpdateAt = world.now().toISOString()
        world.store.save()
        return {}
      },
    },
  ]
}

const interruptionsMax = 3

/** The plan may have the bank change rows between two pages, but not for ever: after three times one paging comes to its end. */
function changeMidway(world: World, item: Item, fate: CallFate): void {
  const before = world.interruptions.get(item.itemId) ?? 0
  if (before >= interruptionsMax || !fate.take('mutation')) return
  world.interruptions.set(item.itemId, before + 1)
  const rowsMax = Object.keys(item.current).length + 1
  act(world, item, { seed: Math.floor(fate.chance('rows') * 0x1_0000_0000), steps: 1 + Math.floor(fate.chance('steps') * 3), rowsMax })
}

/** A dynamic user's bank always has something new. */
function growDynamic(world: World, item: Item, accountId: string): void {
  const rows = refreshRows(`${item.itemId}:${item.changes.length + item.waiting.length}`, dayOf(world.now()))
  sendRows(
    world,
    item,
    rows.map((row) => ({
      amount: row.amount,
      description: row.description,
      date: row.datePosted ?? row.date,
      pending: row.datePosted === undefined,
      accountId,
    })),
  )
}
