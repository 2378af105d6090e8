/** What came of one delivery. */
export interface Delivery {
  url: string
  status: number | null
  attempts: number
}

/**
 * Posts a webhook and repeats on anything but 2xx, as the providers do, at most `attemptsMax` times with a growing wait.
 * `body` is sent byte for byte, for it has been signed. Never throws: a receiver that is down is part of life.
 */
export async function deliver(
  url: string,
  body: string | Buffer,
  headers: Record<string, string>,
  { attemptsMax = 6, firstWaitMs = 250, timeoutMs = 10_000 } = {},
): Promise<Delivery> {
  let status: number | null = null
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    status = await post(url, body, headers, timeoutMs)
    if (status !== null && status >= 200 && status < 300) return { url, status, attempts: attempt }
    if (attempt < attemptsMax) await new Promise((resolve) => setTimeout(resolve, firstWaitMs * 4 ** (attempt - 1)).unref())
  }
  return { url, status, attempts: attemptsMax }
}

async function post(url: string, body: string | Buffer, headers: Record<string, string>, timeoutMs: number): Promise<number | null> {
  try {
    const response = await fetch(url, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers, signal: AbortSignal.timeout(timeoutMs) })
    await response.arrayBuffer()
    return response.status
  } catch {
    // Unreachable counts as "no status"; the caller sees it in the Delivery
    return null
  }
}
