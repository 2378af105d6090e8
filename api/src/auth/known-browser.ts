import type { Deps } from '../core/context.ts'
import { keyedDigest, newToken, sameBytes } from '../core/ids.ts'
import type { GuessKey } from '../db/guesses.ts'
import { knownBrowserKey, usernameKey } from './guesses.ts'

/*
 * A browser that has signed in carries a cookie that says so. It opens nothing: guesses from it are counted by themselves, so that
 * strangers who use up the guesses at somebody's username do not keep that person out of the browser they always use.
 */

const cookiePattern = /^([\w-]{43})\.([\w-]{43})$/

const seal = (deps: Deps, username: string, browser: string): Buffer => keyedDigest(deps.sessionSecret, 'known-browser', username, browser)

/** The cookie for a browser that has just signed in with the username. */
export function knownBrowser(deps: Deps, username: string): string {
  const browser = newToken()
  return `${browser}.${seal(deps, username, browser).toString('base64url')}`
}

/** What guesses at the username are counted by, from a browser with this cookie. */
export function guessKey(deps: Deps, username: string, cookie: string | null): GuessKey {
  const [, browser = '', mac = ''] = cookiePattern.exec(cookie ?? '') ?? []
  const isKnown = sameBytes(Buffer.from(mac, 'base64url'), seal(deps, username, browser))
  const name = usernameKey(deps, username)
  return isKnown ? knownBrowserKey(deps, username, browser) : { key: name, name }
}
