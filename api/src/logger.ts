import { type DestinationStream, type LogFn, type Logger, pino } from 'pino'
import { describeFailure } from './core/failures.ts'

/** Nothing that carries a credential may be written, wherever in a record it stands. */
const redact = [
  'authorization',
  'cookie',
  'password',
  'token',
  'secret',
  '*.authorization',
  '*.cookie',
  '*.password',
  '*.token',
  '*.secret',
]

/**
 * The log: JSON lines on the standard output, or where `destination` says. Whoever hands it an error, a request or an answer, the
 * framework included, gets no more of them written than what is safe: a path may be a secret link.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    redact: { paths: redact, censor: '[redacted]' },
    serializers: {
      err: describeFailure,
      error: (value: unknown) => (value instanceof Error ? describeFailure(value) : value),
      req: (request: { method?: string; routeOptions?: { url?: string } }) => ({
        method: request.method,
        route: request.routeOptions?.url,
      }),
      res: (response: { statusCode?: number }) => ({ status: response.statusCode }),
    },
    hooks: {
      // A bare error would lend the line its sentence
      logMethod(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
        const [first, sentence]: unknown[] = args
        if (first instanceof Error) method.apply(this, [describeFailure(first), typeof sentence === 'string' ? sentence : 'a failure'])
        else method.apply(this, args)
      },
    },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
