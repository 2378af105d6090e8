import { type Static, Type } from 'typebox'
import { Me, Password, SecondFactorCode } from './auth.ts'
import { Email, Empty, Instant, Line, Nullable, PhoneInput } from './common.ts'
import { endpoint } from './endpoint.ts'

const SixDigits = Type.String({ description: 'Six digits', pattern: '^[0-9]{6}$' })

/** What is the person's own and nobody else's: how they sign in and get back in. */
export const Account = Type.Object({
  pendingEmail: Nullable(Type.String({ description: 'Address that replaces the e-mail once its code is entered' })),
  phone: Nullable(Type.String({ description: 'Cell phone (E.164) that has been verified by a texted code' })),
  pendingPhone: Nullable(Type.String({ description: 'Cell phone (E.164) whose texted code is still to be entered' })),
  secondFactorSince: Nullable(Instant('When the second factor was set; null while there is none')),
  recoveryCodesLeft: Type.Integer({ description: 'Recovery codes that have not been used' }),
  passwordIsShort: Type.Boolean({ description: 'Whether the password is too short to go without a second factor' }),
})
export type Account = Static<typeof Account>

export const MeUpdate = Type.Object(
  {
    name: Type.Optional(Line('Your full name')),
    timeZone: Type.Optional(Nullable(Line('IANA time zone; null follows the browser', 64))),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type MeUpdate = Static<typeof MeUpdate>

export const Confirm = Type.Object({ password: Password, code: Type.Optional(SecondFactorCode) }, { additionalProperties: false })
export type Confirm = Static<typeof Confirm>

export const SecondFactorSetup = Type.Object({
  secret: Type.String({ description: 'The key, to type into an authenticator app (base32)' }),
  uri: Type.String({ description: 'The same as an otpauth:// address, for a QR code' }),
})
export type SecondFactorSetup = Static<typeof SecondFactorSetup>

export const RecoveryCodes = Type.Object({
  codes: Type.Array(Type.String(), { description: 'Each opens the account once in place of a code; shown this once' }),
})
export type RecoveryCodes = Static<typeof RecoveryCodes>

const tag = 'Account'
const stepUp = 'Needs the password, and the second factor when it is set, within the last ten minutes (`confirmation_required`).'

export const account = {
  get: endpoint({
    id: 'getAccount',
    method: 'GET',
    url: '/auth/account',
    access: 'staff',
    tag,
    summary: 'How you sign in',
    description: 'Phone, second factor and what waits to be verified, of the signed-in person.',
    schema: { response: { 200: Account } },
  }),
  update: endpoint({
    id: 'updateMe',
    method: 'PATCH',
    url: '/auth/me',
    access: 'staff',
    tag,
    summary: 'Change your name or time zone',
    description: 'Changes only the members that are sent.',
    schema: { body: MeUpdate, response: { 200: Me } },
  }),
  confirm: endpoint({
    id: 'confirmIdentity',
    method: 'POST',
    url: '/auth/confirm',
    access: 'staff',
    tag,
    summary: 'Confirm that it is you',
    description: 'Takes the password, and the second factor when it is set. For ten minutes this session may then change how you sign in.',
    schema: { body: Confirm, response: { 204: Empty } },
  }),
  changePassword: endpoint({
    id: 'changePassword',
    method: 'POST',
    url: '/auth/password',
    access: 'staff',
    tag,
    summary: 'Change your password',
    description: `Ends your other sessions and tells you by e-mail. ${stepUp}`,
    schema: { body: Type.Object({ password: Password }, { additionalProperties: false }), response: { 204: Empty } },
  }),
  changeEmail: endpoint({
    id: 'changeEmail',
    method: 'POST',
    url: '/auth/email',
    access: 'staff',
    tag,
    summary: 'Change your e-mail',
    description: `Sends a code and a link to the new address; the e-mail changes once one of them comes back, and the old address is told. ${stepUp}`,
    schema: {
      body: Type.Object({ email: Email('New work e-mail') }, { additionalProperties: false }),
      response: { 204: Empty },
    },
  }),
  changeUsername: endpoint({
    id: 'changeUsername',
    method: 'POST',
    url: '/auth/username',
    access: 'staff',
    tag,
    summary: 'Change your username',
    description: `The name to sign in with, unique over all firms: your verified e-mail, or 4 to 64 letters, digits, dots, hyphens and underscores. ${stepUp}`,
    schema: {
      body: Type.Object({ username: Line('New username', 254) }, { additionalProperties: false }),
      response: { 200: Me },
    },
  }),
  changePhone: endpoint({
    id: 'changePhone',
    method: 'POST',
    url: '/auth/phone',
    access: 'staff',
    tag,
    summary: 'Set your cell phone',
    description: `Texts a code to it; the phone is kept once the code is entered. ${stepUp}`,
    schema: { body: Type.Object({ phone: PhoneInput('Cell phone') }, { additionalProperties: false }), response: { 204: Empty } },
  }),
  verifyPhone: endpoint({
    id: 'verifyPhone',
    method: 'POST',
    url: '/auth/phone/verify',
    access: 'staff',
    tag,
    summary: 'Verify the cell phone',
    description: 'Takes the six digits of the text. Five wrong tries void the code.',
    schema: { body: Type.Object({ code: SixDigits }, { additionalProperties: false }), response: { 204: Empty } },
  }),
  removePhone: endpoint({
    id: 'removePhone',
    method: 'DELETE',
    url: '/auth/phone',
    access: 'staff',
    tag,
    summary: 'Remove your cell phone',
    description: `A lost password can then be recovered by e-mail only. ${stepUp}`,
    schema: { response: { 204: Empty } },
  }),
  beginSecondFactor: endpoint({
    id: 'beginSecondFactor',
    method: 'POST',
    url: '/auth/second-factor',
    access: 'staff',
    tag,
    summary: 'Begin to set up a second factor',
    description: `Answers a new key for an authenticator app. One that is set goes on protecting the account until the new one is confirmed. ${stepUp}`,
    schema: { response: { 201: SecondFactorSetup } },
  }),
  confirmSecondFactor: endpoint({
    id: 'confirmSecondFactor',
    method: 'POST',
    url: '/auth/second-factor/confirm',
    access: 'staff',
    tag,
    summary: 'Set the second factor',
    description: 'Takes a code of the authenticator app. From then on it is asked for at each sign-in; ten recovery codes are answered.',
    schema: { body: Type.Object({ code: SixDigits }, { additionalProperties: false }), response: { 200: RecoveryCodes } },
  }),
  removeSecondFactor: endpoint({
    id: 'removeSecondFactor',
    method: 'DELETE',
    url: '/auth/second-factor',
    access: 'staff',
    tag,
    summary: 'Remove the second factor',
    description: `Its recovery codes go with it. Refused while the password is shorter than 15 characters. ${stepUp}`,
    schema: { response: { 204: Empty } },
  }),
  renewRecoveryCodes: endpoint({
    id: 'renewRecoveryCodes',
    method: 'POST',
    url: '/auth/recovery-codes',
    access: 'staff',
    tag,
    summary: 'Make new recovery codes',
    description: `Ten new ones; the old ones stop working. ${stepUp}`,
    schema: { response: { 200: RecoveryCodes } },
  }),
}
