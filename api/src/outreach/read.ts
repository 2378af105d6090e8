import { and, eq, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { PickedClients } from '@ledgersync/shared/client-filter'
import type { Language } from '@ledgersync/shared/common'
import type { BrokenBank } from '@ledgersync/shared/texts'
import { pickedConditions } from '../clients/filter.ts'
import { optedOutEmails, optedOutPhones } from '../clients/opt-outs.ts'
import type { ClientRowValues } from '../clients/values.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { notFound } from '../core/errors.ts'
import type { Tx } from '../db/client.ts'
import { clientListTable, clientsTable, messagesTable, wantedBanksTable } from '../db/schema/clients.ts'
import { troubleOf } from '../invites/broken.ts'
import { ofTheDay, readLimits } from '../messages/limits.ts'

// All that decides who is written to, in a few queries however many clients there are.

const l = alias(clientListTable, 'l')

/** A place in the list of clients: behind this one. */
export type Place = readonly [name: string, id: string]
export interface Picked {
  client: ClientRowValues
  name: string
  /** Whether it stands behind the place that was asked for. */
  isAfter: boolean
}

/** The chosen clients in the order of the list. Throws `not_found` where one that is named is not there, or not for this person. */
export async function selectPicked(tx: Tx, ctx: StaffCtx, picked: PickedClients, after: Place | null): Promise<Picked[]> {
  const isAfter = after === null ? sql<boolean>`true` : sql<boolean>`(l.name, l.client_id) > (${after[0]}::text, ${after[1]}::uuid)`
  const rows = await tx
    .select({ client: clientsTable, name: l.name, isAfter })
    .from(l)
    .innerJoin(clientsTable, and(eq(clientsTable.firmId, l.firmId), eq(clientsTable.id, l.clientId)))
    .where(pickedConditions(ctx, picked))
    .orderBy(l.name, l.clientId)
  if (picked.clientIds !== undefined && rows.length !== picked.clientIds.length) throw notFound('client')
  return rows
}

/** Why a channel is closed: there is no address, or its person has opted out, or has had what one person gets a day. */
export type Closed = { why: 'none' | 'limit' } | { why: 'opted_out'; since: Date }
export interface Ways {
  sms: Closed | null
  email: Closed | null
}

/** By which ways each of these clients can be written to now. */
export async function readWays(
  tx: Tx,
  ctx: Ctx,
  clients: readonly Pick<ClientRowValues, 'id' | 'phone' | 'email'>[],
): Promise<{ waysOf: (client: Pick<ClientRowValues, 'phone' | 'email'>) => Ways; messagesPerPersonDay: number }> {
  const phones = clients.flatMap(({ phone }) => (phone === null ? [] : [phone]))
  const emails = clients.flatMap(({ email }) => (email === null ? [] : [email]))
  const stopped = { sms: await optedOutPhones(tx, ctx.deps, phones), email: await optedOutEmails(tx, ctx.deps, ctx.firmId, emails) }
  const { messagesPerPersonDay } = await readLimits(tx, ctx)
  const sent = await tx
    .select({ channel: messagesTable.channel, to: messagesTable.toAddress, count: sql<number>`count(*)::int` })
    .from(messagesTable)
    .where(
      and(
        ofTheDay(ctx, ctx.deps.now()),
        sql`${messagesTable.toAddress} = any (${sql.param([...new Set([...phones, ...emails])])}::text[])`,
      ),
    )
    .groupBy(messagesTable.channel, messagesTable.toAddress)
  const spent = new Set(sent.filter(({ count }) => count >= messagesPerPersonDay).map(({ channel, to }) => `${channel} ${to}`))
  const closed = (channel: 'sms' | 'email', address: string | null): Closed | null => {
    if (address === null) return { why: 'none' }
    const since = stopped[channel].get(address)
    if (since !== undefined) return { why: 'opted_out', since }
    return spent.has(`${channel} ${address}`) ? { why: 'limit' } : null
  }
  return { waysOf: ({ phone, email }) => ({ sms: closed('sms', phone), email: closed('email', email) }), messagesPerPersonDay }
}

interface WaitingRow extends Record<string, unknown> {
  channel: 'sms' | 'email'
  address: string
  language: Language
  client_id: string
}

/** The clients about whom a message waits to go out to one of these addresses. */
export async function readWaiting(
  tx: Tx,
  ctx: Ctx,
  addresses: readonly string[],
): Promise<(way: Pick<ClientRowValues, 'phone' | 'email' | 'language'>) => string[]> {
  const { rows } = await tx.execute<WaitingRow>(sql`
    select m.channel, m.to_address as address, m.language, v.client_id
    from messages m join invite_messages v on v.firm_id = m.firm_id and v.message_id = m.id
    where m.firm_id = ${ctx.firmId} and m.state = 'queued' and m.purpose in ('invite', 'reconnect', 'reminder')
      and m.to_address = any (${sql.param(addresses)}::text[])`)
  return ({ phone, email, language }) =>
    rows.filter((row) => row.language === language && row.address === (row.channel === 'sms' ? phone : email)).map((row) => row.client_id)
}

/** What is known of a client's banks. */
export interface BankFacts {
  wanted: (typeof wantedBanksTable.$inferSelect)[]
  connected: Connected[]
}
interface Connected {
  id: string
  institutionId: string | null
  health: string
  /** Set where it wants a new sign-in. */
  broken: BrokenBank | null
}

interface ConnectionRow extends Record<string, unknown> {
  id: string
  client_id: string
  institution_id: string | null
  name: string
  health: string
  mask: string | null
  line: string | null
}

/** The banks of these clients: asked for, in the order staff chose, and connected, the oldest first. */
export async function readBankFacts(tx: Tx, ctx: Ctx, clientIds: readonly string[]): Promise<(clientId: string) => BankFacts> {
  const facts = new Map<string, BankFacts>(clientIds.map((id) => [id, { wanted: [], connected: [] }]))
  const wanted = await tx
    .select()
    .from(wantedBanksTable)
    .where(and(eq(wantedBanksTable.firmId, ctx.firmId), sql`${wantedBanksTable.clientId} = any (${sql.param(clientIds)}::uuid[])`))
    .orderBy(wantedBanksTable.position, wantedBanksTable.id)
  for (const row of wanted) facts.get(row.clientId)?.wanted.push(row)
  const { rows } = await tx.execute<ConnectionRow>(sql`
    select n.id, n.client_id, n.institution_id, n.institution_name as name, n.health,
      case when n.health = 'needs_client' then (select a.mask from bank_accounts a where a.firm_id = n.firm_id and a.connection_id = n.id
        and a.mask is not null order by a.created_at, a.id limit 1) end as mask,
      case when n.health = 'needs_client' then (select e.kind from connection_events e where e.firm_id = n.firm_id and e.connection_id = n.id
        order by e.at desc, e.id desc limit 1) end as line
    from connections n where n.firm_id = ${ctx.firmId} and n.complete and n.client_id = any (${sql.param(clientIds)}::uuid[])
    order by n.created_at, n.id`)
  for (const { id, client_id, institution_id, name, health, mask, line } of rows) {
    const broken = health === 'needs_client' ? { name, mask, trouble: troubleOf(line) } : null
    facts.get(client_id)?.connected.push({ id, institutionId: institution_id, health, broken })
  }
  return (clientId) => facts.get(clientId) ?? { wanted: [], connected: [] }
}
