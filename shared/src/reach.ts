import { type Static, Type } from 'typebox'

/** How far a visit to the bank's sign-in got, in order. */
export const visitSteps = ['opened', 'bank_chosen', 'credentials_given', 'code_asked', 'code_given', 'accounts_shown'] as const
export type VisitStep = (typeof visitSteps)[number]

/** What stood in the way at the bank's sign-in. */
export type VisitTrouble =
  | 'wrong_credentials'
  | 'code'
  | 'login_locked'
  | 'no_permission'
  | 'bank_down'
  | 'not_supported'
  | 'bank_not_found'
  | 'other'

/** Why no message of an invite arrived. */
export type DeliveryFailure = 'wrong_number' | 'landline' | 'unreachable' | 'filtered' | 'opted_out' | 'wrong_address' | 'not_sent'

/** The steps of a request, in order; each implies those before it. */
export const FunnelStep = Type.Enum(['invited', 'sent', 'delivered', 'opened', 'started', 'bank_chosen', 'connected'], {
  description:
    'invited: asked for by staff; sent: a message went out; opened: a tap on the page; started: went on to the sign-in; bank_chosen: chose a bank there; connected: the accounts arrived',
})
export type FunnelStep = Static<typeof FunnelStep>
export const funnelSteps: readonly FunnelStep[] = FunnelStep.enum

/** Why a request got no further. */
export const DropReason = Type.Enum(
  [
    'on_its_way',
    'waits_for_morning',
    'unknown',
    'wrong_number',
    'landline',
    'unreachable',
    'filtered',
    'opted_out',
    'wrong_address',
    'not_sent',
    'no_report',
    'withdrawn',
    'expired',
    'not_opened',
    'no_bank',
    'left_bank_list',
    'bank_not_found',
    'left_before_sign_in',
    'wrong_credentials',
    'code_not_finished',
    'login_locked',
    'no_permission',
    'sign_in_failed',
    'accounts_not_chosen',
    'bank_down',
    'not_supported',
    'other_bank',
    'sent_statements',
  ],
  {
    description:
      'on_its_way: not handed over yet; unknown: nobody knows whether it went; not_sent: refused on our side; no_report: sent, and nobody said that it arrived; expired: nobody opened it in time; no_bank: opened, and went no further; left_bank_list: chose no bank at the sign-in; sign_in_failed: the bank gave another reason, or none; other_bank: connected another bank than asked for; sent_statements: sent statements in place of connecting a bank',
  },
)
export type DropReason = Static<typeof DropReason>

/** What is known of one invite, as far as it says how far the request got and why no further. */
export interface ReachFacts {
  channel: 'sms' | 'email' | 'both' | 'copy'
  state: 'queued' | 'sent' | 'delivered' | 'failed' | 'opened' | 'started' | 'connected' | 'superseded' | 'revoked'
  /** The time of its links is over. */
  isExpired: boolean
  sent: boolean
  delivered: boolean
  opened: boolean
  started: boolean
  bankChosen: boolean
  connected: boolean
  /** Answered with statements in place of a bank. */
  sentStatements: boolean
  /** Set in the state `failed`. */
  failure: DeliveryFailure | null
  /** What holds a message that has not gone: the client's night, or that nobody knows whether it went. */
  held: 'morning' | 'unknown' | null
  /** Of the visit to the bank that got furthest. */
  step: VisitStep | null
  trouble: VisitTrouble | 'other_bank' | null
}

/**
 * How far a request got. A later step implies the earlier ones, whoever forgot to report them. A link that staff hand over by hand
 * has arrived with that. Another bank than the one asked for is no answer: that request ends at the bank that was chosen.
 */
export function reachOf(facts: ReachFacts): FunnelStep {
  if (facts.connected && facts.trouble !== 'other_bank') return 'connected'
  if (facts.connected || facts.bankChosen) return 'bank_chosen'
  if (facts.started) return 'started'
  if (facts.opened) return 'opened'
  if (facts.delivered || (facts.sent && facts.channel === 'copy')) return 'delivered'
  return facts.sent ? 'sent' : 'invited'
}

/** Why a request got no further than it did; null once it is answered. */
export function reasonOf(facts: ReachFacts): DropReason | null {
  const reach = reachOf(facts)
  if (reach === 'connected') return null
  if (facts.sentStatements) return 'sent_statements'
  if (facts.trouble === 'other_bank') return 'other_bank'
  if (facts.state === 'revoked') return 'withdrawn'
  switch (reach) {
    case 'invited':
      if (facts.state === 'failed') return facts.failure ?? 'not_sent'
      if (facts.held !== null) return facts.held === 'morning' ? 'waits_for_morning' : 'unknown'
      return facts.isExpired ? 'expired' : 'on_its_way'
    case 'sent':
      if (facts.state === 'failed') return facts.failure ?? 'not_sent'
      return facts.isExpired ? 'expired' : 'no_report'
    case 'delivered':
      return facts.isExpired ? 'expired' : 'not_opened'
    case 'opened':
      return 'no_bank'
    case 'started':
      return facts.trouble === null ? 'left_bank_list' : troubleReason[facts.trouble]
    case 'bank_chosen':
      return facts.trouble === null ? leftAt[facts.step ?? 'bank_chosen'] : troubleReason[facts.trouble]
  }
}

const troubleReason: Record<VisitTrouble, DropReason> = {
  wrong_credentials: 'wrong_credentials',
  code: 'code_not_finished',
  login_locked: 'login_locked',
  no_permission: 'no_permission',
  bank_down: 'bank_down',
  not_supported: 'not_supported',
  bank_not_found: 'bank_not_found',
  other: 'sign_in_failed',
}

/** Where somebody left who met no trouble. */
const leftAt: Record<VisitStep, DropReason> = {
  opened: 'left_bank_list',
  bank_chosen: 'left_before_sign_in',
  credentials_given: 'sign_in_failed',
  code_asked: 'code_not_finished',
  code_given: 'code_not_finished',
  accounts_shown: 'accounts_not_chosen',
}
