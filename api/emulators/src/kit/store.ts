import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A provider's books: one plain JSON value, kept in memory and, with a folder, on disk. */
export interface Store<T> {
  data: T
  /** Marks the value as changed: it is written at once, whole, by rename, so that a kill never leaves half a file. */
  save(): void
  /**
   * Marks a change that may be lost when the process is killed, because the next start makes it again (a message's next step, say).
   * Many of them share one write, within 50 ms; a `save` includes them.
   */
  saveSoon(): void
  /** Back to the first value, on disk too. */
  reset(): void
}

const soonMs = 50

/** Opens the books called `name`. Without `dataDir` nothing is written. `initial` must return a fresh value each time. */
export function openStore<T>(name: string, dataDir: string | undefined, initial: () => T): Store<T> {
  const file = dataDir === undefined ? undefined : join(dataDir, `${name}.json`)
  // The file is written by save() below from a T
  const read = (): T => (file !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : initial())
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true })
  let soon: NodeJS.Timeout | undefined
  const store: Store<T> = {
    data: read(),
    save() {
      clearTimeout(soon)
      soon = undefined
      if (file === undefined) return
      writeFileSync(`${file}.new`, JSON.stringify(store.data))
      renameSync(`${file}.new`, file)
    },
    saveSoon() {
      if (file === undefined || soon !== undefined) return
      soon = setTimeout(() => store.save(), soonMs)
      soon.unref()
    },
    reset() {
      clearTimeout(soon)
      soon = undefined
      store.data = initial()
      if (file !== undefined) rmSync(file, { force: true })
    },
  }
  return store
}
