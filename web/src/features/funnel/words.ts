import type { FunnelChannel, Stuck } from '@ledgersync/shared/funnel'
import type { StepKind } from '@ledgersync/shared/next-step'
import type { DropReason, FunnelStep } from '@ledgersync/shared/reach'
import { formatCount } from '../../ui/money.tsx'

export const stepWords: Record<FunnelStep, string> = {
  invited: 'Invited',
  sent: 'Sent',
  delivered: 'Delivered',
  opened: 'Opened',
  started: 'Started',
  bank_chosen: 'Bank chosen',
  connected: 'Connected',
}

export const channelWords: Record<FunnelChannel, string> = {
  sms: 'Text',
  email: 'E-mail',
  both: 'Text and e-mail',
  copy: 'Copied link',
}

/** Behind a count: `3 wrong password`. */
const reasonWords: Record<DropReason, string> = {
  on_its_way: 'on its way',
  waits_for_morning: 'waits for the morning',
  unknown: 'unknown whether it went',
  wrong_number: 'wrong number',
  landline: 'landline',
  unreachable: 'could not be reached',
  filtered: 'filtered by the carrier',
  opted_out: 'opted out',
  wrong_address: 'wrong e-mail address',
  not_sent: 'not sent',
  no_report: 'without word of arrival',
  withdrawn: 'withdrawn by your firm',
  expired: 'expired unopened',
  not_opened: 'not opened yet',
  no_bank: 'opened and did not trust it, or stopped',
  left_bank_list: 'chose no bank',
  bank_not_found: 'did not find their bank',
  left_before_sign_in: 'left before signing in',
  wrong_credentials: 'wrong password',
  code_not_finished: 'code not finished',
  login_locked: 'login locked by the bank',
  no_permission: 'allowed no access',
  sign_in_failed: 'sign-in not finished',
  accounts_not_chosen: 'chose no accounts',
  bank_down: 'bank was down',
  not_supported: 'bank not supported',
  other_bank: 'connected another bank',
  sent_statements: 'sent statements instead',
}

/** Those that read otherwise of several. */
const several: Partial<Record<DropReason, string>> = {
  on_its_way: 'on their way',
  waits_for_morning: 'wait for the morning',
  unknown: 'unknown whether they went',
  wrong_number: 'wrong numbers',
  landline: 'landlines',
  wrong_address: 'wrong e-mail addresses',
}

/** Over a list of them: `wrong numbers`. */
export const severalWords = (reason: DropReason): string => several[reason] ?? reasonWords[reason]

/** `2 wrong numbers`, `1 filtered by the carrier`. */
export const countedReason = (reason: DropReason, count: number): string =>
  `${formatCount(count)} ${count === 1 ? reasonWords[reason] : severalWords(reason)}`

type About = Pick<Stuck, 'kind' | 'reason' | 'bankName'>

/** What happened to one client, as a sentence without its dot. */
export function whatHappened({ kind, reason, bankName }: About): string {
  const bank = bankName ?? 'the bank'
  const link = kind === 'repair' ? 'Asked to sign in again' : 'Invited'
  switch (reason) {
    case null:
      return `${bankName ?? 'A bank'} wants a new sign-in`
    case 'on_its_way':
      return 'The message is on its way'
    case 'waits_for_morning':
      return 'The text waits for the morning where the client is'
    case 'unknown':
      return 'We could not find out whether the message went'
    case 'wrong_number':
      return 'The cell number does not exist'
    case 'landline':
      return 'The number is a landline, or takes no texts'
    case 'unreachable':
      return 'The phone or mailbox could not be reached'
    case 'filtered':
      return 'The message was filtered on its way'
    case 'opted_out':
      return 'The client opted out of messages'
    case 'wrong_address':
      return 'The e-mail address does not exist'
    case 'not_sent':
      return 'The message was not sent'
    case 'no_report':
      return `${link}, without word of arrival`
    case 'withdrawn':
      return 'The invite was withdrawn'
    case 'expired':
      return 'The link expired unopened'
    case 'not_opened':
      return `${link}, and has not opened it`
    case 'no_bank':
      return 'Opened the link and went no further'
    case 'left_bank_list':
      return 'Went on to the bank’s sign-in and chose no bank'
    case 'bank_not_found':
      return 'Searched for the bank and did not find it'
    case 'left_before_sign_in':
      return `Left before signing in at ${bank}`
    case 'wrong_credentials':
      return `${bankName ?? 'The bank'} did not accept the username or password`
    case 'code_not_finished':
      return `Did not finish the security code of ${bank}`
    case 'login_locked':
      return `${bankName ?? 'The bank'} has locked the login`
    case 'no_permission':
      return `Did not allow access at ${bank}`
    case 'sign_in_failed':
      return `The sign-in at ${bank} was not finished`
    case 'accounts_not_chosen':
      return `Signed in at ${bank} and chose no accounts`
    case 'bank_down':
      return `${bankName ?? 'The bank'} was not answering`
    case 'not_supported':
      return `${bankName ?? 'The bank'} cannot be connected`
    case 'sent_statements':
      return 'Sent statements instead'
    case 'other_bank':
      return `Connected ${bankName ?? 'another bank'}, which is not the bank you asked for`
  }
}

/** Why the step helps, for those who look closer; null where the step says it all. */
export function whyItHelps({ reason }: About, step: StepKind): string | null {
  if (step === 'wait')
    return reason === 'bank_down' ? 'Nobody has to do anything. The client can try again later today.' : 'Nobody has to do anything yet.'
  if (step === 'invite_again' || step === 'ask_sign_in') return 'A new link is valid for 5 days.'
  switch (reason) {
    case 'no_bank':
      return 'Owners who stop here mostly want to hear that it is really you.'
    case 'wrong_credentials':
      return 'Have them try the login on the bank’s own site first.'
    case 'code_not_finished':
      return 'The bank texts the code: they need that phone at hand.'
    case 'login_locked':
      return 'They unlock it on the bank’s own site, then use the same link.'
    case 'left_before_sign_in':
    case 'accounts_not_chosen':
    case 'no_permission':
      return 'Owners who stop here mostly want to hear that it is really you, and that access is read-only.'
    case 'not_supported':
      return step === 'ask_statements' ? 'They can send its statements on the same page.' : null
    case 'bank_not_found':
    case 'left_bank_list':
      return 'Choose it for them, and they only tap a button.'
    default:
      return null
  }
}

/** What the button of each step says. */
export function stepLabel(step: StepKind, { contactFirstName }: Pick<Stuck, 'contactFirstName'>): string {
  return { ...labels, call: `Call ${contactFirstName.trim() === '' ? 'them' : contactFirstName.trim()}` }[step]
}
const labels: Record<StepKind, string> = {
  wait: 'Nothing to do now',
  call: 'Call',
  heads_up: 'Copy the heads-up',
  switch_to_text: 'Switch to text',
  switch_to_email: 'Switch to e-mail',
  invite_again: 'Invite again',
  ask_sign_in: 'Ask to sign in',
  fix_phone: 'Fix the number',
  fix_email: 'Fix the e-mail',
  choose_bank: 'Choose the bank',
  own_access: 'Sign in yourself',
  ask_statements: 'Ask for statements',
  see_statements: 'See the statements',
}
