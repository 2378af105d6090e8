import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fateOf } from '../kit/wire.ts'
import { companyName } from './company.ts'
import { html, type Markup, page } from './html.ts'
import { isObject, textAt } from './json.ts'
import { addCompany } from './state.ts'
import { exchangeCode, isConnected, issueCode, refresh, revokeToken } from './tokens.ts'
import type { World } from './world.ts'

const accountingScope = 'com.intuit.quickbooks.accounting'

/** The parameters of an authorize URL after they were found right. */
interface Authorization {
  redirectUri: string
  state: string
}

/** Checks an authorize request; the text says what is wrong with it. */
export function readAuthorization(world: World, parameters: URLSearchParams): Authorization | { problem: string } {
  const redirectUri = parameters.get('redirect_uri') ?? ''
  const state = parameters.get('state') ?? ''
  if (parameters.get('client_id') !== world.options.clientId) return { problem: 'The client_id is not known.' }
  if (!URL.canParse(redirectUri)) return { problem: 'The redirect_uri is missing or is not an address.' }
  if (world.options.redirectUris !== undefined && !world.options.redirectUris.includes(redirectUri)) {
    return { problem: 'The redirect_uri query parameter value is invalid. It must be exactly one of the registered addresses.' }
  }
  if (parameters.get('response_type') !== 'code') return { problem: 'The response_type must be "code".' }
  if (!(parameters.get('scope') ?? '').split(/\s+/).includes(accountingScope))
    return { problem: `The scope must contain ${accountingScope}.` }
  if (state === '') return { problem: 'The state is missing.' }
  return { redirectUri, state }
}

function redirectTo({ redirectUri, state }: Authorization, parameters: Record<string, string>): string {
  const url = new URL(redirectUri)
  for (const [key, value] of Object.entries({ ...parameters, state })) url.searchParams.set(key, value)
  return url.href
}

/** Grants access to a company: by realmId or name, a new name makes a new company, null takes the first not connected. */
export function grantAccess(world: World, authorization: Authorization, choice: string | null): string {
  const companies = Object.values(world.store.data.companies)
  const found =
    choice === null
      ? companies.find(({ realmId }) => !isConnected(world, realmId))
      : companies.find((company) => company.realmId === choice || companyName(company) === choice)
  const { realmId } = found ?? addCompany(world.store.data, choice ?? `New company ${companies.length + 1}`, world.now())
  return redirectTo(authorization, { code: issueCode(world, realmId, authorization.redirectUri), realmId })
}

export function denyAccess(authorization: Authorization): string {
  return redirectTo(authorization, { error: 'access_denied' })
}

function companyOption(world: World, realmId: string, { name, isFirst }: { name: string; isFirst: boolean }): Markup {
  const badge = isConnected(world, realmId) ? html`<span class="badge ok">Connected</span>` : null
  const input = isFirst
    ? html`<input type="radio" name="company" value="${realmId}" checked>`
    : html`<input type="radio" name="company" value="${realmId}">`
  return html`<label class="option">${input}<span class="grow"><span class="strong">${name}</span><br>
<span class="quiet">Company ID ${realmId}</span></span>${badge}</label>`
}

/** The page a user sees after "Connect to QuickBooks": not connected companies first. */
function authorizePage(world: World, parameters: URLSearchParams): string {
  const companies = Object.values(world.store.data.companies)
  const ordered = [
    ...companies.filter(({ realmId }) => !isConnected(world, realmId)),
    ...companies.filter(({ realmId }) => isConnected(world, realmId)),
  ]
  const options = ordered.map((company, index) =>
    companyOption(world, company.realmId, { name: companyName(company), isFirst: index === 0 }),
  )
  const hidden = ['client_id', 'redirect_uri', 'response_type', 'scope', 'state'].map(
    (key) => html`<input type="hidden" name="${key}" value="${parameters.get(key) ?? ''}">`,
  )
  const body = html`<h1>Connect an application to QuickBooks</h1>
<p>Choose the company whose books the application may read and write.</p>
<form method="post" action="/connect/oauth2">${hidden}
<div class="card">${options}
<label class="option"><input type="radio" name="company" value="new"><span class="grow"><span class="strong">New company</span>
<input type="text" name="companyName" maxlength="100" placeholder="Name of the new company" aria-label="Name of the new company"></span></label></div>
<div class="actions"><button class="primary" name="decision" value="connect">Connect</button><button name="decision" value="deny">No thanks</button></div></form>`
  return page('Connect to QuickBooks', body, 'narrow')
}

