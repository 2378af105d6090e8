import { browserSupportsWebAuthn, startAuthentication, startRegistration, WebAuthnError } from '@simplewebauthn/browser'
import type { PasskeyAdd, PasskeyCreation, PasskeyRequest, PasskeySignIn } from '@ledgersync/shared/passkeys'

/** What this browser or this device could not do, in words for the person. */
export class PasskeyFailure extends Error {}

/** Why there are no passkeys in this browser; null when there are. */
export function passkeysUnavailable(): string | null {
  if (!window.isSecureContext) return 'Passkeys need a safe connection: open Ledgersync at an address that begins with https.'
  if (!browserSupportsWebAuthn()) return 'This browser cannot use passkeys. Current ones of Chrome, Edge, Firefox and Safari can.'
  // WebAuthn knows names only
  if (/^[\d.]+$|^\[/.test(location.hostname)) return 'Passkeys need an address with a name, and this one is a number.'
  return null
}

/** Has a passkey made. Null when the person leaves the browser's prompt. Throws {@link PasskeyFailure}. */
export async function makePasskey(optionsJSON: PasskeyCreation): Promise<Omit<PasskeyAdd, 'name'> | null> {
  const made = await ask(() => startRegistration({ optionsJSON }))
  if (made === null) return null
  const { clientDataJSON, attestationObject } = made.response
  return { id: made.id, clientDataJSON, attestationObject }
}

/**
 * Asks for a passkey: at once, or among what the browser offers to fill in at the field for the username. Null when the person leaves
 * the prompt, or when another question takes the place of this one. Throws {@link PasskeyFailure}.
 */
export async function askForPasskey(optionsJSON: PasskeyRequest, place: 'prompt' | 'field'): Promise<PasskeySignIn | null> {
  const found = await ask(() => startAuthentication({ optionsJSON, useBrowserAutofill: place === 'field' }))
  if (found === null) return null
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response
  if (userHandle === undefined) throw new PasskeyFailure('This key does not say whose it is. Sign in with your password, and add it anew.')
  return { id: found.id, clientDataJSON, authenticatorData, signature, userHandle }
}

/** Browsers say the same of a prompt that was left, that ran out of time and that found nothing, so that pages learn nothing from it. */
const left = new Set(['NotAllowedError', 'AbortError'])

async function ask<T>(prompt: () => Promise<T>): Promise<T | null> {
  try {
    return await prompt()
  } catch (error) {
    if (error instanceof Error && left.has(error.name)) return null
    throw new PasskeyFailure(wordsFor(error), { cause: error })
  }
}

function wordsFor(error: unknown): string {
  switch (error instanceof WebAuthnError ? error.code : null) {
    case 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED':
      return 'This device or password manager has a passkey for your account already.'
    case 'ERROR_AUTHENTICATOR_MISSING_DISCOVERABLE_CREDENTIAL_SUPPORT':
    case 'ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT':
      return 'This key cannot keep passkeys, or has no PIN yet. Use another device or a password manager.'
    case 'ERROR_INVALID_DOMAIN':
    case 'ERROR_INVALID_RP_ID':
      return 'Passkeys work only at the public address of Ledgersync. Open it there.'
    default:
      return 'Your browser or your device could not do it. Try again, or use another one.'
  }
}
