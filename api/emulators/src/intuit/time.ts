const pacific = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'longOffset',
})

function parts(instant: Date): Record<string, string> {
  return Object.fromEntries(pacific.formatToParts(instant).map((part) => [part.type, part.value]))
}

/** A MetaData time: Pacific time with its offset and no milliseconds, `2014-12-22T14:46:36-08:00`. */
export function metaTime(instant: Date): string {
  const { year, month, day, hour, minute, second, timeZoneName = '' } = parts(instant)
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${timeZoneName.replace('GMT', '')}`
}

/** The top-level `time` of an answer: as above but with milliseconds. */
export function answerTime(instant: Date): string {
  const text = metaTime(instant)
  return `${text.slice(0, 19)}.${String(instant.getMilliseconds()).padStart(3, '0')}${text.slice(19)}`
}

/** The server's calendar day, the default TxnDate. */
export function serverDay(instant: Date): string {
  return metaTime(instant).slice(0, 10)
}

/** Whether the text is a real calendar day in the form YYYY-MM-DD. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const instant = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text)
}
