import type { Operations, TaskState } from '@ledgersync/shared/ops'
import { ageOf, earliest, formatSum } from './figures.ts'
import styles from './ops.module.css'

/** Due work is picked up within seconds: this long means that workers are too few or stand still. */
const lateMs = 5 * 60_000

interface Figure {
  label: string
  value: string
  note: string
  tone?: 'bad' | 'warn'
}

/** The figures that tell at a glance whether anything is stuck. */
export function Totals({ work }: { work: Operations }) {
  return (
    <dl className={styles.totals} aria-label="Totals">
      {figuresOf(work).map(({ label, value, note, tone }) => (
        <div key={label} data-tone={tone}>
          <dt>{label}</dt>
          <dd className={styles.figure}>{value}</dd>
          <dd>{note}</dd>
        </div>
      ))}
    </dl>
  )
}

function figuresOf(work: Operations): Figure[] {
  const { tasks, workers, databaseTime: now, webhooks, messages, pushes } = work
  const all = (of: (task: TaskState) => number) => formatSum(tasks.map(of))
  const oldestDue = earliest(tasks.map((task) => task.oldestDueAt))
  const late = oldestDue !== null && Date.parse(now) - Date.parse(oldestDue) > lateMs
  const oldestDoubt = earliest([messages.oldestAt, pushes.oldestAt])
  const anyGivenUp = tasks.some((task) => task.givenUp > 0)
  const since = (at: string | null, none: string) => (at === null ? none : `oldest ${ageOf(at, now)}`)
  return [
    {
      label: 'Workers',
      value: formatSum([workers.length]),
      note: `${all((task) => task.running)} at work`,
      ...(workers.length === 0 && { tone: 'bad' as const }),
    },
    { label: 'Due', value: all((task) => task.due), note: since(oldestDue, 'nothing waits'), ...(late && { tone: 'warn' as const }) },
    { label: 'Retrying', value: all((task) => task.retrying), note: 'failed, tried again' },
    {
      label: 'Given up',
      value: all((task) => task.givenUp),
      note: anyGivenUp ? 'nobody tries again' : 'none failed for good',
      ...(anyGivenUp && { tone: 'bad' as const }),
    },
    { label: 'Later', value: all((task) => task.waiting), note: 'wait for their time' },
    { label: 'Webhooks', value: formatSum([webhooks.count]), note: since(webhooks.oldestAt, 'all are handled') },
    {
      label: 'In doubt',
      value: formatSum([messages.count, pushes.count]),
      note: oldestDoubt === null ? 'all are known' : `${formatSum([messages.count])} messages, ${formatSum([pushes.count])} entries`,
      ...(oldestDoubt !== null && { tone: 'warn' as const }),
    },
  ]
}