function refusalPage(problem: string): string {
  return page(
    'This link does not work',
    html`<h1>Sorry, this link does not work</h1><p>${problem}</p><p>The application that sent you here has to correct it.</p>`,
    'narrow',
  )
}

function formOf(req: FastifyRequest): URLSearchParams {
  const entries = isObject(req.body) ? Object.entries(req.body) : []
  return new URLSearchParams(entries.map(([key, value]): [string, string] => [key, typeof value === 'string' ? value : '']))
}

function authorizeRoutes(app: FastifyInstance, world: World): void {
  const sendHtml = (reply: FastifyReply, status: number, text: string): FastifyReply =>
    reply.code(status).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(text)
  app.get('/connect/oauth2', async (req, reply) => {
    const parameters = new URLSearchParams(req.url.split('?')[1] ?? '')
    const authorization = readAuthorization(world, parameters)
    if ('problem' in authorization) return sendHtml(reply, 400, refusalPage(authorization.problem))
    return sendHtml(reply, 200, authorizePage(world, parameters))
  })
  app.post('/connect/oauth2', async (req, reply) => {
    const form = formOf(req)
    const authorization = readAuthorization(world, form)
    if ('problem' in authorization) return sendHtml(reply, 400, refusalPage(authorization.problem))
    if (form.get('decision') !== 'connect') return reply.redirect(denyAccess(authorization), 303)
    const company = form.get('company')
    const name = (form.get('companyName') ?? '').trim()
    const isNew = company === 'new' || company === null
    const fallback = `New company ${Object.keys(world.store.data.companies).length + 1}`
    return reply.redirect(grantAccess(world, authorization, isNew ? name || fallback : company), 303)
  })
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** HTTP Basic with the application's own id and secret. */
function isClient(world: World, req: FastifyRequest): boolean {
  const encoded = /^Basic (\S+)$/i.exec(req.headers.authorization ?? '')?.[1] ?? ''
  const expected = `${world.options.clientId}:${world.options.clientSecret}`
  return timingSafeEqual(digest(Buffer.from(encoded, 'base64').toString('utf8')), digest(expected))
}

function tokenRoutes(app: FastifyInstance, world: World): void {
  app.post('/oauth2/v1/tokens/bearer', async (req, reply) => {
    reply.header('cache-control', 'no-store')
    if (!isClient(world, req)) return reply.code(401).send({ error: 'invalid_client' })
    const form = formOf(req)
    const refuse = (error: string, description: string): FastifyReply => reply.code(400).send({ error, error_description: description })
    const grantType = form.get('grant_type')
    if (grantType === 'authorization_code') {
      const [code, redirectUri] = [form.get('code'), form.get('redirect_uri')]
      if (code === null || redirectUri === null) return refuse('invalid_request', 'code and redirect_uri are required')
      const answer = exchangeCode(world, code, redirectUri)
      return answer === null ? refuse('invalid_grant', 'Invalid authorization code') : reply.send(withHardExpiry(req, answer))
    }
    if (grantType === 'refresh_token') {
      const value = form.get('refresh_token')
      if (value === null) return refuse('invalid_request', 'refresh_token is required')
      const answer = refresh(world, value, { race: fateOf(req).take('refresh_race') })
      return answer === null ? refuse('invalid_grant', 'Incorrect or invalid refresh token') : reply.send(withHardExpiry(req, answer))
    }
    return refuse('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token')
  })
  app.post('/v2/oauth2/tokens/revoke', async (req, reply) => {
    if (!isClient(world, req)) return reply.code(401).send({ error: 'invalid_client' })
    const token = isObject(req.body) ? textAt(req.body, 'token') : null
    if (token === null || token === '') return reply.code(400).send({ error: 'invalid_request', error_description: 'token is required' })
    if (!revokeToken(world, token)) return reply.code(400).send({ error: 'invalid_request', error_description: 'The token is not known' })
    return reply.code(200).send()
  })
}

/** The hard expiry is told only to those who ask for it by header. */
function withHardExpiry(req: FastifyRequest, answer: NonNullable<ReturnType<typeof refresh>>): object {
  if (req.headers['x-include-refresh-token-hard-expires-in'] === 'true') return answer
  const { x_refresh_token_hard_expires_in: _hard, ...rest } = answer
  return rest
}

export function oauthRoutes(app: FastifyInstance, world: World): void {
  authorizeRoutes(app, world)
  tokenRoutes(app, world)
}
