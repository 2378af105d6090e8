import type { Store } from '../kit/store.ts'
import { type Books, type Message, newSid } from './books.ts'
import type { Carrier } from './delivery.ts'
import { applyKeyword, keywordAnswers, keywordOf } from './opt-out.ts'
import { countSegments } from './segments.ts'

export interface InboundParts {
  store: Store<Books>
  carrier: Carrier
  accountSid: string
  now: () => Date
  /** Adds `OptOutType` to the webhook, as a Messaging Service with Advanced Opt-Out does. */
  advancedOptOut: boolean
  inboundUrl: () => string | undefined
}

const inboundMessage = (from: string, to: string, body: string, at: string): Message => ({
  sid: newSid('SM'),
  direction: 'inbound',
  from,
  to,
  body,
  mediaUrls: [],
  status: 'received',
  messagingServiceSid: null,
  statusCallback: null,
  errorCode: null,
  errorMessage: null,
  createdAt: at,
  updatedAt: at,
  sentAt: at,
  sendAt: null,
  automatic: false,
  webhookStatus: null,
})

/**
 * A person's text arrives at one of our numbers: keywords change the opt-out register and are answered by Twilio itself,
 * then the app's inbound webhook is called, keyword or not. `<Message>` elements in the app's TwiML answer are texted back.
 */
export async function receiveText(parts: InboundParts, text: { from: string; to: string; body: string }): Promise<Message> {
  const { store, now } = parts
  const at = now().toISOString()
  const message = inboundMessage(text.from, text.to, text.body, at)
  store.data.messages.push(message)
  const keyword = keywordOf(text.body)
  if (keyword !== null) {
    const changed = applyKeyword(store.data, { phone: text.from, sender: text.to, keyword: keyword.keyword, at }, keyword.kind)
    if (changed) answer(parts, message, keywordAnswers[keyword.kind], true)
  }
  store.save()
  const url = parts.inboundUrl()
  if (url === undefined) return message
  const params = inboundParams(parts.accountSid, message)
  if (keyword !== null && parts.advancedOptOut) params.OptOutType = keyword.kind
  const delivery = await parts.carrier.post('inbound', url, params)
  message.webhookStatus = delivery.status
  // To somebody who is opted out Twilio sends nothing, TwiML or not
  const blocked = store.data.optOuts.some((optOut) => optOut.phone === text.from && optOut.sender === text.to)
  if (delivery.status === 200 && !blocked) for (const reply of twimlMessages(delivery.body)) answer(parts, message, reply, false)
  store.save()
  return message
}

function answer(parts: InboundParts, to: Message, body: string, automatic: boolean): void {
  const at = parts.now().toISOString()
  const message: Message = {
    ...inboundMessage(to.to, to.from ?? '', body, at),
    direction: 'outbound-reply',
    status: automatic ? 'delivered' : 'queued',
    sentAt: automatic ? at : null,
    automatic,
  }
  parts.store.data.messages.push(message)
  if (!automatic) parts.carrier.send(message)
}

function inboundParams(accountSid: string, message: Message): Record<string, string> {
  const empty = ['ToCity', 'ToState', 'ToZip', 'FromCity', 'FromState', 'FromZip']
  return {
    ...Object.fromEntries(empty.map((name) => [name, ''])),
    ToCountry: message.to.startsWith('+1') ? 'US' : '',
    FromCountry: message.from?.startsWith('+1') ? 'US' : '',
    MessageSid: message.sid,
    SmsSid: message.sid,
    SmsMessageSid: message.sid,
    SmsStatus: 'received',
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    From: message.from ?? '',
    To: message.to,
    Body: message.body,
    NumMedia: '0',
    NumSegments: String(countSegments(message.body).count),
  }
}

const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' }

/** The texts a TwiML answer asks to be sent: `<Message>text</Message>` or `<Message><Body>text</Body></Message>`. */
export function twimlMessages(xml: string): string[] {
  return [...xml.matchAll(/<Message\b[^>]*>([\s\S]*?)<\/Message>/g)]
    .map(([, inner = '']) => /<Body\b[^>]*>([\s\S]*?)<\/Body>/.exec(inner)?.[1] ?? inner)
    .map((inner) => inner.replace(/&(lt|gt|quot|apos|amp);/g, (entity) => entities[entity] ?? entity).trim())
    .filter((text) => text !== '')
}
