import { createStop } from './pause.ts'

/** Work that goes on after a request was answered: status callbacks, event batches, scheduled sends. */
export interface Background {
  /** Fires when the emulator closes; everything that waits should end then. */
  signal: AbortSignal
  /** Starts `work` and keeps count of it. A fault in it is kept and thrown by `settled`, so that none is lost. */
  run(work: () => Promise<void>): void
  /** Resolves when nothing is under way. */
  settled(): Promise<void>
  /** Cancels what is under way and waits for it to end; the background can be used again afterwards. */
  cancel(): Promise<void>
}

export function createBackground(): Background {
  let controller = createStop()
  const running = new Set<Promise<void>>()
  const faults: unknown[] = []
  const settled = async () => {
    while (running.size > 0) await Promise.all(running)
    if (faults.length > 0) throw new AggregateError(faults.splice(0), 'Work in the background failed')
  }
  return {
    get signal() {
      return controller.signal
    },
    run(work) {
      const task = work()
        .catch((fault: unknown) => void faults.push(fault))
        .finally(() => running.delete(task))
      running.add(task)
    },
    settled,
    async cancel() {
      controller.abort()
      await settled()
      controller = createStop()
    },
  }
}
