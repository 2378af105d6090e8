import { books } from '@ledgersync/shared/books'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { erasure } from '@ledgersync/shared/erasure'
import { invites } from '@ledgersync/shared/invites'
import { minor } from '@ledgersync/shared/money'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { rules } from '@ledgersync/shared/rules'
import type { Random } from '../random.ts'
import { Refused } from './desk.ts'
import type { Installation } from './installation.ts'
import { type Client, companyName } from './people.ts'
import type { Scene, Stage } from './stage.ts'
import { uploadList } from './upload-scene.ts'

const institutionId = 'ins_900101'
const words = ['PETRO NORTH', 'HARBOR DINER', 'CARD SETTLEMENT', 'OFFICE WORLD', 'CITY POWER', 'GREENGROCER']

/** What can happen. */
export const scenes: Scene[] = [
  { name: 'add and invite a client', weight: 4, play: addClient },
  { name: 'tap the link and connect a bank', weight: 6, play: connectByLink },
  { name: 'connect QuickBooks', weight: 5, play: connectBooks },
  { name: 'map accounts and make a rule', weight: 6, play: mapAndRule },
  { name: 'the bank sends rows', weight: 10, play: bankSends },
  { name: 'pending rows post', weight: 3, play: bankPosts },
  { name: 'approve and push', weight: 12, play: approveAndPush },
  { name: 'QuickBooks ends the access tokens', weight: 3, play: expireTokens },
  { name: 'link the same bank again', weight: 2, play: linkAgain },
  { name: 'the login breaks and is repaired', weight: 2, play: breakAndRepair },
  { name: 'synchronize', weight: 2, play: synchronize },
  { name: 'undo a batch', weight: 3, play: undoBatch },
  { name: 'delete a client', weight: 1, play: deleteClient },
  { name: 'upload a list', weight: 1, play: uploadList },
]

let clientCount = 0

async function addClient({ people, random, clientsMax }: Stage): Promise<boolean> {
  if (people.clients.length >= clientsMax) return false
  clientCount += 1
  const desk = random.pick(people.desks)
  const channel = random.pick(['sms', 'email', 'both'] as const)
  const phone = `+1503${String(5_550_000 + clientCount)}`
  const email = `nora${clientCount}@saltgrass.example`
  const input = {
    staffHaveAccess: false,
    businessName: `Saltgrass Outfitters ${clientCount}`,
    contactFirstName: 'Nora',
    contactLastName: 'Velasco',
    email,
    phone,
    textConsent: true,
    invite: channel,
  }
  const made = await desk.call(clients.create, { body: input }).catch(async (error: unknown) => {
    // The answer was lost, and the second try finds the first one's client
    if (!(error instanceof Refused) || error.status >= 500) throw error
    const { items } = await desk.call(clients.list, { query: { search: email } })
    const [found] = items
    if (found === undefined) throw error
    return found
  })
  const password = JSON.stringify({ override_accounts: [bankAccount(random)] })
  people.clients.push({ id: made.id, desk, phone, email, channel, password, cookies: new Map(), realmId: null, hasRule: false })
  return true
}

function bankAccount(random: Random): object {
  const mask = String(random.integer(0, 9_999)).padStart(4, '0')
  const date = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10)
  const row = () => ({
    date_transacted: date,
    date_posted: date,
    amount: random.integer(-50_000, 50_000) / 100 || 1,
    description: random.pick(words),
    currency: 'USD',
  })
  return {
    type: 'depository',
    subtype: 'checking',
    starting_balance: 5_200.1,
    currency: 'USD',
    meta: { name: `Checking ${mask}`, mask },
    transactions: Array.from({ length: random.integer(1, 20) }, row),
  }
}

/** The client's link as it stands on the phone or in the inbox. */
function linkOf({ network }: Installation, { phone, email }: Client): string | null {
  const text = network.twilio.messages().findLast(({ to }) => to === phone)?.body
  const mail = network.sendgrid.messages().findLast(({ to }) => to.email === email)?.text
  return /https?:\/\/\S+\/i\/[\w-]{43}/.exec(`${text ?? ''} ${mail ?? ''}`)?.[0] ?? null
}

