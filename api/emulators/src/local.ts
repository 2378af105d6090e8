import { credentials } from './credentials.ts'
import { createHub, type Hub } from './hub.ts'
import { createIntuitEmulator, type IntuitEmulator, type IntuitEmulatorOptions } from './intuit.ts'
import { createPlaidEmulator, type PlaidEmulator, type PlaidEmulatorOptions } from './plaid.ts'
import { createSendgridEmulator, type SendgridEmulator, type SendgridEmulatorOptions } from './sendgrid.ts'
import { createTwilioEmulator, type TwilioEmulator, type TwilioEmulatorOptions } from './twilio.ts'
import type { FaultPlan } from './kit/fault-plan.ts'
import type { FaultCounts } from './kit/faults.ts'

export type { CallFault, FaultKind, FaultPlan, InsideFault, WebhookFault } from './kit/fault-plan.ts'
export type { FaultCounts, Interceptor, ProviderCall } from './kit/faults.ts'

export interface LocalNetworkOptions {
  /** Keeps every emulator's books between runs; absent = memory only. */
  dataDir?: string
  /** The app's public address: webhooks are posted to paths below it. It can also be set later. */
  appUrl?: string
  now?: () => Date
  /** The waits before each further attempt of a webhook, in milliseconds, at every provider. When absent, each has its own. */
  webhookWaitsMs?: readonly number[]
  /** Settings of the emulated Plaid that only it has. */
  plaid?: Pick<PlaidEmulatorOptions, 'firstSyncReadyMs' | 'limits' | 'syncPageMax'>
  /** Settings of the emulated QuickBooks that only it has: its limits and its ways with tokens and repeated requests. */
  intuit?: Pick<
    IntuitEmulatorOptions,
    | 'batchesPerMinuteMax'
    | 'concurrentMax'
    | 'refreshTokenGraceSeconds'
    | 'replayFaults'
    | 'requestsPerMinuteMax'
    | 'requestsPerSecondMax'
    | 'rotateRefreshTokenAlways'
  >
  /** Limits of the emulated Twilio and SendGrid, such as one that others share, and how long messages take. */
  twilio?: Pick<TwilioEmulatorOptions, 'callbackDelayMs' | 'concurrentMax' | 'requestsPerSecondMax'>
  sendgrid?: Pick<SendgridEmulatorOptions, 'batchDelayMs' | 'deliveryDelayMs' | 'requestsPerMinuteMax'>
  /** Fixed ports; a free one is taken for each that is absent. The hub is started only when its port is given, 0 included. */
  ports?: { plaid?: number; intuit?: number; twilio?: number; sendgrid?: number; hub?: number }
}

/** All of the app's outside world on this machine. */
export interface LocalNetwork {
  plaid: PlaidEmulator
  intuit: IntuitEmulator
  twilio: TwilioEmulator
  sendgrid: SendgridEmulator
  hub?: Hub
  /** From now on texts, mail events and book changes are posted below this address. Plaid is told its address with each link token. */
  setAppUrl(url: string): void
  /** Resolves when no emulator has anything under way, what one set off in another by way of the app included. */
  settled(): Promise<void>
  /**
   * From now on these faults at every provider, from the plan's beginning; null = none. Counts start again. What the plan does is
   * a function of its seed, the provider, the operation and the how-many-eth call of that operation. Throws an Error that says
   * what is wrong with the plan.
   */
  setFaults(plan: FaultPlan | null): void
  /** How many faults of each kind have really happened since the plan was set. */
  faults(): Record<'plaid' | 'intuit' | 'twilio' | 'sendgrid', FaultCounts>
  /** Every emulator back to its first books, with no recorded calls and no faults. */
  reset(): Promise<void>
  close(): Promise<void>
  /** The environment the API needs in order to find this world. */
  env: Record<string, string>
}

const withPort = (port: number | undefined) => (port === undefined ? {} : { port })

const urlsOf = (appUrl: string) => {
  const base = appUrl.replace(/\/+$/, '')
  return {
    inboundUrl: `${base}/v1/webhooks/twilio/inbound`,
    eventUrl: `${base}/v1/webhooks/sendgrid`,
    webhookUrl: `${base}/v1/webhooks/intuit`,
  }
}

