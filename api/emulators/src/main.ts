import { readChaos } from './chaos.ts'
import { startLocalNetwork } from './local.ts'

function portOf(name: string, otherwise: number): number {
  const text = process.env[name]
  if (text === undefined || text === '') return otherwise
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${name} must be a port, not "${text}"`)
  return port
}

/** What a person typed wrong is told in its own words, without the place in the program where it was found. */
function settings() {
  try {
    return {
      chaos: readChaos(process.env),
      ports: {
        plaid: portOf('EMULATOR_PLAID_PORT', 4010),
        intuit: portOf('EMULATOR_INTUIT_PORT', 4011),
        twilio: portOf('EMULATOR_TWILIO_PORT', 4012),
        sendgrid: portOf('EMULATOR_SENDGRID_PORT', 4013),
        hub: portOf('EMULATOR_HUB_PORT', 4014),
      },
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return process.exit(1)
  }
}

const { chaos, ports } = settings()
const { EMULATOR_DATA_DIR: dataDir, APP_URL: appUrl } = process.env

const network = await startLocalNetwork({
  ...(dataDir ? { dataDir } : {}),
  ...(appUrl ? { appUrl } : {}),
  ports,
})

network.setFaults(chaos)

let closing = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (closing) return
    closing = true
    void network.close().then(() => process.exit(0))
  })
}

const { plaid, intuit, twilio, sendgrid, hub } = network
// One line for whoever started this program: the addresses, the settings with which the API finds them, and what goes wrong.
const ready = {
  ready: true,
  plaid: plaid.url,
  intuit: intuit.url,
  twilio: twilio.url,
  sendgrid: sendgrid.url,
  hub: hub?.url ?? null,
  chaos,
  env: network.env,
}
process.stdout.write(`${JSON.stringify(ready)}\n`)
