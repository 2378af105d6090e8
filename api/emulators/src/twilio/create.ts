import { type Books, type Message, newSid } from './books.ts'
import { type TwilioError, twilioError } from './errors.ts'
import { findOptOut } from './opt-out.ts'
import { smartEncode } from './segments.ts'

/** A form body: a field given several times arrives as a list. */
export type Form = Record<string, string | string[] | undefined>

const e164 = /^\+[1-9]\d{7,14}$/
const serviceSid = /^MG[0-9a-f]{32}$/
const bodyMax = 1600
const scheduleMinMs = 15 * 60_000
const scheduleMaxMs = 35 * 24 * 3_600_000

const text = (form: Form, name: string): string | undefined => {
  const value = form[name]
  const first = Array.isArray(value) ? value[0] : value
  return first === '' ? undefined : first
}
const list = (form: Form, name: string): string[] => [form[name] ?? []].flat().filter((value) => value !== '')
const bad = (code: number, message: string) => twilioError(400, code, message)

/** From-numbers of Twilio's test credentials (twilio.com/docs/iam/test-credentials). */
function checkFrom(from: string, senders: readonly string[]): TwilioError | null {
  if (from === '+15005550001')
    return bad(21212, `The 'From' number ${from} is not a valid phone number, shortcode, or alphanumeric sender ID.`)
  if (from === '+15005550008') return bad(21611, "This 'From' number has exceeded the maximum number of queued messages.")
  if (senders.includes(from)) return null
  return bad(
    21606,
    `The 'From' phone number provided (${from}) is not a valid message-capable Twilio phone number for this destination/account.`,
  )
}

/** To-numbers of Twilio's test credentials, then the opt-out register. */
function checkTo(to: string, from: string | undefined, books: Books, senders: readonly string[]): TwilioError | null {
  if (!e164.test(to) || to === '+15005550001') return bad(21211, `The 'To' number ${to} is not a valid phone number.`)
  if (to === '+15005550002') {
    return bad(21612, `Message cannot be sent with the current combination of 'To' (${to}) and/or 'From' (${from ?? ''}) parameters`)
  }
  if (to === '+15005550003')
    return bad(21408, `Permission to send an SMS has not been enabled for the region indicated by the 'To' number: ${to}`)
  if (to === '+15005550009') return bad(21614, `'To' number: ${to}, is not a valid mobile number`)
  const optedOut = findOptOut(books, to, from === undefined ? senders : [from]) !== undefined
  if (to === '+15005550004' || optedOut) return bad(21610, 'Attempt to send to unsubscribed recipient')
  return null
}

function checkContent(form: Form): TwilioError | null {
  const body = text(form, 'Body')
  if (body === undefined && list(form, 'MediaUrl').length === 0) return bad(21619, 'A text message body or media urls must be specified.')
  if (body !== undefined && [...body].length > bodyMax) return bad(21617, 'The concatenated message body exceeds the 1600 character limit')
  if (list(form, 'MediaUrl').length > 10) return bad(21623, 'Number of media files exceeds allowed limit')
  const callback = text(form, 'StatusCallback')
  if (callback !== undefined && !/^https?:\/\//.test(callback)) return bad(21609, `The StatusCallback URL ${callback} is not a valid URL.`)
  const validity = text(form, 'ValidityPeriod')
  if (validity !== undefined && !(Number.isInteger(Number(validity)) && Number(validity) >= 1 && Number(validity) <= 36_000)) {
    return bad(20001, `ValidityPeriod ${validity} is not between 1 and 36000`)
  }
  return null
}

function checkSchedule(form: Form, now: Date): TwilioError | null {
  if (text(form, 'ScheduleType') !== 'fixed') return null
  if (text(form, 'MessagingServiceSid') === undefined) return bad(35118, 'MessagingServiceSid is required to schedule a message')
  const sendAt = text(form, 'SendAt')
  if (sendAt === undefined) return bad(35111, 'SendAt timestamp is missing')
  const wait = Date.parse(sendAt) - now.getTime()
  if (!(wait >= scheduleMinMs && wait <= scheduleMaxMs)) {
    return bad(35114, 'SendAt time must be between 900 seconds and 35 days (3024000 seconds) in the future, inclusive.')
  }
  return null
}

/** Features of the endpoint that are left out by name rather than ignored in silence. */
const notEmulated = ['ContentSid', 'ContentVariables', 'ApplicationSid', 'FallbackFrom', 'PersistentAction']

export interface CreateContext {
  books: Books
  /** Our numbers; a Messaging Service sends from the first. */
  senders: readonly string[]
  now: Date
}

/**
 * Checks a create call in the order Twilio does: recipient, sender, content, schedule, then the opt-out register.
 * Returns the message to be entered in the books, or the error to answer with.
 */
export function prepareMessage(form: Form, { books, senders, now }: CreateContext): Message | TwilioError {
  const left =
    notEmulated.find((name) => text(form, name) !== undefined) ?? (text(form, 'ShortenUrls') === 'true' ? 'ShortenUrls' : undefined)
  if (left !== undefined) return twilioError(501, 20501, `The twilio emulator does not implement the parameter ${left}`)
  const to = text(form, 'To')
  const from = text(form, 'From')
  const service = text(form, 'MessagingServiceSid')
  if (to === undefined) return bad(21604, "A 'To' phone number is required.")
  if (from === undefined && service === undefined) return bad(21603, "A 'From' phone number is required.")
  if (service !== undefined && !serviceSid.test(service)) return bad(21705, `The Messaging Service Sid ${service} is invalid.`)
  const error =
    (from === undefined ? null : checkFrom(from, senders)) ??
    checkContent(form) ??
    checkSchedule(form, now) ??
    checkTo(to, from, books, senders)
  if (error !== null) return error
  const body = text(form, 'Body') ?? ''
  const sendAt = text(form, 'ScheduleType') === 'fixed' ? text(form, 'SendAt') : undefined
  const mediaUrls = list(form, 'MediaUrl')
  return {
    sid: newSid(mediaUrls.length > 0 ? 'MM' : 'SM'),
    direction: 'outbound-api',
    from: service === undefined ? (from ?? null) : null,
    to,
    body: text(form, 'SmartEncoded') === 'true' ? smartEncode(body) : body,
    mediaUrls,
    status: sendAt !== undefined ? 'scheduled' : service !== undefined ? 'accepted' : 'queued',
    messagingServiceSid: service ?? null,
    statusCallback: text(form, 'StatusCallback') ?? null,
    errorCode: null,
    errorMessage: null,
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
    sentAt: null,
    sendAt: sendAt === undefined ? null : new Date(sendAt).toISOString(),
    automatic: false,
    webhookStatus: null,
  }
}
