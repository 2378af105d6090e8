import type { VisitTrouble } from '@ledgersync/shared/reach'

/** What stands between us and the bank, in our words. */
export interface BankTrouble {
  health: 'needs_client' | 'bank_down' | 'disconnected'
  /** A sentence for staff. */
  cause: string
  /** The line in the connection's history; null when it is nothing the client or staff can act on. */
  history: string | null
}

const password: BankTrouble = {
  health: 'needs_client',
  cause: 'The bank no longer accepts the saved username or password. The client has to sign in again.',
  history: 'Broken (Username/Password)',
}
const securityStep: BankTrouble = {
  health: 'needs_client',
  cause: 'The bank asks for a security code or question that only the client can answer.',
  history: 'Needs MFA',
}
const locked: BankTrouble = {
  health: 'needs_client',
  cause: "The bank has locked this login. The client has to unlock it on the bank's own site, then sign in again here.",
  history: 'Broken (Locked by the bank)',
}
const permission: BankTrouble = {
  health: 'needs_client',
  cause: 'The bank says that access to the accounts was not granted. The client has to sign in again and allow it.',
  history: 'Broken (Permission)',
}
const down: BankTrouble = {
  health: 'bank_down',
  cause: 'The bank is not answering at the moment. Nobody needs to do anything; it is tried again by itself.',
  history: null,
}
const unsupported: BankTrouble = {
  health: 'bank_down',
  cause: 'This bank can no longer be reached through the bank provider. Import its statements instead.',
  history: null,
}
/** Access was withdrawn for good; only a new connection helps. */
export const withdrawn: BankTrouble = {
  health: 'disconnected',
  cause: 'Access was withdrawn at the bank. Add the bank again to go on.',
  history: 'Removed',
}

/**
 * By the provider's error code (plaid.com/docs/errors). A token that the provider does not know is not on it: that is what keys of
 * the wrong environment look like, and must not end every connection.
 */
const byCode: Partial<Record<string, BankTrouble>> = {
  ITEM_LOGIN_REQUIRED: password,
  INVALID_CREDENTIALS: password,
  INVALID_UPDATED_USERNAME: password,
  PASSWORD_RESET_REQUIRED: password,
  INVALID_MFA: securityStep,
  INVALID_SEND_METHOD: securityStep,
  MFA_NOT_SUPPORTED: securityStep,
  USER_INPUT_TIMEOUT: securityStep,
  ITEM_LOCKED: locked,
  USER_SETUP_REQUIRED: locked,
  ACCESS_NOT_GRANTED: permission,
  INSUFFICIENT_CREDENTIALS: permission,
  NO_ACCOUNTS: permission,
  ADDITIONAL_CONSENT_REQUIRED: permission,
  INSTITUTION_DOWN: down,
  INSTITUTION_NOT_RESPONDING: down,
  INSTITUTION_NOT_AVAILABLE: down,
  UNSUPPORTED_RESPONSE: down,
  INSTITUTION_NO_LONGER_SUPPORTED: unsupported,
  UNAUTHORIZED_INSTITUTION: unsupported,
  INSTITUTION_REGISTRATION_REQUIRED: unsupported,
  ITEM_NOT_SUPPORTED: unsupported,
  USER_PERMISSION_REVOKED: withdrawn,
  ITEM_NOT_FOUND: withdrawn,
  ITEM_CONCURRENTLY_DELETED: withdrawn,
}

/** What an error code of the provider says about the connection; null when it says nothing about it. */
export function bankTrouble(code: string | null): BankTrouble | null {
  return code === null ? null : (byCode[code] ?? null)
}

const kinds = new Map<BankTrouble, VisitTrouble>([
  [password, 'wrong_credentials'],
  [securityStep, 'code'],
  [locked, 'login_locked'],
  [permission, 'no_permission'],
  [down, 'bank_down'],
  [unsupported, 'not_supported'],
])

/** Codes that end a sign-in and say nothing about a connection, for there is none yet. */
const ofSignInOnly: Partial<Record<string, VisitTrouble>> = {
  PRODUCTS_NOT_SUPPORTED: 'not_supported',
  PRODUCT_NOT_SUPPORTED: 'not_supported',
  INTERNAL_SERVER_ERROR: 'bank_down',
  PLANNED_MAINTENANCE: 'bank_down',
}

/** What an error code of the provider says about a sign-in that did not work. */
export function signInTrouble(code: string): VisitTrouble {
  const trouble = bankTrouble(code)
  return ofSignInOnly[code] ?? (trouble === null ? undefined : kinds.get(trouble)) ?? 'other'
}

/** The rows changed between two pages: throw the pages away and begin again. */
export const rowsChangedMeanwhile = 'TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION'

const leaving: Partial<Record<string, string>> = {
  requires_credentials: 'Left before signing in at the bank.',
  invalid_credentials: 'The bank did not accept the username or password.',
  requires_code: 'Did not finish the security code of the bank.',
  requires_questions: 'Did not finish the security questions of the bank.',
  requires_selections: 'Did not finish the security questions of the bank.',
  requires_account_selection: 'Left before choosing accounts.',
  requires_oauth: "Did not finish on the bank's own site.",
  institution_not_found: 'Did not find the bank.',
  institution_not_supported: 'The bank is not supported.',
}

/** Why somebody left the bank's sign-in, in plain words; null when nothing is known. */
export function leavingReason(errorCode: string | null, status: string | null): string | null {
  if (errorCode === 'INVALID_CREDENTIALS') return 'The bank did not accept the username or password.'
  if (errorCode === 'INVALID_MFA') return 'The bank did not accept the security code.'
  return bankTrouble(errorCode)?.cause ?? (status === null ? null : (leaving[status] ?? null))
}
