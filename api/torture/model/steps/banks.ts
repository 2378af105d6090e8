import fc from 'fast-check'
import { connections } from '@ledgersync/shared/connections'
import { clientOf, connectionOf, institutionOf, loginOf, must, type Real } from '../real.ts'
import {
  type AccountIndex,
  at,
  type BankRow,
  type Client,
  type Connection,
  descriptionOf,
  living,
  type Model,
  vocabulary,
  type Word,
} from '../state.ts'
import type { Step } from '../step.ts'

const some = fc.nat(50)
const words = fc.subarray([...vocabulary], { minLength: 1, maxLength: 2 })
/** Positive is money in. */
const amountMinor = fc.oneof(fc.integer({ min: -99_999, max: -1 }), fc.integer({ min: 1, max: 99_999 }))

interface Login {
  client: Client
  connection: Connection
}

/** Logins the bank can do something to: those the product was given and still has. */
const logins = (model: Model): Login[] =>
  living(model).flatMap((client) =>
    client.connections.filter(({ health }) => health !== 'revoked').map((connection) => ({ client, connection })),
  )

/** The access the product has to a login. */
const itemOf = async (real: Real, { client, connection }: Login): Promise<string> =>
  (await connectionOf(real, client.index, connection.bank)).itemId

/** Every access that there is to a login: one that was given a moment ago, and is not recorded yet, shows the same rows. */
function itemsOf(real: Real, client: Client, bank: number): string[] {
  const { id } = clientOf(real, client.index)
  return real.product.network.plaid
    .items()
    .filter(
      ({ clientUserId, institutionId, status }) =>
        clientUserId === id && institutionId === institutionOf(bank) && status !== 'removed' && status !== 'revoked',
    )
    .map(({ itemId }) => itemId)
}

/** The bank says that there is news, unless it cannot. */
function news({ connection }: Login): void {
  if (connection.health === 'ok') connection.wake = true
}

/** All rows are of one day, for one is known again by it; the model may run past midnight. */
const date = new Date().toISOString().slice(0, 10)

/** The client's own row at the bank, as Plaid counts money: positive is out. */
const atBank = (row: Pick<BankRow, 'words' | 'number' | 'amountMinor' | 'pending'>, accountId: string) => ({
  amount: -row.amountMinor / 100,
  date,
  description: descriptionOf(row),
  pending: row.pending,
  accountId,
})

function accountIds(real: Real, itemId: string): [string, string] {
  const item = real.product.network.plaid.items().find((each) => each.itemId === itemId)
  const idOf = (name: string): string => item?.accounts.find((account) => account.name === name)?.accountId ?? ''
  return [idOf('Checking'), idOf('Card')]
}

/** Where a row is at the bank: its id under each access that shows it. */
function placesOf(real: Real, { client, connection }: Login, number: number): { itemId: string; id: string }[] {
  const places = itemsOf(real, client, connection.bank).flatMap((itemId) =>
    real.product.network.plaid
      .transactions(itemId)
      .filter(({ name }) => name.endsWith(` N${number}`))
      .map((row) => ({ itemId, id: row.transaction_id })),
  )
  if (places.length === 0) throw new Error(`The bank has no row ${number}, and the model has`)
  return places
}

/** The bank has these rows from now on. */
function send(real: Real, itemId: string, rows: readonly BankRow[]): void {
  const ids = accountIds(real, itemId)
  if (rows.length === 0) return
  real.product.network.plaid.bankSends(
    itemId,
    rows.map((row) => atBank(row, ids[row.account])),
  )
}

interface SignIn {
  client: Client
  bank: number
  url: string
  invite: number | null
}

/** Signs in at the bank and shares everything. The bank shows what it has, whoever looks. */
export async function signIn(model: Model, real: Real, { client, bank, url, invite }: SignIn): Promise<void> {
  const { plaid } = real.product.network
  const before = new Set(plaid.items().map(({ itemId }) => itemId))
  await plaid.completeLink(url, loginOf(bank))
  const added = plaid.items().find(({ itemId }) => !before.has(itemId))
  if (added === undefined) throw new Error('The bank gave no access')
  const truth = client.connections.find((each) => each.bank === bank)?.truth ?? []
  send(
    real,
    added.itemId,
    truth.filter(({ live }) => live),
  )
  model.visits.push({ client: client.index, bank, invite })
}

interface Sent {
  account: AccountIndex
  words: Word[]
  amountMinor: number
  pending: boolean
}

const sent: fc.Arbitrary<Sent> = fc.record({
  account: fc.constantFrom<AccountIndex>(0, 0, 0, 1),
  words,
  amountMinor,
  pending: fc.constantFrom(false, false, true),
})

export const bankSends: Step<{ login: number; rows: Sent[] }> = {
  name: 'bank sends rows',
  weight: 4,
  params: fc.record({ login: some, rows: fc.array(sent, { minLength: 1, maxLength: 3 }) }),
  can: (model) => logins(model).length > 0,
  async act(model, real, { login: pick, rows }) {
    const login = at(logins(model), pick)
    if (login === undefined) return
    const truth = rows.map((row): BankRow => {
      model.rowCount += 1
      return { ...row, number: model.rowCount, live: true }
    })
    for (const itemId of itemsOf(real, login.client, login.connection.bank)) send(real, itemId, truth)
    login.connection.truth.push(...truth)
    news(login)
  },
}

