import type { LinkToken, PlaidTransaction, PlaidItemView, RowChanges, SentRow } from './types.ts'
import { itemById, type World } from './world.ts'
import * as items from './items.ts'
import * as ledger from './ledger.ts'
import * as link from './link-session.ts'
import { hostedUrl, isExpired, linkTokenOf, needFresh } from './link-tokens.ts'
import { institutionById } from './institutions.ts'
import { act, type Activity, type ActivityCounts } from './activity.ts'
import { dayOf } from './calendar.ts'
import { notify } from './item-webhooks.ts'
import { refreshRows } from './seed.ts'
import { toItemView } from './views.ts'

/** How a person gets through Link without a browser. */
export interface LinkInput {
  /** Not needed in update mode. */
  institutionId?: string
  username: string
  password: string
  /** Answers for each round of the bank's questions; absent = the right ones. */
  mfa?: string[][]
  /** Names or masks of the accounts to share; absent = all that are offered. */
  accounts?: string[]
}

/** What the bank and the person can do, over and above Plaid's API. Each throws on an id that does not exist. */
export interface Controls {
  items(): PlaidItemView[]
  transactions(itemId: string): PlaidTransaction[]
  bankSends(itemId: string, rows: readonly SentRow[]): PlaidTransaction[]
  /** The bank adds a few plausible rows of today, one of them pending. */
  bankSendsSample(itemId: string): PlaidTransaction[]
  post(itemId: string, pendingTransactionId: string, changes?: RowChanges): PlaidTransaction
  postAll(itemId: string): PlaidTransaction[]
  modify(itemId: string, transactionId: string, changes: RowChanges): PlaidTransaction
  remove(itemId: string, transactionId: string): void
  /**
   * The bank goes about its business: `steps` random changes that follow from the seed and from the rows there are (their order,
   * not their ids), never more than `rowsMax` live rows. One update is announced for all of it.
   */
  act(itemId: string, activity: Activity): ActivityCounts
  breakLogin(itemId: string): void
  repair(itemId: string): void
  revoke(itemId: string): void
  newAccounts(itemId: string): void
  settled(): Promise<void>
  /** Takes the steps of the pages, by link token or by the address of its Hosted Link. So does `exitLink`. */
  completeLink(linkToken: string, input: LinkInput): Promise<void>
  exitLink(linkToken: string): Promise<void>
  /** Somebody has closed the page; the ten minutes after which Plaid tells of it are over. */
  abandonLink(linkToken: string): Promise<void>
  reset(): void
}

/** The powers of the emulator over these books. Every change is saved before the call returns. */
export function createControls(world: World): Controls {
  const saved = <T>(value: T): T => {
    world.store.save()
    return value
  }
  const item = (itemId: string) => itemById(world, itemId)
  return {
    items: () => Object.values(world.store.data.items).map(toItemView),
    transactions: (itemId) => structuredClone(Object.values(item(itemId).current)),
    bankSends: (itemId, rows) => saved(ledger.sendRows(world, item(itemId), rows)),
    bankSendsSample(itemId) {
      const { changes, waiting } = item(itemId)
      const rows = refreshRows(`${itemId}:${changes.length + waiting.length}`, dayOf(world.now()))
      const sent = rows.map((row) => ({
        amount: row.amount,
        description: row.description,
        date: row.datePosted ?? row.date,
        pending: row.datePosted === undefined,
      }))
      return saved(ledger.sendRows(world, item(itemId), sent))
    },
    post: (itemId, transactionId, changes) => saved(ledger.postPending(world, item(itemId), transactionId, changes)),
    postAll(itemId) {
      const pending = Object.values(item(itemId).current).filter((row) => row.pending)
      return saved(pending.map((row) => ledger.postPending(world, item(itemId), row.transaction_id)))
    },
    modify: (itemId, transactionId, changes) => saved(ledger.modifyRow(world, item(itemId), transactionId, changes)),
    act: (itemId, activity) => saved(act(world, item(itemId), activity)),
    remove: (itemId, transactionId) => saved(ledger.removeRow(world, item(itemId), transactionId)),
    breakLogin: (itemId) => saved(items.breakLogin(world, item(itemId))),
    repair: (itemId) => saved(items.repairLogin(world, item(itemId), true)),
    revoke: (itemId) => saved(items.revoke(world, item(itemId))),
    newAccounts: (itemId) => saved(notify(world, item(itemId), 'ITEM/NEW_ACCOUNTS_AVAILABLE', { error: null })),
    async settled() {
      await world.background.settled()
      await world.webhooks.settled()
    },
    async completeLink(linkToken, input) {
      try {
        driveLink(world, linkToken, input)
      } finally {
        world.store.save()
      }
    },
    async exitLink(linkToken) {
      const token = tokenOrAddress(world, linkToken)
      const session = link.openSession(world, token)
      if (!session) throw new Error('This link token has no session to leave')
      link.exitSession(world, token, session)
      world.store.save()
    },
    async abandonLink(linkToken) {
      link.abandonSession(world, tokenOrAddress(world, linkToken))
    },
    reset() {
      world.store.reset()
      world.webhooks.clear()
      world.faults.clear()
      world.throttle.clear()
      world.interruptions.clear()
    },
  }
}

const tokenOrAddress = (world: World, text: string): LinkToken =>
  Object.values(world.store.data.linkTokens).find((each) => hostedUrl(world, each) === text) ?? linkTokenOf(world, text)

/** Takes the steps the pages take, one after the other. Throws what the page would show; the session then stays at that step. */
function driveLink(world: World, linkToken: string, input: LinkInput): void {
  const token = tokenOrAddress(world, linkToken)
  needFresh(world, token)
  const session = link.openSession(world, token)
  if (!session || isExpired(world, token)) throw new Error('This link token has been used')
  if (session.step === 'another') link.addAnother(world, token, session)
  if (session.step !== 'institution' && token.updateItemId === null) link.changeInstitution(world, token, session)
  if (session.step === 'institution') {
    if (input.institutionId === undefined || !institutionById(input.institutionId))
      throw new Error('institutionId must name a bank of the network')
    link.selectInstitution(world, session, input.institutionId)
  }
  link.submitCredentials(world, token, session, input)
  const at = (): string => session.step
  for (let round = 0; at() === 'mfa'; round++) {
    const right = session.login?.mfa[0]?.prompts.map((prompt) => prompt.answer) ?? []
    link.submitMfa(world, token, session, input.mfa?.[round] ?? right)
  }
  if (at() === 'accounts') {
    const offered = link.offeredAccounts(world, token, session)
    const wanted = input.accounts
    const chosen = offered.filter(
      ({ account }) => wanted === undefined || wanted.includes(account.name) || (account.mask !== null && wanted.includes(account.mask)),
    )
    link.selectAccounts(
      world,
      token,
      session,
      chosen.map((choice) => choice.at),
    )
    link.consent(world, token, session)
  }
  if (at() === 'another') link.finishSession(world, token, session)
}
