import { dayOf } from './calendar.ts'
import { CustomUserError } from './custom-fields.ts'
import { faultOf, PlaidFault } from './errors.ts'
import { newId } from './ids.ts'
import { institutionById, type Institution } from './institutions.ts'
import { createItem, issuePublicToken, repairLogin, shareAccounts } from './items.ts'
import { isExpired, needFresh } from './link-tokens.ts'
import { exitStatus } from './link-view.ts'
import type { AccountPlan, Item, LinkSession, LinkToken } from './types.ts'
import { signIn } from './users.ts'
import type { World } from './world.ts'

/** What the person reads when a step does not work out. The session stays where it was. */
export class LinkTrouble extends Error {}

/** How long a session may lie still before it counts as abandoned and its events are sent. */
const abandonedMs = 10 * 60_000

const viewOf: Record<LinkSession['step'], string> = {
  institution: 'SELECT_INSTITUTION',
  credentials: 'CREDENTIAL',
  mfa: 'MFA',
  accounts: 'SELECT_ACCOUNT',
  consent: 'CONSENT',
  another: 'CONNECTED',
  finished: 'CONNECTED',
  exited: 'EXIT',
}

function log(world: World, session: LinkSession, name: string, extra: Record<string, string> = {}): void {
  const institution = session.institutionId === null ? undefined : institutionById(session.institutionId)
  session.events.push({
    event_name: name,
    timestamp: world.now().toISOString(),
    event_id: newId(world.store.data, 36).toLowerCase(),
    event_metadata: {
      request_id: newId(world.store.data, 15),
      ...(institution === undefined ? {} : { institution_id: institution.id, institution_name: institution.name }),
      ...extra,
    },
  })
}

function goTo(world: World, session: LinkSession, step: LinkSession['step']): void {
  session.step = step
  log(world, session, 'TRANSITION_VIEW', { view_name: viewOf[step] })
}

/** The Item this token repairs; undefined when it adds one. */
export function itemToRepair(world: World, token: LinkToken): Item | undefined {
  return token.updateItemId === null ? undefined : world.store.data.items[token.updateItemId]
}

/** The session a person is in, or a new one. A token whose session succeeded has nothing left to do: undefined. */
export function openSession(world: World, token: LinkToken): LinkSession | undefined {
  const last = token.sessions.at(-1)
  if (last && last.finishedAt === null) return last
  if (last?.step === 'finished' || isExpired(world, token)) return undefined
  const repaired = itemToRepair(world, token)
  const session: LinkSession = {
    sessionId: newId(world.store.data, 36).toLowerCase(),
    startedAt: world.now().toISOString(),
    finishedAt: null,
    step: 'institution',
    institutionId: repaired?.institutionId ?? null,
    login: null,
    chosen: [],
    events: [],
    errorCode: null,
    publicTokens: [],
  }
  token.sessions.push(session)
  log(world, session, 'OPEN')
  goTo(world, session, repaired ? 'credentials' : 'institution')
  watchAbandoned(world, token, session)
  return session
}

/** What Plaid does once somebody has closed the page and not come back: it tells the events, and ends nothing. */
export function abandonSession(world: World, token: LinkToken): void {
  const session = token.sessions.at(-1)
  if (session === undefined || session.finishedAt !== null) throw new Error('This link token has no session to abandon')
  sendEvents(world, token, session)
}

function watchAbandoned(world: World, token: LinkToken, session: LinkSession): void {
  setTimeout(() => {
    if (!world.closed && session.finishedAt === null && world.store.data.linkTokens[token.token] === token)
      sendEvents(world, token, session)
  }, abandonedMs).unref()
}

/** The person has picked a bank. */
export function selectInstitution(world: World, session: LinkSession, institutionId: string): void {
  const institution = institutionById(institutionId)
  if (!institution) throw new LinkTrouble('That bank is not in the list.')
  session.institutionId = institution.id
  session.login = null
  log(world, session, 'SELECT_INSTITUTION')
  goTo(world, session, 'credentials')
}

/** Back to the list of banks, which update mode does not have. */
export function changeInstitution(world: World, token: LinkToken, session: LinkSession): void {
  if (token.updateItemId !== null) throw new LinkTrouble('Only this bank can be reconnected here.')
  session.institutionId = null
  session.login = null
  goTo(world, session, 'institution')
}

