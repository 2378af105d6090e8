import { books } from '@ledgersync/shared/books'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { eventsPath, type LiveEvent, type Topic } from '@ledgersync/shared/events'
import { firms, staff } from '@ledgersync/shared/firms'
import { invites } from '@ledgersync/shared/invites'
import { messages } from '@ledgersync/shared/messages'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { rules } from '@ledgersync/shared/rules'
import { transactions } from '@ledgersync/shared/transactions'
import { invalidate, type Named, queryClient } from './query.ts'

const clientLists = [clients.list, clients.counts, clients.get]

/** What to fetch anew when the API says that a topic changed. */
const endpointsOf: Record<Topic, readonly Named[]> = {
  clients: clientLists,
  invites: [...clientLists, invites.list, messages.list],
  connections: [...clientLists, connections.list, connections.listOfClient, books.mapping],
  transactions: [...clientLists, connections.listOfClient, transactions.list, transactions.get, review.list, review.counts, books.mapping],
  rules: [...Object.values(rules), books.mapping],
  books: [...clientLists, books.get, books.accounts, books.vendors, books.mapping, connections.listOfClient],
  pushes: [...Object.values(pushes), review.list, review.counts, transactions.list, transactions.get],
  firm: [firms.get, staff.list],
}

/** Events of this long are collected, so that a burst fetches each screen once. */
const collectMs = 250
const channelName = 'ledgersync-live'
const lockName = 'ledgersync-live'

/**
 * Keeps this tab live. All tabs of a browser share one stream (HTTP/1.1 allows six connections to an origin): the tab
 * that holds the lock opens it and relays what it hears; when that tab closes, the lock and the stream pass to another.
 * Returns the function that ends it.
 */
export function startLive(): () => void {
  const channel = new BroadcastChannel(channelName)
  const ended = new AbortController()
  const collect = collector()
  // Only `relay` below writes to this channel
  channel.onmessage = (message) => collect(message.data as LiveEvent)
  const relay = (event: LiveEvent) => {
    collect(event)
    channel.postMessage(event)
  }
  navigator.locks
    .request(lockName, { signal: ended.signal }, () => listen(relay, ended.signal))
    .catch((error: unknown) => {
      if (!ended.signal.aborted) throw error
    })
  return () => {
    ended.abort()
    channel.close()
  }
}

/** Holds the stream until `signal` aborts. The browser reconnects by itself, unless the API refused. */
function listen(relay: (event: LiveEvent) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let source: EventSource | undefined
    let timer: number | undefined
    let interrupted = false
    const open = () => {
      const stream = new EventSource(eventsPath)
      source = stream
      stream.onmessage = (message: MessageEvent<string>) => relay(JSON.parse(message.data) as LiveEvent) // the contract's LiveEvent
      stream.onopen = () => {
        // Something may have been missed while the stream was down
        if (interrupted) relay({ topic: 'firm', clientId: null })
        interrupted = false
      }
      stream.onerror = () => {
        interrupted = true
        if (stream.readyState === EventSource.CLOSED) timer = window.setTimeout(() => void reopen(), 5_000)
      }
    }
    // A refused stream means an expired access cookie: any call renews it, and if it fails the page goes to sign-in
    const reopen = async () => {
      await queryClient.refetchQueries({ queryKey: ['getMe'] })
      if (!signal.aborted) open()
    }
    open()
    signal.addEventListener('abort', () => {
      window.clearTimeout(timer)
      source?.close()
      resolve()
    })
  })
}

function collector(): (event: LiveEvent) => void {
  let waiting: LiveEvent[] = []
  const flush = () => {
    const events = waiting
    waiting = []
    for (const { topic, clientId } of unique(events)) {
      // A `firm` event also stands for "the stream was interrupted": everything shown may be old
      const done = topic === 'firm' ? queryClient.invalidateQueries() : invalidate(endpointsOf[topic], clientId)
      done.catch(reportError)
    }
  }
  return (event) => {
    if (waiting.length === 0) window.setTimeout(flush, collectMs)
    waiting.push(event)
  }
}

function unique(events: LiveEvent[]): LiveEvent[] {
  return [...new Map(events.map((event) => [`${event.topic} ${event.clientId}`, event])).values()]
}
