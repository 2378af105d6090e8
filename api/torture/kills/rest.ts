import { setTimeout as sleep } from 'node:timers/promises'
import type { Installation } from './installation.ts'

/** Past every lease, doubt and poll of a day. */
const dayMinutes = [3, 3, 20, 20, 70, 21 * 60, 20, 70, 70]
/** Past all that a message can wait for, where nothing else is under way. */
export const messageMinutes = [3, 3, 20, 20]

/** Lets so many minutes go by, and all work end after each. The clock that brings polls, recovery and the sweep does not know. */
export async function comeToRest(installation: Installation, minutes: readonly number[] = dayMinutes): Promise<void> {
  for (const ahead of minutes) {
    await installation.ready()
    await installation.pass(ahead * 60_000)
    for (const task of ['poll_connections', 'recover_work', 'sweep'])
      await installation.query(`select graphile_worker.add_job($1, '{}'::json, job_key => $2)`, [task, `torture:${task}`])
    await untilIdle(installation)
  }
}

const idleMaxMs = 90_000

async function untilIdle({ network, query }: Installation): Promise<void> {
  let quiet = 0
  for (const end = Date.now() + idleMaxMs; Date.now() < end && quiet < 5; await sleep(100)) {
    await network.settled()
    const [due] = await query<{ n: number }>(
      'select count(*)::int as n from graphile_worker._private_jobs where (run_at <= now() or locked_at is not null) and attempts < max_attempts',
    )
    quiet = due?.n === 0 ? quiet + 1 : 0
  }
}
