import type { Background } from '../kit/background.ts'
import type { Store } from '../kit/store.ts'
import { pause } from '../kit/pause.ts'
import type { Courier, Letter } from '../kit/webhook.ts'
import { type Books, isSuppressed, type Mail, newId, type QueuedEvent, suppress, type SuppressionList } from './books.ts'
import { eventBody, signEvents } from './signature.ts'

export interface Mailroom {
  /** Takes a mail on its way: processed, then delivered, bounced, blocked or deferred; or dropped. */
  send(mail: Mail): void
  /** Starts the mails whose `send_at` has come. */
  sendDue(): void
  /** Queues an event about a mail for the next batch. */
  emit(mail: Mail, event: string, details?: Record<string, unknown>): void
  /** Posts what is queued, for instance what an earlier process left behind. */
  flush(): void
}

export interface MailroomParts {
  store: Store<Books>
  background: Background
  courier: Courier
  now: () => Date
  privateKey: () => string
  eventUrl: () => string | undefined
  deliveryDelayMs: number
  /** How long events are gathered before a batch is posted. */
  batchDelayMs: number
  /** Waits before each further attempt of a batch. */
  waitsMs: readonly number[]
}

const batchMax = 1000

interface Refusal {
  status: 'bounce' | 'blocked' | 'deferred'
  details: Record<string, unknown>
  list?: SuppressionList
}

/** Local parts that behave so by themselves. */
const refusals: Record<string, Refusal> = {
  bounce: {
    status: 'bounce',
    details: {
      type: 'bounce',
      status: '5.1.1',
      reason: '550 5.1.1 The email account that you tried to reach does not exist.',
      bounce_classification: 'Invalid Address',
      tls: 1,
    },
    list: 'bounces',
  },
  blocked: {
    status: 'blocked',
    details: {
      type: 'blocked',
      status: '5.7.1',
      reason: '550 5.7.1 The message was refused by the policy of the recipient.',
      bounce_classification: 'Content',
      tls: 1,
    },
    list: 'blocks',
  },
  deferred: { status: 'deferred', details: { response: '451 4.7.1 Try again later', attempt: '1', tls: 1 } },
}

const localPart = (email: string) => email.slice(0, email.lastIndexOf('@')).split('+')[0]?.toLowerCase() ?? ''

/** Why SendGrid does not even try an address, in the words of the dropped event, or null. A block does not suppress. */
function dropReason(books: Books, mail: Mail): string | null {
  if (localPart(mail.to.email) === 'dropped') return 'Bounced Address'
  if (mail.bypass) return null
  const reasons: Array<[SuppressionList, string]> = [
    ['bounces', 'Bounced Address'],
    ['unsubscribes', 'Unsubscribed Address'],
    ['spam_reports', 'Spam Reporting Address'],
    ['invalid_emails', 'Invalid'],
  ]
  return reasons.find(([list]) => isSuppressed(books, list, mail.to.email))?.[1] ?? null
}

export function createMailroom(parts: MailroomParts): Mailroom {
  const { store, background, now } = parts
  const flush = createFlush(parts)
  const emit: Mailroom['emit'] = (mail, event, details = {}) => {
    if (parts.eventUrl() !== undefined)
      store.data.queue.push({ json: JSON.stringify(eventOf(mail, event, details, now())), mailId: mail.id })
    store.saveSoon()
    flush()
  }
  const move = (mail: Mail, status: Mail['status'], event: string, details: Record<string, unknown>) => {
    mail.status = status
    mail.updatedAt = now().toISOString()
    const reason = details.reason ?? (status === 'deferred' ? details.response : undefined)
    mail.reason = typeof reason === 'string' ? reason : null
    emit(mail, event, details)
  }
  const travel = async (mail: Mail, signal: AbortSignal) => {
    const reason = dropReason(store.data, mail)
    if (reason !== null) return move(mail, 'dropped', 'dropped', { reason })
    if (mail.status !== 'processed')
      move(mail, 'processed', 'processed', mail.sendAt === null ? {} : { send_at: Date.parse(mail.sendAt) / 1000 })
    await pause(parts.deliveryDelayMs, signal)
    if (signal.aborted) return
    const refusal = refusals[localPart(mail.to.email)]
    if (refusal === undefined) return move(mail, 'delivered', 'delivered', { response: '250 2.0.0 OK', tls: 1 })
    if (refusal.list !== undefined) {
      const { reason: why, status } = refusal.details
      suppress(store.data, refusal.list, {
        email: mail.to.email,
        created: Math.trunc(now().getTime() / 1000),
        reason: String(why),
        status: String(status),
      })
    }
    move(mail, refusal.status, refusal.status === 'deferred' ? 'deferred' : 'bounce', refusal.details)
  }
  const send: Mailroom['send'] = (mail) => {
    const { signal } = background
    background.run(() => travel(mail, signal))
  }
  return {
    send,
    emit,
    flush,
    sendDue() {
      for (const mail of store.data.mails) {
        if (mail.status === 'scheduled' && Date.parse(mail.sendAt ?? '') <= now().getTime()) send(mail)
      }
    },
  }
}

