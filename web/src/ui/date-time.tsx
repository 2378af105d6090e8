import { Tooltip } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { None } from './money.tsx'
import { formatAge, formatAgo, formatDate, formatDateTime, formatFull } from './time.ts'

const listeners = new Set<() => void>()
let minute = Math.floor(Date.now() / 60_000)
window.setInterval(() => {
  minute = Math.floor(Date.now() / 60_000)
  for (const listener of listeners) listener()
}, 30_000)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Makes the component show ages that keep up with the clock. */
function useMinute(): number {
  return useSyncExternalStore(subscribe, () => minute)
}

/** short: `2:14 PM` or `Mar 8, 2:14 PM`; date: `Mar 8`; age: `12 min`; ago: `2 d ago`. */
export type TimeShape = 'short' | 'date' | 'age' | 'ago'

const formats: Record<TimeShape, (instant: string) => string> = {
  short: (instant) => formatDateTime(instant),
  date: (instant) => formatDate(instant),
  age: (instant) => formatAge(instant),
  ago: (instant) => formatAgo(instant),
}

/** An instant in the person's own zone; the full time on hover and focus. `null` is an en dash. */
export function DateTime({ at, shape = 'short' }: { at: string | null; shape?: TimeShape }) {
  useMinute()
  if (at === null) return <None label="Never" />
  return (
    <Tooltip label={formatFull(at)}>
      <time dateTime={at}>{formats[shape](at)}</time>
    </Tooltip>
  )
}
