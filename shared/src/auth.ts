import { type Static, Type } from 'typebox'
import { Email, Empty, Id, Instant, Line, List, Nullable } from './common.ts'
import { endpoint } from './endpoint.ts'
import { Permission } from './permissions.ts'

export const passwordMin = 15
/** Once a second factor is set. */
export const passwordMinWithSecondFactor = 8
export const passwordMax = 128
export const Password = Type.String({
  description: 'Password, 15 to 128 characters; from 8 once a second factor is set',
  minLength: 1,
  maxLength: 1024,
})
/** As it is typed: spaces and hyphens do not matter. */
export const SecondFactorCode = Type.String({
  description: 'Six digits of the authenticator app, or a recovery code',
  minLength: 1,
  maxLength: 40,
})
const Token = Type.String({ description: 'Token of the link', pattern: '^[A-Za-z0-9_-]{43}$' })

export const Role = Type.Enum(['administrator', 'employee'], { description: 'administrator: everything; employee: only assigned clients' })
export type Role = Static<typeof Role>

export const Me = Type.Object({
  staff: Type.Object(
    {
      id: Id('The member of staff'),
      name: Type.String({ description: 'Full name' }),
      email: Type.String({ description: 'Work e-mail' }),
      username: Type.String({ description: 'Name to sign in with' }),
      role: Role,
      permissions: Type.Array(Permission, { description: 'Bulk work allowed to an employee; administrators do all of it' }),
      emailVerified: Type.Boolean({ description: 'Whether the e-mail has been verified; until then nobody can be invited' }),
      timeZone: Nullable(Type.String({ description: 'IANA time zone the person chose; null follows the browser' })),
      secondFactor: Type.Boolean({ description: 'Whether a second factor is asked for at sign-in' }),
    },
    { description: 'Who is signed in' },
  ),
  firm: Type.Object(
    {
      id: Id('The firm'),
      name: Type.String({ description: 'Name of the firm' }),
      emailDomain: Type.String({ description: 'Domain of the e-mail the firm signed up with' }),
      timeZone: Type.String({ description: 'IANA time zone of the firm' }),
    },
    { description: 'The firm of that person' },
  ),
  sessionId: Id('The session of this browser'),
  operator: Type.Boolean({ description: 'Whether this person administers the installation, and so has the operations page' }),
})
export type Me = Static<typeof Me>

export const SignUp = Type.Object(
  {
    firmName: Line('Name of the firm'),
    name: Line('Your full name'),
    email: Email('Work e-mail; addresses of free and disposable mail services are refused'),
    password: Password,
    timeZone: Type.Optional(Line('IANA time zone of the browser', 64)),
  },
  { additionalProperties: false },
)
export type SignUp = Static<typeof SignUp>

export const SignIn = Type.Object(
  {
    username: Type.String({ description: 'Username; the e-mail unless it was changed', minLength: 1, maxLength: 254 }),
    password: Password,
    code: Type.Optional(SecondFactorCode),
  },
  { additionalProperties: false },
)
export type SignIn = Static<typeof SignIn>

export const PasswordRecovery = Type.Object(
  {
    username: Line('Username; the e-mail unless it was changed', 254),
    channel: Type.Enum(['email', 'sms'], { description: 'Where to send the link; sms goes only to a phone verified earlier' }),
  },
  { additionalProperties: false },
)
export type PasswordRecovery = Static<typeof PasswordRecovery>

export const PasswordReset = Type.Object(
  { token: Token, password: Password, code: Type.Optional(SecondFactorCode) },
  { additionalProperties: false },
)
export type PasswordReset = Static<typeof PasswordReset>

export const Session = Type.Object({
  id: Id('The session'),
  createdAt: Instant('When it was signed in'),
  lastActiveAt: Instant('Last activity'),
  userAgent: Type.String({ description: 'Browser as it named itself' }),
  ip: Type.String({ description: 'Network address at sign-in' }),
  current: Type.Boolean({ description: 'Whether this is the session asking' }),
})
export type Session = Static<typeof Session>

export const StaffLock = Type.Object({
  staffId: Id('The member of staff'),
  waitSeconds: Nullable(
    Type.Integer({ description: 'Seconds until sign-in opens again; null when only recovery or an administrator opens it' }),
  ),
  guesses: Type.Integer({ description: 'Wrong tries in a row' }),
})
export type StaffLock = Static<typeof StaffLock>

const tag = 'Access'

