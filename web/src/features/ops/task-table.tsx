import { Button } from '@mantine/core'
import { countMax, type TaskState } from '@ledgersync/shared/ops'
import { useMemo } from 'react'
import { Badge } from '../../ui/badge.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Count, formatCount, None } from '../../ui/money.tsx'
import { ageOf, formatSum } from './figures.ts'
import { useRetryTask } from './use-ops.ts'
import styles from './ops.module.css'

/** Every task with its jobs by state. */
export function TaskTable({ tasks, databaseTime }: { tasks: TaskState[]; databaseTime: string }) {
  // In an order that stays while the figures change
  const rows = useMemo(() => tasks.toSorted((one, other) => one.name.localeCompare(other.name, 'en')), [tasks])
  return (
    <section aria-labelledby="tasks">
      <div className={styles.sectionHead}>
        <h2 id="tasks">Work</h2>
      </div>
      <DataTable
        label="Work"
        columns={columnsFor(databaseTime)}
        rows={rows}
        rowKey={({ task }) => task}
        card={(task) => cardOf(task, databaseTime)}
        actions={(task) => task.givenUp > 0 && <RetryAll task={task} />}
        actionsWidth="172px"
        minWidth={900}
        empty={<p className={styles.none}>Each task appears here once a worker has started.</p>}
      />
    </section>
  )
}

function columnsFor(now: string): Column<TaskState>[] {
  const number = (id: string, header: string, of: (task: TaskState) => number): Column<TaskState> => ({
    id,
    header,
    width: '88px',
    align: 'end',
    cell: (task) => <Capped value={of(task)} />,
  })
  const age = (id: string, header: string, of: (task: TaskState) => string | null): Column<TaskState> => ({
    id,
    header,
    width: '124px',
    align: 'end',
    cell: (task) => <Age at={of(task)} now={now} />,
  })
  return [
    {
      id: 'name',
      header: 'Work',
      cell: ({ task, name }) => (
        <>
          <strong>{name}</strong> <span className={styles.quiet}>{task}</span>
        </>
      ),
    },
    number('due', 'Due', (task) => task.due),
    age('oldest', 'Oldest due', (task) => task.oldestDueAt),
    number('running', 'At work', (task) => task.running),
    age('longest', 'Longest at work', (task) => task.runningSince),
    number('retrying', 'Retrying', (task) => task.retrying),
    {
      id: 'givenUp',
      header: 'Given up',
      width: '88px',
      align: 'end',
      cell: ({ givenUp }) => (givenUp === 0 ? <None label="0" /> : <span className={styles.bad}>{formatSum([givenUp])}</span>),
    },
    number('waiting', 'Later', (task) => task.waiting),
  ]
}

function Capped({ value }: { value: number }) {
  return value < countMax ? <Count value={value} /> : <span>{formatSum([value])}</span>
}

function Age({ at, now }: { at: string | null; now: string }) {
  return at === null ? <None /> : <span>{ageOf(at, now)}</span>
}

function cardOf(task: TaskState, now: string): CardParts {
  const { name, due, oldestDueAt, running, retrying, givenUp, waiting } = task
  const parts = [
    due > 0 && `${formatSum([due])} due${oldestDueAt === null ? '' : `, oldest ${ageOf(oldestDueAt, now)}`}`,
    running > 0 && `${formatCount(running)} at work`,
    retrying > 0 && `${formatSum([retrying])} retrying`,
  ].filter((part) => part !== false)
  return {
    title: <strong>{name}</strong>,
    state: givenUp > 0 && <Badge tone="bad">{formatSum([givenUp])} given up</Badge>,
    meta: parts.length === 0 ? 'Nothing is due' : parts.join(', '),
    figures: waiting > 0 && `${formatSum([waiting])} later`,
    actions: givenUp > 0 && <RetryAll task={task} tall />,
  }
}

function RetryAll({ task, tall = false }: { task: TaskState; tall?: boolean }) {
  const retry = useRetryTask(task)
  return (
    <Button
      size={tall ? 'xl' : 'sm'}
      aria-label={`Retry what was given up of ${task.name}`}
      loading={retry.isPending}
      onClick={() => retry.mutate()}
    >
      Retry {formatSum([task.givenUp])} given up
    </Button>
  )
}
