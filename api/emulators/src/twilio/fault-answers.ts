import type { Faults } from '../kit/faults.ts'
import type { ServerParts } from '../kit/server.ts'
import { tooManyRequests, twilioError, unauthorized } from './errors.ts'

/** How a plan of faults looks at Twilio, which documents no wait for its 429: callers back off. */
export const twilioFaults = (faults: Faults): ServerParts['fault'] => ({
  faults,
  throttled: () => ({ status: 429, body: tooManyRequests() }),
  serverError: () => ({ status: 500, body: twilioError(500, 20500, 'Internal Server Error') }),
  canBeUnauthorized: () => true,
  unauthorized: () => ({ status: 401, body: unauthorized() }),
})
