import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { StaffCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import type { App } from './app-type.ts'

const minuteMs = 60_000

/**
 * Bounds the requests of one network address (of IPv6 the /64, which one subscriber has whole) to `max` a minute, before anything
 * is looked up for them. Counted in each process: it protects the process. What must hold over all of them, such as guesses at
 * passwords, is counted in the database. Routes with `rateLimit: false`, where providers deliver, are left out.
 */
export async function limitAddresses(app: App, max: number): Promise<void> {
  await app.register(fastifyRateLimit, { global: false })
  const limiter = app.createRateLimit({ max, timeWindow: minuteMs })
  app.addHook('onRequest', async (req, reply) => {
    if (req.routeOptions.config.rateLimit === false) return
    await count(limiter, { req, reply }, 'Too many requests from this network. Wait a minute.')
  })
}

/** Bounds the requests of one signed-in person to `max` a minute, from however many addresses and browsers. Goes after the sign-in check. */
export function limitPeople(app: App, max: number): void {
  const limiter = app.createRateLimit({ max, timeWindow: minuteMs, keyGenerator: (req) => req.ctx.actor.staffId })
  app.addHook('onRequest', async (req, reply) => {
    // Decorated as null, and set for signed-in people only
    const ctx = req.ctx as StaffCtx | null
    if (ctx !== null) await count(limiter, { req, reply }, 'You have made very many requests. Wait a minute.')
  })
}

type Limiter = ReturnType<App['createRateLimit']>

async function count(limiter: Limiter, { req, reply }: { req: FastifyRequest; reply: FastifyReply }, sentence: string): Promise<void> {
  const verdict = await limiter(req)
  if (verdict.isAllowed) return
  const { max, remaining, ttlInSeconds, isExceeded } = verdict
  // Of two limits the one that is nearer is told
  if (remaining <= Number(reply.getHeader('x-ratelimit-remaining') ?? Number.POSITIVE_INFINITY)) {
    reply.headers({ 'x-ratelimit-limit': max, 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': ttlInSeconds })
  }
  if (isExceeded) throw new AppError('too_many_requests', sentence, { retryAfterSeconds: ttlInSeconds })
}