export const auth = {
  signUp: endpoint({
    id: 'signUp',
    method: 'POST',
    url: '/auth/sign-up',
    access: 'public',
    tag,
    summary: 'Create a firm',
    description:
      'Creates a firm and its first administrator, signs them in and sends the verification e-mail. Only work e-mail addresses are accepted. The e-mail becomes the username when it is verified; the answer is the same whether or not somebody has it already.',
    schema: { body: SignUp, response: { 201: Me } },
  }),
  signIn: endpoint({
    id: 'signIn',
    method: 'POST',
    url: '/auth/sign-in',
    access: 'public',
    tag,
    summary: 'Sign in',
    description:
      'Starts a session and sets its cookies. An unknown username and a wrong password get the same answer in the same time. Ten wrong tries in a row close the name for 15 minutes, ten more for twice as long; a hundred until the password is recovered. With a second factor set, the right password without a code is answered `second_factor_required`.',
    schema: { body: SignIn, response: { 200: Me } },
  }),
  recoverPassword: endpoint({
    id: 'recoverPassword',
    method: 'POST',
    url: '/auth/password-recovery',
    access: 'public',
    tag,
    summary: 'Lost your password',
    description:
      'Sends a link that works for 30 minutes, once, to the e-mail or the verified phone of the account. The answer is the same, at the same time, whether or not there is one. At most three links a quarter of an hour go to one account.',
    schema: { body: PasswordRecovery, response: { 204: Empty } },
  }),
  recoverUsername: endpoint({
    id: 'recoverUsername',
    method: 'POST',
    url: '/auth/username-recovery',
    access: 'public',
    tag,
    summary: 'Forgot your username',
    description: 'Mails the usernames of all accounts with this e-mail to it. The answer is the same whether or not there is one.',
    schema: {
      body: Type.Object({ email: Email('E-mail of the account') }, { additionalProperties: false }),
      response: { 204: Empty },
    },
  }),
  resetPassword: endpoint({
    id: 'resetPassword',
    method: 'POST',
    url: '/auth/password-reset',
    access: 'public',
    tag,
    summary: 'Choose a new password',
    description:
      'Takes the token of the link. Ends all sessions, removes the passkeys and opens a sign-in that was closed. A second factor that is set is asked for here, too.',
    schema: { body: PasswordReset, response: { 204: Empty } },
  }),
  refresh: endpoint({
    id: 'refreshSession',
    method: 'POST',
    url: '/auth/refresh',
    access: 'public',
    tag,
    summary: 'Renew the access cookie',
    description:
      'Rotates the refresh cookie. The previous one is honoured for 30 seconds and yields the same successor; an older one ends the session.',
    schema: { response: { 204: Empty } },
  }),
  signOut: endpoint({
    id: 'signOut',
    method: 'POST',
    url: '/auth/sign-out',
    access: 'staff',
    tag,
    summary: 'Sign out',
    description: 'Ends this session at once, its event stream included.',
    schema: { response: { 204: Empty } },
  }),
  me: endpoint({
    id: 'getMe',
    method: 'GET',
    url: '/auth/me',
    access: 'staff',
    tag,
    summary: 'Who is signed in',
    description: 'The signed-in member of staff and their firm.',
    schema: { response: { 200: Me } },
  }),
  verifyEmail: endpoint({
    id: 'verifyEmail',
    method: 'POST',
    url: '/auth/verify-email',
    access: 'staff',
    tag,
    summary: 'Verify the e-mail by code',
    description: 'Takes the six digits of the verification e-mail. Five wrong tries void the code.',
    schema: {
      body: Type.Object({ code: Type.String({ description: 'Six digits', pattern: '^[0-9]{6}$' }) }, { additionalProperties: false }),
      response: { 200: Me },
    },
  }),
  verifyEmailLink: endpoint({
    id: 'verifyEmailLink',
    method: 'POST',
    url: '/auth/verify-email-link',
    access: 'public',
    tag,
    summary: 'Verify the e-mail by link',
    description:
      'Takes the token of the link in the verification e-mail. Works without a session, for the mail may be opened on another device.',
    schema: {
      body: Type.Object({ token: Token }, { additionalProperties: false }),
      response: { 204: Empty },
    },
  }),
  sendVerification: endpoint({
    id: 'sendVerification',
    method: 'POST',
    url: '/auth/verification',
    access: 'staff',
    tag,
    summary: 'Send the verification e-mail again',
    description: 'Sends a new code and link; earlier ones stop working. At most 5 an hour.',
    schema: { response: { 204: Empty } },
  }),
  listLocks: endpoint({
    id: 'listStaffLocks',
    method: 'GET',
    url: '/staff/locks',
    access: 'administrator',
    tag,
    summary: 'Who is locked out',
    description: 'Members of staff whose sign-in is closed after ten or more wrong tries in a row.',
    schema: { response: { 200: List(StaffLock) } },
  }),
  resetSecondFactor: endpoint({
    id: 'resetSecondFactor',
    method: 'DELETE',
    url: '/staff/:staffId/second-factor',
    access: 'administrator',
    tag,
    summary: 'Remove second factor and passkeys of a colleague',
    description:
      'For who has lost the phone and the recovery codes. Their passkeys go, too, their sessions end, and a mail tells them. A password too short to stand alone stops working: they choose a new one by the link for a lost password. You need to have confirmed that it is you, and cannot do it to yourself. No error when there is none.',
    schema: { params: Type.Object({ staffId: Id('The member of staff') }), response: { 204: Empty } },
  }),
  unlock: endpoint({
    id: 'unlockStaff',
    method: 'POST',
    url: '/staff/:staffId/unlock',
    access: 'administrator',
    tag,
    summary: 'Unlock a colleague',
    description: 'Opens sign-in again at once and forgets the wrong tries. No error when it is open already.',
    schema: { params: Type.Object({ staffId: Id('The member of staff') }), response: { 204: Empty } },
  }),
  listSessions: endpoint({
    id: 'listSessions',
    method: 'GET',
    url: '/auth/sessions',
    access: 'staff',
    tag,
    summary: 'List your sessions',
    description: 'The signed-in sessions of this person, newest first.',
    schema: { response: { 200: List(Session) } },
  }),
  revokeOtherSessions: endpoint({
    id: 'revokeOtherSessions',
    method: 'DELETE',
    url: '/auth/sessions',
    access: 'staff',
    tag,
    summary: 'End your other sessions',
    description: 'Every session of this person but the one asking.',
    schema: { response: { 204: Empty } },
  }),
  revokeSession: endpoint({
    id: 'revokeSession',
    method: 'DELETE',
    url: '/auth/sessions/:sessionId',
    access: 'staff',
    tag,
    summary: 'End one of your sessions',
    description: 'The session stops working at its next request, its event stream at once.',
    schema: { params: Type.Object({ sessionId: Id('The session') }), response: { 204: Empty } },
  }),
}
