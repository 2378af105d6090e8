import { type Static, Type } from 'typebox'
import type { DropReason, ReachFacts } from './reach.ts'

/** What staff can do for a client who does not go on. */
export const StepKind = Type.Enum(
  [
    'wait',
    'call',
    'heads_up',
    'switch_to_text',
    'switch_to_email',
    'invite_again',
    'ask_sign_in',
    'fix_phone',
    'fix_email',
    'choose_bank',
    'own_access',
    'ask_statements',
    'see_statements',
  ],
  {
    description:
      'wait: nobody has to do anything; heads_up: tell the client that the link is genuine; invite_again: the same way once more; ask_sign_in: one message about every bank that wants a new sign-in; choose_bank: pick the bank for them; own_access: sign in at the bank yourself; ask_statements: have the client send statements in place of a sign-in; see_statements: look at what the client sent',
  },
)
export type StepKind = Static<typeof StepKind>

/** What decides which step helps. */
export interface StuckFacts {
  kind: 'connect' | 'repair'
  /** Null when the client was not asked yet. */
  reason: DropReason | null
  /** How the newest request went out; null when there is none. */
  channel: ReachFacts['channel'] | null
  /** Whether its link still works. */
  linkWorks: boolean
  /** Ways that are open: there is an address, and nobody opted out of it. */
  canText: boolean
  canEmail: boolean
  /** The number or address that did not work has been corrected since. */
  addressIsNew: boolean
  /** The bank was down at the last try, a day ago at most. */
  isDownNow: boolean
  hasPhone: boolean
  /** The firm holds the client's bank login. */
  staffHaveAccess: boolean
  /** Staff have chosen banks for the client's page. */
  hasBanksChosen: boolean
}

export interface NextStep {
  best: StepKind
  others: StepKind[]
}

/** The step that helps most, and the others that can be taken, the likelier first. */
export function nextStep(facts: StuckFacts): NextStep {
  const best = bestStep(facts)
  const others = everything(facts).filter((step) => step !== best)
  return { best, others }
}

const ask = ({ kind }: StuckFacts): StepKind => (kind === 'repair' ? 'ask_sign_in' : 'invite_again')
const canAsk = ({ canText, canEmail }: StuckFacts): boolean => canText || canEmail

/** By the other channel, where there is one; null where the request went out by every way there is. */
function otherWay({ kind, channel, canText, canEmail }: StuckFacts): StepKind | null {
  if (kind === 'repair') return null
  if (canEmail && channel !== 'email' && channel !== 'both') return 'switch_to_email'
  return canText && channel !== 'sms' && channel !== 'both' ? 'switch_to_text' : null
}

const fixAddress = ({ channel }: StuckFacts): StepKind => (channel === 'email' ? 'fix_email' : 'fix_phone')
const talk = ({ hasPhone }: StuckFacts): StepKind => (hasPhone ? 'call' : 'heads_up')

/** To ask once more, where anybody can be. */
const askAgain = (facts: StuckFacts): StepKind => (canAsk(facts) ? ask(facts) : fixAddress(facts))

/** Words help while the link works; without one there is nothing to talk about yet. */
const withLink = (facts: StuckFacts, step: StepKind): StepKind => (facts.linkWorks ? step : askAgain(facts))

function bestStep(facts: StuckFacts): StepKind {
  if (facts.staffHaveAccess) return 'own_access'
  switch (facts.reason) {
    case null:
    case 'other_bank':
    case 'withdrawn':
    case 'unknown':
      return askAgain(facts)
    case 'sent_statements':
      return 'see_statements'
    case 'on_its_way':
    case 'waits_for_morning':
      return 'wait'
    case 'bank_down':
      return facts.isDownNow ? 'wait' : withLink(facts, talk(facts))
    case 'wrong_number':
      return facts.addressIsNew ? askAgain(facts) : 'fix_phone'
    case 'wrong_address':
      return facts.addressIsNew ? askAgain(facts) : 'fix_email'
    case 'landline':
    case 'filtered':
    case 'unreachable':
    case 'opted_out':
      return facts.addressIsNew ? askAgain(facts) : (otherWay(facts) ?? fixAddress(facts))
    case 'not_sent':
    case 'expired':
      return otherWay(facts) ?? askAgain(facts)
    case 'no_report':
    case 'not_opened':
      return otherWay(facts) ?? withLink(facts, talk(facts))
    case 'no_bank':
      return withLink(facts, 'heads_up')
    case 'bank_not_found':
    case 'left_bank_list':
      return facts.kind === 'connect' && !facts.hasBanksChosen ? 'choose_bank' : withLink(facts, talk(facts))
    case 'left_before_sign_in':
    case 'wrong_credentials':
    case 'code_not_finished':
    case 'login_locked':
    case 'no_permission':
    case 'sign_in_failed':
    case 'accounts_not_chosen':
      return withLink(facts, talk(facts))
    case 'not_supported':
      return facts.kind === 'connect' ? 'ask_statements' : talk(facts)
  }
}

/** All that can be done at all; `wait` is not among it, for it is what remains when nothing is to be done. */
function everything(facts: StuckFacts): StepKind[] {
  const { kind, hasPhone, canText, canEmail, channel } = facts
  const isConnect = kind === 'connect'
  const steps: [StepKind, boolean][] = [
    ['call', hasPhone],
    ['switch_to_text', isConnect && canText && channel !== 'sms' && channel !== 'both'],
    ['switch_to_email', isConnect && canEmail && channel !== 'email' && channel !== 'both'],
    [ask(facts), canAsk(facts)],
    ['heads_up', true],
    ['choose_bank', isConnect],
    ['fix_phone', true],
    ['fix_email', true],
    ['own_access', true],
    ['ask_statements', isConnect],
  ]
  return steps.filter(([, isOpen]) => isOpen).map(([step]) => step)
}
