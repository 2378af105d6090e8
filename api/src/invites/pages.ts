import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Language } from '@ledgersync/shared/common'
import { canSeeClient } from '../clients/visibility.ts'
import type { Deps } from '../core/context.ts'
import type { App } from '../http/app-type.ts'
import { optionalStaff } from '../http/auth.ts'
import { cookieNames } from '../http/cookies.ts'
import {
  acceptedLanguage,
  chooseLanguage,
  escapeHtml,
  formButton,
  Html,
  joined,
  loadPages,
  type Pages,
  renderFrame,
  renderNotice,
  sendPage,
} from './frame.ts'
import { readLanding, renderLanding } from './landing.ts'
import { findLink, isOpenTo, type KnownLink, type LinkState } from './links.ts'
import { sendNewestLink } from './newest.ts'
import { firstName, pageTexts } from './page-texts.ts'

const config = { access: 'public' } as const
const schema = { hide: true }
const yearSeconds = 31_536_000

/** The client's pages at /i/. GET and HEAD change nothing: scanners of mail and texts follow links. */
export function invitePages(app: App, deps: Deps, templateDir: string): void {
  const pages = loadPages(templateDir)
  app.get<{ Params: { name: string } }>('/i/assets/:name', { config, schema }, async (req, reply) => {
    const asset = pages.assets.get(req.params.name)
    if (asset === undefined) return reply.callNotFound()
    return reply
      .headers({ 'cache-control': `public, max-age=${yearSeconds}, immutable` })
      .type(asset.type)
      .send(asset.body)
  })
  app.get<{ Params: { token: string } }>('/i/:token', { config, schema }, async (req, reply) => {
    const link = await findLink(deps, req.params.token)
    if (link.kind !== 'current') return sendLinkPage(req, reply, { pages, deps, link })
    const staff = await optionalStaff(req, deps)
    const isPreview = staff?.firmId === link.firmId
    // Whoever is not assigned to the client sees nothing of it, here either
    if (staff !== null && isPreview && !(await canSeeClient(staff, link.clientId)))
      return sendLinkPage(req, reply, { pages, deps, link: { kind: 'unknown' } })
    if (!isPreview && !isOpenTo(deps, link, claimCookie(req, deps))) return sendOtherDevicePage(req, reply, { pages, deps, link })
    const landing = await readLanding(deps, link)
    if (landing === null) return sendLinkPage(req, reply, { pages, deps, link: { kind: 'unknown' } })
    const language = chooseLanguage(req.query, landing.language)
    const texts = pageTexts[language]
    const path = `/i/${req.params.token}`
    const main = renderLanding(pages, { landing, link, texts, path, isPreview })
    const html = renderFrame(pages, {
      language,
      firmName: link.firmName,
      title: texts.title,
      main,
      path,
      ...(isPreview && { banner: texts.preview }),
    })
    return sendPage(reply, html, { hostedLinkOrigin: deps.plaid.hostedLinkOrigin })
  })
  app.post<{ Params: { token: string } }>('/i/:token/newest', { config, schema }, async (req, reply) => {
    const link = await findLink(deps, req.params.token)
    if (link.kind === 'current') return reply.redirect(`/i/${req.params.token}`, 303)
    if (link.kind === 'unknown' || !canHaveNewest(link)) return sendLinkPage(req, reply, { pages, deps, link })
    if (!(await isStaffOf(req, deps, link))) await sendNewestLink(deps, link, req.ip)
    return sendAskedPage(req, reply, { pages, deps, link })
  })
}

/** The cookie that proves which browser claimed a link. */
export function claimCookie(req: FastifyRequest, deps: Deps): string | undefined {
  return req.cookies[cookieNames(deps.publicUrl).claim]
}

const claimDays = 6

/** Keeps a new claim in this browser for as long as a link can live. */
export function setClaimCookie(reply: FastifyReply, deps: Deps, claim: string): void {
  const { claim: name, secure } = cookieNames(deps.publicUrl)
  reply.setCookie(name, claim, { httpOnly: true, secure, sameSite: 'lax', path: '/', maxAge: claimDays * 24 * 60 * 60 })
}

/** Whether this browser is signed in as staff of the link's firm: then it sees a preview and never claims. */
export async function isStaffOf(req: FastifyRequest, deps: Deps, link: KnownLink): Promise<boolean> {
  const staff = await optionalStaff(req, deps)
  return staff?.firmId === link.firmId
}

