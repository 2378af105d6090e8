import type { Config } from './config.ts'

/**
 * The program's clock. Outside production whoever started the program may set it ahead or back as it runs, by a message such as
 * `{ clockOffsetMs: 60000 }` over the channel between them: time goes by, and nobody had to wait.
 */
export function createClock({ clockOffsetMs, production }: Config): () => Date {
  let offsetMs = clockOffsetMs
  if (!production)
    process.on('message', (message: unknown) => {
      if (typeof message !== 'object' || message === null || !('clockOffsetMs' in message)) return
      if (typeof message.clockOffsetMs === 'number' && Number.isFinite(message.clockOffsetMs)) offsetMs = message.clockOffsetMs
    })
  return () => new Date(Date.now() + offsetMs)
}
