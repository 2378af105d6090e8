import { ApiError } from './api.ts'

export interface Words {
  /** What happened. */
  title: string
  /** What is safe and what to do. */
  detail: string
}

/** The one place that turns a failure into words. The API's own sentences are fit for people; these codes need more. */
export function wordsFor(error: unknown): Words {
  if (!(error instanceof ApiError))
    return { title: 'Something on this page failed', detail: 'Your saved work is safe. Load the page again.' }
  switch (error.code) {
    case 'offline':
      return { title: 'No connection', detail: 'What you typed is still here. Check the network and try again.' }
    case 'unreadable':
    case 'unavailable':
      return { title: 'Ledgersync is not answering', detail: 'Nothing was changed. Try again in a minute.' }
    case 'internal':
      return { title: 'Something failed on our side', detail: 'What you saved is safe. Try again, or give support the code below.' }
    case 'not_found':
      return { title: 'This is not here any more', detail: 'It was removed, or you are not assigned to it.' }
    case 'forbidden':
      return { title: 'You may not do this', detail: error.message }
    case 'too_many_requests':
      return { title: 'Too many tries', detail: `Try again in ${waitOf(error.retryAfterSeconds)}.` }
    case 'sign_in_locked':
      return { title: 'Too many wrong tries', detail: error.message }
    case 'email_unverified':
      return { title: 'Verify your e-mail first', detail: 'Invites go out once your e-mail is verified. Enter the code we sent you.' }
    case 'conflict':
    case 'stale_version':
      return { title: 'Somebody changed this in the meantime', detail: error.message }
    case 'provider_unavailable':
      return { title: 'No answer from the other side', detail: error.message }
    default:
      return { title: 'That did not work', detail: error.message }
  }
}

function waitOf(seconds: number | null): string {
  if (seconds === null) return 'a few minutes'
  if (seconds < 90) return `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}

/** Refused fields of a request body by name: `body.email` becomes `email`. */
export function fieldErrorsOf(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {}
  return Object.fromEntries(error.fields.map(({ field, message }) => [field.replace(/^body\./, ''), message]))
}
