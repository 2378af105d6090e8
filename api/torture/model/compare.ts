import { clients } from '@ledgersync/shared/clients'
import { listDifferences } from '../../test/client-list-kit.ts'
import { clientOf, institutionOf, keyText, type Real, rowsOf } from './real.ts'
import { type Client, descriptionOf, type Model, type Target } from './state.ts'
import { compareBooks } from './compare-books.ts'
import { differences, sequence } from './differences.ts'

const shownMax = 8

/** Everything in which the product and its outside world are not as the model says, once all is at rest. Empty when nothing is. */
export async function compare(model: Model, real: Real): Promise<string[]> {
  const found: string[] = []
  for (const client of model.clients) {
    const about = client.deleted ? await compareDeleted(real, client) : await compareClient(real, client)
    found.push(...about.map((line) => `client ${client.index}: ${line}`))
  }
  found.push(...compareBooks(model, real), ...(await compareFirm(model, real)))
  return found.slice(0, shownMax)
}

async function compareClient(real: Real, client: Client): Promise<string[]> {
  return [
    ...(await compareRows(real, client)),
    ...(await compareRules(real, client)),
    ...(await compareConnections(real, client)),
    ...(await compareInvites(real, client)),
    ...compareOutbox(real, client),
    ...(await comparePushes(real, client)),
    ...(await compareOptOut(real, client)),
  ]
}

const targetText = (target: Target | null): string =>
  target === null ? 'none' : 'category' in target ? `category ${target.category}` : `${target.account} of company ${target.company}`

interface StoredRow {
  key: string
  description: string
  stage: string
  amount: number
  bank: string
  kind: string
  category: string | null
  account: string | null
  realm: string | null
  category_by: string | null
  memo: string | null
  memo_by: string | null
  rule: string | null
  withdrawn: boolean
}

/** A row of the product in words; of a removed one only that it is. */
function storedText(real: Real, row: StoredRow): string {
  if (row.stage === 'removed') return `${row.key} removed`
  const target =
    row.category?.toLowerCase() ?? (row.account === null ? 'none' : `${row.account} of company ${real.realms.indexOf(row.realm ?? '')}`)
  const rule = row.rule === null ? 'none' : row.rule
  return [
    `${row.key} ${row.description} ${row.stage}`,
    `${row.amount} at ${row.bank} ${row.kind}`,
    `to ${target} by ${row.category_by ?? 'nobody'}`,
    `"${row.memo ?? ''}" by ${row.memo_by ?? 'nobody'}`,
    `rule ${rule}`,
    ...(row.withdrawn ? ['withdrawn'] : []),
  ].join(', ')
}

function wantedText(row: Client['rows'][number]): string {
  if (row.stage === 'removed') return `${row.key} removed`
  const rule = row.rule === null ? 'none' : row.rule === 'global' ? 'Rule for ALPHA' : `Rule ${row.rule}`
  return [
    `${row.key} ${descriptionOf(row)} ${row.stage}`,
    `${row.amountMinor} at ${institutionOf(row.bank)} ${row.account === 0 ? 'bank' : 'card'}`,
    `to ${targetText(row.target)} by ${row.targetBy ?? 'nobody'}`,
    `"${row.memo ?? ''}" by ${row.memoBy ?? 'nobody'}`,
    `rule ${rule}`,
    ...(row.withdrawn ? ['withdrawn'] : []),
  ].join(', ')
}

async function compareRows(real: Real, client: Client): Promise<string[]> {
  const rows = await rowsOf<StoredRow>(
    real,
    `select ${keyText} as key, t.description, t.stage, t.amount_minor::float8 as amount, c.institution_id as bank, a.kind, g.name as category, b.name as account,
       k.realm_id as realm, t.category_by, t.memo, t.memo_by, r.name as rule, t.withdrawn_at is not null as withdrawn
     from transactions t join bank_accounts a on a.id = t.bank_account_id join connections c on c.id = a.connection_id
       left join categories g on g.id = t.category_id left join books_accounts b on b.id = t.books_account_id
       left join books k on k.id = b.books_id left join rules r on r.id = t.rule_id
     where t.client_id = $1`,
    [clientOf(real, client.index).id],
  )
  return differences(
    'row',
    rows.map((row) => storedText(real, row)),
    client.rows.map((row) => wantedText(row)),
  )
}

