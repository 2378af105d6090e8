/** Twilio's error body (twilio.com/docs/usage/twilios-response). */
export interface TwilioError {
  code: number
  message: string
  more_info: string
  status: number
}

export function twilioError(status: number, code: number, message: string): TwilioError {
  return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }
}

export const unauthorized = () => twilioError(401, 20003, 'Authenticate')
export const notFound = (path: string) => twilioError(404, 20404, `The requested resource ${path} was not found`)
export const tooManyRequests = () => twilioError(429, 20429, 'Too Many Requests')

/** Reasons a carrier gives in a status callback, never in the answer to the create call. */
export const carrierErrors: Record<number, string> = {
  30001: 'Queue overflow',
  30002: 'Account suspended',
  30003: 'Unreachable destination handset',
  30004: 'Message blocked',
  30005: 'Unknown destination handset',
  30006: 'Landline or unreachable carrier',
  30007: 'Message filtered',
  30008: 'Unknown error',
  30032: 'Toll-Free Number Has Not Been Verified',
  30034: 'Message from an Unregistered Number',
}
