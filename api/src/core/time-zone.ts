import { invalidField } from './errors.ts'

/** The IANA zone under its canonical spelling; throws `invalid_field` for anything else. */
export function parseTimeZone(input: string, field: string): string {
  // Offsets such as +02:00 are accepted by Intl but are no zones
  if (/^[A-Za-z_+\-/0-9]{1,64}$/.test(input) && !/^[+-]/.test(input)) {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: input }).resolvedOptions().timeZone
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }
  throw invalidField(field, 'This is not a time zone (such as America/Chicago).')
}
