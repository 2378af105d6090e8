import { createBackground } from './kit/background.ts'
import { createRate } from './kit/rate.ts'
import { type EmulatorOptions, type RunningServer, startServer } from './kit/server.ts'
import { createStages, type Stages } from './kit/stages.ts'
import { openStore, type Store } from './kit/store.ts'
import { type Books, emptyBooks, suppress, type SuppressionList } from './sendgrid/books.ts'
import { addControl, type SendgridPowers } from './sendgrid/control.ts'
import { createMailroom, type Mailroom } from './sendgrid/delivery.ts'
import { errorBody, plainError } from './sendgrid/errors.ts'
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
  /** Requests past this many in a minute are answered 429, with the rate headers on every answer; no limit when absent. */
  requestsPerMinuteMax?: number
}

export interface SendgridEmulator extends RunningServer, SendgridPowers {
  /** SPKI, DER, base64: what the app verifies event batches with. */
  publicKey: string
  setUrls(urls: { eventUrl?: string }): void
  /** Resolves when no mail is on its way and no batch is open. Mails whose `send_at` has come are sent first. */
  settled(): Promise<void>
  /** Where faults attach. */
  stages: Stages
}

const scheduleCheckMs = 1000

function openBooks(options: SendgridEmulatorOptions): Store<Books> {
  const privateKey = options.privateKey
  const store = openStore<Books>('sendgrid', options.dataDir, emptyBooks)
  store.data.privateKey = privateKey ?? store.data.privateKey ?? newPrivateKey()
  store.save()
  return store
}

/** Starts the SendGrid emulator (providers.md 4). Mails and events left under way by an earlier process go on where they were. */
export async function createSendgridEmulator(options: SendgridEmulatorOptions): Promise<SendgridEmulator> {
  const now = options.now ?? (() => new Date())
  const store = openBooks(options)
  const background = createBackground()
  const stages = createStages()
  const rate = createRate(options.requestsPerMinuteMax ?? Number.POSITIVE_INFINITY, 60_000, now)
  const privateKey = store.data.privateKey ?? newPrivateKey()
  const publicKey = publicKeyOf(privateKey)
  let { eventUrl } = options
  const mailroom = createMailroom({
    store,
    background,
    now,
    privateKey: () => privateKey,
    eventUrl: () => eventUrl,
    deliveryDelayMs: options.deliveryDelayMs ?? 20,
    batchDelayMs: options.batchDelayMs ?? 20,
  })
  let clearCalls = () => {}
  const powers: SendgridPowers = {
    messages: () => structuredClone(store.data.mails),
    optOuts: () => structuredClone(store.data.suppressions.unsubscribes),
    unsubscribe: (id) => complain({ store, mailroom, now }, id, 'unsubscribes'),
    reportSpam: (id) => complain({ store, mailroom, now }, id, 'spam_reports'),
    async reset() {
      await background.cancel()
      store.reset()
      store.data.privateKey = privateKey
      store.save()
      rate.reset()
      clearCalls()
    },
  }
  const server = await startServer('sendgrid', options, {
    routes(app, calls) {
      clearCalls = () => calls.clear()
      addRoutes(app, {
        store,
        mailroom,
        stages,
        rate,
        apiKey: options.apiKey,
        publicKey: () => publicKey,
        now,
        verifiedSenders: options.verifiedSenders,
      })
      addControl(app, calls, { ...powers, publicKey })
    },
    notImplemented: (_req, what) => errorBody(plainError(what)),
    failed: (_req, error) => {
      const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
      return { status, body: errorBody(plainError(status === 400 ? 'Bad Request' : error.message)) }
    },
  })
  for (const mail of store.data.mails) if (mail.status === 'accepted' || mail.status === 'processed') mailroom.send(mail)
  mailroom.flush()
  const timer = setInterval(() => mailroom.sendDue(), scheduleCheckMs)
  timer.unref()
  return {
    ...server,
    ...powers,
    publicKey,
    stages,
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
    },
  }
}

interface ComplaintParts {
  store: Store<Books>
  mailroom: Mailroom
  now: () => Date
}

function complain({ store, mailroom, now }: ComplaintParts, mailId: string, list: SuppressionList): void {
  const mail = store.data.mails.find((candidate) => candidate.id === mailId)
  if (mail === undefined) throw new Error(`No mail ${mailId}`)
  suppress(store.data, list, { email: mail.to.email, created: Math.trunc(now().getTime() / 1000), reason: '', status: '' })
  mailroom.emit(mail, list === 'unsubscribes' ? 'unsubscribe' : 'spamreport')
}
