import { limitOf, type Turn } from '../../core/pace.ts'

/** How long one call may take. */
export const callMs = 10_000
/** A mail that cannot go soon makes room for other work: it comes back at a time of its own. */
const patienceMs = 500
const urgentPatienceMs = 3_000

/**
 * A mail. SendGrid publishes no number for it, only the headers of its answers; the rate is a setting. A sixth of a minute's mails
 * may come at once, and a fifth of these is kept for codes that a person waits for.
 */
export function mailTurn(requestsPerMinute: number, urgent: boolean): Turn {
  const burst = Math.max(2, Math.floor(requestsPerMinute / 6))
  return {
    provider: 'sendgrid',
    operation: 'mail.send',
    limits: [limitOf('sendgrid/mail', { callsMax: requestsPerMinute, burst, reserved: Math.max(1, Math.floor(burst / 5)) })],
    urgent,
    patienceMs: urgent ? urgentPatienceMs : patienceMs,
    callMs,
  }
}
