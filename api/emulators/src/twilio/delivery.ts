import type { Background } from '../kit/background.ts'
import type { Store } from '../kit/store.ts'
import { pause } from '../kit/pause.ts'
import type { Courier, Delivery, RetryPolicy } from '../kit/webhook.ts'
import { type Books, isFinal, type Message, type MessageStatus, newSid } from './books.ts'
import { carrierErrors } from './errors.ts'
import { signWebhook } from './signature.ts'

export interface Carrier {
  /** Takes a message on its way: sender chosen, queued, sent, then delivered or refused, with a status callback at each step. */
  send(message: Message): void
  /** Starts the scheduled messages whose time has come. */
  sendDue(): void
  /** Posts a signed form to one of the app's URLs, as Twilio does: repeated once, and only when no connection came about. */
  post(operation: string, url: string, params: Record<string, string>): Promise<Delivery>
}

export interface CarrierParts {
  store: Store<Books>
  background: Background
  accountSid: string
  authToken: string
  senders: readonly string[]
  now: () => Date
  /** Between two steps of a message's way, in milliseconds. */
  callbackDelayMs: number
  courier: Courier
  /** Waits before each further attempt of a webhook. */
  waitsMs: readonly number[]
}

/**
 * Numbers that always fail at the carrier: +1500555 followed by the last four digits of the error,
 * so that +15005553003 fails with 30003 and +15005553007 with 30007.
 */
const failingNumber = /^\+1500555(3\d{3})$/

function carrierError(books: Books, phone: string): number | null {
  const digits = failingNumber.exec(phone)?.[1]
  const code = books.handsets[phone] ?? (digits === undefined ? null : 27_000 + Number(digits))
  return code !== null && code in carrierErrors ? code : null
}

export function createCarrier(parts: CarrierParts): Carrier {
  const { store, background, now, courier } = parts
  const policy: RetryPolicy = { waitsMs: parts.waitsMs, timeoutMs: 15_000, isFinal: () => true }
  const post: Carrier['post'] = (operation, url, params) => {
    const address = url.split('#')[0] ?? url
    const letter = {
      url: address,
      body: new URLSearchParams(params).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        'x-twilio-signature': signWebhook(parts.authToken, address, params),
        'i-twilio-idempotency-token': newSid(''),
        'user-agent': 'TwilioProxy/1.1',
      },
      signedBy: 'x-twilio-signature',
    }
    return courier.deliver(letter, policy, { fate: courier.draw(operation), signal: background.signal })
  }

  const step = (message: Message, status: MessageStatus) => {
    message.status = status
    message.updatedAt = now().toISOString()
    if (status === 'sent') message.sentAt = message.updatedAt
    store.saveSoon()
    if (message.statusCallback === null) return
    const url = message.statusCallback
    const params = statusParams(parts.accountSid, message)
    background.run(async () => void (await post(`status ${params.MessageStatus}`, url, params)))
  }

  const travel = async (message: Message, signal: AbortSignal) => {
    const wait = async () => {
      await pause(parts.callbackDelayMs, signal)
      return !signal.aborted
    }
    if (message.status === 'accepted' || message.status === 'scheduled') {
      message.from ??= parts.senders[0] ?? null
      step(message, 'queued')
    } else if (message.status === 'queued' && message.messagingServiceSid === null) {
      step(message, 'queued')
    }
    if (!(await wait())) return
    const error = carrierError(store.data, message.to)
    if (error !== 30001 && message.status !== 'sent') {
      step(message, 'sent')
      if (!(await wait())) return
    }
    message.errorCode = error
    message.errorMessage = error === null ? null : (carrierErrors[error] ?? null)
    step(message, error === null ? 'delivered' : error === 30001 ? 'failed' : 'undelivered')
  }

  const send: Carrier['send'] = (message) => {
    const { signal } = background
    background.run(() => travel(message, signal))
  }
  return {
    post,
    send,
    sendDue() {
      const due = store.data.messages.filter(
        (message) => message.status === 'scheduled' && Date.parse(message.sendAt ?? '') <= now().getTime(),
      )
      for (const message of due) send(message)
    },
  }
}

/** Messages a process that was killed left under way. Scheduled ones wait for `sendDue`. */
export function unfinished(books: Books): Message[] {
  return books.messages.filter(
    (message) => message.direction === 'outbound-api' && !isFinal(message.status) && message.status !== 'scheduled',
  )
}

/** Twilio's request to the StatusCallback URL (twilio.com/docs/messaging/api/message-resource). */
function statusParams(accountSid: string, message: Message): Record<string, string> {
  return {
    MessageSid: message.sid,
    SmsSid: message.sid,
    MessageStatus: message.status,
    SmsStatus: message.status,
    To: message.to,
    ...(message.from === null ? {} : { From: message.from }),
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    ...(message.messagingServiceSid === null ? {} : { MessagingServiceSid: message.messagingServiceSid }),
    ...(message.errorCode === null ? {} : { ErrorCode: String(message.errorCode), ErrorMessage: message.errorMessage ?? '' }),
    ...(message.status === 'delivered' ? { RawDlrDoneDate: message.updatedAt.replace(/\D/g, '').slice(2, 12) } : {}),
  }
}
