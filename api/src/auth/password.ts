import { hash, verify } from '@node-rs/argon2'
import { passwordMax, passwordMin } from '@ledgersync/shared/auth'
import { AppError } from '../core/errors.ts'
import { readList } from './lists.ts'

const commonPasswords = readList('common-passwords.txt')

/** Argon2id with OWASP's second parameter set: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/**
 * Refuses a password that is too short, too long, common (also repeated: `passwordpassword`), a run of one or two characters,
 * or made of the names given. Anything else goes: no composition rules (NIST SP 800-63B).
 */
export function checkPassword(password: string, names: readonly string[], lengthMin: number = passwordMin): void {
  const refuse = (message: string): never => {
    throw new AppError('weak_password', message, { fields: [{ field: 'body.password', message }] })
  }
  const length = [...password].length
  if (length < lengthMin) refuse(`Use at least ${lengthMin} characters. A few words in a row are easy to remember.`)
  if (length > passwordMax) refuse(`Use at most ${passwordMax} characters.`)
  const plain = password.toLowerCase()
  if (new Set(plain).size < 5) refuse('This repeats very few characters. Use a few words instead.')
  const unit = repeatedUnit(plain)
  if (commonPasswords.has(plain) || commonPasswords.has(unit)) refuse('This password is on lists of common passwords. Choose another.')
  let rest = plain.replaceAll(/[^\p{L}\p{N}]/gu, '')
  for (const name of ['ledgersync', ...names]) {
    const word = name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
    if (word.length >= 4) rest = rest.replaceAll(word, '')
  }
  if (rest.length < 6) refuse('This is little more than a name that is known. Choose something else.')
}

/** The shortest text that, repeated, gives the whole. */
function repeatedUnit(text: string): string {
  for (let size = 1; size <= text.length / 2; size++) {
    if (text.length % size === 0 && text.slice(0, size).repeat(text.length / size) === text) return text.slice(0, size)
  }
  return text
}

export function hashPassword(password: string): Promise<string> {
  return hash(password, cost)
}

/** A hash nobody's password matches: checked for unknown usernames, so that they take the same time. */
const nobody = hash('no password has this value', cost)

/** Whether the password is right. With `null` (no such person), and for who has none yet, takes the same time and answers false. */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  const known = stored?.startsWith('$argon2') ? stored : null
  const matches = await verify(known ?? (await nobody), password)
  return known !== null && matches
}
