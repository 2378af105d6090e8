import { nextStep, type StepKind, type StuckFacts } from '@ledgersync/shared/next-step'
import { type DropReason, DropReason as DropReasons, type FunnelStep, reachOf, type ReachFacts, reasonOf } from '@ledgersync/shared/reach'
import { failureOf } from '../src/funnel/facts.ts'
import { tallyOf } from '../src/funnel/tally.ts'
import { mailFailures } from '../src/providers/sendgrid/map.ts'
import { reasonFor, textFailures } from '../src/providers/twilio/reasons.ts'
import { mergeVisits, noVisit, visitOfEvents, visitOfSessions } from '../src/providers/plaid/visit.ts'

const queued: ReachFacts = {
  channel: 'sms',
  state: 'queued',
  isExpired: false,
  sent: false,
  delivered: false,
  opened: false,
  started: false,
  bankChosen: false,
  connected: false,
  sentStatements: false,
  failure: null,
  held: null,
  step: null,
  trouble: null,
}
const sent: ReachFacts = { ...queued, state: 'sent', sent: true }
const opened: ReachFacts = { ...queued, state: 'opened', opened: true }
const started: ReachFacts = { ...opened, state: 'started', started: true }
const chosen: ReachFacts = { ...started, bankChosen: true, step: 'bank_chosen' }

test.each<[string, ReachFacts, FunnelStep, DropReason | null]>([
  ['nothing has gone', queued, 'invited', 'on_its_way'],
  ['it is night there', { ...queued, held: 'morning' }, 'invited', 'waits_for_morning'],
  ['the answer was lost', { ...queued, held: 'unknown' }, 'invited', 'unknown'],
  ['nothing went in time', { ...queued, isExpired: true }, 'invited', 'expired'],
  ['a wrong number, at once', { ...queued, state: 'failed', failure: 'wrong_number' }, 'invited', 'wrong_number'],
  ['a landline, from the carrier', { ...sent, state: 'failed', failure: 'landline' }, 'sent', 'landline'],
  ['filtered by the carrier', { ...sent, state: 'failed', failure: 'filtered' }, 'sent', 'filtered'],
  ['opted out', { ...queued, state: 'failed', failure: 'opted_out' }, 'invited', 'opted_out'],
  ['a failure without a kind', { ...queued, state: 'failed' }, 'invited', 'not_sent'],
  ['nobody said that it arrived', sent, 'sent', 'no_report'],
  ['a copied link arrives by being handed over', { ...sent, channel: 'copy' }, 'delivered', 'not_opened'],
  ['delivered', { ...sent, state: 'delivered', delivered: true }, 'delivered', 'not_opened'],
  ['delivered, and too late now', { ...sent, state: 'delivered', delivered: true, isExpired: true }, 'delivered', 'expired'],
  ['opened, though nothing was reported', opened, 'opened', 'no_bank'],
  ['opened long ago', { ...opened, isExpired: true }, 'opened', 'no_bank'],
  ['opened, and taken back by staff', { ...opened, state: 'revoked' }, 'opened', 'withdrawn'],
  ['went on, and nothing more is known', started, 'started', 'left_bank_list'],
  ['searched in vain', { ...started, step: 'opened', trouble: 'bank_not_found' }, 'started', 'bank_not_found'],
  ['chose a bank and left', chosen, 'bank_chosen', 'left_before_sign_in'],
  ['a wrong password', { ...chosen, step: 'credentials_given', trouble: 'wrong_credentials' }, 'bank_chosen', 'wrong_credentials'],
  ['gave it and left', { ...chosen, step: 'credentials_given' }, 'bank_chosen', 'sign_in_failed'],
  ['asked for a code and left', { ...chosen, step: 'code_asked' }, 'bank_chosen', 'code_not_finished'],
  ['a wrong code', { ...chosen, step: 'code_given', trouble: 'code' }, 'bank_chosen', 'code_not_finished'],
  ['the bank was down', { ...chosen, step: 'credentials_given', trouble: 'bank_down' }, 'bank_chosen', 'bank_down'],
  ['locked by the bank', { ...chosen, trouble: 'login_locked' }, 'bank_chosen', 'login_locked'],
  ['no accounts allowed', { ...chosen, trouble: 'no_permission' }, 'bank_chosen', 'no_permission'],
  ['a bank nobody can read', { ...chosen, trouble: 'not_supported' }, 'bank_chosen', 'not_supported'],
  ['something else', { ...chosen, trouble: 'other' }, 'bank_chosen', 'sign_in_failed'],
  ['saw the accounts and left', { ...chosen, step: 'accounts_shown' }, 'bank_chosen', 'accounts_not_chosen'],
  ['connected, and that implies all the rest', { ...queued, state: 'connected', connected: true }, 'connected', null],
  ['connected, and the invite withdrawn after', { ...chosen, state: 'revoked', connected: true }, 'connected', null],
  [
    'sent statements in place of a bank',
    { ...chosen, sentStatements: true, trouble: 'wrong_credentials' },
    'bank_chosen',
    'sent_statements',
  ],
  ['sent statements, and connected a bank after all', { ...chosen, sentStatements: true, connected: true }, 'connected', null],
  ['connected another bank', { ...queued, state: 'connected', connected: true, trouble: 'other_bank' }, 'bank_chosen', 'other_bank'],
])('how far and why no further: %s', (_name, facts, step, reason) => {
  expect([reachOf(facts), reasonOf(facts)]).toEqual([step, reason])
})

