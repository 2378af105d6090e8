import { chance } from './chance.ts'

/** What can happen on the wire around one call; at most one of these at a time. */
export const callFaults = [
  'cut_before',
  'cut_after',
  'half_body',
  'throttled',
  'server_error',
  'server_error_after',
  'unauthorized',
  'slow',
] as const
/** What a provider itself can do wrong inside one call. */
export const insideFaults = ['mutation', 'batch_item_failed', 'requestid_ignored', 'refresh_race'] as const
/** What can happen to one webhook; at most one of these at a time. */
export const webhookFaults = ['webhook_duplicated', 'webhook_reordered', 'webhook_delayed', 'webhook_lost', 'webhook_forged'] as const

/**
 * - `cut_before`: the connection drops before anything was done. `cut_after`: it was done, then the connection drops.
 * - `half_body`: it was done; status and headers arrive, then the body breaks off in the middle.
 * - `throttled`: 429 in the provider's form, nothing done. `unauthorized`: its 401, nothing done.
 * - `server_error`: its 5xx, nothing done. `server_error_after`: the same 5xx, although it was done.
 * - `slow`: a bounded wait before it is done.
 */
export type CallFault = (typeof callFaults)[number]
/**
 * - `mutation` (Plaid): rows change between two pages of /transactions/sync.
 * - `batch_item_failed` (Intuit): some items of a batch meet a passing fault, at least one is done.
 * - `requestid_ignored` (Intuit): the call is treated as if it carried no `requestid`.
 * - `refresh_race` (Intuit): the refresh gives a new refresh token and the one sent is dead from that moment.
 */
export type InsideFault = (typeof insideFaults)[number]
/** `webhook_forged` is one more delivery in which one character of the body, or of the signature, was changed; the real one still comes. */
export type WebhookFault = (typeof webhookFaults)[number]
export type FaultKind = CallFault | InsideFault | WebhookFault

/**
 * What goes wrong, all of it following from `seed`. With `percent`, that share of the calls and of the webhooks is disturbed,
 * evenly by the kinds that can happen to each; with `rates`, each kind has a percentage of its own. `percent` leaves out
 * `refresh_race`: a client that dies before it has written the new token down loses its connection by it, and could not do better.
 */
export type FaultPlan = {
  seed: number
  /** The longest wait of `slow`, in milliseconds. Default 1,000. */
  slowMsMax?: number
  /** How long a webhook is held back at most, and a login `unauthorized` has broken stays broken. Default 1,000. */
  holdMsMax?: number
} & ({ percent: number; rates?: never } | { rates: Partial<Record<FaultKind, number>>; percent?: never })

const isPercent = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 100
const isWait = (value: unknown): boolean =>
  value === undefined || (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 60_000)

/** A copy of the plan, if it is one. Throws an Error whose sentence says what is wrong. */
export function checkPlan(value: unknown): FaultPlan {
  if (typeof value !== 'object' || value === null) throw new Error('A plan of faults is an object such as { "seed": 1, "percent": 10 }')
  const { seed, percent, rates, slowMsMax, holdMsMax, ...others } = value as Record<string, unknown> // every member is checked below
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new Error(`A plan of faults has no ${unknown}`)
  if (!Number.isSafeInteger(seed)) throw new Error('seed must be a whole number')
  if (!isWait(slowMsMax)) throw new Error('slowMsMax must be a whole number of milliseconds from 0 to 60000')
  if (!isWait(holdMsMax)) throw new Error('holdMsMax must be a whole number of milliseconds from 0 to 60000')
  if ((percent === undefined) === (rates === undefined)) throw new Error('A plan of faults has either percent or rates')
  if (rates === undefined) {
    if (!isPercent(percent)) throw new Error('percent must be a number from 0 to 100')
  } else checkRates(rates)
  return structuredClone(value) as FaultPlan // its members are what the type says
}

function checkRates(rates: unknown): void {
  if (typeof rates !== 'object' || rates === null) throw new Error('rates must be an object of percentages by kind')
  const known: readonly string[] = [...callFaults, ...insideFaults, ...webhookFaults]
  for (const [kind, rate] of Object.entries(rates)) {
    if (!known.includes(kind)) throw new Error(`There is no fault ${kind}; there are ${known.join(', ')}`)
    if (!isPercent(rate)) throw new Error(`The rate of ${kind} must be a number from 0 to 100`)
  }
  const values: Record<string, number> = { ...rates }
  for (const group of [callFaults, webhookFaults]) {
    if (group.reduce((sum, kind) => sum + (values[kind] ?? 0), 0) > 100) {
      throw new Error(`The rates of ${group.join(', ')} must not be more than 100 together: one of them happens at a time`)
    }
  }
}

/** One call or webhook of a schedule. `count` is the how-many-eth of this operation it is, from 1 on. */
export interface Place {
  provider: string
  operation: string
  count: number
}

/** A number in [0, 1) that belongs to this place of the plan. */
export const chanceAt = (plan: FaultPlan, { provider, operation, count }: Place, what: string): number =>
  chance(`${plan.seed}:${provider}:${operation}:${count}:${what}`)

/** Percent for each kind at a place where `kinds` can happen. */
function ratesAt(plan: FaultPlan, kinds: readonly FaultKind[]): (kind: FaultKind) => number {
  if (plan.rates === undefined) {
    const spread: readonly FaultKind[] = kinds.filter((kind) => kind !== 'refresh_race')
    return (kind) => (spread.includes(kind) ? plan.percent / spread.length : 0)
  }
  return (kind) => (kinds.includes(kind) ? (plan.rates[kind] ?? 0) : 0)
}

function pick<K extends FaultKind>(group: readonly K[], rate: (kind: FaultKind) => number, drawn: number): K | null {
  let left = drawn * 100
  for (const kind of group) {
    left -= rate(kind)
    if (left < 0) return kind
  }
  return null
}

/** What the plan does to a call for which `kinds` are possible: at most one fault of the wire, and any of the inside. */
export function callFaultsAt(
  plan: FaultPlan,
  place: Place,
  kinds: readonly (CallFault | InsideFault)[],
): { wire: CallFault | null; inside: InsideFault[] } {
  const rate = ratesAt(plan, kinds)
  const inside = insideFaults.filter((kind) => chanceAt(plan, place, kind) * 100 < rate(kind))
  const wire = pick(callFaults, rate, chanceAt(plan, place, 'wire'))
  return { wire, inside }
}

export function webhookFaultAt(plan: FaultPlan, place: Place): WebhookFault | null {
  return pick(webhookFaults, ratesAt(plan, webhookFaults), chanceAt(plan, place, 'webhook'))
}
