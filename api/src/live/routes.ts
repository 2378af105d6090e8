import { Type } from 'typebox'
import { eventsPath, type LiveEvent } from '@ledgersync/shared/events'
import { readSession } from '../auth/sessions.ts'
import { canSeeClient } from '../clients/visibility.ts'
import { type Deps, staffActor, type StaffCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { describeFailure } from '../core/failures.ts'
import type { App } from '../http/app-type.ts'
import type { LiveBus } from './bus.ts'

const heartbeatMs = 20_000
const retrySeconds = 30
/** Of one person; a browser needs one, however many tabs it has. */
const perPersonMax = 10
/** Of this process. */
const streamsMax = 5_000
/** What waits in memory for a browser that does not read. */
const waitingBytesMax = 64 * 1024

/**
 * The event stream. One per browser: the SPA shares it between tabs. It is no activity for the idle clock and
 * closes when the session ends. Employees get events of their clients only.
 */
export function liveRoutes(app: App, deps: Deps, bus: LiveBus): void {
  const open = new Map<() => void, StaffCtx>()
  app.addHook('preClose', async () => {
    for (const close of open.keys()) close()
  })
  app.route({
    method: 'GET',
    url: eventsPath.replace('/v1', ''),
    config: { access: 'staff' },
    schema: {
      operationId: 'streamEvents',
      tags: ['Live'],
      summary: 'Stream of changes',
      description: 'Server-sent events, each `{"topic","clientId"}`: what to fetch anew. No data travels here.',
      querystring: Type.Object({}, { additionalProperties: false }),
      response: {
        200: {
          description: 'Events until the session ends',
          content: { 'text/event-stream': { schema: Type.String({ description: 'One event a block' }) } },
        },
      },
    },
    handler: (req, reply) => {
      const { ctx } = req
      const mine = [...open.values()].filter((other) => other.actor.staffId === ctx.actor.staffId).length
      if (open.size >= streamsMax || mine >= perPersonMax) {
        throw new AppError('too_many_requests', 'Too many windows listen already. Close some.', { retryAfterSeconds: retrySeconds })
      }
      reply.hijack()
      const { raw } = reply
      raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      // HEAD asks for no stream, and would wait for its end for ever
      if (req.method === 'HEAD') return void raw.end()
      raw.write('retry: 2000\n\n')
      const write = (text: string): void => {
        if (raw.writableEnded) return
        raw.write(text)
        if (raw.writableLength > waitingBytesMax) raw.destroy()
      }
      const send = (event: LiveEvent): void => write(`data: ${JSON.stringify(event)}\n\n`)
      const close = (): void => {
        clearInterval(timer)
        unsubscribe()
        open.delete(close)
        raw.end()
      }
      const handle = (event: LiveEvent): void => {
        relay(ctx, event, send, close).catch((error: unknown) => {
          deps.log.warn({ error: describeFailure(error).error }, 'a live event could not be relayed')
          close()
        })
      }
      const unsubscribe = bus.subscribe(ctx.firmId, handle)
      const timer = setInterval(() => {
        write(': beat\n\n')
        sessionLives(ctx).then((lives) => {
          if (!lives) close()
        }, close)
      }, heartbeatMs)
      open.set(close, ctx)
      raw.on('close', close)
      raw.on('error', close)
      // Who went away while the session was looked up has been closed already, and nothing would say so again
      if (raw.destroyed) close()
    },
  })
}

/** Whether the person is still signed in and still sees the same clients: if not, the stream ends and the browser opens another. */
async function sessionLives(ctx: StaffCtx): Promise<boolean> {
  const { actor } = ctx
  const found = await readSession(ctx.deps, { firmId: ctx.firmId, sessionId: actor.sessionId }, false)
  return found !== null && staffActor(found.staff, actor.sessionId, found.assignAll).seesAllClients === actor.seesAllClients
}

async function relay(ctx: StaffCtx, event: LiveEvent, send: (event: LiveEvent) => void, close: () => void): Promise<void> {
  // Sign-out, revocation and a changed role publish a `firm` event: check at once instead of at the next beat
  if (event.topic === 'firm' && !(await sessionLives(ctx))) return close()
  if (event.clientId === null || ctx.actor.seesAllClients || (await canSeeClient(ctx, event.clientId))) send(event)
}
