import { join } from 'node:path'
import { firm } from './demo-data.mjs'
import { dataDir } from './paths.mjs'
import { nextFreePort } from './ports.mjs'
import { dim, say } from './report.mjs'

/** @typedef {Awaited<ReturnType<typeof choosePorts>>} Ports */

/**
 * The usual ports, or for those that are taken the next free ones, saying so.
 * @param {number} wanted the application's
 */
export async function choosePorts(wanted) {
  const usual = { app: wanted, plaid: 4010, intuit: 4011, twilio: 4012, sendgrid: 4013, hub: 4014, metrics: 9464 }
  const reserved = new Set(Object.values(usual))
  const choose = async (/** @type {keyof typeof usual} */ name, /** @type {string} */ what) => {
    const port = await nextFreePort(usual[name], reserved)
    if (port !== usual[name]) say(`  ${dim('·')} Port ${usual[name]} is taken: ${what} gets ${port}.`)
    return port
  }
  return {
    app: await choose('app', 'the application'),
    plaid: await choose('plaid', 'the emulated Plaid'),
    intuit: await choose('intuit', 'the emulated QuickBooks'),
    twilio: await choose('twilio', 'the emulated Twilio'),
    sendgrid: await choose('sendgrid', 'the emulated SendGrid'),
    hub: await choose('hub', 'the page with phone and inbox'),
    metrics: await choose('metrics', 'the page with metrics'),
  }
}

/** @param {Ports} ports */
export const appUrl = (ports) => `http://localhost:${ports.app}`

/**
 * What the emulators read.
 * @param {Ports} ports
 */
export function emulatorSettings(ports) {
  return {
    EMULATOR_PLAID_PORT: String(ports.plaid),
    EMULATOR_INTUIT_PORT: String(ports.intuit),
    EMULATOR_TWILIO_PORT: String(ports.twilio),
    EMULATOR_SENDGRID_PORT: String(ports.sendgrid),
    EMULATOR_HUB_PORT: String(ports.hub),
    EMULATOR_DATA_DIR: join(dataDir, 'emulators'),
    APP_URL: appUrl(ports),
  }
}

/**
 * What the API reads, besides the addresses of the database and the providers.
 * @param {Ports} ports
 * @param {{ sessionSecret: string, keyEncryptionKeys: string }} secrets
 */
export function apiSettings(ports, secrets) {
  return {
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: String(ports.app),
    METRICS_PORT: String(ports.metrics),
    PUBLIC_URL: appUrl(ports),
    PROCESS: 'all',
    // Whoever tries the product wants the text now, whatever the hour at the client's; production keeps the hours
    QUIET_HOURS: process.env.QUIET_HOURS ?? 'off',
    // The emulated carrier is as fast as a short code
    TWILIO_MESSAGES_PER_SECOND: process.env.TWILIO_MESSAGES_PER_SECOND ?? '100',
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
    // So that the operations page can be seen
    OPERATORS: process.env.OPERATORS ?? firm.email,
    SESSION_SECRET: secrets.sessionSecret,
    KEY_ENCRYPTION_KEYS: secrets.keyEncryptionKeys,
  }
}
