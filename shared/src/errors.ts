import { type Static, Type } from 'typebox'

/** Every stable error code with its HTTP status. A code never changes its meaning; the sentence may. */
export const errorStatus = {
  bad_request: 400,
  invalid_field: 400,
  invalid_json: 400,
  invalid_cursor: 400,
  invalid_phone: 400,
  invalid_time_zone: 400,
  weak_password: 400,
  work_email_required: 400,
  unauthenticated: 401,
  session_stale: 401,
  wrong_credentials: 401,
  second_factor_required: 401,
  second_factor_refused: 401,
  passkey_refused: 401,
  forbidden: 403,
  origin_refused: 403,
  email_unverified: 403,
  confirmation_required: 403,
  signature_refused: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  conflict: 409,
  username_taken: 409,
  name_taken: 409,
  priority_taken: 409,
  already_connected: 409,
  stale_version: 409,
  code_refused: 409,
  passkey_unusable: 409,
  client_locked: 409,
  channel_unavailable: 409,
  opted_out: 409,
  books_not_connected: 409,
  not_mapped: 409,
  body_too_large: 413,
  uri_too_long: 414,
  unsupported_media_type: 415,
  unprocessable: 422,
  too_many_requests: 429,
  sign_in_locked: 429,
  headers_too_large: 431,
  internal: 500,
  provider_unavailable: 502,
  unavailable: 503,
} as const satisfies Record<string, number>

export type ErrorCode = keyof typeof errorStatus

/** One field that was wrong, by its path in the request: `body.email`, `query.limit`. */
export const FieldError = Type.Object(
  {
    field: Type.String({ description: 'Where the value stands, such as `body.email`' }),
    message: Type.String({ description: 'What is wrong with it, in a sentence fit for a person' }),
  },
  { description: 'One field that was refused' },
)
export type FieldError = Static<typeof FieldError>

/** The one error body (RFC 9457, application/problem+json). */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'Address of the code in the documentation' }),
    title: Type.String({ description: 'Short name of the code' }),
    status: Type.Integer({ description: 'The HTTP status, repeated' }),
    code: Type.String({ description: 'Stable code to program against' }),
    detail: Type.String({ description: 'What happened and what to do, in a sentence fit for a person' }),
    requestId: Type.String({ description: 'Quote it to support' }),
    fields: Type.Optional(Type.Array(FieldError, { description: 'The fields that were refused, for `invalid_field`' })),
    suggestion: Type.Optional(Type.String({ description: 'A value that would be accepted, such as a free username' })),
  },
  { description: 'An error (application/problem+json)' },
)
export type Problem = Static<typeof Problem>
