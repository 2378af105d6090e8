import { Temporal } from 'temporal-polyfill'

/** Texts go out from 08:00 to 21:00 of the recipient's own clock (47 CFR 64.1200(c)(1)). */
const opensAtHour = 8
const closesAtHour = 21

/** The first moment from `now` on at which a text may go out in this IANA time zone: `now` itself inside the hours. */
export function nextTextTime(now: Date, timeZone: string): Date {
  const local = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone)
  if (local.hour >= opensAtHour && local.hour < closesAtHour) return now
  const day = local.hour < opensAtHour ? local.toPlainDate() : local.toPlainDate().add({ days: 1 })
  const opening = day.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from({ hour: opensAtHour }) })
  return new Date(opening.epochMilliseconds)
}
