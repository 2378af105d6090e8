/** A fixed-window limit on requests, as the providers keep per account. */
export interface Rate {
  /** Counts one request. `allowed` is false when the window is full. */
  take(): { allowed: boolean; limit: number; remaining: number; resetAt: Date }
  reset(): void
}

export function createRate(limit: number, windowMs: number, now: () => Date): Rate {
  let windowStart = 0
  let used = 0
  return {
    take() {
      const time = now().getTime()
      if (time >= windowStart + windowMs || time < windowStart) {
        windowStart = time - (time % windowMs)
        used = 0
      }
      const allowed = used < limit
      if (allowed) used++
      return { allowed, limit, remaining: limit - used, resetAt: new Date(windowStart + windowMs) }
    },
    reset() {
      used = 0
    },
  }
}
