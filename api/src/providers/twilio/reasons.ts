import type { DeliveryFailure } from '@ledgersync/shared/reach'

/** What an error code of Twilio means for us. */
interface Meaning {
  /** In plain words, fit for staff. */
  reason: string
  /** What is the matter with the number; missing where it is not the number's fault. */
  failure?: DeliveryFailure
  /** Trying the same message again later can help. */
  transient?: true
}

/** Twilio's error codes in plain words (twilio.com/docs/api/errors); 3xxxx arrive in status callbacks only. */
const meanings: Record<string, Meaning> = {
  20003: { reason: 'The text service refused our account. Nothing was sent.' },
  20404: { reason: 'The text service does not know our account. Nothing was sent.' },
  20429: { reason: 'The text service is busy', transient: true },
  21211: { reason: 'Wrong number: this is not a phone number that can receive texts', failure: 'wrong_number' },
  21212: { reason: 'Our sending number is not set up correctly' },
  21217: { reason: 'Wrong number: this is not a phone number that can receive texts', failure: 'wrong_number' },
  21265: { reason: 'Wrong number: texts cannot go to a short code', failure: 'wrong_number' },
  21408: { reason: 'Texts to this country are not switched on' },
  21606: { reason: 'Our sending number is not set up correctly' },
  21610: { reason: 'Opted out: this phone has replied STOP', failure: 'opted_out' },
  21611: { reason: 'Too many texts are waiting to go out', transient: true },
  21612: { reason: 'Texts cannot reach this number from ours; use e-mail', failure: 'unreachable' },
  21614: { reason: 'Not a mobile number; use e-mail', failure: 'landline' },
  21617: { reason: 'The text is too long' },
  30001: { reason: 'Too many texts were waiting at the carrier' },
  30002: { reason: 'The text service has suspended our account' },
  30003: { reason: 'The phone could not be reached: off, out of coverage or blocked', failure: 'unreachable' },
  30004: { reason: 'Blocked: the phone or its carrier does not accept this text; use e-mail', failure: 'filtered' },
  30005: { reason: 'Wrong number: the carrier does not know it', failure: 'wrong_number' },
  30006: { reason: 'A landline or a carrier that takes no texts; use e-mail', failure: 'landline' },
  30007: { reason: "Filtered by the phone's carrier", failure: 'filtered' },
  30008: { reason: 'The carrier gave no reason', failure: 'unreachable' },
  30032: { reason: 'Our sending number is not verified yet' },
  30034: { reason: 'Our sending number is not registered with the carriers yet' },
  30450: { reason: 'Held back by the text service as suspected abuse', failure: 'filtered' },
  30610: { reason: "Refused by the carrier because of the recipient's quiet hours", failure: 'filtered' },
  30640: { reason: 'Held back by the text service for this number', failure: 'filtered' },
}

/** What each of the reasons says about the number, by its words. */
export const textFailures: ReadonlyMap<string, DeliveryFailure> = new Map(
  Object.values(meanings).map(({ reason, failure = 'not_sent' }) => [reason, failure]),
)

/** The reason in plain words; a code we have no words for is named. */
export function reasonFor(code: string | null): string {
  if (code === null) return 'The text service refused it'
  return meanings[code]?.reason ?? `The text service refused it (code ${code})`
}

/** Whether the same text may go through later. HTTP 429 always may. */
export function isTransient(code: string | null, status: number | null): boolean {
  // That our account is refused is our fault and soon mended: the text waits for it
  return status === 401 || status === 429 || (code !== null && meanings[code]?.transient === true)
}
