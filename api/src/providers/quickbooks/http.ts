import { ProviderError } from '../../core/errors.ts'
import { toRefusal, toSilence } from './errors.ts'

/** A post of ours. The body is text already, so that a repeat sends the same bytes. */
export interface OwnPost {
  operation: string
  url: string
  headers: Record<string, string>
  body: string
  timeoutMs: number
}

/**
 * Posts and answers the parsed JSON of a success; null when the answer has no body. Throws ProviderError: a redirect, which would
 * carry the credentials elsewhere, is a failure, and so is a success that is no JSON.
 */
export async function postText({ operation, url, headers, body, timeoutMs }: OwnPost): Promise<unknown> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept: 'application/json', ...headers },
      body,
      redirect: 'manual',
      signal,
    })
    const answer = await response.text()
    if (response.ok) return answer === '' ? null : JSON.parse(answer)
    throw toRefusal(operation, { status: response.status, body: parseOrNull(answer), requestId: response.headers.get('intuit_tid') })
  } catch (error) {
    throw error instanceof ProviderError ? error : toSilence(operation, error)
  }
}

/** An error page of a proxy is no JSON; its status says enough. */
function parseOrNull(answer: string): unknown {
  try {
    return JSON.parse(answer)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
