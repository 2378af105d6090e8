const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

let zone = Intl.DateTimeFormat().resolvedOptions().timeZone

/** Sets the zone all times are shown in: the one the person chose, else the browser's. */
export function setShownZone(chosen: string | null): void {
  if (chosen !== null) zone = chosen
}

/** The zone as people say it: `Pacific Time`. */
export function zoneName(timeZone: string = zone): string {
  return partOf(new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longGeneric' }), new Date(), 'timeZoneName') ?? timeZone
}

function partOf(format: Intl.DateTimeFormat, at: Date, type: Intl.DateTimeFormatPartTypes): string | undefined {
  return format.formatToParts(at).find((part) => part.type === type)?.value
}

function format(at: Date, options: Intl.DateTimeFormatOptions, timeZone = zone): string {
  return new Intl.DateTimeFormat('en-US', { timeZone, ...options }).format(at)
}

/** Whole calendar day of an instant in the shown zone, `YYYY-MM-DD`. */
function dayOf(at: Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(at)
}

/** The instant at which a calendar day (`2026-03-08`) begins in the shown zone. */
export function dayBegins(day: string): string {
  const midnight = Date.parse(`${day}T00:00:00Z`)
  // The clocks may change between midnight there and midnight UTC: the offset that holds is the one at the answer
  const guess = midnight - offsetMs(midnight)
  return new Date(midnight - offsetMs(guess)).toISOString()
}

/** How far the shown zone's clocks are ahead of UTC at an instant. */
function offsetMs(at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(new Date(at))
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value)
  const shown = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
  return shown - Math.floor(at / 1000) * 1000
}

/** The day that is `days` after a day, or before it. */
export function daysAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10)
}

/** Today in the shown zone, `YYYY-MM-DD`. */
export const today = (): string => dayOf(new Date())

/** Today `2:14 PM`, this year `Mar 8, 2:14 PM`, older `Nov 4, 2025`. */
export function formatDateTime(instant: string, now = new Date()): string {
  const at = new Date(instant)
  if (dayOf(at) === dayOf(now)) return formatTime(instant)
  if (dayOf(at).slice(0, 4) !== dayOf(now).slice(0, 4)) return formatDate(instant, now)
  return `${formatDate(instant, now)}, ${formatTime(instant)}`
}

/** `2:14 PM` */
function formatTime(instant: string): string {
  return format(new Date(instant), { hour: 'numeric', minute: '2-digit' })
}

/** This year `Mar 8`, older or later `Nov 4, 2025`. */
export function formatDate(instant: string, now = new Date()): string {
  const at = new Date(instant)
  const sameYear = dayOf(at).slice(0, 4) === dayOf(now).slice(0, 4)
  return format(at, { month: 'short', day: 'numeric', ...(!sameYear && { year: 'numeric' }) })
}

/** `Sun, Mar 15` */
export function formatWeekday(instant: string): string {
  return format(new Date(instant), { weekday: 'short', month: 'short', day: 'numeric' })
}

/** A calendar day of the contract (`2026-03-08`) as `Mar 8`; no zone is involved. */
export function formatDay(day: string, now = new Date()): string {
  const at = new Date(`${day}T00:00:00Z`)
  const sameYear = day.slice(0, 4) === dayOf(now).slice(0, 4)
  return format(at, { month: 'short', day: 'numeric', ...(!sameYear && { year: 'numeric' }) }, 'UTC')
}

/** The whole thing, for those who point at a short form: `Thursday, March 12, 2026, 2:14 PM Pacific Time`. */
export function formatFull(instant: string): string {
  return `${format(new Date(instant), { dateStyle: 'full', timeStyle: 'short' })} ${zoneName()}`
}

/** `now`, `12 min`, `6 h`, `4 d`; past or future alike. */
export function formatAge(instant: string, now = new Date()): string {
  const ms = Math.abs(now.getTime() - new Date(instant).getTime())
  if (ms < minuteMs) return 'now'
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min`
  if (ms < dayMs) return `${Math.floor(ms / hourMs)} h`
  return `${Math.floor(ms / dayMs)} d`
}

/** `2 d ago`, or the date once it is older than a week. */
export function formatAgo(instant: string, now = new Date()): string {
  const ms = now.getTime() - new Date(instant).getTime()
  if (ms > 7 * dayMs) return formatDate(instant, now)
  const age = formatAge(instant, now)
  return age === 'now' ? 'now' : `${age} ago`
}

/** `morning`, `afternoon` or `evening` where the person is. */
export function dayPart(now = new Date()): 'morning' | 'afternoon' | 'evening' {
  const hour = Number(format(now, { hour: 'numeric', hourCycle: 'h23' }))
  return hour < 12 ? 'morning' : hour < 18 ? 'afternoon' : 'evening'
}

/** `Thursday, March 12` */
export function formatToday(now = new Date()): string {
  return format(now, { weekday: 'long', month: 'long', day: 'numeric' })
}
