import { type Static, Type } from 'typebox'
import { Me } from './auth.ts'
import { Empty, Id, Instant, Line, List, Nullable } from './common.ts'
import { endpoint } from './endpoint.ts'

/** So many passkeys a person may have. */
export const passkeysMax = 10

const Bytes = (description: string, maxLength: number) =>
  Type.String({ description: `${description} (base64url)`, minLength: 1, maxLength, pattern: '^[A-Za-z0-9_-]+$' })
/** WebAuthn allows 1,023 bytes. */
const CredentialId = Bytes('Id of the credential, as the authenticator made it', 1364)
const ClientData = Bytes('What the browser was asked to have signed: `clientDataJSON`', 4096)
const Challenge = Bytes('Has to come back signed within five minutes, once', 200)
const Name = Line('What the person calls it', 60)
const always = <T extends string>(value: T, description: string) => Type.Literal(value, { description })

export const Passkey = Type.Object({
  id: Id('The passkey'),
  name: Type.String({ description: 'What the person calls it' }),
  createdAt: Instant('When it was added'),
  lastUsedAt: Nullable(Instant('When it last opened the account; null when never')),
})
export type Passkey = Static<typeof Passkey>

/** `PublicKeyCredentialCreationOptionsJSON` of WebAuthn, with what we ask for. */
export const PasskeyCreation = Type.Object({
  challenge: Challenge,
  rp: Type.Object(
    {
      id: Type.String({ description: 'Domain the passkey is for' }),
      name: Type.String({ description: 'Name of the product' }),
    },
    { description: 'Whom the passkey is for' },
  ),
  user: Type.Object(
    {
      id: Bytes('The account, opaque', 86),
      name: Type.String({ description: 'Username' }),
      displayName: Type.String({ description: 'Full name' }),
    },
    { description: 'Whose passkey it is' },
  ),
  pubKeyCredParams: Type.Array(
    Type.Object({
      type: always('public-key', 'Always `public-key`'),
      alg: Type.Integer({ description: 'COSE number of the algorithm' }),
    }),
    { description: 'Kinds of keys, the best first' },
  ),
  timeout: Type.Integer({ description: 'How long the browser may ask, in milliseconds' }),
  attestation: always('none', 'Always `none`: which device it is does not matter'),
  excludeCredentials: Type.Array(Type.Object({ id: CredentialId, type: always('public-key', 'Always `public-key`') }), {
    description: 'Passkeys the person has: no second one is made where one of them is',
  }),
  authenticatorSelection: Type.Object(
    {
      residentKey: always('required', 'Always `required`: it is found without a username'),
      requireResidentKey: Type.Literal(true, { description: 'The same for older browsers' }),
      userVerification: always('required', 'Always `required`: fingerprint, face or PIN'),
    },
    { description: 'What the authenticator has to be able to do' },
  ),
})
export type PasskeyCreation = Static<typeof PasskeyCreation>

export const PasskeyAdd = Type.Object(
  {
    name: Name,
    id: CredentialId,
    clientDataJSON: ClientData,
    attestationObject: Bytes('The new public key: `attestationObject`', 16_384),
  },
  { additionalProperties: false },
)
export type PasskeyAdd = Static<typeof PasskeyAdd>

/** `PublicKeyCredentialRequestOptionsJSON` of WebAuthn. It names no passkey, and so says nothing of anybody. */
export const PasskeyRequest = Type.Object({
  challenge: Challenge,
  rpId: Type.String({ description: 'Domain the passkey is for' }),
  timeout: Type.Integer({ description: 'How long the browser may ask, in milliseconds' }),
  userVerification: always('required', 'Always `required`: fingerprint, face or PIN'),
})
export type PasskeyRequest = Static<typeof PasskeyRequest>

export const PasskeySignIn = Type.Object(
  {
    id: CredentialId,
    clientDataJSON: ClientData,
    authenticatorData: Bytes('What the authenticator says of itself: `authenticatorData`', 4096),
    signature: Bytes('Over both', 2048),
    userHandle: Bytes('The account the authenticator keeps with the passkey', 86),
  },
  { additionalProperties: false },
)
export type PasskeySignIn = Static<typeof PasskeySignIn>

const params = Type.Object({ passkeyId: Id('The passkey') })
const stepUp = 'Needs to have signed in, or to have confirmed that it is you, within the last ten minutes (`confirmation_required`).'

export const passkeys = {
  list: endpoint({
    id: 'listPasskeys',
    method: 'GET',
    url: '/auth/passkeys',
    access: 'staff',
    tag: 'Account',
    summary: 'List your passkeys',
    description: 'The passkeys that open the account of the signed-in person, oldest first.',
    schema: { response: { 200: List(Passkey) } },
  }),
  begin: endpoint({
    id: 'beginPasskey',
    method: 'POST',
    url: '/auth/passkeys/options',
    access: 'staff',
    tag: 'Account',
    summary: 'Begin to add a passkey',
    description: `Answers what \`navigator.credentials.create\` needs. Needs a verified e-mail, and at most nine passkeys so far. ${stepUp}`,
    schema: { response: { 201: PasskeyCreation } },
  }),
  add: endpoint({
    id: 'addPasskey',
    method: 'POST',
    url: '/auth/passkeys',
    access: 'staff',
    tag: 'Account',
    summary: 'Add a passkey',
    description: `Takes what the authenticator made. From then on it signs in without password and second factor, for it is both in one. The person is told by e-mail. ${stepUp}`,
    schema: { body: PasskeyAdd, response: { 201: Passkey } },
  }),
  rename: endpoint({
    id: 'renamePasskey',
    method: 'PATCH',
    url: '/auth/passkeys/:passkeyId',
    access: 'staff',
    tag: 'Account',
    summary: 'Rename a passkey',
    description: 'Changes what the person calls it.',
    schema: { params, body: Type.Object({ name: Name }, { additionalProperties: false }), response: { 200: Passkey } },
  }),
  remove: endpoint({
    id: 'removePasskey',
    method: 'DELETE',
    url: '/auth/passkeys/:passkeyId',
    access: 'staff',
    tag: 'Account',
    summary: 'Remove a passkey',
    description: `It opens nothing from then on; the password stays. The person is told by e-mail. ${stepUp}`,
    schema: { params, response: { 204: Empty } },
  }),
  beginSignIn: endpoint({
    id: 'beginPasskeySignIn',
    method: 'POST',
    url: '/auth/passkey-sign-in/options',
    access: 'public',
    tag: 'Access',
    summary: 'Begin to sign in with a passkey',
    description: 'Answers what `navigator.credentials.get` needs: the same for everybody, but for the challenge.',
    schema: { response: { 200: PasskeyRequest } },
  }),
  signIn: endpoint({
    id: 'signInWithPasskey',
    method: 'POST',
    url: '/auth/passkey-sign-in',
    access: 'public',
    tag: 'Access',
    summary: 'Sign in with a passkey',
    description:
      'Starts a session and sets its cookies. No second factor is asked for: the authenticator has checked the person itself. A passkey that nobody has, one of somebody who has left and a wrong signature get the same answer (`passkey_refused`). While wrong passwords keep sign-in closed it is closed for passkeys, too.',
    schema: { body: PasskeySignIn, response: { 200: Me } },
  }),
}
