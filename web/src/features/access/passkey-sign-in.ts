import { browserSupportsWebAuthnAutofill, WebAuthnAbortService } from '@simplewebauthn/browser'
import type { Me } from '@ledgersync/shared/auth'
import { passkeys, type PasskeySignIn } from '@ledgersync/shared/passkeys'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { ApiError, call } from '../../api.ts'
import { askForPasskey, PasskeyFailure, passkeysUnavailable } from './passkey.ts'

/** A challenge lives five minutes; the field must not offer one that is over by the time it is signed. */
const offerMs = 4 * 60_000

/**
 * Signing in with a passkey: `mutate(null)` asks for one at once. While `offers`, the browser offers passkeys at the field for the
 * username as well. Its data is null when the person left the prompt; nothing is lost then.
 */
export function usePasskeySignIn({ offers, onSignedIn }: { offers: boolean; onSignedIn: (me: Me) => void }) {
  const [round, setRound] = useState(0)
  const signIn = useMutation({
    mutationFn: async (found: PasskeySignIn | null) => {
      const answer = found ?? (await askForPasskey(await call(passkeys.beginSignIn), 'prompt'))
      return answer === null ? null : call(passkeys.signIn, { body: answer })
    },
    onSuccess: (me) => {
      if (me !== null) onSignedIn(me)
    },
  })
  const { isPending, mutate } = signIn
  useEffect(() => {
    // The prompt takes the place of the offer, and the offer comes back after it
    if (!offers || isPending || passkeysUnavailable() !== null) return
    let current = true
    const offer = async () => {
      if (!(await browserSupportsWebAuthnAutofill())) return
      const options = await call(passkeys.beginSignIn)
      const found = current ? await askForPasskey(options, 'field') : null
      if (found !== null && current) mutate(found)
    }
    offer().catch((error: unknown) => {
      // Nobody asked for it. Whoever presses the button is told what is wrong
      if (!(error instanceof ApiError || error instanceof PasskeyFailure)) throw error
    })
    const timer = window.setTimeout(() => setRound((before) => before + 1), offerMs)
    return () => {
      current = false
      window.clearTimeout(timer)
    }
  }, [offers, isPending, mutate, round])
  useEffect(() => () => WebAuthnAbortService.cancelCeremony(), [])
  return signIn
}
