import { sql } from 'drizzle-orm'
import type { Stuck } from '@ledgersync/shared/funnel'
import { nextStep } from '@ledgersync/shared/next-step'
import { reasonOf } from '@ledgersync/shared/reach'
import { isEmailOptedOut, optedOutPhones } from '../clients/opt-outs.ts'
import { isStuck, stuckSince } from '../clients/stuck.ts'
import { getVisibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { factsKey, factsOf } from './facts.ts'

interface Found extends Record<string, unknown> {
  clientId: string
  businessName: string
  contactFirstName: string
  phone: string | null
  email: string | null
  staffHaveAccess: boolean
  hasConsent: boolean
  locked: boolean
  since: string
  isStuck: boolean
  key: string | null
  kind: 'connect' | 'repair' | null
  linkWorks: boolean | null
  visitBank: string | null
  addressIsNew: boolean | null
  isDownNow: boolean | null
  connectionId: string | null
  brokenBank: string | null
  connections: number
  missingBanks: string[]
}

const dayMs = 24 * 60 * 60_000

/** What to do for a client that does not go on; null when nothing is asked of it, or it is locked. Throws `not_found`. */
export function readNextStep(ctx: StaffCtx, clientId: string): Promise<Stuck | null> {
  return withFirm(
    ctx,
    async (tx) => {
      const client = await getVisibleClient(tx, ctx, clientId)
      return (await readStuck(tx, ctx, [client.id]))[0] ?? null
    },
    'read',
  )
}

/** The same of some clients that the person may see, in their order. */
export async function readStuck(tx: Tx, ctx: StaffCtx, clientIds: readonly string[]): Promise<Stuck[]> {
  if (clientIds.length === 0) return []
  const now = ctx.deps.now()
  const { rows } = await tx.execute<Found>(sql`
    select c.id as "clientId", c.business_name as "businessName", c.contact_first_name as "contactFirstName", c.phone, c.email,
      c.staff_have_access as "staffHaveAccess", c.text_consent_at is not null as "hasConsent", l.locked, ${stuckSince} as since, ${isStuck(now)} as "isStuck", l.connections,
      invite.key, invite.kind, invite.works as "linkWorks", invite.bank as "visitBank", invite.address_is_new as "addressIsNew", invite.is_down as "isDownNow",
      broken.id as "connectionId", broken.institution_name as "brokenBank",
      array(select w.name from wanted_banks w where w.firm_id = c.firm_id and w.client_id = c.id and w.connection_id is null
        order by w.position, w.id) as "missingBanks"
    from clients c join client_list l on l.firm_id = c.firm_id and l.client_id = c.id
    left join lateral (
      select ${factsKey(now)} as key, i.kind, i.visit_bank as bank,
        exists (select from invite_messages v join messages m on m.firm_id = v.firm_id and m.id = v.message_id
          where v.firm_id = i.firm_id and v.invite_id = i.id and m.state = 'failed'
          and lower(m.to_address) is distinct from lower(case m.channel when 'sms' then c.phone else c.email end)) as address_is_new,
        exists (select from link_sessions s where s.firm_id = i.firm_id and s.invite_id = i.id and s.trouble = 'bank_down'
          and s.trouble_at > ${new Date(now.getTime() - dayMs).toISOString()}::timestamptz) as is_down,
        i.expires_at > ${now.toISOString()}::timestamptz and i.state in ('queued', 'sent', 'delivered', 'opened', 'started') as works
      from invites i where i.firm_id = c.firm_id and i.client_id = c.id order by i.created_at desc, i.id desc limit 1
    ) invite on true
    left join lateral (
      select n.id, n.institution_name from connections n
      where n.firm_id = c.firm_id and n.client_id = c.id and n.complete and n.health = 'needs_client' order by n.created_at, n.id limit 1
    ) broken on true
    where c.firm_id = ${ctx.firmId} and c.id = any (${sql.param(clientIds)}::uuid[])
    order by array_position(${sql.param(clientIds)}::uuid[], c.id)`)
  const stopped = await optedOutPhones(
    tx,
    ctx.deps,
    rows.flatMap(({ phone }) => (phone === null ? [] : [phone])),
  )
  const found: Stuck[] = []
  for (const row of rows) {
    const canEmail = row.email !== null && !(await isEmailOptedOut(tx, ctx.deps, ctx.firmId, row.email))
    // What goes out because a bank broke needs consent; an invite is asked for by a person each time
    const canText = row.phone !== null && !stopped.has(row.phone) && (row.connectionId === null || row.hasConsent)
    const stuck = toStuck(row, { canText, canEmail })
    if (stuck !== null) found.push(stuck)
  }
  return found
}

function toStuck(row: Found, ways: { canText: boolean; canEmail: boolean }): Stuck | null {
  const kind = row.connectionId === null ? 'connect' : 'repair'
  const facts = row.key === null ? null : factsOf(row.key)
  // A bank that broke is asked for by whatever request is open; one that was answered before is not about it
  const isAsked = facts !== null && facts.state !== 'superseded' && (kind === 'connect' || row.linkWorks === true || row.kind === 'repair')
  const asked = isAsked && facts !== null ? reasonOf(facts) : null
  const isAnswered = facts === null || asked === null || (row.connections > 0 && asked !== 'other_bank')
  if (row.locked || (kind === 'connect' && isAnswered)) return null
  const { best, others } = nextStep({
    kind,
    reason: asked,
    channel: facts?.channel ?? null,
    linkWorks: row.linkWorks ?? false,
    ...ways,
    addressIsNew: row.addressIsNew ?? false,
    isDownNow: row.isDownNow ?? false,
    hasPhone: row.phone !== null,
    staffHaveAccess: row.staffHaveAccess,
    hasBanksChosen: row.missingBanks.length > 0,
  })
  const { clientId, businessName, contactFirstName, phone, connectionId } = row
  return {
    clientId,
    businessName,
    contactFirstName,
    phone,
    kind,
    reason: asked,
    channel: facts?.channel ?? null,
    bankName: row.brokenBank ?? row.visitBank ?? row.missingBanks[0] ?? null,
    connectionId,
    since: new Date(row.since).toISOString(),
    isStuck: row.isStuck,
    best,
    others,
  }
}
