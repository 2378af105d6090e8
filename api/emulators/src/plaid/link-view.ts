import { errorBody, faultOf } from './errors.ts'
import { institutionById, searchInstitutions } from './institutions.ts'
import type { Account, LinkSession, LinkToken } from './types.ts'
import { sharedAccounts } from './views.ts'
import type { World } from './world.ts'

/** Plaid forgets a session some six hours after it has ended. */
const sessionKeptMs = 6 * 3_600_000

function accountResult(account: Account): object {
  return {
    id: account.accountId,
    name: account.name,
    mask: account.mask,
    type: account.type,
    subtype: account.subtype,
    verification_status: null,
    class_type: null,
  }
}

function addResult(world: World, publicToken: string): object[] {
  const { publicTokens, items } = world.store.data
  const item = items[publicTokens[publicToken]?.itemId ?? '']
  if (!item) return []
  const institution = institutionById(item.institutionId)
  return [
    {
      public_token: publicToken,
      accounts: sharedAccounts(item).map(accountResult),
      institution: institution === undefined ? null : { name: institution.name, institution_id: institution.id },
    },
  ]
}

/** Where an exit left the person, in Link's words. Who has not chosen a bank yet is said to be asked for credentials. */
export function exitStatus(session: LinkSession): string {
  if (session.institutionId === null) return searchedInVain(session) ? 'institution_not_found' : 'requires_credentials'
  const asked = [...session.events].reverse().find((event) => event.event_name === 'TRANSITION_VIEW')?.event_metadata.view_name
  if (asked === 'MFA') return 'requires_code'
  if (asked === 'SELECT_ACCOUNT') return 'requires_account_selection'
  return 'requires_credentials'
}

/** Whether the last search in the list of banks found nothing. */
function searchedInVain(session: LinkSession): boolean {
  const last = session.events.findLast(({ event_name: name }) => name === 'SEARCH_INSTITUTION' || name === 'TRANSITION_VIEW')
  const query = last?.event_metadata.institution_search_query
  return query !== undefined && searchInstitutions(query).length === 0
}

function sessionView(world: World, session: LinkSession): object {
  const results = session.publicTokens.flatMap((token) => addResult(world, token))
  const institution = session.institutionId === null ? undefined : institutionById(session.institutionId)
  const exit = {
    error: session.errorCode === null ? null : errorBody(faultOf(session.errorCode), ''),
    metadata: {
      institution: institution === undefined ? null : { name: institution.name, institution_id: institution.id },
      status: exitStatus(session),
      link_session_id: session.sessionId,
      request_id: '',
    },
  }
  return {
    link_session_id: session.sessionId,
    started_at: session.startedAt,
    finished_at: session.finishedAt,
    events: session.events,
    exit: session.step === 'exited' ? exit : null,
    on_exit: session.step === 'exited' ? exit : null,
    on_success:
      session.step === 'finished' && session.publicTokens[0] !== undefined
        ? { public_token: session.publicTokens[0], metadata: results[0] ?? null }
        : null,
    results:
      session.publicTokens.length === 0
        ? null
        : {
            item_add_results: results,
            cra_item_add_results: [],
            cra_update_results: [],
            bank_income_results: [],
            payroll_income_results: [],
            document_income_results: null,
          },
  }
}

/** The answer of /link/token/get. Sessions that ended more than six hours ago are gone. */
export function linkTokenView(world: World, token: LinkToken): object {
  const oldest = world.now().getTime() - sessionKeptMs
  const sessions = token.sessions.filter((session) => session.finishedAt === null || Date.parse(session.finishedAt) >= oldest)
  return {
    link_token: token.token,
    created_at: token.createdAt,
    expiration: token.expiresAt,
    ...(sessions.length === 0 ? {} : { link_sessions: sessions.map((session) => sessionView(world, session)) }),
    metadata: {
      initial_products: token.products,
      webhook: token.webhook,
      country_codes: token.countryCodes,
      language: token.language,
      ...(token.routingNumber === null ? {} : { institution_data: { routing_number: token.routingNumber } }),
      ...(token.accountFilters === null ? {} : { account_filters: token.accountFilters }),
      redirect_uri: token.redirectUri,
      client_name: token.clientName,
    },
    ...(token.userId === null ? {} : { user_id: token.userId }),
  }
}
