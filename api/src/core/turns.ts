/** A bound on what a process does at once, when each takes much memory or time. */
export interface Turns {
  /** How many wait for theirs. */
  waiting(): number
  /** Resolves when it is one's turn; the longest waiting first. Whoever took one passes it on. */
  take(): Promise<void>
  pass(): void
}

export function createTurns(atOnceMax: number): Turns {
  let running = 0
  const waiting: (() => void)[] = []
  return {
    waiting: () => waiting.length,
    async take() {
      if (running >= atOnceMax) return new Promise((resolve) => waiting.push(resolve))
      running += 1
    },
    // Who waits longest takes the place at once, so that nobody slips in between
    pass() {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    },
  }
}
