import { createHash } from 'node:crypto'
import { isoAfter } from './calendar.ts'
import { faultOf, invalidInput, PlaidFault } from './errors.ts'
import { newId, newToken } from './ids.ts'
import type { Institution } from './institutions.ts'
import { notify, webhookError } from './item-webhooks.ts'
import { advance, download, dropHistory, queueHistory } from './ledger.ts'
import type { Account, AccountPlan, Item, Login } from './types.ts'
import type { World } from './world.ts'

const publicTokenLifeMs = 30 * 60_000

/** What a link token or /sandbox/public_token/create asked for. */
export interface ItemWish {
  institution: Institution
  login: Login
  /** Indexes of the accounts the person shares. */
  chosen: readonly number[]
  clientUserId: string | null
  webhook: string | null
  products: string[]
  consentedProducts: string[]
  daysRequested: number
}

function toAccount(world: World, wish: ItemWish, plan: AccountPlan, at: number): Account {
  // The same account of the same login keeps this id over new links, which is what it is for
  const persistent = createHash('sha256')
    .update(`${wish.institution.id}:${wish.login.username}:${at}:${plan.name}:${plan.mask}`)
    .digest('hex')
    .slice(0, 56)
  return {
    ...plan,
    accountId: newId(world.store.data),
    persistentAccountId: wish.institution.persistentAccountIds ? persistent : null,
    shared: wish.chosen.includes(at),
  }
}

/** A new Item, whose first download starts now. It can be used once its public token has been exchanged. */
export function createItem(world: World, wish: ItemWish): Item {
  const books = world.store.data
  const now = world.now()
  const item: Item = {
    itemId: newId(books),
    accessToken: newToken(books, 'access'),
    institutionId: wish.institution.id,
    clientUserId: wish.clientUserId,
    username: wish.login.username,
    webhook: wish.webhook,
    products: wish.products,
    consentedProducts: wish.consentedProducts,
    daysRequested: wish.daysRequested,
    createdAt: now.toISOString(),
    exchangedAt: null,
    removedAt: null,
    errorCode: null,
    accounts: wish.login.accounts.map((plan, at) => toAccount(world, wish, plan, at)),
    changes: [],
    current: {},
    waiting: [],
    postsOn: {},
    readiness: 'none',
    readyAt: isoAfter(now, world.firstSyncReadyMs),
    historicalAt: isoAfter(now, world.firstSyncReadyMs * 2),
    syncedAt: null,
    dynamic: wish.login.dynamic,
    lastUpdateAt: null,
    lastWebhook: null,
  }
  books.items[item.itemId] = item
  for (const account of item.accounts.filter((candidate) => candidate.shared)) queueHistory(world, item, account)
  armDownloads(world, item)
  return item
}

/** Lets the first downloads come about by themselves, so that their webhooks go out without anybody asking. */
export function armDownloads(world: World, item: Item): void {
  if (item.readiness === 'historical' || item.removedAt !== null) return
  if (world.firstSyncReadyMs === 0) {
    advance(world, item)
    return
  }
  const arm = (phase: 'initial' | 'historical', waitMs: number): void => {
    setTimeout(() => {
      // A reset meanwhile has taken the Item away
      if (world.closed || world.store.data.items[item.itemId] !== item) return
      advance(world, item, phase)
      world.store.save()
    }, waitMs).unref()
  }
  arm('initial', world.firstSyncReadyMs)
  arm('historical', world.firstSyncReadyMs * 2)
}

/** A public token for the Item, good once and for 30 minutes. */
export function issuePublicToken(world: World, item: Item): string {
  const token = newToken(world.store.data, 'public')
  world.store.data.publicTokens[token] = { itemId: item.itemId, createdAt: world.now().toISOString(), usedAt: null }
  return token
}

/**
 * Exchanges a public token for its Item.
 *
 * @throws PlaidFault INVALID_PUBLIC_TOKEN for one that is unknown, too old or used up.
 */
export function exchange(world: World, token: string): Item {
  if (!token.startsWith('public-')) {
    throw invalidInput(
      'INVALID_PUBLIC_TOKEN',
      'provided public token is in an invalid format. expected format: public-<environment>-<identifier>',
    )
  }
  const known = world.store.data.publicTokens[token]
  const item = known && world.store.data.items[known.itemId]
  if (!known || !item) throw invalidInput('INVALID_PUBLIC_TOKEN', 'could not find matching public token')
  if (world.now().getTime() - Date.parse(known.createdAt) > publicTokenLifeMs) {
    throw invalidInput(
      'INVALID_PUBLIC_TOKEN',
      'provided public token is expired. Public tokens expire 30 minutes after creation at which point they can no longer be exchanged',
    )
  }
  if (known.usedAt !== null) throw invalidInput('INVALID_PUBLIC_TOKEN', 'provided public token has already been exchanged')
  if (item.removedAt !== null) throw faultOf('ITEM_NOT_FOUND')
  known.usedAt = world.now().toISOString()
  item.exchangedAt ??= known.usedAt
  return item
}

/** Ends the Item and its access token. */
export function removeItem(world: World, item: Item): void {
  item.removedAt = world.now().toISOString()
}

/** The bank's login stops working: ITEM_LOGIN_REQUIRED and the ITEM/ERROR webhook. A login broken already says nothing more. */
export function breakLogin(world: World, item: Item): void {
  if (item.removedAt !== null) throw new PlaidFault('ITEM_ERROR', 'ITEM_NOT_FOUND', 'the item was removed')
  if (item.errorCode === 'ITEM_LOGIN_REQUIRED') return
  item.errorCode = 'ITEM_LOGIN_REQUIRED'
  notify(world, item, 'ITEM/ERROR', { error: webhookError('ITEM_LOGIN_REQUIRED') })
}

/** The person withdraws access at the bank: the Item is of no more use. */
export function revoke(world: World, item: Item): void {
  item.errorCode = 'USER_PERMISSION_REVOKED'
  notify(world, item, 'ITEM/USER_PERMISSION_REVOKED', { error: webhookError('USER_PERMISSION_REVOKED') })
}

/**
 * The login works again. `announced` sends LOGIN_REPAIRED, which Plaid does only when the repair did not go through our own
 * update mode. What the bank did meanwhile is told of either way.
 */
export function repairLogin(world: World, item: Item, announced: boolean): void {
  if (item.errorCode === null) return
  item.errorCode = null
  if (announced) notify(world, item, 'ITEM/LOGIN_REPAIRED')
  advance(world, item)
  if (item.syncedAt !== null) {
    notify(world, item, 'TRANSACTIONS/SYNC_UPDATES_AVAILABLE', {
      initial_update_complete: item.readiness !== 'none',
      historical_update_complete: item.readiness === 'historical',
    })
  }
}

/** The person shares other accounts in update mode: the newly shared ones bring their history, the others are no longer reported. */
export function shareAccounts(world: World, item: Item, chosen: readonly number[]): void {
  for (const [at, account] of item.accounts.entries()) {
    const shared = chosen.includes(at)
    if (shared && !account.shared) queueHistory(world, item, account)
    if (!shared && account.shared) dropHistory(item, account)
    account.shared = shared
  }
  download(world, item)
}
