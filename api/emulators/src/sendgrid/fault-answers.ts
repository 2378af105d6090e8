import type { Answer, Faults } from '../kit/faults.ts'
import type { ServerParts } from '../kit/server.ts'
import { errorBody, plainError } from './errors.ts'

/** How a plan of faults looks at SendGrid. */
export const sendgridFaults = (faults: Faults, now: () => Date): ServerParts['fault'] => ({
  faults,
  throttled: () => throttled(now()),
  serverError: () => ({ status: 500, body: errorBody(plainError('Internal Server Error')) }),
  canBeUnauthorized: () => true,
  unauthorized: () => ({ status: 401, body: errorBody(plainError('authorization required')) }),
})

/** SendGrid counts by the minute and says when the next one begins. */
function throttled(now: Date): Answer {
  const reset = Math.ceil((now.getTime() + 1) / 60_000) * 60
  return {
    status: 429,
    headers: { 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) },
    body: errorBody(plainError('too many requests')),
  }
}
