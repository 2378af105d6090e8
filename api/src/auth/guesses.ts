import type { Deps } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { keyedDigest } from '../core/ids.ts'
import type { Tx } from '../db/client.ts'
import { type Charge, chargeKey, closedKeys, type GuessKey } from '../db/guesses.ts'

/** So many in a row close a key (migrations/0040_sign_in_locks.sql). */
export const guessesPerLock = 10

const digest = (deps: Deps, purpose: string, ...values: string[]): string =>
  keyedDigest(deps.sessionSecret, purpose, ...values).toString('base64url')

/** What guesses at a username are counted by, whether somebody has it or not. */
export const usernameKey = (deps: Deps, username: string): string => digest(deps, 'guess-username', username)

/** What guesses from a browser that has signed in with the username before are counted by. */
export const knownBrowserKey = (deps: Deps, username: string, browser: string): GuessKey => ({
  key: digest(deps, 'guess-browser', username, browser),
  name: usernameKey(deps, username),
})

/** What guesses of somebody who is past the password are counted by: at the second factor, and at who they are once more. */
export const personKey = (deps: Deps, staffId: string): string => digest(deps, 'guess-person', staffId)

const minutes = (seconds: number): string => {
  const count = Math.ceil(seconds / 60)
  if (count >= 120) return `${Math.ceil(count / 60)} hours`
  return count === 1 ? 'a minute' : `${count} minutes`
}

/**
 * Counts a guess under `key` before it is evaluated. Ten wrong ones in a row close the key for 15 minutes, ten more for 30, and so on;
 * a hundred close it until it is forgiven. Throws `sign_in_locked` while it is closed, whoever asks and whatever they know.
 */
export async function chargeGuess(deps: Deps, key: string | GuessKey): Promise<Charge> {
  const charge = await chargeKey(deps.db, typeof key === 'string' ? { key, name: key } : key, deps.now())
  if (charge.allowed) return charge
  throw closed(charge.waitSeconds)
}

/** Throws `sign_in_locked` while one of these keys is closed. Counts nothing: for who comes with what cannot be guessed. */
export async function requireOpen(tx: Tx, deps: Deps, keys: readonly string[]): Promise<void> {
  const [lock] = [...(await closedKeys(tx, keys, deps.now())).values()]
  if (lock !== undefined) throw closed(lock.waitSeconds)
}

function closed(waitSeconds: number | null): AppError {
  const sentence = 'There were too many wrong tries, so sign-in is closed for this name'
  const help = 'Use “Lost your password” to get in at once, or ask an administrator of your firm to open it.'
  if (waitSeconds === null) return new AppError('sign_in_locked', `${sentence}. ${help}`)
  return new AppError('sign_in_locked', `${sentence}. Try again in ${minutes(waitSeconds)}. ${help}`, { retryAfterSeconds: waitSeconds })
}
