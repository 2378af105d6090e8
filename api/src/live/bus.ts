import pg from 'pg'
import { type LiveEvent } from '@ledgersync/shared/events'
import type { Log } from '../core/context.ts'
import { describeFailure } from '../core/failures.ts'
import { liveChannel } from '../core/publish.ts'

type Listener = (event: LiveEvent) => void

/** Live events of this process: one database connection listens for all streams. */
export interface LiveBus {
  /** Calls `listener` for every event of the firm until the returned function is called. */
  subscribe(firmId: string, listener: Listener): () => void
  close(): Promise<void>
}

const reconnectMs = 1_000

/**
 * Listens on the app role's own connection and reconnects for ever. After a reconnect every stream gets a `firm` event,
 * for something may have been missed.
 */
export async function startLiveBus(databaseUrl: string, log: Log): Promise<LiveBus> {
  const listeners = new Map<string, Set<Listener>>()
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const dispatch = (payload: string | undefined): void => {
    // Written by core/publish.ts
    const { firmId, topic, clientId } = JSON.parse(payload ?? '{}') as LiveEvent & { firmId: string }
    for (const listener of listeners.get(firmId) ?? []) listener({ topic, clientId })
  }
  const lost = (error?: Error): void => {
    if (closed || timer !== undefined) return
    log.warn({ error: error === undefined ? 'It ended' : describeFailure(error).error }, 'the live connection was lost; connecting again')
    timer = setTimeout(() => {
      timer = undefined
      connect().then(
        () => {
          for (const set of listeners.values()) for (const listener of set) listener({ topic: 'firm', clientId: null })
        },
        (failure: unknown) => lost(failure instanceof Error ? failure : undefined),
      )
    }, reconnectMs).unref()
  }
  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: databaseUrl, keepAlive: true })
    next.on('error', lost)
    next.on('end', () => lost())
    next.on('notification', (message) => dispatch(message.payload))
    await next.connect()
    await next.query(`listen ${liveChannel}`)
    client = next
  }

  await connect().catch((failure: unknown) => lost(failure instanceof Error ? failure : undefined))
  return {
    subscribe(firmId, listener) {
      const set = listeners.get(firmId) ?? new Set()
      listeners.set(firmId, set.add(listener))
      return () => {
        set.delete(listener)
        if (set.size === 0 && listeners.get(firmId) === set) listeners.delete(firmId)
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await client?.end()
    },
  }
}
