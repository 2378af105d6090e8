import type { Operations } from '@ledgersync/shared/ops'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { Count } from '../../ui/money.tsx'
import { ageOf } from './figures.ts'
import styles from './ops.module.css'

type WorkerRow = Operations['workers'][number]
type QueueRow = Operations['queues'][number]
type ScheduleRow = Operations['schedule'][number]

const workerColumns: Column<WorkerRow>[] = [
  { id: 'name', header: 'Machine and process', cell: ({ name }) => <strong>{name}</strong> },
  { id: 'running', header: 'At work', width: '96px', align: 'end', cell: ({ running }) => <Count value={running} /> },
  { id: 'since', header: 'Running since', width: '132px', cell: ({ since }) => <DateTime at={since} /> },
]

const scheduleColumns: Column<ScheduleRow>[] = [
  { id: 'name', header: 'Work', cell: ({ name }) => <strong>{name}</strong> },
  { id: 'last', header: 'Last started', width: '132px', cell: ({ lastRunAt }) => <DateTime at={lastRunAt} shape="ago" /> },
]

/** What the work runs on: the workers, what comes by the clock, and the queues in which a job is at work. */
export function Machinery({ work: { workers, schedule, queues, databaseTime } }: { work: Operations }) {
  const queueColumns: Column<QueueRow>[] = [
    {
      id: 'name',
      header: 'At work',
      width: '30%',
      cell: ({ name }) => (name === null ? 'No job, which is a mistake' : <strong>{name}</strong>),
    },
    { id: 'queue', header: 'Queue', cell: ({ queue }) => <span title={queue}>{queue}</span> },
    { id: 'held', header: 'Held for', width: '132px', cell: ({ heldSince }) => ageOf(heldSince, databaseTime) },
  ]
  return (
    <>
      <div className={styles.halves}>
        <section aria-labelledby="workers">
          <div className={styles.sectionHead}>
            <h2 id="workers">Workers</h2>
          </div>
          <DataTable
            label="Workers"
            columns={workerColumns}
            rows={workers}
            rowKey={({ name, since }) => `${name} ${since}`}
            card={({ name, since, running }) => ({
              title: <strong>{name}</strong>,
              state: running > 0 && `${running} at work`,
              meta: (
                <>
                  Since <DateTime at={since} />
                </>
              ),
            })}
            minWidth={400}
            empty={<p className={styles.none}>No worker is running.</p>}
          />
        </section>
        <section aria-labelledby="schedule">
          <div className={styles.sectionHead}>
            <h2 id="schedule">Schedule</h2>
          </div>
          <DataTable
            label="Schedule"
            columns={scheduleColumns}
            rows={schedule}
            rowKey={({ task }) => task}
            card={({ name, lastRunAt }) => ({
              title: <strong>{name}</strong>,
              meta: (
                <>
                  Last started <DateTime at={lastRunAt} shape="ago" />
                </>
              ),
            })}
            minWidth={400}
            empty={<p className={styles.none}>No worker has taken up the schedule yet.</p>}
          />
        </section>
      </div>
      <section aria-labelledby="queues">
        <div className={styles.sectionHead}>
          <h2 id="queues">Held queues</h2>
        </div>
        <DataTable
          label="Held queues"
          columns={queueColumns}
          rows={queues}
          rowKey={({ queue }) => queue}
          card={({ queue, name, heldSince }) => ({
            title: <strong>{name ?? 'No job, which is a mistake'}</strong>,
            state: ageOf(heldSince, databaseTime),
            meta: queue,
          })}
          empty={<p className={styles.none}>No queue is held. Jobs of one queue run one after the other.</p>}
        />
      </section>
    </>
  )
}
