import { createPublicKey } from 'node:crypto'
import { type KeyEncryptionKey, keysProblem } from './core/crypto.ts'
import { type Crash, steps } from './core/steps.ts'
import { inCheckout } from './db/checkout.ts'
import type { PlaidConfig } from './providers/plaid/client.ts'
import type { QuickbooksConfig } from './providers/quickbooks/types.ts'
import type { SendgridConfig } from './providers/sendgrid/client.ts'
import type { TwilioConfig } from './providers/twilio/client.ts'
import { ConfigError, type Env, reader } from './core/settings.ts'

export interface Config {
  production: boolean
  /** What this process does. */
  process: 'all' | 'api' | 'worker'
  host: string
  port: number
  metricsPort: number
  logLevel: string
  publicUrl: string
  /** Trust X-Forwarded-For of the proxy in front. */
  trustProxy: boolean
  databaseUrl: string
  databaseOwnerUrl: string
  databaseConnectionsMax: number
  sessionSecret: Buffer
  keyEncryptionKeys: KeyEncryptionKey[]
  /** From one network address, behind which an office may be; one person may make half of them. */
  requestsPerMinuteMax: number
  /** Usernames, in lower case, of the staff who administer this installation; nobody when empty. */
  operators: ReadonlySet<string>
  /** Texts wait for 8:00 to 21:00 of the recipient's day. Off only outside production, where nobody is woken. */
  quietHours: boolean
  /** The steps at which the process is to die. Null in production. */
  crashAt: Crash | null
  /** How far the product's clock is ahead of the machine's. 0 in production. */
  clockOffsetMs: number
  webDir: string
  inviteDir: string
  plaid: PlaidConfig
  quickbooks: QuickbooksConfig
  twilio: TwilioConfig
  sendgrid: SendgridConfig
}

/**
 * Reads the environment, once, at boot. Throws {@link ConfigError} naming the first variable that is missing or wrong.
 * In production, which it is unless it is told otherwise, it refuses public http addresses, addresses of emulators, and secrets known from the demo.
 */
