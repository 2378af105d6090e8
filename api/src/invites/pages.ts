import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../core/context.ts'
import type { App } from '../http/app-type.ts'
import { claimPages } from './claim-pages.ts'
import { lookIn } from './door-pages.ts'
import { chooseLanguage, loadPages, type Pages, renderFrame, renderNotice, sendPage } from './frame.ts'
import { readLanding, renderLanding } from './landing.ts'
import { laterPages } from './later-pages.ts'
import { canHaveNewest, reassurance, sendLinkPage, wished } from './link-pages.ts'
import { findLink, type KnownLink } from './links.ts'
import { sendNewestLink } from './newest.ts'
import { pageTexts } from './page-texts.ts'
import { isStaffOf } from './visitor-pages.ts'

const config = { access: 'public' } as const
const schema = { hide: true }

/** The client's pages at /i/. GET and HEAD change nothing: scanners of mail and texts follow links. */
export function invitePages(app: App, deps: Deps, templateDir: string): void {
  const pages = loadPages(templateDir)
  app.get<{ Params: { token: string } }>('/i/:token', { config, schema }, async (req, reply) => {
    const visitor = await lookIn(req, reply, { pages, deps })
    if (visitor === null) return reply
    const { link, isPreview } = visitor
    const landing = await readLanding(deps, link)
    if (landing === null) return sendLinkPage(req, reply, { pages, deps, link: { kind: 'unknown' } })
    const language = chooseLanguage(req.query, landing.language)
    const texts = pageTexts[language]
    const path = `/i/${req.params.token}`
    const main = renderLanding(pages, { landing: { ...landing, language }, link, texts, path, isPreview })
    const html = renderFrame(pages, {
      language,
      firmName: link.firmName,
      title: texts.title,
      main,
      path,
      ...(isPreview && { banner: texts.preview }),
    })
    return sendPage(reply, pages, html, { hostedLinkOrigin: deps.plaid.hostedLinkOrigin })
  })
  app.post<{ Params: { token: string } }>('/i/:token/newest', { config, schema }, async (req, reply) => {
    const link = await findLink(deps, req.params.token)
    if (link.kind === 'current') return reply.redirect(`/i/${req.params.token}`, 303)
    if (link.kind === 'unknown' || !canHaveNewest(link)) return sendLinkPage(req, reply, { pages, deps, link })
    if (!(await isStaffOf(req, deps, link))) await sendNewestLink(deps, link, req.ip)
    return sendAskedPage(req, reply, { pages, deps, link })
  })
  claimPages(app, deps, pages)
  laterPages(app, deps, pages)
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
  return sendPage(reply, pages, html, { hostedLinkOrigin: deps.plaid.hostedLinkOrigin })
}
