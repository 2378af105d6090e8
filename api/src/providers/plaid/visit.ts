import { type VisitStep, visitSteps, type VisitTrouble } from '@ledgersync/shared/reach'
import { clean } from './clean.ts'
import { signInTrouble } from './causes.ts'

/**
 * What the events of a visit to the bank's sign-in come to, in our words; all times ISO 8601. It holds nothing of what a person
 * typed but the name of the bank. Each member is the furthest or the last of its kind, so that {@link mergeVisits} may be given the
 * same events again, late and in any order.
 */
export interface Visit {
  /** The furthest step, and when it was first reached. */
  step: { name: VisitStep; at: string } | null
  bank: { name: string; at: string } | null
  trouble: { kind: VisitTrouble; code: string | null; at: string } | null
  /** Where somebody left, in the provider's words. */
  exit: { status: string | null; at: string } | null
}

export const noVisit: Visit = { step: null, bank: null, trouble: null, exit: null }

/** What two parts of what is known of one visit come to together: commutative, associative, and idempotent. */
export function mergeVisits(one: Visit, other: Visit): Visit {
  return {
    step: furthest(one.step, other.step),
    bank: last(one.bank, other.bank, ({ name }) => name),
    trouble: last(one.trouble, other.trouble, ({ kind, code }) => `${kind} ${code ?? ''}`),
    exit: last(one.exit, other.exit, ({ status }) => status ?? ''),
  }
}

function furthest(one: Visit['step'], other: Visit['step']): Visit['step'] {
  if (one === null || other === null) return one ?? other
  const ahead = visitSteps.indexOf(other.name) - visitSteps.indexOf(one.name)
  return ahead > 0 || (ahead === 0 && other.at < one.at) ? other : one
}

/** The later one; of two at the same moment always the same one, by `text`. */
function last<T extends { at: string }>(one: T | null, other: T | null, text: (value: T) => string): T | null {
  if (one === null || other === null) return one ?? other
  return other.at > one.at || (other.at === one.at && text(other) > text(one)) ? other : one
}

/** What each view of the sign-in proves; views that come before a choice, or at no certain place, prove nothing. */
const views: Partial<Record<string, VisitStep>> = {
  SELECT_INSTITUTION: 'opened',
  CREDENTIAL: 'bank_chosen',
  OAUTH: 'bank_chosen',
  MFA: 'code_asked',
  SELECT_ACCOUNT: 'accounts_shown',
  CONNECTED: 'accounts_shown',
}

/** What each event proves (plaid.com/docs/link/web#onevent). */
const names: Partial<Record<string, VisitStep>> = {
  OPEN: 'opened',
  SEARCH_INSTITUTION: 'opened',
  SELECT_INSTITUTION: 'bank_chosen',
  SELECT_DEGRADED_INSTITUTION: 'bank_chosen',
  SELECT_DOWN_INSTITUTION: 'bank_chosen',
  MATCHED_SELECT_INSTITUTION: 'bank_chosen',
  OPEN_OAUTH: 'bank_chosen',
  SUBMIT_CREDENTIALS: 'credentials_given',
  SUBMIT_MFA: 'code_given',
  HANDOFF: 'accounts_shown',
}

const bankNameMax = 120
/** Far more than a person causes in one visit. */
const eventsMax = 2_000

type Members = Record<string, unknown>
// A non-null object that is no array has string keys
const members = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
const text = (value: unknown, pattern: RegExp): string | null => (typeof value === 'string' && pattern.test(value) ? value : null)
const code = (value: unknown) => text(value, /^[A-Z_]{1,60}$/)
const status = (value: unknown) => text(value, /^[a-z_]{1,40}$/)

function instant(value: unknown): string | null {
  const at = typeof value === 'string' ? new Date(value) : null
  return at === null || Number.isNaN(at.getTime()) ? null : at.toISOString()
}

function nameOfBank(value: unknown): string | null {
  const name = typeof value === 'string' ? clean(value).slice(0, bankNameMax).trim() : ''
  return name === '' ? null : name
}

