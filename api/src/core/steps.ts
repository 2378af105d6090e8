import { writeSync } from 'node:fs'

/**
 * Every place between two steps of an effect on the outside world: what came before has happened, what follows has not. A process
 * may die at any of them, so each has a name by which a test lets it.
 */
export const steps = [
  'invite.created',
  'message.claimed',
  'message.sent',
  'message.recorded',
  'message.looked_up',
  'webhook.stored',
  'webhook.handled',
  'visit.prepared',
  'visit.opened',
  'visit.looked_up',
  'exchange.claimed',
  'exchange.made',
  'exchange.recorded',
  'accounts.read',
  'accounts.recorded',
  'sync.started',
  'sync.page_read',
  'sync.fetched',
  'sync.recorded',
  'push.claimed',
  'push.looked_up',
  'push.sent',
  'push.recorded',
  'undo.claimed',
  'undo.looked_up',
  'undo.made',
  'undo.recorded',
  'token.leased',
  'token.renewed',
  'token.recorded',
  'grant.made',
  'grant.recorded',
  'lists.read',
  'disconnect.made',
  'revocation.made',
  'upload.checked',
  'upload.written',
  'upload.recorded',
  'upload.invited',
] as const

export type Step = (typeof steps)[number]

/** Where this process is to die: the `nth` time (from 1) it reaches any of the steps. */
export interface Crash {
  steps: readonly Step[]
  nth: number
}

/** Tells that a step has been reached. Does nothing, but where this process is to die by SIGKILL: it names the step and dies. */
export function createReached(crash: Crash | null): (step: Step) => void {
  if (crash === null) return () => {}
  let left = crash.nth
  return (step) => {
    if (!crash.steps.includes(step)) return
    left -= 1
    if (left !== 0) return
    // Written before the process dies, unlike what goes through a stream
    writeSync(2, `died at ${step}\n`)
    process.kill(process.pid, 'SIGKILL')
  }
}