const isTaken = (status: number): boolean => status >= 200 && status < 300

/** One batch is on its way at a time; it leaves the queue when the app answered 2xx, or when the last attempt failed. */
function createFlush({ store, background, courier, now, privateKey, eventUrl, batchDelayMs, waitsMs }: MailroomParts): () => void {
  let posting = false
  const letterOf = (url: string, body: string): Letter => {
    const timestamp = String(Math.trunc(now().getTime() / 1000))
    return {
      url,
      body,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'SendGrid Event API',
        'x-twilio-email-event-webhook-signature': signEvents(privateKey(), timestamp, body),
        'x-twilio-email-event-webhook-timestamp': timestamp,
      },
      signedBy: 'x-twilio-email-event-webhook-signature',
    }
  }
  const note = (taken: readonly QueuedEvent[]) => {
    const ids = new Set(taken.map(({ mailId }) => mailId))
    for (const mail of store.data.mails) if (ids.has(mail.id)) mail.toldAt ??= now().toISOString()
  }
  const post = async (signal: AbortSignal) => {
    await pause(batchDelayMs, signal)
    while (store.data.queue.length > 0 && !signal.aborted) {
      const url = eventUrl()
      if (url === undefined) return
      const fate = courier.draw('events')
      // A batch is out of order when its events are; one that has a single event waits for more
      if (fate.kind === 'webhook_reordered' && store.data.queue.length === 1) await pause(batchDelayMs, signal)
      const batch = store.data.queue.slice(0, batchMax)
      const events = batch.map((event) => event.json)
      const letter = letterOf(url, eventBody(fate.kind === 'webhook_reordered' ? events.reverse() : events))
      const { status } = await courier.deliver(letter, { waitsMs, timeoutMs: 10_000, isFinal: isTaken }, { fate, signal })
      // What a closing emulator could not hand over is kept for its next start
      if (signal.aborted) return
      if (status !== null && isTaken(status)) note(batch)
      store.data.queue = store.data.queue.slice(batch.length)
      store.saveSoon()
    }
  }
  const flush = () => {
    if (posting || store.data.queue.length === 0 || eventUrl() === undefined) return
    posting = true
    const { signal } = background
    background.run(async () => {
      try {
        await post(signal)
      } finally {
        posting = false
        // An event may have been queued after the last look at the queue
        if (!signal.aborted) flush()
      }
    })
  }
  return flush
}

/** An event as the webhook carries it: common fields, the event's own, and the custom arguments flattened beside them (twilio.com/docs/sendgrid/for-developers/tracking-events/event). */
function eventOf(mail: Mail, event: string, details: Record<string, unknown>, at: Date): Record<string, unknown> {
  return {
    ...mail.customArgs,
    email: mail.to.email,
    timestamp: Math.trunc(at.getTime() / 1000),
    'smtp-id': `<${mail.xMessageId}@geopod-ismtpd-0>`,
    event,
    ...(mail.categories.length === 0 ? {} : { category: mail.categories }),
    sg_event_id: newId(),
    sg_message_id: mail.sgMessageId,
    ...details,
  }
}