test('a later step implies the earlier ones, and each request stops once', () => {
  const tally = tallyOf([
    { facts: { ...queued, state: 'failed', failure: 'wrong_number' }, count: 2 },
    { facts: opened, count: 3 },
    { facts: { ...chosen, trouble: 'bank_down' }, count: 1 },
    { facts: { ...queued, state: 'connected', connected: true }, count: 4 },
  ])
  expect(tally.map(({ step, count }) => [step, count])).toEqual([
    ['invited', 10],
    ['sent', 8],
    ['delivered', 8],
    ['opened', 8],
    ['started', 5],
    ['bank_chosen', 5],
    ['connected', 4],
  ])
  const stopped = tally.flatMap((step) => step.stopped)
  expect(stopped).toEqual([
    { reason: 'wrong_number', count: 2 },
    { reason: 'no_bank', count: 3 },
    { reason: 'bank_down', count: 1 },
  ])
})

const silent: StuckFacts = {
  kind: 'connect',
  reason: 'not_opened',
  channel: 'sms',
  linkWorks: true,
  canText: true,
  canEmail: true,
  addressIsNew: false,
  isDownNow: false,
  hasPhone: true,
  staffHaveAccess: false,
  hasBanksChosen: false,
}

test.each<[string, Partial<StuckFacts>, StepKind]>([
  ['a text nobody opened goes by e-mail', {}, 'switch_to_email'],
  ['an e-mail nobody opened goes by text', { channel: 'email' }, 'switch_to_text'],
  ['both were sent: talk', { channel: 'both' }, 'call'],
  ['both, and no phone to call', { channel: 'both', hasPhone: false, canText: false }, 'heads_up'],
  ['both, and the link is over', { channel: 'both', linkWorks: false }, 'invite_again'],
  ['a wrong number is corrected', { reason: 'wrong_number' }, 'fix_phone'],
  ['a wrong number that has been corrected', { reason: 'wrong_number', addressIsNew: true }, 'invite_again'],
  ['a wrong address is corrected', { reason: 'wrong_address', channel: 'email' }, 'fix_email'],
  ['a landline gets an e-mail', { reason: 'landline' }, 'switch_to_email'],
  ['a landline without an address needs a number', { reason: 'landline', canEmail: false }, 'fix_phone'],
  ['filtered', { reason: 'filtered' }, 'switch_to_email'],
  ['statements wait to be looked at', { reason: 'sent_statements' }, 'see_statements'],
  ['opted out of texts', { reason: 'opted_out', canText: false }, 'switch_to_email'],
  ['opted out of mail, and there is no phone', { reason: 'opted_out', channel: 'email', canText: false, canEmail: false }, 'fix_email'],
  ['nobody knows whether it went', { reason: 'unknown' }, 'invite_again'],
  ['refused on our side', { reason: 'not_sent', channel: 'both' }, 'invite_again'],
  ['it is night there', { reason: 'waits_for_morning' }, 'wait'],
  ['on its way', { reason: 'on_its_way' }, 'wait'],
  ['never nag while the bank is down', { reason: 'bank_down', isDownNow: true, linkWorks: false }, 'wait'],
  ['the bank was down days ago', { reason: 'bank_down' }, 'call'],
  ['whoever distrusts wants to hear of it first', { reason: 'no_bank' }, 'heads_up'],
  ['opened, and the link is over', { reason: 'no_bank', linkWorks: false }, 'invite_again'],
  ['did not find the bank', { reason: 'bank_not_found' }, 'choose_bank'],
  ['did not find a bank that was chosen already', { reason: 'bank_not_found', hasBanksChosen: true }, 'call'],
  ['a wrong password', { reason: 'wrong_credentials' }, 'call'],
  ['a code not finished', { reason: 'code_not_finished' }, 'call'],
  ['a bank that nobody can read', { reason: 'not_supported' }, 'ask_statements'],
  ['another bank than asked', { reason: 'other_bank' }, 'invite_again'],
  ['withdrawn', { reason: 'withdrawn' }, 'invite_again'],
  ['the firm has the login', { staffHaveAccess: true }, 'own_access'],
  ['a bank that broke, nobody asked yet', { kind: 'repair', reason: null, channel: null, linkWorks: false }, 'ask_sign_in'],
  [
    'a bank that broke, and nobody can be asked',
    { kind: 'repair', reason: null, channel: null, canText: false, canEmail: false },
    'fix_phone',
  ],
  ['asked to sign in, not opened', { kind: 'repair' }, 'call'],
])('the next best step: %s', (_name, facts, best) => {
  const step = nextStep({ ...silent, ...facts })
  expect(step.best).toBe(best)
  expect(step.others).not.toContain(best)
})

