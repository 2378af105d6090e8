/** An answer in Plaid's error shape. Thrown by handlers, turned into HTTP by the server's error handler. */
export class PlaidFault extends Error {
  readonly type: string
  readonly code: string
  readonly displayMessage: string | null
  readonly status: number

  constructor(
    type: string,
    code: string,
    message: string,
    { displayMessage = null, status = 400 }: { displayMessage?: string | null; status?: number } = {},
  ) {
    super(message)
    this.type = type
    this.code = code
    this.displayMessage = displayMessage
    this.status = status
  }
}

/** Plaid's error object as it stands in answers (with `request_id`) and in webhooks (with `status`). */
export interface PlaidErrorBody {
  error_type: string
  error_code: string
  error_message: string
  display_message: string | null
  request_id: string
  causes: never[]
  documentation_url: string
  suggested_action: string | null
}

/** The body Plaid would send for this fault. */
export function errorBody(fault: PlaidFault, requestId: string): PlaidErrorBody {
  return {
    causes: [],
    display_message: fault.displayMessage,
    documentation_url: `https://plaid.com/docs/?ref=error#${fault.type.toLowerCase().replaceAll('_', '-')}-errors`,
    error_code: fault.code,
    error_message: fault.message,
    error_type: fault.type,
    request_id: requestId,
    suggested_action: null,
  }
}

type Row = readonly [type: string, message: string, display: string | null]

const loginRequired =
  "the login details of this item have changed (credentials, MFA, or required user action) and a user login is required to update this information. use Link's update mode to restore the item to a good state"

/**
 * The error codes a bank sign-in, an Item or a custom user's `force_error` may bring about, with the texts of plaid.com/docs/errors.
 * The third text is the only one Plaid means for the person at the screen.
 */
