import type { Tally } from '@ledgersync/shared/funnel'
import { type DropReason, type FunnelStep, funnelSteps, reachOf, type ReachFacts, reasonOf } from '@ledgersync/shared/reach'

/** Requests of one fate, and how many. */
export interface Group {
  facts: ReachFacts
  count: number
}

/** How far groups of requests got, and why the others stopped. */
export function tallyOf(groups: readonly Group[]): Tally {
  const ended = new Map<FunnelStep, Map<DropReason | null, number>>()
  for (const { facts, count } of groups) {
    const reach = reachOf(facts)
    const reasons = ended.get(reach) ?? new Map<DropReason | null, number>()
    const reason = reasonOf(facts)
    ended.set(reach, reasons.set(reason, (reasons.get(reason) ?? 0) + count))
  }
  const here = (step: FunnelStep): number => [...(ended.get(step)?.values() ?? [])].reduce((sum, count) => sum + count, 0)
  return funnelSteps.map((step, index) => ({
    step,
    count: funnelSteps.slice(index).reduce((sum, later) => sum + here(later), 0),
    stopped: [...(ended.get(step) ?? [])]
      .flatMap(([reason, count]) => (reason === null ? [] : [{ reason, count }]))
      .sort((one, other) => other.count - one.count || (one.reason < other.reason ? -1 : 1)),
  }))
}
