import { type AddressInfo } from 'node:net'
import formbody from '@fastify/formbody'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Calls, createCalls } from './calls.ts'
import type { FaultPlan } from './fault-plan.ts'
import type { FaultCounts, Faults, Interceptor } from './faults.ts'
import { addFaults, type FaultParts } from './wire.ts'

/** What every emulator is given. Times come from `now`, so that a test can move the clock. */
export interface EmulatorOptions {
  /** 0 picks a free port. */
  port?: number
  /** The folder whose JSON file keeps this emulator's books between runs; absent = memory only. */
  dataDir?: string
  now?: () => Date
  /**
   * The waits before each further attempt of a webhook that was not taken, in milliseconds. When absent, the provider's own, many
   * times as fast.
   */
  webhookWaitsMs?: readonly number[]
}

/** A running emulator: a real HTTP server plus, for tests in the same process, its recorded calls. */
export interface RunningServer {
  app: FastifyInstance
  calls: Calls
  /** Origin without a trailing slash, such as `http://127.0.0.1:4010`. */
  url: string
  /** From now on these faults, from the plan's beginning; null = none. Throws an Error that says what is wrong with the plan. */
  setFaults(plan: FaultPlan | null): void
  /** What has really happened since the plan was set. */
  faults(): FaultCounts
  /** Lets a test decide by hand what happens to each call; null = the plan decides again. */
  intercept(interceptor: Interceptor | null): void
  close(): Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The exact bytes of the body, for signatures and hashes. */
    rawBody: Buffer
    /** When the request came, before anything was done for it. */
    arrivedAt: Date
  }
}

export interface ServerParts {
  /** Adds the provider's routes. Whatever it leaves out is answered 501 by name. */
  routes(app: FastifyInstance, calls: Calls): void | Promise<void>
  /** The provider's own error body for an endpoint that is not emulated. */
  notImplemented(req: FastifyRequest, what: string): unknown
  /** The provider's own error body for a fault inside the emulator or a body that cannot be read. */
  failed(req: FastifyRequest, error: Error): { status: number; body: unknown }
  /** Path prefixes of pages a person clicks through: not recorded as calls. `/_emulator/` always is one. */
  unrecorded?: readonly string[]
  fault: Omit<FaultParts, 'operation'> & {
    /** Names an operation better than its method and route do; null for what is not a call of the product. */
    operation?(req: FastifyRequest): string | null
  }
}

/**
 * Starts one provider's server: JSON and form bodies parsed and kept raw, each call recorded
 * (pages a person looks at are not), unknown endpoints answered 501 naming themselves.
 */
export async function startServer(name: string, options: EmulatorOptions, parts: ServerParts): Promise<RunningServer> {
  const app = Fastify({
    bodyLimit: 40 * 1024 * 1024,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, caseSensitive: true },
  })
  const calls = createCalls()
  const now = options.now ?? (() => new Date())
  app.decorateRequest('rawBody', null as unknown as Buffer) // set by the first hook before anything reads it
  app.decorateRequest('arrivedAt', null as unknown as Date) // the same
  const pages = ['/_emulator/', ...(parts.unrecorded ?? [])]
  const isPage = (req: FastifyRequest): boolean => pages.some((prefix) => req.url.startsWith(prefix))
  app.addHook('onRequest', async (req, reply) => {
    req.rawBody = Buffer.alloc(0)
    req.arrivedAt = now()
    // "close" follows an answer, a cut connection and a caller that went away alike
    if (!isPage(req)) reply.raw.once('close', () => calls.record(req, reply.raw.writableFinished ? reply.statusCode : 0))
  })
  app.addHook('preParsing', async (req, _reply, payload) => {
    const chunks: Buffer[] = []
    for await (const chunk of payload) chunks.push(Buffer.from(chunk as Buffer))
    req.rawBody = Buffer.concat(chunks)
    const { Readable } = await import('node:stream')
    return Readable.from(req.rawBody.length > 0 ? [req.rawBody] : [])
  })
  await app.register(formbody)
  addFaults(app, {
    ...parts.fault,
    operation: (req) => (isPage(req) || req.is404 ? null : (parts.fault.operation ?? operationOf)(req)),
  })
  addFaultControl(app, parts.fault.faults)
  await parts.routes(app, calls)
  app.setNotFoundHandler((req: FastifyRequest, reply: FastifyReply) => {
    const what = `${req.method} ${req.url.split('?')[0] ?? ''}`
    return reply.code(501).send(parts.notImplemented(req, `The ${name} emulator does not implement ${what}`))
  })
  app.setErrorHandler((error: Error, req, reply) => {
    const { status, body } = parts.failed(req, error)
    return reply.code(status).send(body)
  })
  await app.listen({ port: options.port ?? 0, host: '127.0.0.1' })
  // listen() on a TCP port always yields an AddressInfo
  const { port } = app.server.address() as AddressInfo
  const { faults } = parts.fault
  return {
    app,
    calls,
    url: `http://127.0.0.1:${port}`,
    setFaults: (plan) => faults.set(plan),
    faults: () => faults.counts(),
    intercept: (interceptor) => faults.intercept(interceptor),
    close: () => app.close(),
  }
}

/** Method and route of a call, without its ids. */
export const operationOf = (req: FastifyRequest): string => `${req.method} ${req.routeOptions.url ?? req.url}`

/** The faults over HTTP: GET and POST answer `{ plan, counts }`; POST takes `{ plan }`, null for none. */
function addFaultControl(app: FastifyInstance, faults: Faults): void {
  const shown = () => ({ plan: faults.plan(), counts: faults.counts() })
  app.get('/_emulator/faults', async () => shown())
  app.post<{ Body: { plan?: FaultPlan | null } | null }>('/_emulator/faults', async (req, reply) => {
    try {
      if (req.body?.plan === undefined) throw new Error('Send { "plan": … }, null for no faults')
      faults.set(req.body.plan)
      return shown()
    } catch (error) {
      return reply.code(400).send({ error: error instanceof Error ? error.message : 'unknown' })
    }
  })
}
