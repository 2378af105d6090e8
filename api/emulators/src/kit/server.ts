import { type AddressInfo } from 'node:net'
import formbody from '@fastify/formbody'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Calls, createCalls } from './calls.ts'

/** What every emulator is given. Times come from `now`, so that a test can move the clock. */
export interface EmulatorOptions {
  /** 0 picks a free port. */
  port?: number
  /** The folder whose JSON file keeps this emulator's books between runs; absent = memory only. */
  dataDir?: string
  now?: () => Date
  /** Where a plan of faults takes hold; absent = none. */
  interceptor?: Interceptor
}

/**
 * Stands between the wire and a provider's routes. A fault that answers itself uses `reply`; one that cuts the connection
 * calls `reply.hijack()` and destroys `req.raw.socket`.
 */
export interface Interceptor {
  /** Runs with the body parsed and before the provider acts: what is answered or cut here never happened. */
  beforeCommit?(req: FastifyRequest, reply: FastifyReply): Promise<void>
  /** Runs after the provider acted and before its answer leaves: what is cut here did happen. Returns the payload to send. */
  afterCommit?(req: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown>
}

/** A running emulator: a real HTTP server plus, for tests in the same process, its recorded calls. */
export interface RunningServer {
  app: FastifyInstance
  calls: Calls
  /** Origin without a trailing slash, such as `http://127.0.0.1:4010`. */
  url: string
  close(): Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The exact bytes of the body, for signatures and hashes. */
    rawBody: Buffer
  }
}

export interface ServerParts {
  /** Adds the provider's routes. Whatever it leaves out is answered 501 by name. */
  routes(app: FastifyInstance, calls: Calls): void | Promise<void>
  /** The provider's own error body for an endpoint that is not emulated. */
  notImplemented(req: FastifyRequest, what: string): unknown
  /** The provider's own error body for a fault inside the emulator or a body that cannot be read. */
  failed(req: FastifyRequest, error: Error): { status: number; body: unknown }
  /** Path prefixes of pages a person clicks through: neither recorded as calls nor intercepted. `/_emulator/` always is one. */
  unrecorded?: readonly string[]
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
  const calls = createCalls(options.now ?? (() => new Date()))
  app.decorateRequest('rawBody', null as unknown as Buffer) // set by preParsing before any handler runs
  app.addHook('preParsing', async (req, _reply, payload) => {
    const chunks: Buffer[] = []
    for await (const chunk of payload) chunks.push(Buffer.from(chunk as Buffer))
    req.rawBody = Buffer.concat(chunks)
    const { Readable } = await import('node:stream')
    return Readable.from(req.rawBody.length > 0 ? [req.rawBody] : [])
  })
  await app.register(formbody)
  const pages = ['/_emulator/', ...(parts.unrecorded ?? [])]
  const isPage = (req: FastifyRequest): boolean => pages.some((prefix) => req.url.startsWith(prefix))
  app.addHook('onResponse', async (req, reply) => {
    if (!isPage(req)) calls.record(req, reply.statusCode)
  })
  addInterceptor(app, options.interceptor, isPage)
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
  return { app, calls, url: `http://127.0.0.1:${port}`, close: () => app.close() }
}

function addInterceptor(app: FastifyInstance, interceptor: Interceptor | undefined, isPage: (req: FastifyRequest) => boolean): void {
  if (!interceptor) return
  app.addHook('preHandler', async (req, reply) => {
    if (!isPage(req)) await interceptor.beforeCommit?.(req, reply)
  })
  app.addHook('onSend', async (req, reply, payload) => {
    return isPage(req) || !interceptor.afterCommit ? payload : interceptor.afterCommit(req, reply, payload)
  })
}
