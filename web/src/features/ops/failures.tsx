import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { type FailedJob, ops, type TaskState } from '@ledgersync/shared/ops'
import { useInfiniteQuery } from '@tanstack/react-query'
import { CircleCheck } from 'lucide-react'
import { useRef } from 'react'
import { useAddress } from '../../address.ts'
import { pages } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { confirm } from '../../ui/confirm.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { FilterMenu } from '../../ui/filter-menu.tsx'
import { EmptyState, ErrorState, NoResults, SkeletonRows } from '../../ui/states.tsx'
import { ageOf } from './figures.ts'
import { refreshMs, useDiscard, useRetry } from './use-ops.ts'
import styles from './ops.module.css'

interface FailuresProps {
  tasks: TaskState[]
  databaseTime: string
}

/** The jobs that failed, those that nobody tries again first, each with its reason and its way back. */
export function Failures({ tasks, databaseTime }: FailuresProps) {
  const [address, change] = useAddress(['task'] as const)
  const chosen = tasks.find(({ task }) => task === address.task)
  const input = { query: { limit: 50, ...(chosen && { task: chosen.task }) } }
  const list = useInfiniteQuery({ ...pages(ops.listFailures, input), refetchInterval: refreshMs })
  const heading = useRef<HTMLHeadingElement>(null)
  const jobs = list.data?.pages.flatMap((page) => page.items)
  const failing = tasks.filter(({ task, retrying, givenUp }) => retrying + givenUp > 0 || task === chosen?.task)
  return (
    <section aria-labelledby="failures">
      <div className={styles.sectionHead}>
        {/* Takes the focus of the button that goes with its row */}
        <h2 id="failures" tabIndex={-1} ref={heading}>
          Failures
        </h2>
        {failing.length > 0 && (
          <FilterMenu
            label="Work"
            options={failing.map(({ task, name }) => ({ value: task, label: name }))}
            value={chosen?.task}
            onChange={(task) => change({ task })}
          />
        )}
      </div>
      {jobs === undefined ? (
        list.isError ? (
          <div className={styles.padded}>
            <ErrorState error={list.error} title="We could not load the failures" onRetry={() => void list.refetch()} />
          </div>
        ) : (
          <SkeletonRows rows={3} height={56} />
        )
      ) : jobs.length > 0 ? (
        <Jobs jobs={jobs} databaseTime={databaseTime} onActed={() => heading.current?.focus()} />
      ) : chosen ? (
        <NoResults onClear={() => change({ task: undefined })}>
          No failures of <strong>{chosen.name}</strong>.
        </NoResults>
      ) : (
        <EmptyState icon={CircleCheck} title="Nothing is stuck">
          A job that fails appears here with the reason, until it is done.
        </EmptyState>
      )}
      {list.hasNextPage && (
        <div className={styles.padded}>
          <Button size="sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </section>
  )
}

interface JobsProps {
  jobs: FailedJob[]
  databaseTime: string
  onActed: () => void
}

function Jobs({ jobs, databaseTime, onActed }: JobsProps) {
  const narrow = useMediaQuery('(max-width: 600px)', false, { getInitialValueInEffect: false })
  if (narrow)
    return (
      <ul className={styles.cards} aria-label="Failures">
        {jobs.map((job) => (
          <li key={job.id}>
            <div className={styles.cardLine}>
              <strong>{job.name}</strong>
              <State job={job} />
            </div>
            <div className={styles.reason}>{job.reason}</div>
            <div className={styles.quiet}>
              {[`${triesOf(job)} tries`, nextOf(job, databaseTime), 'first asked for'].filter((part) => part !== null).join(', ')}{' '}
              <DateTime at={job.queuedAt} shape="ago" />
            </div>
            <Ids job={job} />
            <div className={styles.cardActions}>
              <Actions job={job} onActed={onActed} tall />
            </div>
          </li>
        ))}
      </ul>
    )
  return (
    <div className={styles.scroll}>
      <table className={styles.table} aria-label="Failures">
        <thead>
          <tr>
            <th scope="col">Work</th>
            <th scope="col">Reason</th>
            <th scope="col">State</th>
            <th scope="col">Tries</th>
            <th scope="col">First asked for</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.id}>
              <td>
                <strong>{job.name}</strong>
                <Ids job={job} />
              </td>
              <td className={styles.reason}>{job.reason}</td>
              <td className={styles.short}>
                <State job={job} />
                <div className={styles.ids}>{nextOf(job, databaseTime)}</div>
              </td>
              <td className={styles.short}>{triesOf(job)}</td>
              <td className={styles.short}>
                <DateTime at={job.queuedAt} shape="ago" />
              </td>
              <td>
                <div className={styles.actions}>
                  <Actions job={job} onActed={onActed} />
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function State({ job }: { job: FailedJob }) {
  return job.state === 'given_up' ? <Badge tone="bad">Given up</Badge> : <Badge tone="moving">Retrying</Badge>
}

const triesOf = ({ attempts, attemptsMax }: FailedJob): string => `${attempts} of ${attemptsMax}`

function nextOf({ nextTryAt }: FailedJob, databaseTime: string): string | null {
  if (nextTryAt === null) return null
  return Date.parse(nextTryAt) <= Date.parse(databaseTime) ? 'next try is due' : `next in ${ageOf(nextTryAt, databaseTime)}`
}

/** What to look for in logs and in the database; never a name. */
function Ids({ job: { id, firmId, subjectId } }: { job: FailedJob }) {
  return (
    <div className={styles.ids}>
      <span>Job {id}</span>
      {firmId !== null && <span>Firm {firmId}</span>}
      {subjectId !== null && <span>Row {subjectId}</span>}
    </div>
  )
}

function Actions({ job, onActed, tall = false }: { job: FailedJob; onActed: () => void; tall?: boolean }) {
  const retry = useRetry(job, onActed)
  const discard = useDiscard(job, onActed)
  const size = tall ? 'xl' : 'sm'
  const ask = async () => {
    const yes = await confirm({
      title: 'Discard this job?',
      body: `${job.name}, given up after ${job.attempts === 1 ? 'one try' : `${job.attempts} tries`}, is forgotten with its reason. ${job.ifDiscarded}`,
      confirm: 'Discard job',
      keep: 'Keep job',
      final: true,
    })
    if (yes) discard.mutate()
  }
  return (
    <>
      <Button size={size} aria-label={`Retry job ${job.id}, ${job.name}`} loading={retry.isPending} onClick={() => retry.mutate()}>
        Retry
      </Button>
      {job.state === 'given_up' && (
        <Button
          size={size}
          variant="subtle"
          color="gray"
          aria-label={`Discard job ${job.id}, ${job.name}`}
          loading={discard.isPending}
          onClick={() => void ask()}
        >
          Discard
        </Button>
      )}
    </>
  )
}