export function readConfig(env: Env): Config {
  const read = reader(env)
  const production = read.oneOf('NODE_ENV', ['production', 'development', 'test'], 'production') === 'production'
  const secret = (name: string): string => read.secret(name, production)
  const port = read.port('PORT', 3000)
  const publicUrl = read.origin('PUBLIC_URL', production)
  const provider = (name: string, real: string): string => read.provider(name, real, production)
  const sandbox = read.oneOf('PLAID_ENVIRONMENT', ['production', 'sandbox'], production ? 'production' : 'sandbox') === 'sandbox'
  const intuitSandbox = read.oneOf('INTUIT_ENVIRONMENT', ['production', 'sandbox'], production ? 'production' : 'sandbox') === 'sandbox'
  return {
    production,
    process: read.oneOf('PROCESS', ['all', 'api', 'worker'], 'all'),
    host: read.text('HOST', production ? '0.0.0.0' : '127.0.0.1'),
    port,
    metricsPort: metricsPort(read.port('METRICS_PORT', 9464), port),
    logLevel: read.oneOf('LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
    publicUrl,
    trustProxy: read.oneOf('TRUST_PROXY', ['true', 'false'], 'false') === 'true',
    databaseUrl: read.postgres('DATABASE_URL'),
    databaseOwnerUrl: read.postgres('DATABASE_OWNER_URL'),
    databaseConnectionsMax: read.integer('DATABASE_CONNECTIONS_MAX', 10, 2, 200),
    sessionSecret: sessionSecret(secret('SESSION_SECRET')),
    keyEncryptionKeys: keyEncryptionKeys(secret('KEY_ENCRYPTION_KEYS')),
    quietHours: quietHours(read.oneOf('QUIET_HOURS', ['on', 'off'], 'on') === 'on', production),
    crashAt: crashAt(read.text('CRASH_AT', 'nowhere'), production),
    clockOffsetMs: clockOffset(read.integer('CLOCK_OFFSET_MS', 0, -1e12, 1e12), production),
    requestsPerMinuteMax: read.integer('REQUESTS_PER_MINUTE_MAX', 3000, 10, 1_000_000),
    operators: operators(read.text('OPERATORS', '')),
    // The screens may be served by others
    webDir: read.folder('WEB_DIR', inCheckout('web/dist'), { file: 'index.html', isOptional: true }),
    inviteDir: read.folder('INVITE_DIR', inCheckout('web/invite'), { file: 'frame.html', isOptional: false }),
    plaid: {
      baseUrl: provider('PLAID_BASE_URL', sandbox ? 'https://sandbox.plaid.com' : 'https://production.plaid.com'),
      clientId: secret('PLAID_CLIENT_ID'),
      secret: secret('PLAID_SECRET'),
      hostedLinkOrigin: new URL(provider('PLAID_HOSTED_LINK_ORIGIN', 'https://secure.plaid.com')).origin,
      webhookUrl: `${publicUrl}/v1/webhooks/plaid`,
    },
    quickbooks: {
      clientId: secret('INTUIT_CLIENT_ID'),
      clientSecret: secret('INTUIT_CLIENT_SECRET'),
      authorizeUrl: provider('INTUIT_AUTHORIZE_URL', 'https://appcenter.intuit.com/connect/oauth2'),
      tokenUrl: provider('INTUIT_TOKEN_URL', 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer'),
      revokeUrl: provider('INTUIT_REVOKE_URL', 'https://developer.api.intuit.com/v2/oauth2/tokens/revoke'),
      apiUrl: provider('INTUIT_API_URL', intuitSandbox ? 'https://sandbox-quickbooks.api.intuit.com' : 'https://quickbooks.api.intuit.com'),
      appUrl: provider('INTUIT_APP_URL', intuitSandbox ? 'https://sandbox.qbo.intuit.com' : 'https://qbo.intuit.com'),
      redirectUrl: `${publicUrl}/v1/books/callback`,
      webhookVerifierToken: secret('INTUIT_WEBHOOK_VERIFIER_TOKEN'),
    },
    twilio: {
      accountSid: secret('TWILIO_ACCOUNT_SID'),
      authToken: secret('TWILIO_AUTH_TOKEN'),
      from: read.shaped('TWILIO_FROM', sender, 'a number such as +14155550100, a short code or a messaging service (MG…)'),
      baseUrl: provider('TWILIO_BASE_URL', 'https://api.twilio.com'),
      statusUrl: `${publicUrl}/v1/webhooks/twilio/status`,
      inboundUrl: `${publicUrl}/v1/webhooks/twilio/inbound`,
      messagesPerSecond: read.integer('TWILIO_MESSAGES_PER_SECOND', 1, 1, 1_000),
    },
    sendgrid: {
      apiKey: secret('SENDGRID_API_KEY'),
      fromEmail: read.shaped('SENDGRID_FROM_EMAIL', mailAddress, 'an e-mail address'),
      baseUrl: provider('SENDGRID_BASE_URL', 'https://api.sendgrid.com'),
      webhookPublicKey: eventKey(secret('SENDGRID_WEBHOOK_PUBLIC_KEY')),
      requestsPerMinute: read.integer('SENDGRID_REQUESTS_PER_MINUTE', 600, 10, 1_000_000),
    },
  }
}

/** What migrating needs to know. */
export interface MigrationConfig {
  /** A superuser's, who makes roles and database when missing; null when they are there. */
  adminUrl: string | null
  ownerUrl: string
  appUrl: string
}

/** Reads from the environment what migrating needs. Throws {@link ConfigError} as {@link readConfig} does. */
export function readMigrationConfig(env: Env): MigrationConfig {
  const read = reader(env)
  const adminUrl = read.text('DATABASE_ADMIN_URL', '') === '' ? null : read.postgres('DATABASE_ADMIN_URL')
  const [ownerUrl, appUrl] = [read.postgres('DATABASE_OWNER_URL'), read.postgres('DATABASE_URL')]
  if (adminUrl !== null) {
    // The roles are made with these passwords
    mustSignInAs('DATABASE_OWNER_URL', ownerUrl, 'ledgersync_owner')
    mustSignInAs('DATABASE_URL', appUrl, 'ledgersync_app')
  }
  return { adminUrl, ownerUrl, appUrl }
}

function mustSignInAs(name: string, url: string, role: string): void {
  if (decodeURIComponent(new URL(url).username) !== role) throw new ConfigError(name, `must sign in as ${role}`)
}

/** Letters as a sender could not be answered, and nobody could opt out. */
const sender = /^(?:\+[1-9]\d{6,14}|\d{5,6}|MG[0-9a-f]{32})$/
const mailAddress = /^[^\s@<>"]+@[^\s@<>".]+(?:\.[^\s@<>".]+)+$/

/** 0 is any that is free. */
function metricsPort(value: number, port: number): number {
  if (value !== 0 && value === port) throw new ConfigError('METRICS_PORT', 'must be another than PORT')
  return value
}

function quietHours(on: boolean, production: boolean): boolean {
  if (production && !on) throw new ConfigError('QUIET_HOURS', 'must be on in production: texts go to real people')
  return on
}

function crashAt(value: string, production: boolean): Crash | null {
  if (value === 'nowhere') return null
  if (production) throw new ConfigError('CRASH_AT', 'is for tests; leave it unset in production')
  const [names = '', nth = '1'] = value.split('#')
  const known = names.split(',').flatMap((name) => steps.filter((step) => step === name))
  if (known.length !== names.split(',').length || !/^[1-9]\d{0,5}$/.test(nth))
    throw new ConfigError('CRASH_AT', 'must be names of steps with commas, and may end in #nth')
  return { steps: known, nth: Number(nth) }
}

function clockOffset(ms: number, production: boolean): number {
  if (production && ms !== 0) throw new ConfigError('CLOCK_OFFSET_MS', 'is for tests; leave it unset in production')
  return ms
}

function operators(value: string): ReadonlySet<string> {
  const names = value
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  if (names.some((name) => /\s/.test(name))) throw new ConfigError('OPERATORS', 'must be usernames separated by commas')
  return new Set(names)
}

function sessionSecret(value: string): Buffer {
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length < 32) throw new ConfigError('SESSION_SECRET', 'must be at least 32 random bytes, base64')
  return bytes
}

/** The mail service signs events with ECDSA on P-256; anything else would refuse them all. */
function eventKey(value: string): string {
  const problem = new ConfigError('SENDGRID_WEBHOOK_PUBLIC_KEY', 'must be the verification key as the mail service shows it')
  try {
    const key = createPublicKey({ key: Buffer.from(value, 'base64'), format: 'der', type: 'spki' })
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return value
  } catch (error) {
    problem.cause = error
  }
  throw problem
}

function keyEncryptionKeys(value: string): KeyEncryptionKey[] {
  const keys = value.split(',').map((part) => {
    const [id = '', text = ''] = part.trim().split(':')
    const key = Buffer.from(text, 'base64')
    if (!/^[\w-]{1,40}$/.test(id) || key.length !== 32)
      throw new ConfigError('KEY_ENCRYPTION_KEYS', 'must be "name:32 bytes in base64", separated by commas, the current one first')
    return { id, key }
  })
  const problem = keysProblem(keys)
  if (problem !== null) throw new ConfigError('KEY_ENCRYPTION_KEYS', problem)
  return keys
}
