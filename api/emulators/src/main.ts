import { startLocalNetwork } from './local.ts'

function portOf(name: string, otherwise: number): number {
  const text = process.env[name]
  if (text === undefined || text === '') return otherwise
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${name} must be a port, not "${text}"`)
  return port
}

const { EMULATOR_DATA_DIR: dataDir, APP_URL: appUrl } = process.env

const network = await startLocalNetwork({
  ...(dataDir ? { dataDir } : {}),
  ...(appUrl ? { appUrl } : {}),
  ports: {
    plaid: portOf('EMULATOR_PLAID_PORT', 4010),
    intuit: portOf('EMULATOR_INTUIT_PORT', 4011),
    twilio: portOf('EMULATOR_TWILIO_PORT', 4012),
    sendgrid: portOf('EMULATOR_SENDGRID_PORT', 4013),
    hub: portOf('EMULATOR_HUB_PORT', 4014),
  },
})

let closing = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (closing) return
    closing = true
    void network.close().then(() => process.exit(0))
  })
}

const { plaid, intuit, twilio, sendgrid, hub } = network
// One line for whoever started this program: the addresses, and the settings with which the API finds them.
const ready = {
  ready: true,
  plaid: plaid.url,
  intuit: intuit.url,
  twilio: twilio.url,
  sendgrid: sendgrid.url,
  hub: hub?.url ?? null,
  env: network.env,
}
process.stdout.write(`${JSON.stringify(ready)}\n`)
