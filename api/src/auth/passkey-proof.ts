import type { PasskeyAdd, PasskeySignIn } from '@ledgersync/shared/passkeys'
import type { Deps } from '../core/context.ts'
import { sameBytes } from '../core/ids.ts'

/**
 * The kinds of keys we take, by their COSE numbers: EdDSA, ES256 and RS256, which is what Apple, Google, Windows and the makers of
 * security keys have between them.
 */
export const algorithms = [-8, -7, -257]

/** Loaded when somebody first comes with a passkey: it brings all there is to say of certificates, and a start should not wait for it. */
const loadLibrary = () => import('@simplewebauthn/server')
const loadHelpers = () => import('@simplewebauthn/server/helpers')

/** Whom passkeys are for: our public address, and the domain in it. */
export function relyingParty({ publicUrl }: Pick<Deps, 'publicUrl'>): { rpId: string; origin: string } {
  return { rpId: new URL(publicUrl).hostname, origin: publicUrl }
}

/** What an authenticator keeps with the passkey to say whose it is: two ids of ours, nothing about the person. */
export function accountHandle(firmId: string, staffId: string): Buffer {
  return Buffer.from(`${firmId}${staffId}`.replaceAll('-', ''), 'hex')
}

/** The challenge that the browser says it had signed; null when it cannot be read. */
export function challengeOf(clientDataJSON: string): string | null {
  try {
    const said: unknown = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8'))
    if (typeof said !== 'object' || said === null || !('challenge' in said)) return null
    return typeof said.challenge === 'string' ? said.challenge : null
  } catch {
    // Not what a browser writes: the caller refuses it
    return null
  }
}

export interface NewPasskey {
  credentialId: string
  publicKey: Buffer
  counter: number
}

/** The key that an authenticator has made for us after checking the person, or null. The challenge is one that has been taken. */
export async function verifyNewPasskey(deps: Deps, challenge: string, input: PasskeyAdd): Promise<NewPasskey | null> {
  const { id, clientDataJSON, attestationObject } = input
  const { rpId, origin } = relyingParty(deps)
  const { verifyRegistrationResponse } = await loadLibrary()
  if ((await quietly(() => saysMaker(attestationObject))) !== false) return null
  const found = await quietly(() =>
    verifyRegistrationResponse({
      response: { id, rawId: id, type: 'public-key', response: { clientDataJSON, attestationObject }, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    }),
  )
  if (found?.verified !== true) return null
  const { credential } = found.registrationInfo
  // The id in what was signed is the one that counts, and the browser has to say the same
  if (credential.id !== id) return null
  return { credentialId: credential.id, publicKey: Buffer.from(credential.publicKey), counter: credential.counter }
}

/**
 * Whether an authenticator proves its maker, which we did not ask for. To check such a proof is to ask addresses that stand in it,
 * and nobody may have us call an address of theirs. A proof by the new key itself (`packed` without certificates) is none.
 */
async function saysMaker(attestationObject: string): Promise<boolean> {
  const { decodeAttestationObject, isoBase64URL } = await loadHelpers()
  const decoded = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject))
  const format = decoded.get('fmt')
  return format !== 'none' && (format !== 'packed' || decoded.get('attStmt').get('x5c') !== undefined)
}

export interface KnownPasskey {
  firmId: string
  staffId: string
  credentialId: string
  publicKey: Buffer
  counter: number
}

/**
 * What the authenticator counts now, when it has checked the person and signed our challenge with the passkey; otherwise null. A count
 * that does not go up is refused by the library: two authenticators may have the same key, and one of them is not the person's.
 */
export async function verifyPasskey(deps: Deps, passkey: KnownPasskey, challenge: string, input: PasskeySignIn): Promise<number | null> {
  const { id, userHandle, ...response } = input
  const { rpId, origin } = relyingParty(deps)
  if (!sameBytes(Buffer.from(userHandle, 'base64url'), accountHandle(passkey.firmId, passkey.staffId))) return null
  const { verifyAuthenticationResponse } = await loadLibrary()
  const found = await quietly(() =>
    verifyAuthenticationResponse({
      response: { id, rawId: id, type: 'public-key', response: { ...response, userHandle }, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      credential: { id: passkey.credentialId, publicKey: new Uint8Array(passkey.publicKey), counter: passkey.counter },
    }),
  )
  return found?.verified === true ? found.authenticationInfo.newCounter : null
}

/**
 * The library throws plain errors for all that is wrong with an answer, and whoever sent it learns no more than that it is refused.
 * Nothing of ours runs in `look` that could fail for another reason.
 */
async function quietly<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look()
  } catch {
    return null
  }
}
