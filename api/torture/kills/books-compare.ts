import { listDifferences } from '../../test/client-list-kit.ts'
import { one } from '../../src/db/client.ts'
import type { Installation } from './installation.ts'
import { companyName, type People } from './people.ts'
import { findStuck } from './stuck.ts'

/** Both sides of every effect, put beside each other when all is at rest: what the outside world's books hold, and what ours do. */
export interface Comparison {
  counts: Record<string, number>
  violations: string[]
}

export async function compareBooks(installation: Installation, people: People): Promise<Comparison> {
  const parts = [
    await compareMessages(installation, people),
    await compareEntries(installation, people),
    await compareRows(installation),
    await compareAccess(installation),
    await compareUploads(installation),
    await findStuck(installation),
    { counts: {}, violations: (await listDifferences(installation.query)).map((line) => `client list: ${line}`) },
  ]
  return { counts: Object.assign({}, ...parts.map(({ counts }) => counts)), violations: parts.flatMap(({ violations }) => violations) }
}

const countBy = (keys: string[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

/** Why a message that was in doubt, and had not gone, went no more. Nobody here has an address that a carrier refuses. */
const overtaken = /^(?:A newer invite took its place|A bank was connected before it went out|The invite was revoked|The client is locked)$/

/** Each message once with its carrier: none twice, none that we call sent and nobody has, none that we call unsent and somebody got. */
export async function compareMessages({ network, query }: Installation, { deleted }: Pick<People, 'deleted'>): Promise<Comparison> {
  const rows = await query<{ id: string; channel: string; state: string; reason: string | null; doubtful: boolean }>(
    `select m.id, m.channel, m.state, m.reason, exists (select 1 from message_events e where e.firm_id = m.firm_id and e.message_id = m.id and e.state = 'unknown') as doubtful from messages m`,
  )
  const addresses = new Set(deleted.flatMap(({ phone, email }) => [phone, email]))
  const texts = network.twilio.messages().map(({ to, statusCallback }) => ({
    to,
    id: /message=[0-9a-f-]+\.([0-9a-f-]+)/.exec(decodeURIComponent(statusCallback ?? ''))?.[1] ?? 'none',
  }))
  const mails = network.sendgrid.messages().map(({ to, customArgs }) => ({ to: to.email, id: customArgs.message_id ?? 'none' }))
  const everything = [...texts, ...mails]
  const arrived = countBy(everything.map(({ id }) => id))
  const known = new Set(rows.map(({ id }) => id))
  const violations: string[] = []
  for (const { id, to } of everything) {
    if (known.has(id)) continue
    if (!addresses.has(to)) violations.push(`message ${id} went out and has no row`)
    else if ((arrived.get(id) ?? 0) > 1) violations.push(`message ${id} of a deleted client went out ${arrived.get(id)} times`)
  }
  let [twice, again] = [0, 0]
  for (const { id, channel, state, reason } of rows) {
    const count = arrived.get(id) ?? 0
    const isAllowed = count > 1 && isOnceMore(network.sendgrid.messages().filter(({ customArgs }) => customArgs.message_id === id))
    if (isAllowed) again += 1
    else if (count > 1) twice += 1
    if (count > 1 && !isAllowed)
      violations.push(`${channel} ${id} (${state}) went out ${count} times: ${await storyOf({ network, query }, id)}`)
    if (count === 0 && (state === 'sent' || state === 'delivered'))
      violations.push(`${channel} ${id} is called ${state} and never went out`)
    if (count > 0 && (state === 'queued' || state === 'canceled')) violations.push(`${channel} ${id} is called ${state} and went out`)
    if (state === 'queued' || state === 'sending') violations.push(`${channel} ${id} is still ${state}`)
    if (count === 0 && state === 'failed' && !overtaken.test(reason ?? '')) violations.push(`${channel} ${id} was given up: ${reason}`)
    if (state === 'unknown' && channel === 'sms') violations.push(`sms ${id} is still unknown`)
  }
  const missing = await query<{ id: string; channel: string }>(
    `select i.id, c.channel from invites i, unnest(case i.channel when 'both' then '{sms,email}' else array[i.channel] end) c(channel)
     where c.channel <> 'copy' and not exists (select from invite_messages v join messages m on m.firm_id = v.firm_id and m.id = v.message_id
       where v.firm_id = i.firm_id and v.invite_id = i.id and m.channel = c.channel)`,
  )
  for (const { id, channel } of missing) violations.push(`invite ${id} has no ${channel}`)
  const doubtful = rows.filter((row) => row.doubtful).length
  return {
    counts: {
      messages: rows.length,
      'messages once in doubt': doubtful,
      'mails sent again as all their events were lost': again,
      'messages doubled': twice,
    },
    violations,
  }
}

/** A mail goes once more when a quarter of an hour has brought no event about it: here, when none ever arrived. */
function isOnceMore(copies: { createdAt: string; toldAt?: string }[]): boolean {
  const [first, second, third] = copies
  if (first === undefined || second === undefined || third !== undefined || first.toldAt !== undefined) return false
  return Date.parse(second.createdAt) - Date.parse(first.createdAt) > quarterMs
}
/** Less the time that a call may take, and by which a clock may be set back. */
const quarterMs = 14 * 60_000

/** What both sides know of a message that went out too often, in the order of the clock. */
async function storyOf({ network, query }: Pick<Installation, 'network' | 'query'>, id: string): Promise<string> {
  const ours = await query<{ at: Date; state: string }>('select at, state from message_events where message_id = $1', [id])
  const theirs = network.sendgrid.messages().filter(({ customArgs }) => customArgs.message_id === id)
  return [
    ...ours.map(({ at, state }) => `${at.toISOString()} ${state}`),
    ...theirs.flatMap(({ createdAt, toldAt }) => [`${createdAt} taken by its carrier`, `${toldAt ?? 'never'} first event taken by us`]),
  ]
    .toSorted()
    .join(', ')
}

/** Each push once in the books of its company, equal to the cent; nothing else with our mark. */
async function compareEntries({ network, query }: Installation, { deleted }: People): Promise<Comparison> {
  const pushes = await query<{ id: string; state: string; amount: number; realm: string; attempts: number; story: string }>(
    `select p.id, p.state, p.amount_minor::float8 as amount, b.realm_id as realm, p.attempts,
       concat_ws(', ', p.attempts || ' attempts', 'leased until ' || p.lease_until, 'company ' || b.id || ' ' || b.state) as story
     from pushes p join books b on b.firm_id = p.firm_id and b.id = p.books_id`,
  )
  const entries = network.intuit.entries().filter(({ createdByApi }) => createdByApi)
  const markOf = (note: string | null): string => /\[ledgersync[ :]+([0-9a-f-]+)\]/.exec(note ?? '')?.[1] ?? 'none'
  const byMark = new Map<string, typeof entries>()
  for (const entry of entries) byMark.set(markOf(entry.privateNote), [...(byMark.get(markOf(entry.privateNote)) ?? []), entry])
  const violations: string[] = []
  let [ours, theirs] = [0, 0]
  for (const { id, state, amount, realm, story } of pushes) {
    const standing = byMark.get(id) ?? []
    byMark.delete(id)
    if (standing.length > 1) violations.push(`push ${id} (${state}) stands ${standing.length} times`)
    if (state === 'pushed' && standing.length === 0) violations.push(`push ${id} is called pushed and does not stand`)
    if (state !== 'pushed' && standing.length > 0) violations.push(`push ${id} is called ${state} and stands`)
    if (state === 'queued' || state === 'sending' || state === 'undoing') violations.push(`push ${id} is still ${state}: ${story}`)
    for (const entry of standing) {
      if (entry.realmId !== realm) violations.push(`push ${id} stands in another company`)
      if (entry.totalMinor !== Math.abs(amount)) violations.push(`push ${id} is ${amount} and stands as ${entry.totalMinor}`)
      theirs += entry.totalMinor
    }
    if (state === 'pushed') ours += Math.abs(amount)
  }
  const names = new Set(deleted.map(companyName))
  const left = new Set(network.intuit.companies().flatMap(({ realmId, name }) => (names.has(name) ? [realmId] : [])))
  for (const [mark, standing] of byMark) {
    if (!standing.every(({ realmId }) => left.has(realmId)))
      violations.push(`${standing.length} entries with the mark ${mark} belong to no push`)
    else if (standing.length > 1) violations.push(`push ${mark} of a deleted client stands ${standing.length} times`)
  }
  if (ours !== theirs) violations.push(`sum of what we pushed: ${ours}, sum of what stands: ${theirs}`)
  return { counts: { pushes: pushes.length, entries: entries.length, 'cents pushed': ours }, violations }
}

/** Each list whole: its clients stand once, each with one entry in the audit log, and its invites were made once. */
async function compareUploads({ query }: Installation): Promise<Comparison> {
  const lists = await query<{
    id: string
    state: string
    rows: number
    standing: number
    audited: number
    invited: number
    invites: number
  }>(
    `select u.id, u.state, n.*, i.invites from uploads u
     cross join lateral (
       select (count(*) filter (where r.outcome = 'created'))::int as rows, count(distinct c.id) filter (where r.outcome = 'created')::int as standing,
         coalesce(sum(a.entries) filter (where r.outcome = 'created'), 0)::int as audited, (count(*) filter (where r.invite = 'made'))::int as invited
       from upload_rows r left join clients c on c.firm_id = r.firm_id and c.id = r.client_id
       left join lateral (select count(*)::int as entries from audit_log l where l.firm_id = r.firm_id and l.client_id = r.client_id and l.action = 'client.created') a on true
       where r.firm_id = u.firm_id and r.upload_id = u.id) n
     cross join lateral (
       select count(*)::int as invites from upload_rows r join invites v on v.firm_id = r.firm_id and v.client_id = r.client_id
       where r.firm_id = u.firm_id and r.upload_id = u.id and r.outcome = 'created') i
     where u.requested_at is not null`,
  )
  const violations = lists.flatMap(({ id, state, rows, standing, audited, invited, invites }) => [
    ...(state === 'done' ? [] : [`upload ${id} is still ${state}`]),
    ...(rows === standing && rows === audited ? [] : [`upload ${id} added ${rows}: ${standing} stand, ${audited} are audited`]),
    ...(invited === invites ? [] : [`upload ${id} says ${invited} invited, and ${invites} invites stand`]),
  ])
  // A list that was deleted meanwhile leaves its clients, and how many they were stands on the record
  const [found] = await query<{ strays: number; deleted: number }>(
    `select count(*)::int as strays,
       (select coalesce(sum((d.details ->> 'created')::int), 0)::int from audit_log l join audit_details d on d.audit_id = l.id
         where l.action = 'upload.written' and not exists (select from uploads u where u.firm_id = l.firm_id and u.id = l.subject_id)) as deleted
     from clients c where c.business_name ~ '^(Upload|Own|Again) '
       and not exists (select from upload_rows r where r.firm_id = c.firm_id and r.client_id = c.id and r.outcome = 'created')`,
  )
  if (found === undefined || found.strays !== found.deleted)
    violations.push(`${found?.strays} clients came of no upload that stands, ${found?.deleted} of ones that were deleted`)
  return { counts: { uploads: lists.length }, violations }
}

/** Each row of each bank once, and nothing else. What only a replaced access knew is kept, and nothing to compare with is left. */
async function compareRows({ network, query }: Installation): Promise<Comparison> {
  const stored = await query<{ item: string; line: string }>(
    `select c.provider_item_id as item, concat_ws('|', t.provider_transaction_id, t.date, t.description, t.amount_minor, t.currency, t.stage = 'pending') as line
     from transactions t join bank_accounts a on a.firm_id = t.firm_id and a.id = t.bank_account_id
     join connections c on c.firm_id = a.firm_id and c.id = a.connection_id
     where t.stage <> 'removed' and t.provider_transaction_id not like 'replaced:%'`,
  )
  const connected = await query<{ item: string }>(
    `select provider_item_id as item from connections where complete and access_token_sealed is not null`,
  )
  const violations: string[] = []
  let rows = 0
  for (const { item } of connected) {
    const theirs = network.plaid
      .transactions(item)
      .map((row) =>
        [row.transaction_id, row.date, row.name, Math.round(-row.amount * 100) + 0, row.iso_currency_code, row.pending ? 't' : 'f'].join(
          '|',
        ),
      )
    const ours = stored.filter((row) => row.item === item).map(({ line }) => line)
    const [counted, expected] = [countBy(ours), countBy(theirs)]
    for (const line of new Set([...ours, ...theirs]))
      if (counted.get(line) !== expected.get(line))
        violations.push(`item ${item}: ${line} is ${counted.get(line) ?? 0} times with us and ${expected.get(line) ?? 0} times at the bank`)
    rows += ours.length
  }
  return { counts: { 'bank connections': connected.length, rows }, violations }
}

/** Every access that the bank provider still charges for is one of our connections, or the orphan of a visit of which the audit log says so. */
async function compareAccess({ network, query }: Installation): Promise<Comparison> {
  const known = new Set(
    (await query<{ item: string }>('select provider_item_id as item from connections where access_token_sealed is not null')).map(
      ({ item }) => item,
    ),
  )
  const orphans = network.plaid
    .items()
    .filter(({ itemId, removed, status }) => !removed && status !== 'not_exchanged' && !known.has(itemId)).length
  const rows = await query<{ failed: number; undone: number }>(
    `select (select count(*)::int from audit_log where action = 'connection.not_completed') as failed, (select count(*)::int from bank_disconnects where done_at is null) + (select count(*)::int from books_revocations where done_at is null) as undone`,
  )
  const { failed, undone } = one(rows)
  const violations: string[] = []
  if (orphans > failed) violations.push(`${orphans} accesses have no connection, and only ${failed} visits were not completed`)
  if (undone > 0) violations.push(`${undone} accesses were not given back`)
  return { counts: { 'visits not completed': failed, 'orphaned accesses': orphans }, violations }
}