const itemsOf = async ({ installation }: Stage, client: Client): Promise<string[]> =>
  (
    await installation.query<{ item: string }>(
      `select provider_item_id as item from connections where client_id = $1 and complete and access_token_sealed is not null`,
      [client.id],
    )
  ).map(({ item }) => item)

async function connectByLink(stage: Stage): Promise<boolean> {
  const { installation, people, random } = stage
  const waiting = people.clients.filter((client) => linkOf(installation, client) !== null)
  if (waiting.length === 0) return false
  const client = random.pick(waiting)
  const link = linkOf(installation, client)
  if (link === null || (await itemsOf(stage, client)).length > 0) return false
  const bank = await tap(client, link, installation.origin)
  if (bank !== null && bank.startsWith(installation.network.plaid.url)) return signIn(stage, client, bank)
  // The answer to the first tap was lost, and with it what makes this browser known: a new link
  if (bank === null) await client.desk.call(invites.create, { params: { clientId: client.id }, body: { channel: client.channel } })
  return false
}

/** Taps the button for another bank, in the client's own browser; answers where that leads. Null when it leads nowhere. */
async function tap(client: Client, link: string, origin: string): Promise<string | null> {
  const tapped = await fetch(`${link}/connect`, {
    method: 'POST',
    headers: { origin, cookie: [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    body: new URLSearchParams(),
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
  })
  for (const line of tapped.headers.getSetCookie()) {
    const [pair = ''] = line.split(';')
    client.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
  }
  return tapped.headers.get('location')
}

async function signIn({ installation }: Stage, client: Client, bank: string): Promise<boolean> {
  await installation.network.plaid.completeLink(bank, { institutionId, username: 'user_custom', password: client.password })
  return true
}

async function connectBooks({ installation, people, random }: Stage): Promise<boolean> {
  const without = people.clients.filter(({ realmId }) => realmId === null)
  if (without.length === 0) return false
  const client = random.pick(without)
  const { url } = await client.desk.call(books.authorize, { params: { clientId: client.id } })
  const redirectUrl = await installation.network.intuit.completeAuthorization(url, companyName(client))
  const back = await client.desk.follow(redirectUrl)
  const { books: connected } = await client.desk.call(books.get, { params: { clientId: client.id } })
  if (connected?.state === 'connected') client.realmId = new URL(redirectUrl).searchParams.get('realmId')
  return back !== null
}

async function mapAndRule(stage: Stage): Promise<boolean> {
  const { people, random } = stage
  const candidates = people.clients.filter(({ realmId }) => realmId !== null)
  if (candidates.length === 0) return false
  const client = random.pick(candidates)
  const params = { clientId: client.id }
  const chart = (await client.desk.call(books.accounts, { params })).items.filter(({ active }) => active)
  const mapping = await client.desk.call(books.mapping, { params })
  const free = chart.filter(({ type, id }) => type === 'Bank' && !mapping.accounts.some(({ booksAccountId }) => booksAccountId === id))
  const unmapped = mapping.accounts.find(({ booksAccountId }) => booksAccountId === null)
  const target = free[0]
  if (unmapped !== undefined && target !== undefined)
    await client.desk.call(books.mapAccount, {
      params: { ...params, bankAccountId: unmapped.bankAccountId },
      body: { booksAccountId: target.id, mode: 'we_post' },
    })
  const expense = chart.find(({ type }) => type === 'Expense')
  if (client.hasRule || expense === undefined) return unmapped !== undefined && target !== undefined
  await client.desk.call(rules.create, {
    params,
    body: {
      name: 'Everything',
      active: true,
      direction: 'both',
      match: 'all',
      conditions: [{ field: 'amount', operator: '>=', valueMinor: minor(0) }],
      actions: { booksAccountId: expense.id },
    },
  })
  client.hasRule = true
  return true
}

async function someItem(stage: Stage): Promise<{ client: Client; itemId: string } | null> {
  if (stage.people.clients.length === 0) return null
  const client = stage.random.pick(stage.people.clients)
  const [itemId] = await itemsOf(stage, client)
  return itemId === undefined ? null : { client, itemId }
}

async function bankSends(stage: Stage): Promise<boolean> {
  const found = await someItem(stage)
  if (found === null) return false
  const { random } = stage
  const rows = Array.from({ length: random.integer(1, 8) }, () => ({
    amount: random.integer(-90_000, 90_000) / 100 || 1,
    description: random.pick(words),
    pending: random.percent(20),
  }))
  stage.installation.network.plaid.bankSends(found.itemId, rows)
  return true
}

async function bankPosts(stage: Stage): Promise<boolean> {
  const found = await someItem(stage)
  return found !== null && stage.installation.network.plaid.postAll(found.itemId).length > 0
}

async function approveAndPush({ people, random }: Stage): Promise<boolean> {
  const desk = random.pick(people.desks)
  const { items } = await desk.call(review.list, { query: { bucket: 'matched', limit: 100 } })
  const matched = items.map(({ id }) => id).filter(() => random.percent(80))
  if (matched.length > 0) await desk.call(review.approve, { body: { transactionIds: matched } })
  const { batches } = await desk.call(pushes.create, { body: {} })
  return matched.length + batches.length > 0
}

async function expireTokens({ installation, people, random }: Stage): Promise<boolean> {
  const realms = people.clients.flatMap(({ realmId }) => (realmId === null ? [] : [realmId]))
  if (realms.length === 0) return false
  installation.network.intuit.expireAccessTokens(random.pick(realms))
  return true
}

async function linkAgain(stage: Stage): Promise<boolean> {
  const found = await someItem(stage)
  if (found === null) return false
  const { url } = await found.client.desk.call(connections.add, { params: { clientId: found.client.id }, body: {} })
  return signIn(stage, found.client, url)
}

async function breakAndRepair(stage: Stage): Promise<boolean> {
  const found = await someItem(stage)
  if (found === null) return false
  const { client, itemId } = found
  stage.installation.network.plaid.breakLogin(itemId)
  const [connection] = await stage.installation.query<{ id: string }>('select id from connections where provider_item_id = $1', [itemId])
  if (connection === undefined) return false
  const { url } = await client.desk.call(connections.repair, { params: { clientId: client.id, connectionId: connection.id } })
  return signIn(stage, client, url)
}

async function synchronize({ people, random }: Stage): Promise<boolean> {
  if (people.clients.length === 0) return false
  const client = random.pick(people.clients)
  await client.desk.call(connections.sync, { params: { clientId: client.id } })
  return true
}

async function undoBatch({ people, random }: Stage): Promise<boolean> {
  const desk = random.pick(people.desks)
  const { items } = await desk.call(pushes.list, { query: { limit: 20 } })
  const standing = items.filter(({ pushed }) => pushed > 0)
  if (standing.length === 0) return false
  await desk.call(pushes.undoBatch, { params: { batchId: random.pick(standing).id } })
  return true
}

/** Only once there are others to go on with. */
async function deleteClient({ people, random, clientsMax }: Stage): Promise<boolean> {
  if (people.clients.length < clientsMax / 2) return false
  const client = random.pick(people.clients)
  people.clients.splice(people.clients.indexOf(client), 1)
  people.deleted.push(client)
  const { businessName } = await client.desk.call(clients.get, { params: { clientId: client.id } })
  try {
    await client.desk.call(erasure.remove, { params: { clientId: client.id }, body: { businessName } })
  } catch (error) {
    // The second try, after a lost answer, finds nobody
    if (!(error instanceof Refused && error.status === 404)) throw error
  }
  return true
}
