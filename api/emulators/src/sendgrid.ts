import { createBackground } from './kit/background.ts'
import { createFaults } from './kit/faults.ts'
import { createRate } from './kit/rate.ts'
import { type EmulatorOptions, type RunningServer, startServer } from './kit/server.ts'
import { openStore, type Store } from './kit/store.ts'
import { createCourier } from './kit/webhook.ts'
import { type Books, emptyBooks, suppress, type SuppressionList } from './sendgrid/books.ts'
import { addControl, type SendgridPowers } from './sendgrid/control.ts'
import { createMailroom, type Mailroom } from './sendgrid/delivery.ts'
import { errorBody, plainError } from './sendgrid/errors.ts'
import { sendgridFaults } from './sendgrid/fault-answers.ts'
import { addRoutes } from './sendgrid/routes.ts'
import { newPrivateKey, publicKeyOf } from './sendgrid/signature.ts'

export type { Mail, MailStatus, Suppression } from './sendgrid/books.ts'

export interface SendgridEmulatorOptions extends EmulatorOptions {
  apiKey: string
  /** Where event batches are posted, signed; without it the event webhook is off and events are not kept. */
  eventUrl?: string
  /** PKCS8, DER, base64. When absent, a key is made at the first start and kept with the books. */
  privateKey?: string
  /** Between `processed` and what follows, in milliseconds; 20 when absent. */
  deliveryDelayMs?: number
  /** How long events are gathered before a batch is posted, in milliseconds; 20 when absent. */
  batchDelayMs?: number
  /** Addresses or domains mail may come from; any when absent. Others are answered 403. */
  verifiedSenders?: string[]
  /** Requests past this many in a minute are answered 429, with the rate headers on every answer; no limit when absent, for SendGrid publishes none. */
  requestsPerMinuteMax?: number
}

export interface SendgridEmulator extends RunningServer, SendgridPowers {
  /** SPKI, DER, base64: what the app verifies event batches with. */
  publicKey: string
  setUrls(urls: { eventUrl?: string }): void
  /** Resolves when no mail is on its way and no batch is open. Mails whose `send_at` has come are sent first. */
  settled(): Promise<void>
}

const scheduleCheckMs = 1000

/** The books with their key: the one given, else the one kept, else a new one. */
function openBooks(options: SendgridEmulatorOptions): Store<Books> {
  const store = openStore<Books>('sendgrid', options.dataDir, () => emptyBooks(options.privateKey ?? newPrivateKey()))
  if (options.privateKey !== undefined) store.data.privateKey = options.privateKey
  store.save()
  return store
}

/** Starts the SendGrid emulator (twilio.com/docs/sendgrid/api-reference). Mails and events left under way by an earlier process go on where they were. */
export async function createSendgridEmulator(options: SendgridEmulatorOptions): Promise<SendgridEmulator> {
  const now = options.now ?? (() => new Date())
  const store = openBooks(options)
  const background = createBackground()
  const faults = createFaults('sendgrid')
  const rate = createRate(options.requestsPerMinuteMax ?? Number.POSITIVE_INFINITY, 60_000, now)
  const { privateKey } = store.data
  const publicKey = publicKeyOf(privateKey)
  let { eventUrl } = options
  const mailroom = createMailroom({
    store,
    background,
    courier: createCourier(faults),
    waitsMs: options.webhookWaitsMs ?? [250, 1000, 4000, 16_000, 64_000],
    now,
    privateKey: () => privateKey,
    eventUrl: () => eventUrl,
    deliveryDelayMs: options.deliveryDelayMs ?? 20,
    batchDelayMs: options.batchDelayMs ?? 20,
  })
  let clearCalls = () => {}
  const powers: SendgridPowers = {
    ...createPowers({ store, mailroom, now }),
    async reset() {
      await background.cancel()
      store.reset()
      store.data.privateKey = privateKey
      store.save()
      rate.reset()
      faults.clear()
      clearCalls()
    },
  }
  const server = await startServer('sendgrid', options, {
    routes(app, calls) {
      clearCalls = () => calls.clear()
      const { apiKey, verifiedSenders } = options
      addRoutes(app, { store, mailroom, rate, apiKey, publicKey, now, verifiedSenders })
      addControl(app, calls, { ...powers, publicKey })
    },
    fault: sendgridFaults(faults, now),
    notImplemented: (_req, what) => errorBody(plainError(what)),
    failed: (_req, error) => failure(error),
  })
  for (const mail of store.data.mails) if (mail.status === 'accepted' || mail.status === 'processed') mailroom.send(mail)
  mailroom.flush()
  const timer = setInterval(() => mailroom.sendDue(), scheduleCheckMs)
  timer.unref()
  return {
    ...server,
    ...powers,
    publicKey,
    setUrls(urls) {
      eventUrl = urls.eventUrl
      mailroom.flush()
    },
    async settled() {
      mailroom.sendDue()
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

function failure(error: Error): { status: number; body: unknown } {
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  return { status, body: errorBody(plainError(status === 400 ? 'Bad Request' : error.message)) }
}

interface PowerParts {
  store: Store<Books>
  mailroom: Mailroom
  now: () => Date
}

function createPowers({ store, mailroom, now }: PowerParts): Omit<SendgridPowers, 'reset'> {
  const complain = (mailId: string, list: SuppressionList, event: string) => {
    const mail = store.data.mails.find((candidate) => candidate.id === mailId)
    if (mail === undefined) throw new Error(`No mail ${mailId}`)
    suppress(store.data, list, { email: mail.to.email, created: Math.trunc(now().getTime() / 1000), reason: '', status: '' })
    mailroom.emit(mail, event)
    store.save()
  }
  return {
    messages: () => structuredClone(store.data.mails),
    optOuts: () => structuredClone(store.data.suppressions.unsubscribes),
    unsubscribe: (mailId) => complain(mailId, 'unsubscribes', 'unsubscribe'),
    reportSpam: (mailId) => complain(mailId, 'spam_reports', 'spamreport'),
  }
}
