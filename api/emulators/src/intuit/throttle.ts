import { throttled } from './faults.ts'
import type { IntuitEmulatorOptions } from './types.ts'

interface Window {
  /** Times of the calls let through, oldest first, epoch milliseconds. */
  times: number[]
}

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

function admit(windows: Map<string, Window>, key: string, { at, spanMs, max }: { at: number; spanMs: number; max: number }): boolean {
  const window = windows.get(key) ?? { times: [] }
  windows.set(key, window)
  window.times = window.times.filter((time) => time > at - spanMs && time <= at)
  return window.times.length < max
}

export function createThrottle(options: IntuitEmulatorOptions, now: () => Date): Throttle {
  const requests = new Map<string, Window>()
  const batches = new Map<string, Window>()
  const seconds = new Map<string, Window>()
  const inFlight = new Map<string, number>()
  const { requestsPerMinuteMax = 500, batchesPerMinuteMax = 40, concurrentMax = 10, requestsPerSecondMax } = options
  return {
    enter(realmId, isBatch) {
      const at = now().getTime()
      const minute = { at, spanMs: 60_000 }
      const isAllowed =
        (inFlight.get(realmId) ?? 0) < concurrentMax &&
        admit(requests, realmId, { ...minute, max: requestsPerMinuteMax }) &&
        (!isBatch || admit(batches, realmId, { ...minute, max: batchesPerMinuteMax })) &&
        (requestsPerSecondMax === undefined || admit(seconds, realmId, { at, spanMs: 1000, max: requestsPerSecondMax }))
      if (!isAllowed) throw throttled()
      requests.get(realmId)?.times.push(at)
      seconds.get(realmId)?.times.push(at)
      if (isBatch) batches.get(realmId)?.times.push(at)
      inFlight.set(realmId, (inFlight.get(realmId) ?? 0) + 1)
    },
    leave(realmId) {
      inFlight.set(realmId, Math.max(0, (inFlight.get(realmId) ?? 0) - 1))
    },
    clear() {
      requests.clear()
      batches.clear()
      seconds.clear()
    },
  }
}
