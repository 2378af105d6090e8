import { type SQL, sql } from 'drizzle-orm'
import type { DeliveryFailure, ReachFacts } from '@ledgersync/shared/reach'
import { mailFailures } from '../providers/sendgrid/map.ts'
import { textFailures } from '../providers/twilio/reasons.ts'

/** Between the parts of a key; no reason has it, for it is a control character. */
const separator = '\u001f'
const flags = ['sent', 'delivered', 'opened', 'started', 'bankChosen', 'connected', 'sentStatements'] as const
const times: Record<(typeof flags)[number], SQL> = {
  sent: sql`i.sent_at`,
  delivered: sql`i.delivered_at`,
  opened: sql`i.opened_at`,
  started: sql`i.started_at`,
  bankChosen: sql`i.bank_chosen_at`,
  connected: sql`i.connected_at`,
  sentStatements: sql`i.statements_at`,
}

/**
 * Everything about an invite `i` that says how far it got and why no further, as one text, so that invites of the same fate are one
 * group to the database: there are a few hundred fates, however many invites. `asked` says of one bank that was asked for whether it
 * is connected; null when it is not about a certain bank.
 */
export function factsKey(now: Date, asked: SQL = sql`null::boolean`): SQL {
  const at = now.toISOString()
  const bits = sql.join(
    flags.map((flag, index) => sql`case when ${times[flag]} is null then 0 else ${sql.raw(String(1 << index))} end`),
    sql` + `,
  )
  return sql`concat_ws(chr(31), i.channel, i.state, (i.expires_at <= ${at}::timestamptz)::int, ${bits}, coalesce(i.visit_step, ''),
    coalesce(i.visit_trouble, ''), coalesce((${asked})::int, 2), ${heldBy(at)}, case when i.state = 'failed' then coalesce(i.reason, '') else '' end)`
}

/** Looked up for the few invites none of whose messages has gone. A text that waits for the morning says so, or nothing yet. */
const heldBy = (at: string): SQL => sql`case when i.state = 'queued' then coalesce((
    select case when bool_or(m.state = 'unknown') then 'unknown'
      when bool_or(m.state = 'queued' and m.not_before > ${at}::timestamptz and coalesce(m.reason, 'Waits for 8:00') like 'Waits for 8:00%') then 'morning' end
    from invite_messages v join messages m on m.firm_id = v.firm_id and m.id = v.message_id
    where v.firm_id = i.firm_id and v.invite_id = i.id), '') else '' end`

/** What a key of {@link factsKey} says. */
export function factsOf(key: string): ReachFacts {
  const [channel = '', state = '', expired, bits, step = '', trouble = '', asked, held = '', reason = ''] = key.split(separator)
  const has = (flag: (typeof flags)[number]): boolean => (Number(bits) & (1 << flags.indexOf(flag))) !== 0
  const connected = has('connected')
  // The database checks each of these columns against the same words
  const facts = {
    channel: channel as ReachFacts['channel'],
    state: state as ReachFacts['state'],
    step: (step === '' ? null : step) as ReachFacts['step'],
    trouble: (trouble === '' ? null : trouble) as ReachFacts['trouble'],
    held: (held === '' ? null : held) as ReachFacts['held'],
  }
  return {
    ...facts,
    trouble: asked === '2' || !connected ? facts.trouble : asked === '1' ? null : 'other_bank',
    isExpired: expired === '1',
    sent: has('sent'),
    delivered: has('delivered'),
    opened: has('opened'),
    started: has('started'),
    bankChosen: has('bankChosen'),
    connected,
    sentStatements: has('sentStatements'),
    failure: state === 'failed' ? failureOf(reason) : null,
  }
}

/** What kind of failure a reason in plain words is; what is not about the address is ours. */
export const failureOf = (reason: string): DeliveryFailure => textFailures.get(reason) ?? mailFailures.get(reason) ?? 'not_sent'
