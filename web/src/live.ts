import { audit } from '@ledgersync/shared/audit'
import { auth } from '@ledgersync/shared/auth'
import { books } from '@ledgersync/shared/books'
import { clientList } from '@ledgersync/shared/client-list'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { dashboard } from '@ledgersync/shared/dashboard'
import { eventsPath, type LiveEvent, type Topic } from '@ledgersync/shared/events'
import { firms } from '@ledgersync/shared/firms'
import { staff } from '@ledgersync/shared/team'
import { funnel } from '@ledgersync/shared/funnel'
import { groups } from '@ledgersync/shared/groups'
import { invites } from '@ledgersync/shared/invites'
import { messages } from '@ledgersync/shared/messages'
import { outreach } from '@ledgersync/shared/outreach'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { rules } from '@ledgersync/shared/rules'
import { templates } from '@ledgersync/shared/templates'
import { statements } from '@ledgersync/shared/statements'
import { transactions } from '@ledgersync/shared/transactions'
import { uploads } from '@ledgersync/shared/uploads'
import { ApiError, call } from './api.ts'
import { invalidate, invalidateAll, type Named } from './query.ts'

/** Whatever shows clients in lists. */
export const clientLists: readonly Named[] = [
  clients.list,
  clients.counts,
  clientList.total,
  clients.get,
  groups.list,
  groups.clients,
  dashboard.get,
  dashboard.health,
  ...Object.values(funnel),
  ...Object.values(outreach),
]

/** What to fetch anew when the API says that a topic changed. */
const endpointsOf: Record<Topic, readonly Named[]> = {
  clients: clientLists,
  invites: [...clientLists, invites.list, messages.list],
  connections: [...clientLists, connections.list, connections.counts, connections.listOfClient, books.mapping],
  transactions: [...clientLists, connections.listOfClient, transactions.list, transactions.get, review.list, review.counts, books.mapping],
  rules: [...Object.values(rules), books.mapping],
  books: [...clientLists, books.get, books.accounts, books.vendors, books.mapping, connections.listOfClient],
  uploads: [uploads.list, uploads.get, uploads.rows],
  pushes: [dashboard.get, ...Object.values(pushes), review.list, review.counts, transactions.list, transactions.get],
  templates: [templates.list, outreach.preview],
  statements: [statements.list],
  audit: [audit.checks],
  firm: [firms.get, staff.list, staff.team],
}

/** Events of this long are collected, so that a burst fetches each screen once. */
const collectMs = 250
/** Between two tries to open a stream that keeps being refused. */
const retryMs = 5_000
/** Stands for "anything may have changed": everything shown is fetched anew, and who is signed out finds out. */
const anything: LiveEvent = { topic: 'firm', clientId: null }

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

/** Makes the other tabs look whether their session still lives; called after signing out. */
export function tellOtherTabs(): void {
  const channel = new BroadcastChannel(channelName)
  channel.postMessage(anything)
  channel.close()
}

/** Holds the stream until `signal` aborts. The browser reconnects by itself, unless the API refused. */
function listen(relay: (event: LiveEvent) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let source: EventSource | undefined
    let timer: number | undefined
    let interrupted = false
    let refusals = 0
    const open = () => {
      const stream = new EventSource(eventsPath)
      source = stream
      stream.onmessage = (message: MessageEvent<string>) => relay(JSON.parse(message.data) as LiveEvent) // the contract's LiveEvent
      stream.onopen = () => {
        // Something may have been missed while the stream was down
        if (interrupted) relay(anything)
        interrupted = false
        refusals = 0
      }
      stream.onerror = () => {
        interrupted = true
        if (stream.readyState !== EventSource.CLOSED) return
        refusals += 1
        timer = window.setTimeout(() => void reopen(), refusals === 1 ? 0 : retryMs)
      }
    }
    // A refused stream means an expired access cookie, which any call renews, or an ended session: then all tabs go to sign-in
    const reopen = async () => {
      const ended = await sessionEnded()
      if (ended) tellOtherTabs()
      else if (!signal.aborted) open()
    }
    open()
    signal.addEventListener('abort', () => {
      window.clearTimeout(timer)
      source?.close()
      resolve()
    })
  })
}

/** Asks who is signed in, which renews an access cookie that ran out. No answer is no proof: the stream is tried again. */
async function sessionEnded(): Promise<boolean> {
  try {
    await call(auth.me)
    return false
  } catch (error) {
    return error instanceof ApiError && error.code === 'unauthenticated'
  }
}

function collector(): (event: LiveEvent) => void {
  let waiting: LiveEvent[] = []
  const flush = () => {
    const events = waiting
    waiting = []
    for (const { topic, clientId } of unique(events)) {
      // A `firm` event also stands for "the stream was interrupted": everything shown may be old
      const done = topic === 'firm' ? invalidateAll() : invalidate(endpointsOf[topic], clientId)
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