interface PageParts {
  pages: Pages
  deps: Deps
  link: LinkState
}

const wished = (req: FastifyRequest): Language => chooseLanguage(req.query, acceptedLanguage(req.headers['accept-language']))
const statusOf = { unknown: 404, expired: 410, superseded: 410, revoked: 410, locked: 403 } as const

/** The page of a link that opens nothing (any more). Reveals no address, and of an unknown one nothing at all. */
export function sendLinkPage(req: FastifyRequest, reply: FastifyReply, { pages, deps, link }: PageParts): FastifyReply {
  const language = wished(req)
  const texts = pageTexts[language]
  const { hostedLinkOrigin } = deps.plaid
  const path = req.method === 'GET' || req.method === 'HEAD' ? pathOf(req) : null
  if (link.kind === 'unknown' || link.kind === 'current') {
    const [heading, text] = texts.unknown
    const main = renderNotice(pages, { icon: 'alert', heading, text })
    return sendPage(reply, renderFrame(pages, { language, firmName: null, title: heading, main, path }), { status: 404, hostedLinkOrigin })
  }
  const { staffName, firmName, kind } = link
  const [heading, text] = texts.links[kind](staffName, firmName)
  const main = renderNotice(pages, {
    ...(canHaveNewest(link) && { actions: newestForm(req, language, firmName) }),
    icon: kind === 'expired' ? 'clock' : kind === 'superseded' ? 'mail' : 'lock',
    heading,
    text,
    more: reassurance(language, link),
  })
  return sendPage(reply, renderFrame(pages, { language, firmName, title: heading, main, path }), {
    status: statusOf[kind],
    hostedLinkOrigin,
  })
}

const canHaveNewest = (link: LinkState): boolean => link.kind === 'expired' || link.kind === 'superseded'

/** Path of the link's page, from any address below it. */
const linkPath = (req: FastifyRequest): string => /^\/i\/[\w-]+/.exec(req.url)?.[0] ?? '/i/unknown'

function newestForm(req: FastifyRequest, language: Language, firmName: string): Html {
  const texts = pageTexts[language]
  const help = new Html(`<p class="help">${escapeHtml(texts.sendNewestHelp(firmName))}</p>`)
  return joined([formButton(`${linkPath(req)}/newest?lang=${language}`, texts.sendNewest), help])
}

/** The page after the newest link was asked for: the same whether or not something is sent. */
function sendAskedPage(
  req: FastifyRequest,
  reply: FastifyReply,
  { pages, deps, link }: { pages: Pages; deps: Deps; link: KnownLink },
): FastifyReply {
  const language = wished(req)
  const { firmName } = link
  const [heading, text] = pageTexts[language].newestAsked(firmName)
  const main = renderNotice(pages, { icon: 'mail', heading, text, more: reassurance(language, link) })
  const html = renderFrame(pages, { language, firmName, title: heading, main, path: null })
  return sendPage(reply, html, { hostedLinkOrigin: deps.plaid.hostedLinkOrigin })
}

/** The page for a browser that did not claim the link. It says what to do and shows nothing of the client. */
export function sendOtherDevicePage(
  req: FastifyRequest,
  reply: FastifyReply,
  { pages, deps, link }: { pages: Pages; deps: Deps; link: KnownLink },
): FastifyReply {
  const language = wished(req)
  const [heading, text] = pageTexts[language].links.otherDevice(link.staffName, link.firmName)
  const main = renderNotice(pages, { icon: 'lock', heading, text, more: reassurance(language, link) })
  const path = req.method === 'GET' || req.method === 'HEAD' ? pathOf(req) : null
  const html = renderFrame(pages, { language, firmName: link.firmName, title: heading, main, path })
  return sendPage(reply, html, { status: 403, hostedLinkOrigin: deps.plaid.hostedLinkOrigin })
}

const pathOf = (req: FastifyRequest): string => req.url.split('?')[0] ?? '/'

function reassurance(language: Language, { firmName, staffName }: KnownLink): { strong: string; text: string }[] {
  const texts = pageTexts[language]
  return [texts.nothingLost, texts.doubt(firmName, firstName(staffName))].map(([strong, text]) => ({ strong, text }))
}