/** What the events of a webhook or of a session say, whatever their order. What is no event of ours is passed over. */
export function visitOfEvents(events: unknown): Visit {
  if (!Array.isArray(events)) return noVisit
  return events.slice(-eventsMax).map(visitOfEvent).reduce(mergeVisits, noVisit)
}

function visitOfEvent(event: unknown): Visit {
  const { event_name: name, timestamp, event_metadata } = members(event)
  const at = instant(timestamp)
  if (at === null || typeof name !== 'string') return noVisit
  const metadata = members(event_metadata)
  const proved = name === 'TRANSITION_VIEW' ? views[String(metadata.view_name)] : names[name]
  const bank = nameOfBank(metadata.institution_name)
  const failed = name === 'ERROR' || name === 'EXIT' ? code(metadata.error_code) : null
  const left = name === 'EXIT' ? status(metadata.exit_status) : null
  const step = proved ?? (left === null ? undefined : leftAt[left])
  return {
    step: step === undefined ? null : { name: step, at },
    bank: bank === null ? null : { name: bank, at },
    trouble: name === 'SELECT_DOWN_INSTITUTION' ? { kind: 'bank_down', code: null, at } : troubleOf(failed, left, at),
    exit: name === 'EXIT' ? { status: left, at } : null,
  }
}

/** What somebody was asked for who left then, as far as that proves a step. */
const leftAt: Partial<Record<string, VisitStep>> = {
  requires_oauth: 'bank_chosen',
  requires_code: 'code_asked',
  requires_questions: 'code_asked',
  requires_selections: 'code_asked',
  choose_device: 'code_asked',
  requires_account_selection: 'accounts_shown',
}

/** The steps that nobody gets to who has such a trouble still: an end repeats the last error, also one that was overcome. */
const beyond: Partial<Record<VisitTrouble, readonly VisitStep[]>> = {
  wrong_credentials: ['code_asked', 'accounts_shown'],
  login_locked: ['code_asked', 'accounts_shown'],
  code: ['accounts_shown'],
}

function troubleOf(failed: string | null, left: string | null, at: string): Visit['trouble'] {
  const asked = left === null ? undefined : leftAt[left]
  const kind = failed === null ? null : signInTrouble(failed)
  if (kind !== null && (asked === undefined || beyond[kind]?.includes(asked) !== true)) return { kind, code: failed, at }
  if (left === 'institution_not_found') return { kind: 'bank_not_found', code: null, at }
  return left === 'institution_not_supported' ? { kind: 'not_supported', code: null, at } : null
}

/** What is read of a session; the provider gives its events to Hosted Link only, and its end to everybody. */
interface Session {
  started_at?: unknown
  finished_at?: unknown
  events?: unknown
  exit?: unknown
  on_exit?: unknown
}

/** What the sessions of one link token say: somebody may leave and come back. */
export function visitOfSessions(sessions: readonly Session[]): Visit {
  return sessions.map(visitOfSession).reduce(mergeVisits, noVisit)
}

function visitOfSession(session: Session): Visit {
  const begun = instant(session.started_at)
  const opened: Visit = { ...noVisit, step: begun === null ? null : { name: 'opened', at: begun } }
  return [visitOfEvents(session.events), visitOfExit(session)].reduce(mergeVisits, opened)
}

function visitOfExit({ finished_at, exit, on_exit }: Session): Visit {
  const at = instant(finished_at)
  const left = exit ?? on_exit
  if (at === null || typeof left !== 'object' || left === null) return noVisit
  const { error, metadata } = members(left)
  const { status: where, institution } = members(metadata)
  const bank = nameOfBank(members(institution).name)
  const place = status(where)
  const step = (place === null ? undefined : leftAt[place]) ?? (bank === null ? undefined : 'bank_chosen')
  return {
    step: step === undefined ? null : { name: step, at },
    bank: bank === null ? null : { name: bank, at },
    trouble: troubleOf(code(members(error).error_code), place, at),
    exit: { status: place, at },
  }
}
