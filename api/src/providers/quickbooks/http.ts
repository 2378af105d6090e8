import { outgoing } from '../../core/outgoing.ts'
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
    const {
      status,
      data,
      headers: answered,
    } = await outgoing().post<string>(url, body, {
      headers: { accept: 'application/json', ...headers },
      timeout: timeoutMs,
      responseType: 'text',
      // Text goes out and comes back as it is
      transformRequest: (text: string) => text,
      transformResponse: (text: string) => text,
      validateStatus: () => true,
    })
    if (status >= 200 && status < 300) return data === '' ? null : JSON.parse(data)
    const tid: unknown = answered['intuit_tid']
    throw toRefusal(operation, { status, body: parseOrNull(data), requestId: typeof tid === 'string' ? tid : null })
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
