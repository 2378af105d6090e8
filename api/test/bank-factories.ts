import { connections } from '@ledgersync/shared/connections'
import { unseal } from '../src/core/crypto.ts'
import { withFirm } from '../src/db/client.ts'
import { sessionPlace } from '../src/connections/link-sessions.ts'
import type { Person } from './factories.ts'
import type { TestApp } from './harness.ts'

/** Who signs in at which emulated bank. */
export interface Login {
  institutionId?: string
  username?: string
  password?: string
  accounts?: string[]
}

/** One row of a custom user. Positive is money out, as the provider counts; without `posted` it is pending. */
export interface CustomRow {
  amount: number
  description: string
  date?: string
  posted?: boolean
  currency?: string
}

/** YYYY-MM-DD, so many days ago. */
export function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)
}

/** The custom user's configuration of one account. */
export function customAccount(account: object, rows: CustomRow[] = []): object {
  return {
    ...account,
    transactions: rows.map(({ amount, description, date = daysAgo(3), posted = true, currency }) => ({
      amount,
      description,
      date_transacted: date,
      ...(posted ? { date_posted: date } : {}),
      ...(currency === undefined ? {} : { currency }),
    })),
  }
}

/** Signs in as a custom user with these accounts. */
export function customUser(...accounts: object[]): Login {
  return { username: 'user_custom', password: JSON.stringify({ override_accounts: accounts }) }
}

/** The newest visit of the client, and its link token. */
export async function newestVisit(test: TestApp, by: Person, clientId: string): Promise<{ sessionId: string; linkToken: string }> {
  const { rows } = await test.admin.query<{ id: string; sealed: Buffer }>(
    'select id, link_token_sealed as sealed from link_sessions where client_id = $1 order by created_at desc, id desc limit 1',
    [clientId],
  )
  const [row] = rows
  if (row === undefined) throw new Error('The client has no visit')
  const linkToken = await withFirm(by.ctx, (tx) => unseal(tx, by.ctx, sessionPlace('link_token', row.id), row.sealed))
  return { sessionId: row.id, linkToken }
}

/** Goes through the newest visit of the client as a person would. */
export async function signInAtBank(test: TestApp, by: Person, clientId: string, login: Login = {}): Promise<string> {
  const { sessionId, linkToken } = await newestVisit(test, by, clientId)
  const { institutionId = 'ins_900101', username = 'user_good', password = 'pass_good', accounts } = login
  await test.network.plaid.completeLink(linkToken, { institutionId, username, password, ...(accounts === undefined ? {} : { accounts }) })
  return sessionId
}

export interface LinkedBank {
  connectionId: string
  itemId: string
}

/** Adds a bank as staff and waits until its whole history has arrived. */
export async function linkBank(test: TestApp, by: Person, clientId: string, login: Login = {}): Promise<LinkedBank> {
  const { status } = await test.call(connections.add, { params: { clientId }, body: {} }, by)
  if (status !== 201) throw new Error(`The visit was answered ${status}`)
  const sessionId = await signInAtBank(test, by, clientId, login)
  const failures = await test.drain()
  if (failures.length > 0) throw new Error(failures.join('; '))
  await historyArrived(test)
  const { rows } = await test.admin.query<LinkedBank>(
    `select c.id as "connectionId", c.provider_item_id as "itemId" from connections c join link_sessions s on s.connection_id = c.id
     where s.id = $1`,
    [sessionId],
  )
  const [bank] = rows
  if (bank === undefined) throw new Error('The bank was not connected')
  return bank
}

/** The provider takes a moment for recent rows and as long again for the rest; then everything is fetched. */
export async function historyArrived(test: TestApp): Promise<void> {
  await test.drain()
  await new Promise((resolve) => setTimeout(resolve, test.historyReadyMs))
  await test.drain()
}

export interface StoredRow {
  id: string
  tid: string
  date: string
  description: string
  amount: number
  currency: string
  stage: string
  inexact: string | null
  memo: string | null
  changed: boolean
}

/** What we hold of a connection, withdrawn rows left out unless asked for. */
export async function storedRows(test: TestApp, connectionId: string, withdrawn = false): Promise<StoredRow[]> {
  const { rows } = await test.admin.query<StoredRow>(
    `select t.id, t.provider_transaction_id as tid, t.date::text, t.description, t.amount_minor::float8 as amount, t.currency, t.stage,
       t.inexact_amount as inexact, t.memo, t.bank_changed_at is not null as changed
     from transactions t join bank_accounts a on a.id = t.bank_account_id
     where a.connection_id = $1 and ($2 or t.stage <> 'removed') order by t.provider_transaction_id`,
    [connectionId, withdrawn],
  )
  return rows
}

/** Puts both books side by side: ours and what the emulated bank says exists, each row's id, day, words, amount and whether it is pending. */
export async function bothBooks(test: TestApp, { connectionId, itemId }: LinkedBank): Promise<{ ours: string[]; theirs: string[] }> {
  const ours = (await storedRows(test, connectionId)).map((row) =>
    [row.tid, row.date, row.description, row.amount, row.currency, row.stage === 'pending'].join('|'),
  )
  const theirs = test.network.plaid.transactions(itemId).map((row) => {
    const currency = row.iso_currency_code ?? row.unofficial_currency_code ?? ''
    const digits = { JPY: 0, BTC: 8 }[currency] ?? 2
    return [row.transaction_id, row.date, row.name, Math.round(-row.amount * 10 ** digits) + 0, currency, row.pending].join('|')
  })
  return { ours: ours.sort(), theirs: theirs.sort() }
}
