import type { Verdict } from '../verdict.ts'
import type { FuzzResult, Violation } from './result.ts'
import type { Outgoing } from './wire.ts'

/** The request as text to send again, without what is secret in it. */
export function showRequest(request: Outgoing, secrets: readonly string[]): string {
  const { method, path, headers, body, framing, bytes } = request
  const lines = [
    `${method} ${shorten(path, 300)}${framing === 'length' ? '' : ` (${framing})`}`,
    ...headers.map(([name, value]) => `${name}: ${name === 'Cookie' ? maskCookie(value) : shorten(value, 120)}`),
    ...(body.length > 0 ? ['', shorten(printable(body.toString('utf8')), 1_500)] : []),
  ]
  const text = bytes === null ? lines.join('\n') : shorten(printable(bytes.toString('latin1')), 600)
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '[secret]'), text).replaceAll(/\b[\w-]{43}\b/g, '[token]')
}

const maskCookie = (value: string): string => value.replaceAll(/(ledgersync[\w-]*)=[^;]*/g, '$1=[cookie]').slice(0, 200)
const shorten = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max)}… (${text.length} characters)`)
const printable = (text: string): string =>
  text.replaceAll(/[^\t\n\r -~\u00a1-\uffff]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`)

/** What the run did and found, for people. A change of the other firm's rows is a violation too. */
export function verdictOf(result: FuzzResult): Verdict {
  const { seed, requests, seconds, byTarget, byStatus, violations, before, after } = result
  const targets = Object.entries(byTarget)
  const failing = targets.filter(([id, tally]) => tally['2xx'] + tally['3xx'] === 0 && !id.startsWith('RAW')).map(([id]) => id)
  const statuses = Object.entries(byStatus).map(([status, count]) => `${status}: ${count}`)
  const changed = Object.keys(after.tables).filter((table) => before.tables[table] !== after.tables[table])
  return {
    name: `Fuzz, seed ${seed}`,
    lines: [
      `${requests} requests to ${targets.length} operations, pages, webhooks and files in ${seconds} s`,
      `answers: ${statuses.join(', ')}`,
      `never answered with success: ${failing.join(', ') || 'none'}`,
      `the other firm: ${before.rows} rows, hash before ${before.hash.slice(0, 16)}, after ${after.hash.slice(0, 16)}`,
    ],
    violations: [...violations.map(showViolation), ...changed.map((table) => `rows of the other firm changed in ${table}`)],
  }
}

function showViolation({ oracle, target, detail, seed, path, count, request }: Violation): string {
  return `${oracle} at ${target}, ${count} times (replay ${seed}:${path})\n${`${detail}\n\n${request}`.replaceAll(/^/gm, '      ')}`
}