const catalogue: Record<string, Row> = {
  ACCESS_NOT_GRANTED: [
    'ITEM_ERROR',
    'access to this product was not granted for the account',
    'The user did not grant the necessary permissions for this product.',
  ],
  INSTANT_MATCH_FAILED: [
    'ITEM_ERROR',
    'Item cannot be verified through Instant Match',
    'Item cannot be verified through Instant Match. Ensure you are correctly enabling all auth features in Link.',
  ],
  INSUFFICIENT_CREDENTIALS: ['ITEM_ERROR', 'insufficient authorization was granted to complete the request', null],
  INVALID_CREDENTIALS: [
    'ITEM_ERROR',
    'the provided credentials were not correct',
    'The provided credentials were not correct. Please try again.',
  ],
  INVALID_MFA: [
    'ITEM_ERROR',
    'the provided MFA response(s) were not correct',
    'The provided MFA responses were not correct. Please try again.',
  ],
  INVALID_SEND_METHOD: ['ITEM_ERROR', 'the provided MFA send method was invalid', null],
  INVALID_UPDATED_USERNAME: [
    'ITEM_ERROR',
    'the username provided to /item/credentials/update is not consistent with the original username',
    "try submitting the user's original username",
  ],
  INVALID_LINK_TOKEN: ['INVALID_INPUT', 'the provided link token is invalid', null],
  ITEM_CONCURRENTLY_DELETED: ['ITEM_ERROR', 'This item was deleted while the operation was in progress', null],
  ITEM_LOCKED: [
    'ITEM_ERROR',
    "the account is locked. prompt the user to visit the institution's site and unlock their account",
    "The given account has been locked. Please visit your bank's site to unlock it.",
  ],
  ITEM_LOGIN_REQUIRED: ['ITEM_ERROR', loginRequired, 'The login details of this account have changed. Please sign in again.'],
  ITEM_NOT_FOUND: [
    'ITEM_ERROR',
    'The Item you requested cannot be found. This Item does not exist, has been previously removed via /item/remove, or has had access removed by the user',
    null,
  ],
  ITEM_NOT_SUPPORTED: [
    'ITEM_ERROR',
    'this account is currently not supported',
    'The given account is not currently supported for this financial institution. We apologize for the inconvenience.',
  ],
  MFA_NOT_SUPPORTED: [
    'ITEM_ERROR',
    'this account requires a MFA type that we do not currently support for the institution',
    'Your account requires a security step that is not supported here.',
  ],
  NO_ACCOUNTS: [
    'ITEM_ERROR',
    'no valid accounts were found for this item',
    "No valid accounts were found at the financial institution. Please visit your bank's site to make sure they are open.",
  ],
  NO_AUTH_ACCOUNTS: ['ITEM_ERROR', 'There are no valid checking or savings account(s) associated with this Item', null],
  PASSWORD_RESET_REQUIRED: ['ITEM_ERROR', 'the user must reset their password', "Please visit your bank's site to set a new password."],
  PRODUCT_NOT_READY: [
    'ITEM_ERROR',
    'the requested product is not yet ready. please provide a webhook or try the request again later',
    null,
  ],
  PRODUCTS_NOT_SUPPORTED: ['ITEM_ERROR', 'the requested products are not supported by this institution', null],
  USER_INPUT_TIMEOUT: [
    'ITEM_ERROR',
    'user must retry this operation',
    'The operation timed out because you did not answer in time. Please try again.',
  ],
  USER_PERMISSION_REVOKED: ['ITEM_ERROR', 'the user has revoked access to their data', 'Access to this bank was withdrawn.'],
  USER_SETUP_REQUIRED: [
    'ITEM_ERROR',
    "the account has not been fully set up. prompt the user to visit the issuing institution's site and finish the setup process",
    "Your account is not fully set up. Please visit your bank's site to finish it.",
  ],
  INSTITUTION_DOWN: [
    'INSTITUTION_ERROR',
    'this institution is not currently responding to this request. please try again soon',
    'This financial institution is not currently responding to requests. We apologize for the inconvenience.',
  ],
  INSTITUTION_NOT_AVAILABLE: [
    'INSTITUTION_ERROR',
    'this institution is not currently available',
    'This financial institution is not currently available. Please try again later.',
  ],
  INSTITUTION_NOT_RESPONDING: [
    'INSTITUTION_ERROR',
    'this institution is not currently responding to this request. please try again soon',
    'This financial institution is not currently responding to requests. We apologize for the inconvenience.',
  ],
  INSTITUTION_NO_LONGER_SUPPORTED: [
    'INSTITUTION_ERROR',
    'this institution is no longer supported',
    'This financial institution is no longer supported.',
  ],
  INSTITUTION_REGISTRATION_REQUIRED: ['INSTITUTION_ERROR', 'the institution requires registration', null],
  UNAUTHORIZED_INSTITUTION: ['INSTITUTION_ERROR', 'this institution is not enabled for your account', null],
  UNSUPPORTED_RESPONSE: ['INSTITUTION_ERROR', 'the data returned from the financial institution is not valid', null],
  INTERNAL_SERVER_ERROR: ['API_ERROR', 'an unexpected error occurred', 'Something went wrong. Please try again later.'],
  PLAID_ERROR: ['API_ERROR', 'an unexpected error occurred', 'Something went wrong. Please try again later.'],
  PLANNED_MAINTENANCE: [
    'API_ERROR',
    'the Plaid API is temporarily unavailable due to planned maintenance. visit https://status.plaid.com/ for more information',
    null,
  ],
  RECAPTCHA_BAD: [
    'RECAPTCHA_ERROR',
    'The provided CAPTCHA response was not correct',
    'We could not tell that you are a person. Please try again.',
  ],
  RECAPTCHA_REQUIRED: ['RECAPTCHA_ERROR', "The request was flagged by Plaid's fraud system", null],
}

const serverErrors = new Set(['INTERNAL_SERVER_ERROR', 'PLAID_ERROR', 'PLANNED_MAINTENANCE'])

/** Whether `code` is one of Plaid's error codes this emulator can bring about. */
export function isKnownCode(code: string): boolean {
  return Object.hasOwn(catalogue, code)
}

/** The fault for one of Plaid's error codes. Throws on a code the catalogue does not hold. */
export function faultOf(code: string): PlaidFault {
  const row = catalogue[code]
  if (!row) throw new Error(`${code} is not in the catalogue of Plaid's errors`)
  return new PlaidFault(row[0], code, row[1], { displayMessage: row[2], status: serverErrors.has(code) ? 500 : 400 })
}

/** `INVALID_REQUEST` / `INVALID_FIELD`, what Plaid answers to a value it cannot take. */
export function invalidField(message: string): PlaidFault {
  return new PlaidFault('INVALID_REQUEST', 'INVALID_FIELD', message)
}

/** `INVALID_INPUT` with its own code, what Plaid answers to a token or an id it does not know. */
export function invalidInput(code: string, message: string): PlaidFault {
  return new PlaidFault('INVALID_INPUT', code, message)
}
