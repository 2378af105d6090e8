/** What came of one delivery. */
export interface Delivery {
  url: string
  /** Null when no answer came. */
  status: number | null
  attempts: number
  /** The receiver's last answer, as text, at most 64 KB of it. */
  body: string
}

export interface DeliverOptions {
  attemptsMax?: number
  firstWaitMs?: number
  timeoutMs?: number
  /** Some providers repeat only when no connection came about; then an answer such as 500 is final. */
  repeatOnStatus?: boolean
  /** Ends the waiting when the emulator closes. */
  signal?: AbortSignal
}

const answerMax = 64 * 1024

/**
 * Posts a webhook and repeats on anything but 2xx, as the providers do, at most `attemptsMax` times with a growing wait.
 * `body` is sent byte for byte, for it has been signed. Never throws: a receiver that is down is part of life.
 */
export async function deliver(
  url: string,
  body: string | Buffer,
  headers: Record<string, string>,
  { attemptsMax = 6, firstWaitMs = 250, timeoutMs = 10_000, repeatOnStatus = true, signal }: DeliverOptions = {},
): Promise<Delivery> {
  let answer: Answer = { status: null, body: '' }
  const ending = (): AbortSignal => {
    const timeout = AbortSignal.timeout(timeoutMs)
    return signal === undefined ? timeout : AbortSignal.any([timeout, signal])
  }
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    answer = await post(url, body, headers, ending())
    const final = answer.status !== null && (!repeatOnStatus || (answer.status >= 200 && answer.status < 300))
    if (final || signal?.aborted) return { url, ...answer, attempts: attempt }
    if (attempt < attemptsMax) await pause(firstWaitMs * 4 ** (attempt - 1), signal)
  }
  return { url, ...answer, attempts: attemptsMax }
}

interface Answer {
  status: number | null
  body: string
}

async function post(url: string, body: string | Buffer, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers, signal })
    return { status: response.status, body: (await response.text()).slice(0, answerMax) }
  } catch {
    // Unreachable counts as "no status"; the caller sees it in the Delivery
    return { status: null, body: '' }
  }
}

/** Waits without keeping the process alive; returns early when `signal` fires. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    timer.unref()
    signal?.addEventListener('abort', done)
  })
}
