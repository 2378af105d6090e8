import { randomBytes } from 'node:crypto'
import type { Deps } from '../core/context.ts'
import { keyedDigest, sameBytes, tokenHash } from '../core/ids.ts'
import { takePasskeyChallenge } from '../db/global.ts'

/*
 * A challenge is eight bytes of when it ends, sixteen random ones and our seal over both and what it is for. Asking for one writes
 * nothing, so strangers fill no table; one that comes back is written down, so that it is answered once, whichever process gets it.
 */

export const challengeMs = 5 * 60_000
const endBytes = 8
const plainBytes = endBytes + 16

/** What a challenge is for: signing in, which anybody may try, or adding a passkey in one session. */
export type ChallengeUse = 'sign-in' | `add:${string}`

const seal = (deps: Deps, use: ChallengeUse, plain: Buffer): Buffer =>
  keyedDigest(deps.sessionSecret, 'passkey-challenge', use, plain.toString('base64url'))

/** A new challenge that works for five minutes. */
export function newChallenge(deps: Deps, use: ChallengeUse): Buffer {
  const end = Buffer.alloc(endBytes)
  end.writeBigUInt64BE(BigInt(deps.now().getTime() + challengeMs))
  const plain = Buffer.concat([end, randomBytes(plainBytes - endBytes)])
  return Buffer.concat([plain, seal(deps, use, plain)])
}

/** Whether the challenge is ours, for this use, not over, and comes back for the first time. It does not come back again. */
export async function takeChallenge(deps: Deps, use: ChallengeUse, challenge: string): Promise<boolean> {
  const bytes = Buffer.from(challenge, 'base64url')
  const [plain, mac] = [bytes.subarray(0, plainBytes), bytes.subarray(plainBytes)]
  if (plain.length < plainBytes || !sameBytes(mac, seal(deps, use, plain))) return false
  const now = deps.now()
  if (plain.readBigUInt64BE() <= BigInt(now.getTime())) return false
  // Of the bytes, not of the text: the same bytes can be written in more than one way
  return takePasskeyChallenge(deps.db, tokenHash(bytes.toString('base64url')), now)
}