/** Notes the person's last search; one that is the same as before is not noted again. */
export function noteSearch(world: World, session: LinkSession, query: string): void {
  const last = session.events.at(-1)
  if (last?.event_name === 'SEARCH_INSTITUTION' && last.event_metadata.institution_search_query === query) return
  log(world, session, 'SEARCH_INSTITUTION', { institution_search_query: query.slice(0, 100) })
}

function institutionOf(session: LinkSession): Institution {
  const institution = session.institutionId === null ? undefined : institutionById(session.institutionId)
  if (!institution) throw new LinkTrouble('Choose your bank first.')
  return institution
}

/** Writes the fault down and tells the person in the bank's words. */
function fail(world: World, session: LinkSession, fault: PlaidFault): never {
  session.errorCode = fault.code
  log(world, session, 'ERROR', { error_type: fault.type, error_code: fault.code, error_message: fault.message })
  throw new LinkTrouble(fault.displayMessage ?? `The bank answered: ${fault.message}.`)
}

/** The person signs in at the bank. */
export function submitCredentials(
  world: World,
  token: LinkToken,
  session: LinkSession,
  given: { username: string; password: string },
): void {
  log(world, session, 'SUBMIT_CREDENTIALS')
  try {
    session.login = signIn(institutionOf(session), given.username, given.password, dayOf(world.now()))
  } catch (error) {
    if (error instanceof PlaidFault) fail(world, session, error)
    if (error instanceof CustomUserError) throw new LinkTrouble(error.message)
    throw error
  }
  afterSignIn(world, token, session)
}

/** The person answers one round of the bank's questions; a wrong answer may be given again. */
export function submitMfa(world: World, token: LinkToken, session: LinkSession, answers: readonly string[]): void {
  const round = session.login?.mfa[0]
  if (!session.login || !round) throw new LinkTrouble('Sign in first.')
  log(world, session, 'SUBMIT_MFA', { mfa_type: round.type === 'device' ? 'code' : round.type })
  if (round.prompts.some((prompt, at) => prompt.answer !== (answers[at] ?? '').trim())) fail(world, session, faultOf('INVALID_MFA'))
  session.login.mfa = session.login.mfa.slice(1)
  afterSignIn(world, token, session)
}

function afterSignIn(world: World, token: LinkToken, session: LinkSession): void {
  if ((session.login?.mfa.length ?? 0) > 0) return goTo(world, session, 'mfa')
  const repaired = itemToRepair(world, token)
  if (repaired && !token.accountSelection) return finishStep(world, token, session)
  session.chosen = repaired
    ? repaired.accounts.flatMap((account, at) => (account.shared ? [at] : []))
    : offeredAccounts(world, token, session).map(({ at }) => at)
  if (!repaired && session.chosen.length === 0) {
    goTo(world, session, 'credentials')
    fail(world, session, faultOf('NO_ACCOUNTS'))
  }
  goTo(world, session, 'accounts')
}

/** The accounts the person may share: the login's (in update mode the Item's), less those the account filters leave out. */
export function offeredAccounts(world: World, token: LinkToken, session: LinkSession): { at: number; account: AccountPlan }[] {
  const accounts: readonly AccountPlan[] = itemToRepair(world, token)?.accounts ?? session.login?.accounts ?? []
  return accounts
    .map((account, at) => ({ at, account }))
    .filter(({ account }) => {
      if (token.accountFilters === null) return true
      const subtypes = token.accountFilters[account.type]?.account_subtypes
      return subtypes !== undefined && (subtypes.includes('all') || subtypes.includes(account.subtype))
    })
}

/** The person picks the accounts to share. */
export function selectAccounts(world: World, token: LinkToken, session: LinkSession, chosen: readonly number[]): void {
  const allowed = offeredAccounts(world, token, session).map(({ at }) => at)
  const wanted = [...new Set(chosen)].filter((at) => allowed.includes(at))
  if (wanted.length === 0) throw new LinkTrouble('Choose at least one account.')
  session.chosen = wanted
  goTo(world, session, 'consent')
}

/** The person agrees: the Item comes into being, or the one to be repaired works again. */
export function consent(world: World, token: LinkToken, session: LinkSession): void {
  needFresh(world, token)
  finishStep(world, token, session)
}

