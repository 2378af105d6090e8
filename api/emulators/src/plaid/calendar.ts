/** Calendar days are `YYYY-MM-DD` texts in UTC, so that they compare as text. */

const dayMs = 86_400_000

/** The day of an instant. */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10)
}

/** The day `days` after (or, negative, before) `day`. */
export function addDays(day: string, days: number): string {
  return dayOf(new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs))
}

/** Whether the text is a day that exists. */
export function isDay(text: unknown): text is string {
  if (typeof text !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && dayOf(at) === text
}

/** The day of the month `monthsBack` months before `today`'s month; `last` and days past its end are its last day. */
export function dayInMonth(today: string, monthsBack: number, dayOfMonth: number | 'last'): string {
  const year = Number(today.slice(0, 4))
  const month = Number(today.slice(5, 7)) - 1 - monthsBack
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return dayOf(new Date(Date.UTC(year, month, dayOfMonth === 'last' ? lastDay : Math.min(dayOfMonth, lastDay))))
}

/** The instant `ms` milliseconds after `at`, in ISO form. */
export function isoAfter(at: Date, ms: number): string {
  return new Date(at.getTime() + ms).toISOString()
}
