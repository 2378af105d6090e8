import parsePhoneNumber from 'libphonenumber-js'
import { AppError } from '../core/errors.ts'

/** A phone as a person typed it (no country means the US) in E.164. Throws `invalid_phone` naming `field`. */
export function toPhone(input: string, field: string): string {
  const parsed = parsePhoneNumber(input, 'US')
  if (parsed?.isValid()) return parsed.number
  const message = 'This is not a phone number. Type it with the area code; outside the US begin with + and the country.'
  throw new AppError('invalid_phone', message, { fields: [{ field, message }] })
}

/** An IANA time zone such as America/Chicago. Throws `invalid_time_zone` naming `field`. */
export function checkTimeZone(timeZone: string, field: string): string {
  if (isTimeZone(timeZone)) return timeZone
  const message = 'This is not a time zone. Use its IANA name, such as America/Chicago.'
  throw new AppError('invalid_time_zone', message, { fields: [{ field, message }] })
}

function isTimeZone(timeZone: string): boolean {
  // Offsets such as +05:00 pass Intl but know no summer time
  if (!/^[A-Za-z][\w+-]*(\/[\w+-]+)*$/.test(timeZone)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