async function compareRules(real: Real, client: Client): Promise<string[]> {
  const rows = await rowsOf<{ name: string }>(
    real,
    'select name from rules where client_id = $1 and deleted_at is null order by priority',
    [clientOf(real, client.index).id],
  )
  return sequence(
    'rules',
    rows.map(({ name }) => name),
    client.rules.map(({ key }) => `Rule ${key}`),
  )
}

const healthOf = { ok: 'healthy', broken: 'needs_client', revoked: 'disconnected' } as const
const liveStates = ['healthy', 'login_required', 'failing']

/** Each login is one connection, its accounts are mapped as they were, and the bank knows of no other access of ours. */
async function compareConnections(real: Real, client: Client): Promise<string[]> {
  const { id: clientId } = clientOf(real, client.index)
  const rows = await rowsOf<{ bank: string; health: string; item: string; checking: string | null; card: string | null }>(
    real,
    `select c.institution_id as bank, c.health, c.provider_item_id as item,
       max(k.realm_id || ' ' || b.name) filter (where a.kind = 'bank') as checking, max(k.realm_id || ' ' || b.name) filter (where a.kind = 'card') as card
     from connections c left join bank_accounts a on a.connection_id = c.id left join books_accounts b on b.id = a.books_account_id
       left join books k on k.id = b.books_id
     where c.client_id = $1 group by c.firm_id, c.id`,
    [clientId],
  )
  const wanted = client.connections.map(({ bank, health, mapped }) => {
    const names = mapped.map((target) => (target === null ? 'nothing' : `${real.realms[target.company]} ${target.account}`))
    return `${institutionOf(bank)} ${healthOf[health]}, to ${names.join(' and ')}`
  })
  const items = real.product.network.plaid.items().filter((item) => item.clientUserId === clientId)
  const liveItems = items.filter(({ status }) => liveStates.includes(status)).map(({ itemId }) => itemId)
  const liveRows = rows.filter(({ health }) => health !== 'disconnected').map(({ item }) => item)
  return [
    ...differences(
      'connection',
      rows.map(({ bank, health, checking, card }) => `${bank} ${health}, to ${checking ?? 'nothing'} and ${card ?? 'nothing'}`),
      wanted,
    ),
    ...differences('access at the bank', liveItems, liveRows),
    ...compareBankRows(real, client, items),
  ]
}

/** The model's bank is the emulated one: else nothing that follows from it is worth anything. */
function compareBankRows(real: Real, client: Client, items: { itemId: string; institutionId: string; status: string }[]): string[] {
  return client.connections
    .filter(({ health }) => health === 'ok')
    .flatMap(({ bank, truth }) => {
      const item = items.find(({ institutionId, status }) => institutionId === institutionOf(bank) && status === 'healthy')
      const rows = item === undefined ? [] : real.product.network.plaid.transactions(item.itemId)
      return differences(
        'row at the bank',
        rows.map(({ name, amount, pending }) => `${name} ${Math.round(-amount * 100)}${pending ? ' pending' : ''}`),
        truth
          .filter(({ live }) => live)
          .map(
            ({ words, number, amountMinor, pending }) => `${descriptionOf({ words, number })} ${amountMinor}${pending ? ' pending' : ''}`,
          ),
      )
    })
}

async function compareInvites(real: Real, client: Client): Promise<string[]> {
  const rows = await rowsOf<{ text: string }>(
    real,
    `select i.channel || ' ' || i.state || coalesce((select string_agg(', ' || m.channel || ' ' || m.state, '' order by m.channel desc)
       from messages m where m.invite_id = i.id), '') as text
     from invites i where i.client_id = $1 order by i.created_at, i.id`,
    [clientOf(real, client.index).id],
  )
  const wanted = client.invites.map(({ channel, state, messages }) =>
    [`${channel} ${state}`, ...messages.map((message) => `${message.channel} ${message.state}`)].join(', '),
  )
  return sequence(
    'invites',
    rows.map(({ text }) => text),
    wanted,
  )
}

/** What arrived on the client's phone and in their inbox, how often. */
function compareOutbox(real: Real, client: Client): string[] {
  const { phone, email } = clientOf(real, client.index)
  const { twilio, sendgrid } = real.product.network
  const texts = twilio.messages().filter(({ to }) => to === phone).length
  const mails = sendgrid.messages().filter(({ to }) => to.email === email).length
  return sequence('texts and mails that arrived', [`${texts}`, `${mails}`], [`${client.arrived.sms}`, `${client.arrived.email}`])
}

