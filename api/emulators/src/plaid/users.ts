import { parseCustomUser } from './custom-user.ts'
import { faultOf, isKnownCode } from './errors.ts'
import { issuesCardsOnly, type Institution } from './institutions.ts'
import { mfaOfPassword } from './mfa.ts'
import { goodAccounts } from './seed.ts'
import type { Login } from './types.ts'

/**
 * Signs a Sandbox user in at a bank (plaid.com/docs/sandbox/test-credentials): `user_good` with `pass_good`, an `mfa_…` or an
 * `error_<CODE>` password, `user_transactions_dynamic` with any password, `user_custom` with its configuration as the password.
 *
 * @throws PlaidFault what Link or /sandbox/public_token/create would say; CustomUserError when the configuration cannot be read.
 */
export function signIn(institution: Institution, username: string, password: string, today: string): Login {
  const user = username.trim()
  if (user === 'user_custom') {
    const custom = parseCustomUser(password, today)
    if (custom.forceError !== null) throw faultOf(custom.forceError)
    return { username: user, accounts: custom.accounts, mfa: custom.mfa, dynamic: false }
  }
  const code = /^error_([A-Z_]+)$/.exec(password)?.[1]
  if (code !== undefined && isKnownCode(code)) throw faultOf(code)
  const mfa = password === 'pass_good' ? [] : mfaOfPassword(password)
  const dynamic = user === 'user_transactions_dynamic' && password !== ''
  if (!dynamic && (user !== 'user_good' || mfa === undefined)) throw faultOf('INVALID_CREDENTIALS')
  const seed = `${institution.id}:${user}`
  return { username: user, accounts: goodAccounts(seed, today, issuesCardsOnly(institution)), mfa: mfa ?? [], dynamic }
}
