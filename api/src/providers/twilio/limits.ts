import { countSegments } from '@ledgersync/shared/sms'
import { atOnceOf, limitOf, type Turn } from '../../core/pace.ts'

/** How long one call may take. Short, for a doubtful send is looked up anyway. */
export const callMs = 10_000
/** Twilio answers 429 beyond 100 requests of an account at once (twilio.com/docs/api/errors/20429); half of them are ours. */
const requests = atOnceOf('twilio/requests', { max: 50, reserved: 10, leaseMs: callMs + 5_000, restMs: 0 })
/** A text that cannot go soon makes room for other work: it comes back at a time of its own. */
const patienceMs = 500
const urgentPatienceMs = 3_000

/**
 * A text: Twilio sends a sender's texts at its rate and lets the rest wait for hours where nobody can overtake, so they wait here,
 * and codes that a person waits for go first. The rate is in segments a second; ten seconds of it may come at once.
 */
export function textTurn(sender: string, segmentsPerSecond: number, text: { body: string; urgent: boolean }): Turn {
  const rate = { callsMax: 60 * segmentsPerSecond, burst: 10 * segmentsPerSecond, reserved: 3 * segmentsPerSecond }
  return {
    provider: 'twilio',
    operation: 'messages.create',
    limits: [limitOf(`twilio/${sender}`, rate), requests],
    urgent: text.urgent,
    patienceMs: text.urgent ? urgentPatienceMs : patienceMs,
    callMs,
    cost: countSegments(text.body).segments,
  }
}

/** A look-up. */
export const listTurn: Turn = {
  provider: 'twilio',
  operation: 'messages.list',
  limits: [requests],
  urgent: false,
  patienceMs: urgentPatienceMs,
  callMs,
}
