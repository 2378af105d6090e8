import { createBackground } from './kit/background.ts'
import { createFaults } from './kit/faults.ts'
import { createRate } from './kit/rate.ts'
import { type EmulatorOptions, type RunningServer, startServer } from './kit/server.ts'
import { openStore, type Store } from './kit/store.ts'
import { createCourier } from './kit/webhook.ts'
import { type Books, emptyBooks } from './twilio/books.ts'
import { addControl, type TwilioPowers } from './twilio/control.ts'
import { createCarrier, unfinished } from './twilio/delivery.ts'
import { carrierErrors, twilioError } from './twilio/errors.ts'
import { twilioFaults } from './twilio/fault-answers.ts'
import { type InboundParts, receiveText } from './twilio/inbound.ts'
import { addRoutes } from './twilio/routes.ts'

export type { Message, MessageStatus, OptOut } from './twilio/books.ts'
export { countSegments } from './twilio/segments.ts'
export { signWebhook } from './twilio/signature.ts'

export interface TwilioEmulatorOptions extends EmulatorOptions {
  accountSid: string
  authToken: string
  /** Where people's texts are posted, signed. */
  inboundUrl?: string
  /** Between two steps of a message's way, in milliseconds; 20 when absent. */
  callbackDelayMs?: number
  /** Numbers the account owns; a Messaging Service sends from the first. When absent, Twilio's one valid test number. */
  senders?: string[]
  /** Adds `OptOutType` to inbound webhooks, as Messaging Services with Advanced Opt-Out do. Off when absent. */
  advancedOptOut?: boolean
  /** Requests of the account in flight at once; the next is answered 429. Default 100, as at Twilio. */
  concurrentMax?: number
  /** Requests past this many in a second are answered 429; no limit when absent, for Twilio names none. */
  requestsPerSecondMax?: number
}

export interface TwilioEmulator extends RunningServer, TwilioPowers {
  setUrls(urls: { inboundUrl?: string }): void
  /** Resolves when no message is on its way and no webhook is open. Scheduled messages whose time has come are sent first. */
  settled(): Promise<void>
}

const scheduleCheckMs = 1000
/** Twilio tries once more, however often the others do. */
const retryWaits = ({ webhookWaitsMs = [100] }: TwilioEmulatorOptions): readonly number[] => webhookWaitsMs.slice(0, 1)

/** Starts the Twilio emulator (twilio.com/docs/messaging/api). Messages left under way by an earlier process go on where they were. */
export async function createTwilioEmulator(options: TwilioEmulatorOptions): Promise<TwilioEmulator> {
  const { accountSid, authToken, senders = ['+15005550006'] } = options
  const now = options.now ?? (() => new Date())
  const store = openStore<Books>('twilio', options.dataDir, emptyBooks)
  const background = createBackground()
  const faults = createFaults('twilio')
  const courier = createCourier(faults)
  const rate = createRate(options.requestsPerSecondMax ?? Number.POSITIVE_INFINITY, 1000, now)
  const carrier = createCarrier({
    store,
    background,
    courier,
    accountSid,
    authToken,
    senders,
    now,
    callbackDelayMs: options.callbackDelayMs ?? 20,
    waitsMs: retryWaits(options),
  })
  let { inboundUrl } = options
  const inbound: InboundParts = {
    store,
    carrier,
    accountSid,
    now,
    advancedOptOut: options.advancedOptOut ?? false,
    inboundUrl: () => inboundUrl,
  }
  let clearCalls = () => {}
  const powers = createPowers(store, inbound, async () => {
    await background.cancel()
    store.reset()
    rate.reset()
    faults.clear()
    clearCalls()
  })
  const server = await startServer('twilio', options, {
    routes(app, calls) {
      clearCalls = () => calls.clear()
      addRoutes(app, { store, carrier, rate, concurrentMax: options.concurrentMax ?? 100, accountSid, authToken, senders, now })
      addControl(app, calls, powers)
    },
    fault: twilioFaults(faults),
    notImplemented: (_req, what) => twilioError(501, 20501, what),
    failed: (_req, error) => {
      const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
      return { status, body: twilioError(status, status === 500 ? 20500 : 20001, error.message) }
    },
  })
  for (const message of unfinished(store.data)) carrier.send(message)
  const timer = setInterval(() => carrier.sendDue(), scheduleCheckMs)
  timer.unref()
  return {
    ...server,
    ...powers,
    setUrls(urls) {
      inboundUrl = urls.inboundUrl
    },
    async settled() {
      carrier.sendDue()
      await background.settled()
    },
    async close() {
      clearInterval(timer)
      await background.cancel()
      await server.close()
      store.save()
    },
  }
}

function createPowers(store: Store<Books>, inbound: InboundParts, reset: () => Promise<void>): TwilioPowers {
  return {
    messages: () => structuredClone(store.data.messages.filter((message) => message.direction === 'outbound-api')),
    conversations: () => structuredClone(store.data.messages),
    optOuts: () => structuredClone(store.data.optOuts),
    reply: (from, to, body) => receiveText(inbound, { from, to, body }),
    failHandset(phone, code) {
      if (code !== null && !(code in carrierErrors)) throw new Error(`Unknown carrier error ${code}`)
      if (code === null) delete store.data.handsets[phone]
      else store.data.handsets[phone] = code
      store.save()
    },
    reset,
  }
}
