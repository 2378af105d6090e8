import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../core/context.ts'
import type { App } from '../http/app-type.ts'
import { lookIn, tap } from './door-pages.ts'
import {
  chooseLanguage,
  escapeHtml,
  formButton,
  Html,
  joined,
  linkButton,
  nothing,
  type Pages,
  renderFrame,
  renderNotice,
  sendPage,
} from './frame.ts'
import { type Landing, readLanding } from './landing.ts'
import { remindLater } from './later.ts'
import { readablePath, sendLinkPage } from './link-pages.ts'
import type { KnownLink } from './links.ts'
import { clockWords, momentWords, pageTexts } from './page-texts.ts'

const config = { access: 'public' } as const
const schema = { hide: true }

interface Parts {
  pages: Pages
  deps: Deps
}
interface Form {
  Params: { token: string }
  Body: { when?: unknown } | undefined
}
type LaterRequest = FastifyRequest<Form>

/** Choosing when to be reminded, for a client who has no time now. */
export function laterPages(app: App, deps: Deps, pages: Pages): void {
  const parts = { pages, deps }
  app.get<Form>('/i/:token/later', { config, schema }, async (req, reply) => {
    const visitor = await lookIn(req, reply, parts)
    if (visitor === null) return reply
    // Staff have seen on the page before what there is to see
    if (visitor.isPreview) return reply.redirect(`/i/${req.params.token}`, 303)
    return sendChoices(req, reply, { ...parts, link: visitor.link, isGone: false })
  })
  app.post<Form>('/i/:token/later', { config, schema }, (req, reply) => choose(req, reply, parts))
}

/** A tap like that on a bank: it claims the link for this browser. */
async function choose(req: LaterRequest, reply: FastifyReply, { pages, deps }: Parts): Promise<FastifyReply> {
  const { token } = req.params
  const tapped = await tap(req, reply, { pages, deps, page: `/i/${token}`, ofOne: false })
  if (tapped === null) return reply
  const { link, claim } = tapped
  const when = typeof req.body?.when === 'string' ? req.body.when : ''
  if (!(await remindLater(claim.ctx, link.members, when))) return sendChoices(req, reply, { pages, deps, link, isGone: true })
  const { lang } = req.query as { lang?: unknown }
  return reply.redirect(`/i/${token}${lang === 'en' || lang === 'es' ? `?lang=${lang}` : ''}`, 303)
}

async function sendChoices(
  req: LaterRequest,
  reply: FastifyReply,
  { pages, deps, link, isGone }: Parts & { link: KnownLink; isGone: boolean },
): Promise<FastifyReply> {
  const landing = await readLanding(deps, link)
  if (landing === null) return sendLinkPage(req, reply, { pages, deps, link: { kind: 'unknown' } })
  const language = chooseLanguage(req.query, landing.language)
  const texts = pageTexts[language].later
  const path = `/i/${req.params.token}`
  const gone = isGone ? new Html(`<p class="message" role="alert">${escapeHtml(texts.gone)}</p>`) : nothing
  const back = linkButton(`${path}?lang=${language}`, texts.back, 'wide-link')
  const main = renderNotice(pages, {
    icon: 'clock',
    heading: texts.heading,
    text: texts.text(link.firmName),
    actions: joined([gone, ...choiceForms(landing, language, `${path}/later?lang=${language}`), back]),
  })
  const html = renderFrame(pages, { language, firmName: link.firmName, title: texts.heading, main, path: readablePath(req) })
  return sendPage(reply, pages, html, { status: isGone ? 409 : 200, hostedLinkOrigin: deps.plaid.hostedLinkOrigin })
}

function choiceForms({ choices, timeZone }: Landing, language: Landing['language'], action: string): Html[] {
  const texts = pageTexts[language].later
  return choices.map(({ kind, at }) => {
    const label = texts.choice[kind](momentWords(at, timeZone, language), clockWords(at, timeZone, language))
    return formButton(action, label, { when: kind }, 'plain')
  })
}
