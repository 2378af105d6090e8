import {
  type CallFault,
  callFaults,
  callFaultsAt,
  chanceAt,
  checkPlan,
  type FaultKind,
  type FaultPlan,
  type InsideFault,
  insideFaults,
  type Place,
  type WebhookFault,
  webhookFaultAt,
} from './fault-plan.ts'

/** How many faults of each kind really happened. `webhook_forged_taken` counts forged webhooks that were answered 2xx. */
export type FaultCounts = Partial<Record<FaultKind | 'webhook_forged_taken', number>>

/** One call of the provider's API, as it came over the wire. */
export interface ProviderCall {
  /** Method and route, such as `POST /v3/company/:realmId/batch`; the same for all ids. */
  operation: string
  method: string
  /** Path without the query. */
  path: string
  query: Readonly<Record<string, unknown>>
  body: unknown
}

/** An answer in the provider's place. */
export interface Answer {
  status: number
  headers?: Record<string, string>
  body: unknown
}

/**
 * Decides by hand what happens to a call, in place of the plan: some faults, an answer that is given without doing anything,
 * or null to let it pass undisturbed. It may wait, and then so does the call.
 */
export type Interceptor = (
  call: ProviderCall,
) => readonly (CallFault | InsideFault)[] | Answer | null | Promise<readonly (CallFault | InsideFault)[] | Answer | null>

/** What happens to one call. */
export interface CallFate {
  wire: CallFault | Answer | null
  /** Whether this happens inside the call; asking counts it as having happened. */
  take(kind: InsideFault): boolean
  /** A number in [0, 1) that belongs to this call of this plan. */
  chance(what: string): number
}

export interface WebhookFate {
  kind: WebhookFault | null
  chance(what: string): number
}

/** Nothing happens. */
export const quiet: CallFate & WebhookFate = { wire: null, kind: null, take: () => false, chance: () => 0 }

/** One provider's faults: what is planned, what happened, and the count of calls on which the plan's decisions rest. */
export interface Faults {
  plan(): FaultPlan | null
  /** From now on this plan, from its beginning; null = no faults. Counts start again. Throws when it is no plan. */
  set(plan: FaultPlan | null): void
  counts(): FaultCounts
  intercept(interceptor: Interceptor | null): void
  forCall(call: ProviderCall, kinds: readonly (CallFault | InsideFault)[]): Promise<CallFate>
  forWebhook(operation: string): WebhookFate
  /** Counts a fault that has just happened. */
  note(kind: FaultKind | 'webhook_forged_taken'): void
  slowMsMax(): number
  holdMsMax(): number
  /** No plan, no interceptor, no counts. */
  clear(): void
}

/** After this many calls of one operation in a row that failed by plan, the next is left alone, so that there is progress. */
const streakMax = 3
const waitMsMax = 1000
/** Calls with these succeed, or (`mutation`) the provider itself sees to it that there is progress. */
const harmless: readonly (CallFault | InsideFault)[] = ['slow', 'requestid_ignored', 'refresh_race', 'mutation']
/** With the only good refresh token on board these would lose the connection for good, which no client could mend. */
const losesAnswer: readonly CallFault[] = ['cut_after', 'half_body', 'server_error_after']

/** Where a plan has got to: how many calls of each operation there were, and how many in a row have failed by it. */
interface Schedule {
  call(operation: string, kinds: readonly (CallFault | InsideFault)[]): { wire: CallFault | null; inside: InsideFault[]; chance: Chance }
  webhook(operation: string): WebhookFate
}
type Chance = (what: string) => number

function createSchedule(plan: FaultPlan, provider: string): Schedule {
  const seen = new Map<string, number>()
  const streaks = new Map<string, number>()
  const next = (operation: string): Place => {
    const count = (seen.get(operation) ?? 0) + 1
    seen.set(operation, count)
    return { provider, operation, count }
  }
  const chanceOf =
    (place: Place): Chance =>
    (what) =>
      chanceAt(plan, place, what)
  return {
    call(operation, kinds) {
      const place = next(operation)
      const streak = streaks.get(operation) ?? 0
      const possible = streak < streakMax ? kinds : kinds.filter((kind) => harmless.includes(kind))
      const { wire: drawn, inside } = callFaultsAt(plan, place, possible)
      const wire = drawn !== null && inside.includes('refresh_race') && losesAnswer.includes(drawn) ? null : drawn
      const failed = [...inside, ...(wire === null ? [] : [wire])].some((kind) => !harmless.includes(kind))
      streaks.set(operation, failed ? streak + 1 : 0)
      return { wire, inside, chance: chanceOf(place) }
    },
    webhook(operation) {
      const place = next(`webhook ${operation}`)
      return { kind: webhookFaultAt(plan, place), chance: chanceOf(place) }
    },
  }
}

export function createFaults(provider: string): Faults {
  let plan: FaultPlan | null = null
  let schedule: Schedule | null = null
  let interceptor: Interceptor | null = null
  let counts: FaultCounts = {}
  const note: Faults['note'] = (kind) => void (counts[kind] = (counts[kind] ?? 0) + 1)
  const fateOf = (wire: CallFate['wire'], inside: readonly InsideFault[], by: Chance = () => 0): CallFate => ({
    wire,
    take(kind) {
      const happens = inside.includes(kind)
      if (happens) note(kind)
      return happens
    },
    chance: by,
  })
  const start = (fresh: FaultPlan | null): void => {
    plan = fresh
    schedule = fresh === null ? null : createSchedule(fresh, provider)
    counts = {}
  }
  return {
    plan: () => plan,
    set: (wanted) => start(wanted === null ? null : checkPlan(wanted)),
    counts: () => ({ ...counts }),
    intercept(wanted) {
      interceptor = wanted
    },
    async forCall(call, kinds) {
      if (interceptor !== null) {
        const decided = await interceptor(call)
        if (decided === null) return quiet
        if (!isKinds(decided)) return fateOf(decided, [])
        const inside = insideFaults.filter((kind) => decided.includes(kind))
        return fateOf(callFaults.find((kind) => decided.includes(kind)) ?? null, inside)
      }
      if (schedule === null) return quiet
      const { wire, inside, chance } = schedule.call(call.operation, kinds)
      return fateOf(wire, inside, chance)
    },
    forWebhook: (operation) => schedule?.webhook(operation) ?? quiet,
    note,
    slowMsMax: () => plan?.slowMsMax ?? waitMsMax,
    holdMsMax: () => plan?.holdMsMax ?? waitMsMax,
    clear() {
      start(null)
      interceptor = null
    },
  }
}

const isKinds = (decided: readonly (CallFault | InsideFault)[] | Answer): decided is readonly (CallFault | InsideFault)[] =>
  Array.isArray(decided)
