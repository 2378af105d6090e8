import type { FastifyReply, FastifyRequest } from 'fastify'

/** What a stage decided: go on with the call, or stop because the stage has answered it or cut the connection. */
export type Verdict = 'continue' | 'handled'

/**
 * The two moments around the write of a call that changes the books. A fault plan attaches here by replacing the functions:
 * `beforeCommit` runs with nothing written (429, 5xx, slow, connection cut before), `afterCommit` with everything written and
 * nothing answered (connection cut after, slow). A stage that answers or hijacks the reply returns `handled`.
 */
export interface Stages {
  beforeCommit(req: FastifyRequest, reply: FastifyReply): Promise<Verdict>
  afterCommit(req: FastifyRequest, reply: FastifyReply): Promise<Verdict>
}

/** Stages that never interfere. */
export function createStages(): Stages {
  return { beforeCommit: async () => 'continue', afterCommit: async () => 'continue' }
}

/** Runs `commit` between the two stages; `answer` sends its result unless a stage has dealt with the reply. */
export async function staged<T>(
  stages: Stages,
  call: { req: FastifyRequest; reply: FastifyReply },
  commit: () => T,
  answer: (result: T) => unknown,
): Promise<unknown> {
  if ((await stages.beforeCommit(call.req, call.reply)) === 'handled') return call.reply
  const result = commit()
  if ((await stages.afterCommit(call.req, call.reply)) === 'handled') return call.reply
  return answer(result)
}
