import { createWindows } from '../kit/window.ts'
import { throttled } from './faults.ts'
import type { IntuitEmulatorOptions } from './types.ts'

/** Counts calls per company over the last minute, the last second and in flight. Kept in memory: a restart forgets it. */
export interface Throttle {
  /**
   * Lets one call of the company in, or throws the 429 Fault. Every call let in must be given back with `leave`.
   * @param isBatch batches have a limit of their own, below that of requests
   */
  enter(realmId: string, isBatch: boolean): void
  leave(realmId: string): void
  clear(): void
}

const minuteMs = 60_000

export function createThrottle(options: IntuitEmulatorOptions, now: () => Date): Throttle {
  const [requests, batches, seconds] = [createWindows(), createWindows(), createWindows()]
  const inFlight = new Map<string, number>()
  const { requestsPerMinuteMax = 500, batchesPerMinuteMax = 40, concurrentMax = 10, requestsPerSecondMax = 10 } = options
  return {
    enter(realmId, isBatch) {
      const at = now().getTime()
      const isAllowed =
        (inFlight.get(realmId) ?? 0) < concurrentMax &&
        requests.hasRoom(realmId, at, { max: requestsPerMinuteMax, spanMs: minuteMs }) &&
        (!isBatch || batches.hasRoom(realmId, at, { max: batchesPerMinuteMax, spanMs: minuteMs })) &&
        seconds.hasRoom(realmId, at, { max: requestsPerSecondMax, spanMs: 1_000 })
      if (!isAllowed) throw throttled()
      for (const windows of isBatch ? [requests, seconds, batches] : [requests, seconds]) windows.add(realmId, at)
      inFlight.set(realmId, (inFlight.get(realmId) ?? 0) + 1)
    },
    leave(realmId) {
      inFlight.set(realmId, Math.max(0, (inFlight.get(realmId) ?? 0) - 1))
    },
    clear() {
      for (const windows of [requests, batches, seconds]) windows.clear()
    },
  }
}
