/** What may be written down of a failure. */
export interface DescribedFailure {
  error: string
  /** The frames alone, without the sentence that they begin with elsewhere. */
  stack: string
}

/** Members that errors of packages may have. */
interface Members {
  code?: unknown
  constraint?: unknown
  severity?: unknown
  isAxiosError?: unknown
}

/**
 * Reduces whatever was thrown to what a log, a job's record or an operator may see. Failed queries come with their parameters,
 * calls with their credentials, and a parser shows a piece of what it could not read: of those only codes are kept. In the sentence
 * of anything else, which was written by a programmer, what looks like a token, an address or a phone number is hidden.
 */
export function describeFailure(thrown: unknown): DescribedFailure {
  const failure =
    thrown instanceof Error ? thrown : new Error(typeof thrown === 'string' ? thrown : 'Something that is no error was thrown')
  return { error: sentenceOf(failure), stack: framesOf(failure) }
}

function sentenceOf(failure: Error): string {
  // Packages add them to their errors; each is checked before it is used
  const { code, constraint, severity, isAxiosError } = failure as Error & Members
  const known = typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : 'no code'
  if (failure.message.startsWith('Failed query')) return failure.cause instanceof Error ? sentenceOf(failure.cause) : 'Query failed'
  if (severity !== undefined) return `Query failed: ${known}${typeof constraint === 'string' ? ` (${constraint})` : ''}`
  if (isAxiosError === true) return `A call to the outside failed: ${known}`
  if (failure instanceof SyntaxError) return 'A text could not be parsed'
  return hide(failure.message).slice(0, 500)
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function hide(sentence: string): string {
  return sentence
    .replaceAll(/[^\s"'<>@]+@[^\s"'<>@]+/g, '[hidden]')
    .replaceAll(/\+\d{7,15}/g, '[hidden]')
    .replaceAll(/[\w+/=-]{24,}/g, (word) => (uuid.test(word) ? word : '[hidden]'))
}

/** Lines of the stack that say where; the message before them may have several lines. */
function framesOf({ name, message, stack = '' }: Error): string {
  const head = `${name}: ${message}`
  const rest = stack.startsWith(head) ? stack.slice(head.length) : stack
  return rest
    .split('\n')
    .filter((line) => /^ {4}at \S/.test(line))
    .join('\n')
}
