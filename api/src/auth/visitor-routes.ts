import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import type { Deps } from '../core/context.ts'
import { cookieNames } from '../http/cookies.ts'
import type { Visitor } from './service.ts'

/** Where a request comes from. */
export const visitor = (req: FastifyRequest, deps: Deps): Visitor => ({
  ip: req.ip,
  network: normalizeIP(req.ip),
  userAgent: req.headers['user-agent'] ?? '',
  requestId: req.id,
  knownBrowser: req.cookies[cookieNames(deps.publicUrl).browser] ?? null,
})