test('every reason has a step, and no step is offered that cannot be taken', () => {
  for (const reason of [null, ...DropReasons.enum])
    for (const kind of ['connect', 'repair'] as const)
      for (const [canText, canEmail] of [
        [true, true],
        [true, false],
        [false, true],
        [false, false],
      ] as const) {
        const { best, others } = nextStep({ ...silent, reason, kind, canText, canEmail, hasPhone: canText, isDownNow: true })
        const all = [best, ...others]
        if (!canText) expect(all).not.toEqual(expect.arrayContaining(['switch_to_text']))
        if (!canText) expect(all).not.toContain('call')
        if (!canEmail) expect(all).not.toContain('switch_to_email')
        if (!canText && !canEmail) expect(all.filter((step) => step === 'invite_again' || step === 'ask_sign_in')).toEqual([])
        expect(new Set(all).size).toBe(all.length)
        if (reason === 'bank_down') expect(best).toBe('wait')
      }
})

test('every reason that the message services give has a kind', () => {
  expect([...textFailures.values(), ...mailFailures.values()]).toEqual(
    expect.arrayContaining(['wrong_number', 'landline', 'filtered', 'opted_out', 'wrong_address', 'not_sent']),
  )
  const codes: [string, string][] = [
    ['30005', 'wrong_number'],
    ['21211', 'wrong_number'],
    ['30006', 'landline'],
    ['30007', 'filtered'],
    ['21610', 'opted_out'],
    ['30003', 'unreachable'],
    ['30034', 'not_sent'],
    ['99999', 'not_sent'],
  ]
  for (const [code, kind] of codes) expect([code, failureOf(reasonFor(code))]).toEqual([code, kind])
  expect(failureOf('Wrong address: it does not exist')).toBe('wrong_address')
  expect(failureOf('The client is locked')).toBe('not_sent')
})

/** Events of a visit that met a wrong password, then a code, then left; one second after the other. */
const metadata = { institution_id: 'ins_1', institution_name: 'Harborview Bank' }
const events = [
  ['OPEN', {}],
  ['SEARCH_INSTITUTION', { institution_search_query: 'my secret words' }],
  ['SELECT_INSTITUTION', metadata],
  ['TRANSITION_VIEW', { ...metadata, view_name: 'CREDENTIAL' }],
  ['SUBMIT_CREDENTIALS', metadata],
  ['ERROR', { ...metadata, error_code: 'INVALID_CREDENTIALS', error_type: 'ITEM_ERROR', error_message: 'no' }],
  ['SUBMIT_CREDENTIALS', metadata],
  ['TRANSITION_VIEW', { ...metadata, view_name: 'MFA' }],
  ['EXIT', { ...metadata, exit_status: 'requires_code', error_code: 'INVALID_CREDENTIALS' }],
].map(([event_name, event_metadata], index) => ({
  event_name,
  event_metadata,
  event_id: String(index),
  timestamp: new Date(Date.UTC(2026, 10, 20, 12, 0, index)).toISOString(),
}))

test('what events come to is the same in any order, in parts, and however often they are told', () => {
  const whole = visitOfEvents(events)
  expect(whole).toEqual({
    step: { name: 'code_asked', at: '2026-11-20T12:00:07.000Z' },
    bank: { name: 'Harborview Bank', at: '2026-11-20T12:00:08.000Z' },
    // Overcome: it is older than the step
    trouble: { kind: 'wrong_credentials', code: 'INVALID_CREDENTIALS', at: '2026-11-20T12:00:05.000Z' },
    exit: { status: 'requires_code', at: '2026-11-20T12:00:08.000Z' },
  })
  expect(JSON.stringify(whole)).not.toContain('secret words')
  expect(visitOfEvents([...events].reverse())).toEqual(whole)
  expect(visitOfEvents([...events, ...events])).toEqual(whole)
  for (let cut = 0; cut <= events.length; cut++) {
    const [first, second] = [visitOfEvents(events.slice(0, cut)), visitOfEvents(events.slice(cut))]
    expect(mergeVisits(first, second)).toEqual(whole)
    expect(mergeVisits(mergeVisits(second, first), first)).toEqual(whole)
  }
})

test('what is no event of a visit says nothing', () => {
  const odd = [
    null,
    7,
    [],
    {},
    { event_name: 'OPEN' },
    { event_name: 'OPEN', timestamp: 'soon' },
    { event_name: 7, timestamp: events[0]?.timestamp },
  ]
  expect(visitOfEvents(odd)).toEqual(noVisit)
  expect(visitOfEvents('events')).toEqual(noVisit)
})

test('without events the end of a session says where somebody left', () => {
  const session = {
    started_at: '2026-11-20T12:00:00Z',
    finished_at: '2026-11-20T12:03:00Z',
    exit: { error: null, metadata: { status: 'requires_code', institution: { name: 'Harborview Bank', institution_id: 'ins_1' } } },
  }
  expect(visitOfSessions([session])).toMatchObject({ step: { name: 'code_asked' }, bank: { name: 'Harborview Bank' }, trouble: null })
  expect(visitOfSessions([{ started_at: session.started_at }])).toMatchObject({ step: { name: 'opened' }, bank: null, exit: null })
})
