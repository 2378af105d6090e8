import { join } from 'node:path'
import { dataDir } from './paths.mjs'
import { nextFreePort } from './ports.mjs'
import { dim, say } from './report.mjs'

/** @typedef {Awaited<ReturnType<typeof choosePorts>>} Ports */

/**
 * The usual ports, or the next free ones, saying so.
 * @param {number} wanted the application's
 */
export async function choosePorts(wanted) {
  /** @type {Set<number>} */
  const taken = new Set()
  const choose = async (/** @type {string} */ what, /** @type {number} */ port) => {
    const free = await nextFreePort(port, taken)
    if (free !== port) say(`  ${dim('·')} Port ${port} is taken: ${what} gets ${free}.`)
    return free
  }
  return {
    app: await choose('the application', wanted),
    plaid: await choose('the emulated Plaid', 4010),
    intuit: await choose('the emulated QuickBooks', 4011),
    twilio: await choose('the emulated Twilio', 4012),
    sendgrid: await choose('the emulated SendGrid', 4013),
    hub: await choose('the page with phone and inbox', 4014),
    metrics: await choose('the page with metrics', 9464),
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
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
    SESSION_SECRET: secrets.sessionSecret,
    KEY_ENCRYPTION_KEYS: secrets.keyEncryptionKeys,
  }
}
