import type { FuzzResult } from './result.ts'
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

/** What the run did and found, for people. */
export function showResult(result: FuzzResult): string {
  const { seed, requests, seconds, byTarget, byStatus, violations, before, after } = result
  const targets = Object.entries(byTarget)
  const silent = targets.filter(([, tally]) => tally['2xx'] + tally['3xx'] === 0).map(([id]) => id)
  const statuses = Object.entries(byStatus).map(([status, count]) => `${status}: ${count}`)
  const changed = Object.keys(before.tables).filter((table) => before.tables[table] !== after.tables[table])
  return [
    `Fuzz: seed ${seed}, ${requests} requests to ${targets.length} targets in ${seconds} s`,
    `Answers: ${statuses.join(', ')}`,
    ...(process.env.FUZZ_TABLE === undefined ? [] : targets.map(([id, tally]) => `${id} ${JSON.stringify(tally)}`)),
    `Never answered with success: ${silent.filter((id) => !id.startsWith('RAW')).join(', ') || 'none'}`,
    `The other firm: ${before.rows} rows, hash ${before.hash.slice(0, 16)} before, ${after.hash.slice(0, 16)} after${changed.length > 0 ? `; changed: ${changed.join(', ')}` : ''}`,
    `Violations: ${violations.length}`,
    ...violations.map(
      ({ oracle, target, detail, seed: laneSeed, path, count, request }) =>
        `\n✗ ${oracle} at ${target}, ${count} times (replay ${laneSeed}:${path})\n  ${detail}\n${request.replaceAll(/^/gm, '    ')}`,
    ),
  ].join('\n')
}
