import { credentials } from '@ledgersync/emulators/credentials'
import type { IntuitEmulator } from '@ledgersync/emulators/intuit'
import { authorizeUrl, connect, createClock, createSdk, postToken, redirectUri, sdkCall, sdkFailure, startIntuit } from './intuit-client.ts'

const clock = createClock()
const day = 24 * 3600_000
let emulator: IntuitEmulator

beforeAll(async () => {
  emulator = await startIntuit({ now: clock.now, requestsPerMinuteMax: 100_000 })
})
afterAll(() => emulator.close())
beforeEach(() => emulator.reset())

const codeOf = (url: string) => new URL(url).searchParams.get('code') ?? ''
const exchange = (code: string, uri: string = redirectUri) =>
  postToken(emulator, { grant_type: 'authorization_code', code, redirect_uri: uri })
const refresh = (value: string) => postToken(emulator, { grant_type: 'refresh_token', refresh_token: value })
const ask = (accessToken: string, realmId: string) =>
  sdkCall((done) => createSdk(emulator, realmId, { access: accessToken, refresh: '' }).getCompanyInfo(realmId, done))

describe('the authorize page', () => {
  const post = (changes: Record<string, string>) =>
    fetch(`${emulator.url}/connect/oauth2`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ ...Object.fromEntries(new URL(authorizeUrl(emulator, { state: 'a&b' })).searchParams), ...changes }),
    })

  test('offers the companies and sends the user back with code, state and realmId', async () => {
    const page = await (await fetch(authorizeUrl(emulator))).text()
    expect(page).toContain('Maple Row Bakery')
    expect(page).not.toContain('<script')
    const { realmId } = emulator.companies()[1] ?? { realmId: '' }
    const response = await post({ company: realmId, decision: 'connect' })
    expect(response.status).toBe(303)
    const url = new URL(response.headers.get('location') ?? '')
    expect(url.origin + url.pathname).toBe(redirectUri)
    expect(url.searchParams.get('state')).toBe('a&b')
    expect(url.searchParams.get('realmId')).toBe(realmId)
    expect((await exchange(url.searchParams.get('code') ?? '')).status).toBe(200)
    expect(emulator.companies()[1]?.connected).toBe(true)
  })

  test('sends a refusal back as access_denied', async () => {
    const url = new URL((await post({ decision: 'deny' })).headers.get('location') ?? '')
    expect(Object.fromEntries(url.searchParams)).toEqual({ error: 'access_denied', state: 'a&b' })
  })

  test('makes a new company, whose name is shown as text', async () => {
    await post({ company: 'new', companyName: '<b>Quick & "Co"</b>', decision: 'connect' })
    expect(emulator.companies()).toHaveLength(4)
    const page = await (await fetch(`${emulator.url}/app`)).text()
    expect(page).toContain('&#60;b&#62;Quick &#38; &#34;Co&#34;&#60;/b&#62;')
    expect(page).not.toContain('<b>Quick')
  })

  test.each([
    ['another client', { client_id: 'other' }],
    ['a redirect URI that is not registered', { redirect_uri: `${redirectUri}/` }],
    ['another response type', { response_type: 'token' }],
    ['no accounting scope', { scope: 'openid' }],
    ['no state', { state: '' }],
  ])('refuses %s and redirects nowhere', async (_what, changes) => {
    const response = await fetch(authorizeUrl(emulator, changes), { redirect: 'manual' })
    expect(response.status).toBe(400)
    expect(response.headers.get('location')).toBeNull()
    await expect(emulator.completeAuthorization(authorizeUrl(emulator, changes))).rejects.toThrow()
  })
})