/** A live row of any login. */
function liveRow(model: Model, pick: number, which: (row: BankRow) => boolean): { login: Login; row: BankRow } | undefined {
  const found = logins(model).flatMap((login) =>
    login.connection.truth.filter((row) => row.live && which(row)).map((row) => ({ login, row })),
  )
  return at(found, pick)
}

export const bankPosts: Step<{ row: number; amountMinor: number | null }> = {
  name: 'a pending row posts',
  weight: 2,
  params: fc.record({ row: some, amountMinor: fc.option(amountMinor, { freq: 3 }) }),
  can: (model) => liveRow(model, 0, ({ pending }) => pending) !== undefined,
  async act(model, real, { row: pick, amountMinor: changed }) {
    const found = liveRow(model, pick, ({ pending }) => pending)
    if (found === undefined) return
    const { login, row } = found
    // A tip changes the amount and not its direction
    const amount = changed === null ? row.amountMinor : Math.sign(row.amountMinor) * Math.abs(changed)
    const { plaid } = real.product.network
    for (const { itemId, id } of placesOf(real, login, row.number)) plaid.post(itemId, id, { amount: -amount / 100, date })
    Object.assign(row, { pending: false, amountMinor: amount })
    news(login)
  },
}

export const bankModifies: Step<{ row: number; amountMinor: number | null; words: Word[] | null }> = {
  name: 'bank modifies a row',
  weight: 2,
  params: fc.record({ row: some, amountMinor: fc.option(amountMinor, { freq: 2 }), words: fc.option(words, { freq: 2 }) }),
  can: (model) => liveRow(model, 0, () => true) !== undefined,
  async act(model, real, { row: pick, amountMinor: amount, words: said }) {
    const found = liveRow(model, pick, () => true)
    if (found === undefined) return
    const { login, row } = found
    const after = { ...row, amountMinor: amount ?? row.amountMinor, words: said ?? row.words }
    const { plaid } = real.product.network
    for (const { itemId, id } of placesOf(real, login, row.number))
      plaid.modify(itemId, id, { amount: -after.amountMinor / 100, description: descriptionOf(after) })
    Object.assign(row, after)
    news(login)
  },
}

export const bankRemoves: Step<{ row: number }> = {
  name: 'bank removes a row',
  weight: 1,
  params: fc.record({ row: some }),
  can: (model) => liveRow(model, 0, () => true) !== undefined,
  async act(model, real, { row: pick }) {
    const found = liveRow(model, pick, () => true)
    if (found === undefined) return
    const { plaid } = real.product.network
    for (const { itemId, id } of placesOf(real, found.login, found.row.number)) plaid.remove(itemId, id)
    found.row.live = false
    news(found.login)
  },
}

const withHealth = (model: Model, health: Connection['health']): Login[] =>
  logins(model).filter(({ connection }) => connection.health === health)

export const breakLogin: Step<{ login: number }> = {
  name: 'a login breaks',
  weight: 1,
  params: fc.record({ login: some }),
  can: (model) => withHealth(model, 'ok').length > 0,
  alone: true,
  async act(model, real, { login: pick }) {
    const login = at(withHealth(model, 'ok'), pick)
    if (login === undefined) return
    real.product.network.plaid.breakLogin(await itemOf(real, login))
    login.connection.health = 'broken'
  },
}

export const repairLogin: Step<{ login: number }> = {
  name: 'repair a login',
  weight: 1,
  params: fc.record({ login: some }),
  can: (model) => withHealth(model, 'broken').length > 0,
  alone: true,
  async act(model, real, { login: pick }) {
    const login = at(withHealth(model, 'broken'), pick)
    if (login === undefined) return
    const { client, connection } = login
    const { id: connectionId, clientId } = await connectionOf(real, client.index, connection.bank)
    const { status, body } = await real.product.call(connections.repair, { params: { clientId, connectionId } }, real.dana)
    must('repairing a connection', status, client.locked ? 409 : 201)
    if (client.locked) return
    const { username, password } = loginOf(connection.bank)
    await real.product.network.plaid.completeLink(body.url, { username, password })
    connection.health = 'ok'
    connection.wake = true
  },
}

export const revokeAtBank: Step<{ login: number }> = {
  name: 'disconnect a bank',
  weight: 1,
  params: fc.record({ login: some }),
  can: (model) => logins(model).length > 0,
  alone: true,
  async act(model, real, { login: pick }) {
    const login = at(logins(model), pick)
    if (login === undefined) return
    real.product.network.plaid.revoke(await itemOf(real, login))
    login.connection.health = 'revoked'
  },
}

export const synchronize: Step<{ client: number }> = {
  name: 'synchronize',
  weight: 1,
  params: fc.record({ client: some }),
  can: (model) => living(model).length > 0,
  async act(model, real, { client: pick }) {
    const client = at(living(model), pick)
    if (client !== undefined) await synchronizeClient(client, real)
  },
}

export async function synchronizeClient(client: Client, real: Real): Promise<void> {
  const { status } = await real.product.call(connections.sync, { params: { clientId: clientOf(real, client.index).id } }, real.dana)
  must('synchronizing', status, client.locked ? 409 : 202)
  if (!client.locked) wakeAll(client)
}

/** All banks that let us in are asked for news. */
export function wakeAll(client: Client): void {
  for (const connection of client.connections) if (connection.health === 'ok') connection.wake = true
}
