/** Counts what happened under a key within the last so many milliseconds, to the millisecond. Kept in memory: a restart forgets it. */
export interface Windows {
  /** Whether one more fits into the `spanMs` that end at `at` (epoch milliseconds). */
  hasRoom(key: string, at: number, limit: { max: number; spanMs: number }): boolean
  add(key: string, at: number): void
  clear(): void
}

export function createWindows(): Windows {
  /** Oldest first. */
  const times = new Map<string, number[]>()
  return {
    hasRoom(key, at, { max, spanMs }) {
      const recent = (times.get(key) ?? []).filter((time) => time > at - spanMs && time <= at)
      if (recent.length > 0) times.set(key, recent)
      else times.delete(key)
      return recent.length < max
    },
    add(key, at) {
      const known = times.get(key)
      if (known === undefined) times.set(key, [at])
      else known.push(at)
    },
    clear: () => times.clear(),
  }
}