describe('codes and tokens', () => {
  test('a code works once', async () => {
    const code = codeOf(await emulator.completeAuthorization(authorizeUrl(emulator)))
    const first = await exchange(code)
    expect(first.body).toMatchObject({ token_type: 'bearer', expires_in: 3600, x_refresh_token_expires_in: 8_726_400 })
    expect(first.body.x_refresh_token_hard_expires_in).toBe(5 * 365 * 24 * 3600)
    expect(await exchange(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('a code dies after 10 minutes, and with another redirect URI', async () => {
    const late = codeOf(await emulator.completeAuthorization(authorizeUrl(emulator)))
    clock.advance(10 * 60_000)
    expect((await exchange(late)).body.error).toBe('invalid_grant')
    const other = codeOf(await emulator.completeAuthorization(authorizeUrl(emulator)))
    expect((await exchange(other, 'https://other.example/')).body.error).toBe('invalid_grant')
  })

  test('wrong client credentials are 401 invalid_client', async () => {
    const answer = await postToken(emulator, { grant_type: 'refresh_token', refresh_token: 'x' }, 'wrong')
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })

  test('the refresh token keeps its value for a day, then changes; the old one lives for a grace only', async () => {
    const { refreshToken } = await connect(emulator)
    const soon = await refresh(refreshToken)
    expect(soon.body.refresh_token).toBe(refreshToken)
    clock.advance(day)
    const later = await refresh(refreshToken)
    expect(later.body.refresh_token).not.toBe(refreshToken)
    clock.advance(59_000)
    expect((await refresh(refreshToken)).body.refresh_token).toBe(later.body.refresh_token)
    clock.advance(1000)
    expect(await refresh(refreshToken)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await refresh(later.body.refresh_token)).status).toBe(200)
  })

  test('by option every refresh changes the value, and of two at once the second loses without a grace', async () => {
    const strict = await startIntuit({ now: clock.now, rotateRefreshTokenAlways: true, refreshTokenGraceSeconds: 0 })
    const { refreshToken } = await connect(strict)
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
    const answers = await Promise.all([postToken(strict, form), postToken(strict, form)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
    await strict.close()
  })

  test('a refresh token lapses when it was not used for 101 days', async () => {
    const { refreshToken } = await connect(emulator)
    clock.advance(101 * day)
    expect((await refresh(refreshToken)).body.error).toBe('invalid_grant')
  })

  test('an expired access token is 401 with the lower-case fault, and a refreshed one works in the SDK', async () => {
    const { realmId, accessToken, sdk } = await connect(emulator)
    expect(await ask(accessToken, realmId)).toMatchObject({ CompanyName: 'Maple Row Bakery', FiscalYearStartMonth: 'January' })
    clock.advance(3600_000)
    const { status, body } = await sdkFailure(ask(accessToken, realmId))
    expect(status).toBe(401)
    expect(body.fault).toMatchObject({ type: 'AUTHENTICATION', error: [{ code: '3200', detail: 'Token expired' }] })
    expect(JSON.stringify(body)).not.toContain(accessToken)
    const refreshed = await sdkCall((done) => sdk.refreshAccessToken(done))
    expect(await ask(refreshed.access_token, realmId)).toMatchObject({ CompanyName: 'Maple Row Bakery' })
  })

  test('expireAccessTokens expires them at once', async () => {
    const { realmId, accessToken } = await connect(emulator)
    emulator.expireAccessTokens(realmId)
    expect((await sdkFailure(ask(accessToken, realmId))).status).toBe(401)
  })

  test('revoking by the SDK, or inside QuickBooks, kills every token of the company', async () => {
    const first = await connect(emulator)
    await sdkCall((done) => first.sdk.revokeAccess(true, done))
    expect((await sdkFailure(ask(first.accessToken, first.realmId))).status).toBe(401)
    expect((await refresh(first.refreshToken)).body.error).toBe('invalid_grant')
    const second = await connect(emulator, first.realmId)
    emulator.revoke(second.realmId)
    expect((await refresh(second.refreshToken)).body.error).toBe('invalid_grant')
    expect(emulator.companies()[0]?.connected).toBe(false)
  })

  test('a token opens its own company only', async () => {
    const [bakery, bicycles] = [await connect(emulator), await connect(emulator)]
    expect(bakery.realmId).not.toBe(bicycles.realmId)
    const { status, body } = await sdkFailure(ask(bakery.accessToken, bicycles.realmId))
    expect([status, body.Fault.Error[0].code, body.Fault.type]).toEqual([403, '120', 'AuthorizationFault'])
  })

  test('the recorded token calls are told without their bodies', async () => {
    const { refreshToken } = await connect(emulator)
    await refresh(refreshToken)
    const told = await (await fetch(`${emulator.url}/_emulator/calls?path=/bearer`)).text()
    expect(JSON.parse(told)).toHaveLength(2)
    expect(told).not.toContain(refreshToken)
    expect(told).not.toContain(credentials.intuit.clientSecret)
  })
})