function finishStep(world: World, token: LinkToken, session: LinkSession): void {
  const repaired = itemToRepair(world, token)
  session.errorCode = null
  if (repaired) {
    if (repaired.removedAt !== null) fail(world, session, faultOf('ITEM_NOT_FOUND'))
    if (token.accountSelection) shareAccounts(world, repaired, session.chosen)
    repairLogin(world, repaired, false)
    session.publicTokens.push(issuePublicToken(world, repaired))
    return finishSession(world, token, session)
  }
  addItem(world, token, session)
  if (token.multiItem) return goTo(world, session, 'another')
  finishSession(world, token, session)
}

function addItem(world: World, token: LinkToken, session: LinkSession): void {
  if (!session.login) throw new LinkTrouble('Sign in first.')
  const institution = institutionOf(session)
  const supported = (products: string[]): string[] => products.filter((product) => institution.products.includes(product))
  const missing = token.products.find((product) => !institution.products.includes(product))
  if (missing !== undefined) fail(world, session, faultOf('PRODUCTS_NOT_SUPPORTED'))
  const item = createItem(world, {
    institution,
    login: session.login,
    chosen: session.chosen,
    clientUserId: token.clientUserId,
    webhook: token.webhook,
    products: [...token.products, ...supported(token.requiredIfSupportedProducts), ...supported(token.optionalProducts)],
    consentedProducts: supported(token.additionalConsentedProducts),
    daysRequested: token.daysRequested,
  })
  const publicToken = issuePublicToken(world, item)
  session.publicTokens.push(publicToken)
  session.login = null
  if (token.multiItem) sendLink(world, { token, session }, 'ITEM_ADD_RESULT', { public_token: publicToken })
}

/** Ends the session well. In Multi-Item Link the person says when that is. */
export function finishSession(world: World, token: LinkToken, session: LinkSession): void {
  session.login = null
  goTo(world, session, 'finished')
  log(world, session, 'HANDOFF')
  endSession(world, token, session, 'SUCCESS')
}

/** One more bank, in Multi-Item Link. */
export function addAnother(world: World, token: LinkToken, session: LinkSession): void {
  if (!token.multiItem) throw new LinkTrouble('One bank can be added here.')
  session.institutionId = null
  goTo(world, session, 'institution')
}

/** The person leaves. Banks added before stay added, so that Multi-Item Link with results ends well. */
export function exitSession(world: World, token: LinkToken, session: LinkSession): void {
  session.login = null
  if (session.publicTokens.length > 0) return finishSession(world, token, session)
  const fault = session.errorCode === null ? null : faultOf(session.errorCode)
  log(world, session, 'EXIT', {
    exit_status: exitStatus(session),
    ...(fault !== null && { error_type: fault.type, error_code: fault.code, error_message: fault.message }),
  })
  session.step = 'exited'
  endSession(world, token, session, 'EXITED')
}

function endSession(world: World, token: LinkToken, session: LinkSession, status: 'SUCCESS' | 'EXITED'): void {
  session.finishedAt = world.now().toISOString()
  if (token.hostedId === null && !token.multiItem) return
  sendLink(world, { token, session }, 'SESSION_FINISHED', {
    status,
    public_tokens: session.publicTokens,
    ...(session.publicTokens[0] === undefined ? {} : { public_token: session.publicTokens[0] }),
    ...(token.userId === null ? {} : { user_id: token.userId }),
  })
  sendEvents(world, token, session)
}

function sendEvents(world: World, token: LinkToken, session: LinkSession): void {
  if (token.hostedId !== null) sendLink(world, { token, session }, 'EVENTS', { events: session.events })
}

function sendLink(
  world: World,
  { token, session }: { token: LinkToken; session: LinkSession },
  code: string,
  extra: Record<string, unknown>,
): void {
  // In update mode the token's address never replaces the Item's, but it still hears of the session
  const url = token.webhook ?? itemToRepair(world, token)?.webhook ?? null
  world.webhooks.send(url, {
    webhook_type: 'LINK',
    webhook_code: code,
    link_session_id: session.sessionId,
    link_token: token.token,
    environment: 'sandbox',
    ...extra,
  })
}