/** Starts the four emulators, and the hub if asked, in this process. When one cannot start, the others are closed again. */
export async function startLocalNetwork(options: LocalNetworkOptions = {}): Promise<LocalNetwork> {
  const { ports = {}, appUrl } = options
  const opened: Array<() => Promise<void>> = []
  const open: Open = async (starting) => {
    const started = await starting
    opened.push(() => started.close())
    return started
  }
  const close = async () => void (await Promise.all(opened.splice(0).map((one) => one())))
  // The Intuit emulator reads `webhookUrl` from its options at every delivery, so that it can be changed here
  const intuitOptions: IntuitEmulatorOptions = {
    ...credentials.intuit,
    ...options.intuit,
    ...commonOf(options),
    ...withPort(ports.intuit),
    ...(appUrl === undefined ? {} : { webhookUrl: urlsOf(appUrl).webhookUrl }),
  }
  try {
    const emulators = await startEmulators(options, intuitOptions, open)
    const hub = ports.hub === undefined ? undefined : await open(startHub(emulators, options, ports.hub))
    return { ...emulators, ...(hub === undefined ? {} : { hub }), ...controlsOf(emulators, hub, intuitOptions), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Notes what has started, so that it is closed in the end. */
type Open = <T extends { close(): Promise<void> }>(starting: Promise<T>) => Promise<T>

const commonOf = ({ dataDir, now, webhookWaitsMs }: LocalNetworkOptions) => ({
  ...(dataDir === undefined ? {} : { dataDir }),
  ...(now === undefined ? {} : { now }),
  ...(webhookWaitsMs === undefined ? {} : { webhookWaitsMs }),
})

async function startEmulators(options: LocalNetworkOptions, intuitOptions: IntuitEmulatorOptions, open: Open): Promise<Emulators> {
  const { ports = {}, appUrl } = options
  const common = commonOf(options)
  const urls = appUrl === undefined ? undefined : urlsOf(appUrl)
  const plaid = await open(createPlaidEmulator({ ...credentials.plaid, ...options.plaid, ...common, ...withPort(ports.plaid) }))
  const intuit = await open(createIntuitEmulator(intuitOptions))
  const twilio = await open(
    createTwilioEmulator({
      accountSid: credentials.twilio.accountSid,
      authToken: credentials.twilio.authToken,
      senders: [credentials.twilio.from],
      ...options.twilio,
      ...common,
      ...withPort(ports.twilio),
      ...(urls === undefined ? {} : { inboundUrl: urls.inboundUrl }),
    }),
  )
  const sendgrid = await open(
    createSendgridEmulator({
      apiKey: credentials.sendgrid.apiKey,
      privateKey: credentials.sendgrid.eventPrivateKey,
      ...options.sendgrid,
      ...common,
      ...withPort(ports.sendgrid),
      ...(urls === undefined ? {} : { eventUrl: urls.eventUrl }),
    }),
  )
  return { plaid, intuit, twilio, sendgrid }
}

function controlsOf(
  emulators: Emulators,
  hub: Hub | undefined,
  intuitOptions: IntuitEmulatorOptions,
): Omit<LocalNetwork, keyof Emulators | 'hub' | 'close'> {
  const { plaid, intuit, twilio, sendgrid } = emulators
  return {
    env: envOf(emulators),
    setAppUrl(url) {
      const { inboundUrl, eventUrl, webhookUrl } = urlsOf(url)
      twilio.setUrls({ inboundUrl })
      sendgrid.setUrls({ eventUrl })
      intuitOptions.webhookUrl = webhookUrl
      hub?.setAppUrl(url)
    },
    async settled() {
      // Twice: the app may answer a webhook of the first round by a call that starts the next
      for (let round = 0; round < 2; round++) {
        await Promise.all([plaid.settled(), intuit.settled(), twilio.settled(), sendgrid.settled()])
      }
    },
    setFaults(plan) {
      for (const emulator of Object.values(emulators)) emulator.setFaults(plan)
    },
    faults: () => ({ plaid: plaid.faults(), intuit: intuit.faults(), twilio: twilio.faults(), sendgrid: sendgrid.faults() }),
    async reset() {
      await Promise.all([twilio.reset(), sendgrid.reset()])
      plaid.reset()
      plaid.calls.clear()
      intuit.reset()
      hub?.reset()
    },
  }
}

type Emulators = Pick<LocalNetwork, 'plaid' | 'intuit' | 'twilio' | 'sendgrid'>

function startHub({ plaid, intuit, twilio, sendgrid }: Emulators, { dataDir, appUrl }: LocalNetworkOptions, port: number): Promise<Hub> {
  return createHub({
    port,
    plaidUrl: plaid.url,
    intuitUrl: intuit.url,
    twilioUrl: twilio.url,
    sendgridUrl: sendgrid.url,
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(appUrl === undefined ? {} : { appUrl }),
  })
}

function envOf({ plaid, intuit, twilio, sendgrid }: Emulators): Record<string, string> {
  return {
    PLAID_BASE_URL: plaid.url,
    PLAID_CLIENT_ID: credentials.plaid.clientId,
    PLAID_SECRET: credentials.plaid.secret,
    PLAID_HOSTED_LINK_ORIGIN: plaid.url,
    INTUIT_CLIENT_ID: credentials.intuit.clientId,
    INTUIT_CLIENT_SECRET: credentials.intuit.clientSecret,
    INTUIT_AUTHORIZE_URL: `${intuit.url}/connect/oauth2`,
    INTUIT_TOKEN_URL: `${intuit.url}/oauth2/v1/tokens/bearer`,
    INTUIT_REVOKE_URL: `${intuit.url}/v2/oauth2/tokens/revoke`,
    INTUIT_API_URL: intuit.url,
    INTUIT_APP_URL: intuit.url,
    INTUIT_WEBHOOK_VERIFIER_TOKEN: credentials.intuit.webhookVerifierToken,
    TWILIO_ACCOUNT_SID: credentials.twilio.accountSid,
    TWILIO_AUTH_TOKEN: credentials.twilio.authToken,
    TWILIO_FROM: credentials.twilio.from,
    TWILIO_BASE_URL: twilio.url,
    SENDGRID_API_KEY: credentials.sendgrid.apiKey,
    SENDGRID_FROM_EMAIL: credentials.sendgrid.fromEmail,
    SENDGRID_WEBHOOK_PUBLIC_KEY: sendgrid.publicKey,
    SENDGRID_BASE_URL: sendgrid.url,
  }
}
