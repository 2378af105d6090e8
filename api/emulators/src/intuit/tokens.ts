import { randomBytes } from 'node:crypto'
import type { Grant, RefreshToken } from './state.ts'
import type { World } from './world.ts'

const codeLifeMs = 10 * 60_000
const accessTokenLifeMs = 3600_000
const refreshTokenLifeMs = 8_726_400_000
const rotationAgeMs = 24 * 3600_000
/** Intuit's cap since November 2025. */
const grantLifeMs = 5 * 365 * 24 * 3600_000

const secret = (prefix: string): string => prefix + randomBytes(36).toString('base64url')

/** The body of a successful token call. Lifetimes are seconds. */
export interface TokenAnswer {
  token_type: 'bearer'
  access_token: string
  expires_in: number
  refresh_token: string
  x_refresh_token_expires_in: number
  x_refresh_token_hard_expires_in?: number
}

/** A new code for the company, good once within 10 minutes and only with the same redirect URI. */
export function issueCode(world: World, realmId: string, redirectUri: string): string {
  const at = world.now().getTime()
  const { data } = world.store
  data.codes = data.codes.filter(({ expiresAt }) => expiresAt > at)
  const code = secret('AB')
  data.codes.push({ code, realmId, redirectUri, expiresAt: at + codeLifeMs })
  world.store.save()
  return code
}

/** Exchanges a code; null when it is unknown, used, too old or was given for another redirect URI. */
export function exchangeCode(world: World, code: string, redirectUri: string): TokenAnswer | null {
  const at = world.now().getTime()
  const { data } = world.store
  const found = data.codes.find((candidate) => candidate.code === code)
  if (found === undefined) return null
  data.codes = data.codes.filter((candidate) => candidate !== found)
  world.store.save()
  if (found.expiresAt <= at || found.redirectUri !== redirectUri) return null
  const grant: Grant = { realmId: found.realmId, authorizedAt: at, revoked: false, refreshTokens: [], accessTokens: [] }
  data.grants.push(grant)
  return issueTokens(world, grant, newRefreshToken(grant, at))
}

function newRefreshToken(grant: Grant, at: number): RefreshToken {
  for (const token of grant.refreshTokens) token.replacedAt ??= at
  const token: RefreshToken = { value: secret('RT1-'), issuedAt: at, expiresAt: at + refreshTokenLifeMs, replacedAt: null }
  grant.refreshTokens.push(token)
  return token
}

function issueTokens(world: World, grant: Grant, refreshToken: RefreshToken): TokenAnswer {
  const at = world.now().getTime()
  const accessToken = { value: secret('eyJ'), expiresAt: at + accessTokenLifeMs }
  // An expired token is kept for an hour, so that it is told apart from one that never was
  grant.accessTokens = [...grant.accessTokens.filter(({ expiresAt }) => expiresAt > at - accessTokenLifeMs), accessToken]
  world.store.save()
  return {
    token_type: 'bearer',
    access_token: accessToken.value,
    expires_in: accessTokenLifeMs / 1000,
    refresh_token: refreshToken.value,
    x_refresh_token_expires_in: Math.floor((refreshToken.expiresAt - at) / 1000),
    x_refresh_token_hard_expires_in: Math.floor((grant.authorizedAt + grantLifeMs - at) / 1000),
  }
}

/**
 * Refreshes. The value changes when it is older than 24 hours, or always by option; the one it replaces is honoured for
 * a short grace and then gives the present one. With `race` it changes now and there is no grace: of two refreshes with
 * the same token the second fails.
 * @returns null when the token is unknown, revoked, lapsed or replaced too long ago
 */
export function refresh(world: World, value: string, { race = false } = {}): TokenAnswer | null {
  const at = world.now().getTime()
  const graceMs = (world.options.refreshTokenGraceSeconds ?? 60) * 1000
  const grant = world.store.data.grants.find(({ refreshTokens }) => refreshTokens.some((token) => token.value === value))
  const sent = grant?.refreshTokens.find((token) => token.value === value)
  if (grant === undefined || sent === undefined || grant.revoked) return null
  if (sent.expiresAt <= at || grant.authorizedAt + grantLifeMs <= at) return null
  if (sent.replacedAt !== null) {
    const present = grant.refreshTokens.find(({ replacedAt }) => replacedAt === null)
    return present !== undefined && at - sent.replacedAt < graceMs ? issueTokens(world, grant, present) : null
  }
  if (race) {
    const fresh = newRefreshToken(grant, at)
    for (const token of grant.refreshTokens) if (token !== fresh) token.replacedAt = 0
    return issueTokens(world, grant, fresh)
  }
  const isDue = world.options.rotateRefreshTokenAlways === true || at - sent.issuedAt >= rotationAgeMs
  if (isDue) return issueTokens(world, grant, newRefreshToken(grant, at))
  sent.expiresAt = at + refreshTokenLifeMs
  return issueTokens(world, grant, sent)
}

/** Kills all tokens of every grant to the company. */
export function revokeCompany(world: World, realmId: string): void {
  for (const grant of world.store.data.grants) if (grant.realmId === realmId) grant.revoked = true
  world.store.save()
}

/** Revokes by a refresh or an access token; false when no live grant holds it. */
export function revokeToken(world: World, value: string): boolean {
  const grant = world.store.data.grants.find(
    ({ revoked, refreshTokens, accessTokens }) => !revoked && [...refreshTokens, ...accessTokens].some((token) => token.value === value),
  )
  if (grant === undefined) return false
  revokeCompany(world, grant.realmId)
  return true
}

export function expireAccessTokens(world: World, realmId: string): void {
  const at = world.now().getTime()
  for (const grant of world.store.data.grants) {
    if (grant.realmId === realmId) for (const token of grant.accessTokens) token.expiresAt = Math.min(token.expiresAt, at)
  }
  world.store.save()
}

/** Ends one access token before its time; false when it opens nothing as it is. */
export function expireAccessToken(world: World, value: string | undefined): boolean {
  if ('problem' in checkAccessToken(world, value)) return false
  for (const { accessTokens } of world.store.data.grants) {
    for (const token of accessTokens) if (token.value === value) token.expiresAt = Math.min(token.expiresAt, world.now().getTime())
  }
  world.store.save()
  return true
}

/** The company an access token opens, or why it opens none. */
export function checkAccessToken(world: World, value: string | undefined): { realmId: string } | { problem: string } {
  if (value === undefined) return { problem: 'Bearer token is missing' }
  for (const grant of world.store.data.grants) {
    const token = grant.accessTokens.find((candidate) => candidate.value === value)
    if (token === undefined) continue
    if (grant.revoked) return { problem: 'Token revoked' }
    return token.expiresAt > world.now().getTime() ? { realmId: grant.realmId } : { problem: 'Token expired' }
  }
  return { problem: 'Token invalid' }
}

export function isConnected(world: World, realmId: string): boolean {
  return world.store.data.grants.some((grant) => grant.realmId === realmId && !grant.revoked)
}