/** Every push of a row in its turn; each that is said to stand stands once, with its amount. */
async function comparePushes(real: Real, client: Client): Promise<string[]> {
  const rows = await rowsOf<{ id: string; key: string; state: string; amount: number; replaced: boolean; realm: string }>(
    real,
    `select p.id, t.key, p.state, p.amount_minor::float8 as amount, p.replaced_at is not null as replaced,
       b.realm_id as realm
     from pushes p join (select t.id, ${keyText} as key from transactions t where t.client_id = $1) t on t.id = p.transaction_id join books b on b.id = p.books_id
     where p.client_id = $1 order by p.created_at, p.id`,
    [clientOf(real, client.index).id],
  )
  const text = (push: { state: string; amount: number; replaced: boolean; realm: string | undefined }): string =>
    `${push.state} ${push.amount} in ${push.realm}${push.replaced ? ' replaced' : ''}`
  const keys = new Set([...rows.map(({ key }) => key), ...client.pushes.map(({ row }) => row)])
  const inTurn = [...keys].flatMap((key) =>
    sequence(
      `pushes of ${key}`,
      rows.filter((row) => row.key === key).map((row) => text(row)),
      client.pushes
        .filter(({ row }) => row === key)
        .map(({ state, amountMinor, replaced, company }) => text({ state, amount: amountMinor, replaced, realm: real.realms[company] })),
    ),
  )
  const once = rows.flatMap(({ id, state, amount, realm }) => {
    const entries = real.product.network.intuit.entries(realm).filter(({ privateNote }) => privateNote?.includes(`[ledgersync ${id}]`))
    return sequence(
      `entries of push ${id}`,
      entries.map(({ totalMinor }) => `${totalMinor}`),
      // What is to be undone in a company that is not connected any more still stands
      state === 'pushed' || state === 'undoing' ? [`${Math.abs(amount)}`] : [],
    )
  })
  return [...inTurn, ...once]
}

async function compareOptOut(real: Real, client: Client): Promise<string[]> {
  const { body } = await real.product.call(clients.get, { params: { clientId: clientOf(real, client.index).id } }, real.dana)
  return sequence('whether texts are refused', [`${body.textOptedOut}`], [`${client.optedOut}`])
}

/** Nothing of a deleted client is left in any table, but the fact; no bank gives us anything any more. */
async function compareDeleted(real: Real, client: Client): Promise<string[]> {
  const { id: clientId } = clientOf(real, client.index)
  const tables = await tablesOfClients(real)
  const counts = tables.map((table) => `select '${table}' as name from ${table} where client_id = $1`).join(' union all ')
  const rows = await rowsOf<{ name: string }>(real, counts, [clientId])
  const items = real.product.network.plaid.items().filter((item) => item.clientUserId === clientId && liveStates.includes(item.status))
  return [
    ...rows.map(({ name }) => `of the deleted client a row of ${name} is left`),
    ...items.map(({ institutionId }) => `of the deleted client access at ${institutionId} is left`),
    ...compareOutbox(real, client),
  ]
}

/** Every table with rows of clients, but the audit, whose facts stay. */
async function tablesOfClients(real: Real): Promise<string[]> {
  const rows = await rowsOf<{ name: string }>(
    real,
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'client_id' and table_name <> 'audit_log' order by 1`,
  )
  return rows.map(({ name }) => name)
}

/** The firm has the clients it must have, and no job is left that has gone wrong. */
async function compareFirm(model: Model, real: Real): Promise<string[]> {
  const rows = await rowsOf<{ id: string }>(real, 'select id from clients where firm_id = $1', [real.dana.firmId])
  const failed = await rowsOf<{ task: string; error: string }>(
    real,
    `select t.identifier as task, j.last_error as error from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
     where j.last_error is not null`,
  )
  const listed = await listDifferences((text) => rowsOf(real, text))
  const living = model.clients.filter(({ deleted }) => !deleted)
  return [
    ...differences(
      'client',
      rows.map(({ id }) => id),
      living.map(({ index }) => clientOf(real, index).id),
    ),
    ...listed.map((line) => `client list: ${line.slice(0, 400)}`),
    ...failed.map(({ task, error }) => `job ${task} failed: ${error.slice(0, 200)}`),
    ...real.product.logs.splice(0).flatMap((line) => (line.includes('"level":50') ? [`logged: ${line.slice(0, 400)}`] : [])),
  ]
}
