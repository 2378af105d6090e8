import { type SQL, sql } from 'drizzle-orm'
import type { Page } from '@ledgersync/shared/common'
import type { Input } from '@ledgersync/shared/endpoint'
import type { Funnel, FunnelChannel, funnel, InviteRequest } from '@ledgersync/shared/funnel'
import { funnelSteps, reachOf, type ReachFacts, reasonOf } from '@ledgersync/shared/reach'
import { chosenClients } from '../clients/filter.ts'
import { visibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { decodeCursor, idPattern, toPage } from '../core/cursor.ts'
import { groupBy } from '../core/group-by.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { factsKey, factsOf } from './facts.ts'
import { type Group, tallyOf } from './tally.ts'

type FunnelQuery = NonNullable<Input<typeof funnel.get>['query']>
type Period = Omit<FunnelQuery, 'banks'>
type ListQuery = NonNullable<Input<typeof funnel.list>['query']>

const thirtyDaysMs = 30 * 24 * 60 * 60_000

/**
 * The requests of a period, as `invites i`. A request is one client's one wish to connect, however often it was sent anew: it is
 * counted by its newest invite, and what a newer one replaced is left out. New sign-ins at a bank that broke are no requests.
 */
function requests(ctx: StaffCtx, { from, until, channel, ...choice }: Period): SQL {
  const begin = from ?? new Date(ctx.deps.now().getTime() - thirtyDaysMs).toISOString()
  return sql`i.firm_id = ${ctx.firmId} and i.kind = 'connect' and i.state <> 'superseded' and i.created_at >= ${begin}::timestamptz
    and ${until === undefined ? sql`true` : sql`i.created_at < ${until}::timestamptz`}
    and ${channel === undefined ? sql`true` : sql`i.channel = ${channel}`}
    and ${visibleClient(ctx, sql`i.client_id`)} and ${chosenClients(ctx, sql`i.client_id`, choice)}`
}

/** How far the requests of a period got that the person may see, and why no further: all, by who invited, channel and bank. */
export function readFunnel(ctx: StaffCtx, { banks = false, ...period }: FunnelQuery): Promise<Funnel> {
  return withFirm(
    ctx,
    async (tx) => {
      const found = await readGroups(tx, ctx, period)
      const channels = largestFirst(found, ({ facts }) => facts.channel)
      return {
        total: tallyOf(found),
        byStaff: largestFirst(found, ({ staffId }) => staffId).map((groups) => {
          const [{ staffId, staffName }] = groups
          return { id: staffId, name: staffName, tally: tallyOf(groups) }
        }),
        byChannel: channels.map((groups) => ({ channel: groups[0].facts.channel satisfies FunnelChannel, tally: tallyOf(groups) })),
        byBank: banks ? byBank(await readBankGroups(tx, ctx, period)) : null,
      }
    },
    'read',
  )
}

const byBank = (found: readonly BankGroup[]): NonNullable<Funnel['byBank']> =>
  largestFirst(found, ({ bank }) => bank ?? '').map((groups) => {
    const [{ bank, bankName }] = groups
    return { bank, name: bankName ?? '', tally: tallyOf(groups) }
  })

/** Lists of the same key, the one with the most requests first. */
function largestFirst<T extends Group>(groups: readonly T[], keyOf: (group: T) => string): [T, ...T[]][] {
  const size = (list: readonly T[]): number => list.reduce((sum, { count }) => sum + count, 0)
  return [...groupBy(groups, keyOf)]
    .sort(([key, one], [otherKey, other]) => size(other) - size(one) || (key < otherKey ? -1 : 1))
    .map(([, list]) => list)
}

interface Counted extends Record<string, unknown> {
  key: string
  count: number
}

async function readGroups(tx: Tx, ctx: StaffCtx, period: Period): Promise<(Group & { staffId: string; staffName: string })[]> {
  const { rows } = await tx.execute<Counted & { staffId: string; staffName: string }>(sql`
    select g.key, g.count, s.id as "staffId", s.name as "staffName"
    from (select ${factsKey(ctx.deps.now())} as key, i.created_by, count(*)::int as count from invites i where ${requests(ctx, period)} group by 1, 2) g
    join staff s on s.firm_id = ${ctx.firmId} and s.id = g.created_by`)
  return rows.map(({ key, count, staffId, staffName }) => ({ facts: factsOf(key), count, staffId, staffName }))
}

interface BankGroup extends Group {
  bank: string | null
  bankName: string | null
}

async function readBankGroups(tx: Tx, ctx: StaffCtx, period: Period): Promise<BankGroup[]> {
  const { rows } = await tx.execute<Counted & { bank: string | null; bankName: string | null }>(sql`
    select ${factsKey(ctx.deps.now(), askedOf)} as key, w.institution_id as bank, max(w.name) as "bankName", count(*)::int as count
    from invites i left join wanted_banks w on w.firm_id = i.firm_id and w.client_id = i.client_id
    where ${requests(ctx, period)} group by 1, 2`)
  return rows.map(({ key, count, bank, bankName }) => ({ facts: factsOf(key), count, bank, bankName }))
}

/** Of an asked-for bank `w`, whether it is connected; null where none was asked for. */
const askedOf = sql`case when w.id is not null then w.connection_id is not null end`

interface Found extends Record<string, unknown> {
  id: string
  client_id: string
  business_name: string
  invited_by: string
  created_at: string
  place: string
  key: string
  bank_name: string | null
}

/** The requests behind a figure, newest first. */
export function listRequests(ctx: StaffCtx, query: ListQuery): Promise<Page<InviteRequest>> {
  const { cursor, limit = 50, invitedBy, bank, reached, stopped, reason, ...period } = query
  const after = decodeCursor(cursor, [/^\d{1,16}$/, idPattern])
  const key = factsKey(ctx.deps.now(), bank === undefined || bank === 'none' ? undefined : askedOf)
  const source = sql`from invites i ${bankJoin(bank)} where ${requests(ctx, period)}
    and ${invitedBy === undefined ? sql`true` : sql`i.created_by = ${invitedBy}`} and ${bank === 'none' ? sql`w.id is null` : sql`true`}`
  const fits = (facts: ReachFacts): boolean => {
    const reach = reachOf(facts)
    if (reached !== undefined && funnelSteps.indexOf(reach) < funnelSteps.indexOf(reached)) return false
    return (stopped === undefined || reach === stopped) && (reason === undefined || reasonOf(facts) === reason)
  }
  return withFirm(
    ctx,
    async (tx) => {
      // The few fates there are decide which are meant, by the same two functions that count them
      const { rows: keys } = await tx.execute<{ key: string }>(sql`select distinct ${key} as key ${source}`)
      const meant = keys.map((row) => row.key).filter((each) => fits(factsOf(each)))
      const rest =
        after === null
          ? sql`true`
          : sql`(i.created_at, i.id) < (timestamptz 'epoch' + ${after[0]}::bigint * interval '1 microsecond', ${after[1]}::uuid)`
      const { rows } = await tx.execute<Found>(sql`
        select r.*, c.business_name, s.name as invited_by from (
          select i.id, i.client_id, i.created_by, i.created_at, (extract(epoch from i.created_at) * 1000000)::bigint::text as place,
            ${key} as key, i.visit_bank as bank_name ${source} and ${rest} and ${key} = any (${sql.param(meant)}::text[])
          order by i.created_at desc, i.id desc limit ${limit + 1}
        ) r join clients c on c.firm_id = ${ctx.firmId} and c.id = r.client_id join staff s on s.firm_id = ${ctx.firmId} and s.id = r.created_by
        order by r.created_at desc, r.id desc`)
      return toPage(rows, limit, (row) => [row.place, row.id], toRequest)
    },
    'read',
  )
}

function bankJoin(bank: string | undefined): SQL {
  if (bank === undefined) return sql``
  const ofClient = sql`wanted_banks w on w.firm_id = i.firm_id and w.client_id = i.client_id`
  return bank === 'none' ? sql`left join ${ofClient}` : sql`join ${ofClient} and w.institution_id = ${bank}`
}

function toRequest(row: Found): InviteRequest {
  const facts = factsOf(row.key)
  return {
    id: row.id,
    clientId: row.client_id,
    businessName: row.business_name,
    invitedBy: row.invited_by,
    channel: facts.channel,
    createdAt: new Date(row.created_at).toISOString(),
    step: reachOf(facts),
    reason: reasonOf(facts),
    bankName: row.bank_name,
  }
}
