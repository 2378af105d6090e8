import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Language } from '@ledgersync/shared/common'
import type { Deps } from '../core/context.ts'
import {
  acceptedLanguage,
  chooseLanguage,
  escapeHtml,
  formButton,
  Html,
  joined,
  type Pages,
  renderFrame,
  renderNotice,
  sendPage,
} from './frame.ts'
import type { KnownLink, LinkState } from './links.ts'
import { firstName, pageTexts } from './page-texts.ts'

export interface PageParts {
  pages: Pages
  deps: Deps
  link: LinkState
}

/** The language asked for in the address, else the browser's first wish: the client's own is not known to every page. */
export const wished = (req: FastifyRequest): Language => chooseLanguage(req.query, acceptedLanguage(req.headers['accept-language']))
const statusOf = { unknown: 404, expired: 410, superseded: 410, revoked: 410, locked: 403 } as const

/** The page of a link that opens nothing (any more). Reveals no address, and of an unknown one nothing at all. */
export function sendLinkPage(req: FastifyRequest, reply: FastifyReply, { pages, deps, link }: PageParts): FastifyReply {
  const language = wished(req)
  const texts = pageTexts[language]
  const { hostedLinkOrigin } = deps.plaid
  const path = readablePath(req)
  if (link.kind === 'unknown' || link.kind === 'current') {
    const [heading, text] = texts.unknown
    const main = renderNotice(pages, { icon: 'alert', heading, text })
    return sendPage(reply, pages, renderFrame(pages, { language, firmName: null, title: heading, main, path }), {
      status: 404,
      hostedLinkOrigin,
    })
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
  return sendPage(reply, pages, renderFrame(pages, { language, firmName, title: heading, main, path }), {
    status: statusOf[kind],
    hostedLinkOrigin,
  })
}

export const canHaveNewest = (link: LinkState): boolean => link.kind === 'expired' || link.kind === 'superseded'

/** Path of the link's page, from any address below it. */
export const linkPath = (req: FastifyRequest): string => /^\/i\/[\w-]+/.exec(req.url)?.[0] ?? '/i/unknown'

function newestForm(req: FastifyRequest, language: Language, firmName: string): Html {
  const texts = pageTexts[language]
  const help = new Html(`<p class="help">${escapeHtml(texts.sendNewestHelp(firmName))}</p>`)
  return joined([formButton(`${linkPath(req)}/newest?lang=${language}`, texts.sendNewest), help])
}

/** Path of a page that can be had in both languages, which an answer to a form cannot. */
export const readablePath = (req: FastifyRequest): string | null =>
  req.method === 'GET' || req.method === 'HEAD' ? (req.url.split('?')[0] ?? '/') : null

/** What ends every page that opens nothing. */
export function reassurance(language: Language, { firmName, staffName }: KnownLink): { strong: string; text: string }[] {
  const texts = pageTexts[language]
  return [texts.nothingLost, texts.doubt(firmName, firstName(staffName))].map(([strong, text]) => ({ strong, text }))
}
