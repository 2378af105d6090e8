const day = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric' })
const time = new Intl.DateTimeFormat('en-US', { hour: 'numeric', minute: '2-digit' })

/** `2:14 PM` for today, `Mar 8, 2:14 PM` for other days, in this machine's time zone. */
export function clock(iso: string): string {
  const date = new Date(iso)
  const today = date.toDateString() === new Date().toDateString()
  return today ? time.format(date) : `${day.format(date)}, ${time.format(date)}`
}
