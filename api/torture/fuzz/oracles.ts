import { errorStatus, Problem } from '@ledgersync/shared/errors'
import { Ajv } from 'ajv'
import { isRouted } from './build.ts'
import type { Plan } from './plan.ts'
import { parsed, type Target } from './target.ts'
import type { Answer, Outgoing } from './wire.ts'

/** What is wrong with an answer: which guarantee it breaks, and how. */
export interface Finding {
  oracle: 'server error' | 'undocumented' | 'problem' | 'stack' | 'sql' | 'secret' | 'markup' | 'silence' | 'slow' | 'log' | 'job'
  detail: string
}

/** However busy the machine is, whoever waits longer has given up. */
export const slowMs = 10_000

const isProblem = new Ajv().compile({ ...Problem, additionalProperties: false })
const stack = /\bat (?:[^\n]{0,80}\()?(?:\/|file:|node:)\S*:\d|node_modules|\.[cm]?[jt]sx?:\d/
const sql =
  /select .* from |insert into |violates|\brelation\b|failed query|syntax error|invalid input syntax|\bcolumn "|pg_catalog|deadlock detected/i
const sealed =
  /\$argon2|eyJ[\w-]{8,}\.eyJ|(?:access|public)-sandbox-|"type":"Buffer"|password_?hash|_sealed|sealed"|refresh_?salt|claim_?digest|token_?hash/i
const markup = /<img src=x|<script>fuzz/
/** Files that ship with the documentation; their text is not ours. */
const isForeign = (path: string): boolean => path.startsWith('/docs/')

/** Checks one answer against everything that must hold for it. Empty when all is well. */
export function judge(plan: Plan, request: Outgoing, answer: Answer, secrets: readonly string[]): Finding[] {
  const { target } = plan
  if (answer.outcome === 'silent') return [{ oracle: 'silence', detail: 'there was no answer' }]
  if (answer.outcome === 'cut')
    return mayBeCut(plan, request) ? [] : [{ oracle: 'silence', detail: 'the connection was closed without an answer' }]
  const { status, body } = answer
  const [mediaType = ''] = (answer.headers['content-type'] ?? '').split(';')
  const findings: Finding[] = []
  if (status >= 500) findings.push({ oracle: 'server error', detail: `${status} ${body.slice(0, 300)}` })
  const shown = request.method === 'HEAD' ? undefined : body
  const objection = isRouted(plan) && target.bytes === null ? target.objection(status, mediaType, shown) : strayObjection(status)
  if (objection !== null) findings.push({ oracle: 'undocumented', detail: objection })
  if (status >= 400 && mediaType !== 'text/html' && shown !== undefined) {
    const detail = problemObjection(status, mediaType, body)
    if (detail !== null) findings.push({ oracle: 'problem', detail })
  }
  return [...findings, ...leaks(target, request.path, { mediaType, body, secrets }), ...(answer.ms > slowMs ? [slow(answer.ms)] : [])]
}

const slow = (ms: number): Finding => ({ oracle: 'slow', detail: `answered after ${Math.round(ms)} ms` })

/** What the server leaves unread when it answers and closes makes the connection break; so much is read in any case. */
const unreadMax = 50_000

/** A tunnel is never opened, half a request may be dropped, and whoever sends too much may be cut off while sending. */
function mayBeCut(plan: Plan, request: Outgoing): boolean {
  return request.bytes !== null || request.method === 'CONNECT' || request.framing === 'short' || request.body.length > unreadMax
}

const strayStatuses = new Set([
  200, 201, 202, 204, 206, 302, 303, 304, 400, 401, 403, 404, 405, 408, 409, 410, 413, 414, 415, 416, 417, 429, 431,
])

/** An address or method that was spoiled leads anywhere, but never to an answer nobody has heard of. */
const strayObjection = (status: number): string | null => (strayStatuses.has(status) ? null : `the status ${status} is never answered`)

function problemObjection(status: number, mediaType: string, body: string): string | null {
  if (mediaType !== 'application/problem+json') return `the error ${status} is ${mediaType || 'without a type'}`
  const value = parsed(body)
  if (!isProblem(value)) return `the body is no problem: ${body.slice(0, 200)}`
  // Ajv has checked it
  const problem = value as Problem
  const known = Object.entries(errorStatus).find(([code]) => code === problem.code)
  if (known === undefined) return `the code ${problem.code} is unknown`
  return known[1] === status && problem.status === status ? null : `the code ${problem.code} does not go with ${status}`
}

function leaks(
  target: Target,
  path: string,
  { mediaType, body, secrets }: { mediaType: string; body: string; secrets: readonly string[] },
): Finding[] {
  if (isForeign(path)) return []
  const checks: [Finding['oracle'], RegExp][] = [
    ['stack', stack],
    ['sql', sql],
    ['secret', sealed],
    ...(mediaType === 'text/html' ? [['markup', markup] as [Finding['oracle'], RegExp]] : []),
    // A link is shown to whoever asks for it to copy, and on its own page
    ...(mediaType === 'application/json' && target.id !== 'createInvite'
      ? [['secret', /\/i\/[\w-]{43}/] as [Finding['oracle'], RegExp]]
      : []),
  ]
  const findings = checks.flatMap(([oracle, pattern]) => {
    const found = pattern.exec(body)
    return found === null
      ? []
      : [{ oracle, detail: `the body has ${JSON.stringify(body.slice(Math.max(0, found.index - 60), found.index + 100))}` }]
  })
  const secret = secrets.findIndex((each) => body.includes(each))
  return secret < 0 ? findings : [...findings, { oracle: 'secret', detail: `the body has secret number ${secret}` }]
}

/** Lines the product wrote that speak of a mistake of ours. */
export function judgeLog(lines: readonly string[]): Finding[] {
  return lines
    .filter((line) => line.includes('"stack"') || /"level":(?:50|60)\b/.test(line))
    .map((line) => ({ oracle: 'log', detail: line.trim().slice(0, 1_500) }))
}
