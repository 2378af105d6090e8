import { type FailedJob, ops, type TaskState } from '@ledgersync/shared/ops'
import { useMutation } from '@tanstack/react-query'
import { ApiError, call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { formatCount } from '../../ui/money.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'

/** The page fetches anew this often while it is seen. */
export const refreshMs = 5_000

const refresh = () => invalidate([ops.get, ops.listFailures])

/** Somebody else, or the work itself, was faster: that is no failure. */
function tellFailure(error: Error, title: string): void {
  const movedOn = error instanceof ApiError && (error.status === 404 || error.status === 409)
  if (movedOn) toast({ tone: 'warn', title: 'This job has moved on', detail: 'It runs, is done, was discarded, or was asked for anew.' })
  else toastError(error, title)
}

/** Runs one failed job now. */
export function useRetry(job: FailedJob, onDone: () => void) {
  return useMutation({
    mutationFn: () => call(ops.retry, { params: { jobId: job.id } }),
    onSuccess: () => {
      toast({ title: 'The job runs again', detail: job.name })
      onDone()
    },
    onError: (error) => tellFailure(error, 'The job was not retried'),
    onSettled: refresh,
  })
}

/** Forgets one job that was given up. */
export function useDiscard(job: FailedJob, onDone: () => void) {
  return useMutation({
    mutationFn: () => call(ops.discard, { params: { jobId: job.id } }),
    onSuccess: () => {
      toast({ title: 'The job was discarded', detail: job.name })
      onDone()
    },
    onError: (error) => tellFailure(error, 'The job was not discarded'),
    onSettled: refresh,
  })
}

/** Runs all that was given up of a task, however much that is: a call takes a thousand. */
export function useRetryTask({ task, name }: TaskState) {
  return useMutation({
    mutationFn: async () => {
      let total = 0
      for (;;) {
        const { retried, more } = await call(ops.retryTask, { params: { task } })
        total += retried
        if (!more || retried === 0) return total
      }
    },
    onSuccess: (total) => toast({ title: total === 1 ? '1 job runs again' : `${formatCount(total)} jobs run again`, detail: name }),
    onError: (error) => toastError(error, 'Not all jobs were retried'),
    onSettled: refresh,
  })
}
