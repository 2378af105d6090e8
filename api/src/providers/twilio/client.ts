import { once } from '../../core/once.ts'
import { allowOutgoing, guard, loadProvider } from '../../core/outgoing.ts'
import type { Pace, Turn } from '../../core/pace.ts'
import { callMs, listTurn, textTurn } from './limits.ts'
import { toProviderError } from './map.ts'

export interface TwilioConfig {
  accountSid: string
  authToken: string
  /** Sending number (E.164) or messaging service (MG…). */
  from: string
  baseUrl: string
  statusUrl: string
  inboundUrl: string
  /** Segments that the sender may send a second: Twilio's "messages per second". */
  messagesPerSecond: number
}

/** The text-message provider. Every method throws ProviderError and nothing else. */
export interface Sms {
  /** The sender that opt-outs belong to. */
  sender: string
  /**
   * Sends one text. `reference` comes back in every status callback, so that even a send whose answer was lost is recognised.
   * Never repeated by itself. An urgent one, for which a person waits, goes before what can wait.
   */
  send(to: string, body: string, reference: string, urgent?: boolean): Promise<{ providerId: string }>
  /** The message to this number since then whose body contains the text, or null: for doubtful sends. */
  find(to: string, since: Date, bodyContains: string): Promise<{ providerId: string } | null>
  /** Verifies a webhook of Twilio; `kind` says which of our addresses it was sent to, `query` is what followed its `?`. */
  verifyWebhook(kind: 'status' | 'inbound', params: Record<string, string>, signature: string | undefined, query?: string): Promise<boolean>
}

/** A message that could not be handed over within this time is dropped by the carrier: its link would soon be old. */
const validitySeconds = 4 * 60 * 60
/** One number gets a handful of messages a day; more pages than this are not read. */
const foundMax = 200

const loadPackage = once(async () => {
  const [twilio, request] = await loadProvider(() => Promise.all([import('twilio'), import('twilio/lib/base/RequestClient.js')]))
  return { twilio: twilio.default, RequestClient: request.default }
})

/** Builds the adapter over the twilio SDK. */
export function createSms(config: TwilioConfig, pace: Pace): Sms {
  const { accountSid, authToken, from, baseUrl, statusUrl, inboundUrl, messagesPerSecond } = config
  allowOutgoing(baseUrl)
  const open = once(async () => {
    const { twilio, RequestClient } = await loadPackage()
    // No retry on 429 either (the SDK's default, stated): the job decides when to try again
    const httpClient = new RequestClient({ timeout: callMs, autoRetry: false, keepAlive: false })
    guard(httpClient.axios)
    const client = twilio(accountSid, authToken, { httpClient })
    client.api.baseUrl = baseUrl
    return client
  })
  const sender = from.startsWith('MG') ? { messagingServiceSid: from } : { from }
  const called = <T>(turn: Turn, work: () => Promise<T>): Promise<T> =>
    pace.inTurn(turn, async () => {
      try {
        return await work()
      } catch (error) {
        throw toProviderError(turn.operation, error)
      }
    })
  return {
    sender: from,
    send: (to, body, reference, urgent = false) =>
      called(textTurn(from, messagesPerSecond, { body, urgent }), async () => {
        const statusCallback = `${statusUrl}?message=${encodeURIComponent(reference)}`
        const client = await open()
        const message = await client.messages.create({ to, body, ...sender, statusCallback, validityPeriod: validitySeconds })
        return { providerId: message.sid }
      }),
    find: (to, since, bodyContains) =>
      called(listTurn, async () => {
        const client = await open()
        const messages = await client.messages.list({ to, dateSentAfter: since, limit: foundMax })
        const found = messages.find((message) => message.direction === 'outbound-api' && message.body.includes(bodyContains))
        return found === undefined ? null : { providerId: found.sid }
      }),
    async verifyWebhook(kind, params, signature, query = '') {
      const { twilio } = await loadPackage()
      const address = kind === 'status' ? statusUrl : inboundUrl
      return twilio.validateRequest(authToken, signature ?? '', query === '' ? address : `${address}?${query}`, params)
    },
  }
}
