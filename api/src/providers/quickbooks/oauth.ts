import type { Pace } from '../../core/pace.ts'
import type { BooksTokens, Quickbooks, QuickbooksConfig } from './types.ts'
import { toSilence } from './errors.ts'
import { postText } from './http.ts'
import { tokenTurn } from './limits.ts'

const scope = 'com.intuit.quickbooks.accounting'

type OauthCalls = Pick<Quickbooks, 'authorizeUrl' | 'exchangeCode' | 'refresh' | 'revoke'>

/**
 * Intuit's OAuth 2.0 by plain posts: the SDKs repeat posts to the token endpoint on their own, which loses refresh tokens.
 * `now` dates the tokens' lifetimes, which Intuit tells in seconds that remain.
 */
export function createOauth(config: QuickbooksConfig, pace: Pace, now: () => Date): OauthCalls {
  const basic = `Basic ${Buffer.from(`${config.clientId}:${config.clientSecret}`).toString('base64')}`
  const askTokens = (operation: string, form: Record<string, string>, urgent: boolean): Promise<BooksTokens> =>
    pace.inTurn(tokenTurn(operation, urgent), async (timeoutMs) => {
      const askedAt = now()
      const answer = await postText({
        operation,
        url: config.tokenUrl,
        headers: { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
        timeoutMs,
      })
      const tokens = readTokens(answer, askedAt)
      if (tokens === null) throw toSilence(operation, null)
      return tokens
    })
  return {
    authorizeUrl(state) {
      const url = new URL(config.authorizeUrl)
      const parameters = { client_id: config.clientId, response_type: 'code', scope, redirect_uri: config.redirectUrl, state }
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
      return url.href
    },
    exchangeCode: (code) => askTokens('exchangeCode', { grant_type: 'authorization_code', code, redirect_uri: config.redirectUrl }, true),
    refresh: (refreshToken) => askTokens('refresh', { grant_type: 'refresh_token', refresh_token: refreshToken }, false),
    revoke: (token) =>
      pace.inTurn(tokenTurn('revoke', false), async (timeoutMs) => {
        const headers = { authorization: basic, 'content-type': 'application/json' }
        await postText({ operation: 'revoke', url: config.revokeUrl, headers, body: JSON.stringify({ token }), timeoutMs })
      }),
  }
}

function readTokens(answer: unknown, askedAt: Date): BooksTokens | null {
  if (typeof answer !== 'object' || answer === null) return null
  // Every member is checked below
  const { access_token, expires_in, refresh_token, x_refresh_token_expires_in } = answer as Record<string, unknown>
  if (typeof access_token !== 'string' || typeof refresh_token !== 'string') return null
  if (typeof expires_in !== 'number' || typeof x_refresh_token_expires_in !== 'number') return null
  const after = (seconds: number): Date => new Date(askedAt.getTime() + seconds * 1000)
  return {
    accessToken: access_token,
    accessTokenExpiresAt: after(expires_in),
    refreshToken: refresh_token,
    refreshTokenExpiresAt: after(x_refresh_token_expires_in),
  }
}
