import { dim, Stop } from './report.mjs'

/**
 * What the emulated providers say when they are ready: their addresses, the settings with which the API reaches them, and
 * what CHAOS and CHAOS_SEED have them do wrong.
 * @typedef {{ plaid: string, intuit: string, twilio: string, sendgrid: string, hub: string, env: Record<string, string>,
 *   chaos: { seed: number, percent: number } | null }} Providers
 */

/**
 * Runs the work with the providers at their best, and only then lets them misbehave: what the work makes has to be there.
 * @template T
 * @param {Providers} providers
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withoutChaos(providers, work) {
  if (!providers.chaos) return work()
  await setFaults(providers, null)
  const result = await work()
  await setFaults(providers, providers.chaos)
  return result
}

/**
 * @param {Providers} providers
 * @param {Providers['chaos']} plan
 */
async function setFaults({ plaid, intuit, twilio, sendgrid }, plan) {
  for (const url of [plaid, intuit, twilio, sendgrid]) {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ plan }) }
    const response = await fetch(`${url}/_emulator/faults`, init)
    if (!response.ok)
      throw new Stop(`The emulated providers did not take CHAOS: ${url} answered ${response.status}\n${await response.text()}`)
  }
}

/**
 * Lines that say so when chaos is on, else nothing.
 * @param {Providers} providers
 */
export function sayChaos({ chaos, hub }) {
  if (!chaos) return ''
  return `
  Chaos            ${chaos.percent}% of the calls to the outside services go wrong, and of their notices
                   ${dim(`again the same with CHAOS=${chaos.percent} CHAOS_SEED=${chaos.seed}; counts and switch at ${hub.replace('127.0.0.1', 'localhost')}/chaos`)}`
}
