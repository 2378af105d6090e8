import { recode } from './coding.ts'
import { settleBooks } from './books.ts'
import { type BankRow, type Client, type Connection, type Invite, type Message, type Model, living, type Row } from './state.ts'

const perDayMax = 3

/** What is true once every job has run and every webhook has arrived. */
export function settle(model: Model): void {
  for (const client of living(model)) settleMessages(client)
  for (const visit of model.visits.splice(0)) {
    const client = model.clients[visit.client]
    if (client !== undefined && !client.deleted) finishVisit(client, visit)
  }
  for (const client of living(model)) {
    for (const connection of client.connections) {
      if (connection.wake && !client.locked && connection.health === 'ok') sync(client, connection)
      connection.wake = false
    }
    settleBooks(model, client)
  }
  for (const company of model.revocations.splice(0)) {
    const revoked = model.companies[company]
    if (revoked !== undefined && revoked.owner === null) revoked.granted = false
  }
}

function settleMessages(client: Client): void {
  for (const [number, invite] of client.invites.entries()) {
    for (const message of invite.messages) if (message.state === 'queued' && !message.waits) send(client, { number, invite }, message)
  }
}

function send(client: Client, { number, invite }: { number: number; invite: Invite }, message: Message): void {
  const { channel } = message
  if (client.locked) return cancel(invite, message)
  if (channel === 'sms' && client.optedOut) {
    message.state = 'failed'
    return failWhenAllHave(invite)
  }
  if (client.arrived[channel] >= perDayMax) {
    message.waits = true
    return
  }
  message.state = 'delivered'
  client.links.push({ invite: number, from: { channel, nth: client.arrived[channel] } })
  client.arrived[channel] += 1
  if (invite.state === 'queued' || invite.state === 'sent') invite.state = 'delivered'
}

export function cancel(invite: Invite, message: Message): void {
  message.state = 'canceled'
  failWhenAllHave(invite)
}

function failWhenAllHave(invite: Invite): void {
  const none = invite.messages.every(({ state }) => state === 'failed' || state === 'canceled')
  if (none && (invite.state === 'queued' || invite.state === 'sent')) invite.state = 'failed'
}

/** What the client did by a link moves its invite on, never back. */
export function advance(invite: Invite | undefined, to: 'opened' | 'started' | 'connected'): void {
  const earlier: Invite['state'][] = ['queued', 'sent', 'delivered', 'failed', 'opened', 'started']
  const until = { opened: 4, started: 5, connected: 6 }[to]
  if (invite !== undefined && earlier.slice(0, until).includes(invite.state)) invite.state = to
}

/** One login is one connection: linked again, it stays when it works, and takes the new access when it does not. */
function finishVisit(client: Client, { bank, invite }: { bank: number; invite: number | null }): void {
  const known = client.connections.find((each) => each.bank === bank)
  if (known === undefined) client.connections.push({ bank, health: 'ok', truth: [], wake: true, mapped: [null, null] })
  else {
    if (known.health !== 'ok') replaceAccess(client, bank)
    known.health = 'ok'
    known.wake = true
  }
  if (invite !== null) advance(client.invites[invite], 'connected')
}

/** Until the new access tells its rows, none of those there are is known to be one of them, and pending ones never post. */
function replaceAccess(client: Client, bank: number): void {
  for (const row of client.rows.filter((each) => each.bank === bank)) {
    row.told = false
    if (row.stage === 'pending') row.stage = 'removed'
  }
}

/** The product's rows become the bank's. */
function sync(client: Client, { bank, truth }: Connection): void {
  for (const row of truth) {
    const own = ownRow(client, row)
    if (row.live && own === undefined) add(client, bank, row)
    else if (row.live && own !== undefined) change(client, own, row)
    else if (own !== undefined) withdraw(own)
  }
  // What a new access does not tell of an account of which it tells something, the bank does not have any more
  const rows = client.rows.filter((row) => row.bank === bank)
  for (const row of rows) if (!row.told && rows.some(({ told, account }) => told && account === row.account)) withdraw(row)
}

/** The row that the bank means: the one that it told before, else one of a replaced access that says the same. */
function ownRow(client: Client, { number, live, amountMinor, words }: BankRow): Row | undefined {
  const rows = client.rows.filter((row) => row.number === number)
  const same = live ? rows.find((row) => row.amountMinor === amountMinor && row.words.join() === words.join()) : undefined
  return rows.find(({ told }) => told) ?? same
}

function add(client: Client, bank: number, { number, account, words, amountMinor, pending }: BankRow): void {
  const copy = client.rows.filter((row) => row.number === number).length
  const row: Row = {
    key: `${number}.${copy}`,
    number,
    bank,
    account,
    words,
    amountMinor,
    pending,
    stage: pending ? 'pending' : 'open',
    target: null,
    targetBy: null,
    memo: null,
    memoBy: null,
    rule: null,
    withdrawn: false,
    told: true,
  }
  client.rows.push(row)
  recode(client, row)
}

function change(client: Client, row: Row, { words, amountMinor, pending }: BankRow): void {
  Object.assign(row, { told: true, withdrawn: false })
  const amountChanged = row.amountMinor !== amountMinor
  const changed = amountChanged || row.words.join() !== words.join() || row.pending !== pending || row.stage === 'removed'
  if (!changed) return
  if (row.stage === 'pending' || row.stage === 'open' || row.stage === 'removed') row.stage = pending ? 'pending' : 'open'
  else if ((row.stage === 'approved' || row.stage === 'failed') && amountChanged) row.stage = 'open'
  Object.assign(row, { words, amountMinor, pending })
  recode(client, row)
}

function withdraw(row: Row): void {
  if (row.stage === 'removed') return
  if (row.stage === 'pushing' || row.stage === 'pushed') row.withdrawn = true
  else row.stage = 'removed'
}
