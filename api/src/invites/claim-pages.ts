import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../core/context.ts'
import type { App } from '../http/app-type.ts'
import { claimByCode, codeChannels, sendClaimCode } from './claim-code.ts'
import { escapeHtml, formButton, Html, joined, nothing, type Pages, renderFrame, renderNotice, sendPage } from './frame.ts'
import { linkPath, readablePath, reassurance, sendLinkPage, wished } from './link-pages.ts'
import { findLink, isOpenTo, type KnownLink } from './links.ts'
import { pageTexts } from './page-texts.ts'
import { claimCookie, isStaffOf, setClaimCookie } from './visitor-pages.ts'

const config = { access: 'public' } as const
const schema = { hide: true }

interface Parts {
  pages: Pages
  deps: Deps
  link: KnownLink
}

type FormRequest = FastifyRequest<{ Params: { token: string }; Body: { channel?: unknown; code?: unknown } | undefined }>
type Form = { Params: { token: string }; Body: FormRequest['body'] }

/** Asking for a code that lets another browser in, and entering it. */
export function claimPages(app: App, deps: Deps, pages: Pages): void {
  app.post<Form>('/i/:token/code', { config, schema }, (req, reply) =>
    forOther(req, reply, { pages, deps }, async (link) => {
      const channel = req.body?.channel === 'email' ? 'email' : 'sms'
      const answer = await sendClaimCode(deps, link, channel, req.ip)
      if (answer === 'too_often') return sendTooOftenPage(req, reply, { pages, deps, link })
      // Loaded anew, the page that follows does not send another
      return reply.redirect(`${linkPath(req)}?lang=${wished(req)}${answer === 'sent' ? '&code=sent' : ''}`, 303)
    }),
  )
  app.post<Form>('/i/:token/claim', { config, schema }, (req, reply) =>
    forOther(req, reply, { pages, deps }, async (link) => {
      const code = typeof req.body?.code === 'string' ? req.body.code.replaceAll(/\D/g, '') : ''
      const claim = await claimByCode(deps, link, { code, claimCookie: claimCookie(req, deps), ip: req.ip })
      if (typeof claim === 'string') return sendCodePage(req, reply, { pages, deps, link }, claim)
      if (claim.newClaim !== null) setClaimCookie(reply, deps, claim.newClaim)
      return reply.redirect(`${linkPath(req)}?lang=${wished(req)}`, 303)
    }),
  )
}

/** Only a browser that a link does not open to has any use for a code. */
async function forOther(
  req: FormRequest,
  reply: FastifyReply,
  { pages, deps }: Omit<Parts, 'link'>,
  go: (link: KnownLink) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const link = await findLink(deps, req.params.token)
  if (link.kind !== 'current') return sendLinkPage(req, reply, { pages, deps, link })
  if (isOpenTo(deps, link, claimCookie(req, deps)) || (await isStaffOf(req, deps, link))) return reply.redirect(linkPath(req), 303)
  return go(link)
}

/** The page for a browser that has not claimed the link: it offers a code, or asks for the one that was sent. It shows nothing of the client. */
export async function sendOtherDevicePage(req: FastifyRequest, reply: FastifyReply, parts: Parts): Promise<FastifyReply> {
  // A query string parses to an object of texts and lists
  if ((req.query as { code?: unknown }).code === 'sent') return sendCodePage(req, reply, parts, null)
  const { deps, link } = parts
  const language = wished(req)
  const texts = pageTexts[language].otherDevice
  const channels = await codeChannels(deps, link)
  const forms = channels.map((channel, nth) =>
    formButton(`${linkPath(req)}/code?lang=${language}`, texts.send[channel], { channel }, nth === 0 ? 'filled' : 'plain'),
  )
  const help = new Html(`<p class="help">${escapeHtml(texts.help(link.firmName))}</p>`)
  return sendNotice(req, reply, parts, {
    heading: texts.heading,
    text: texts.text(link.firmName, link.staffName, channels.length > 0),
    actions: channels.length === 0 ? nothing : joined([...forms, help]),
  })
}

function sendCodePage(req: FastifyRequest, reply: FastifyReply, parts: Parts, refused: 'wrong' | 'void' | null): FastifyReply {
  const language = wished(req)
  const texts = pageTexts[language].otherDevice
  const path = linkPath(req)
  const error =
    refused === null ? nothing : new Html(`<p class="field-error" id="code-error" role="alert">${escapeHtml(texts[refused])}</p>`)
  return sendNotice(req, reply, parts, {
    heading: texts.sentHeading,
    text: texts.sentText(parts.link.firmName),
    actions: parts.pages.fill('code', {
      action: `${path}/claim?lang=${language}`,
      label: texts.code,
      invalid: new Html(refused === null ? '' : ' aria-invalid="true" aria-describedby="code-error"'),
      error,
      button: texts.open,
      back: `${path}?lang=${language}`,
      again: texts.again,
    }),
  })
}

function sendTooOftenPage(req: FastifyRequest, reply: FastifyReply, parts: Parts): FastifyReply {
  const [heading, text] = pageTexts[wished(req)].otherDevice.tooOften
  return sendNotice(req, reply, parts, { heading, text, actions: nothing, status: 429 })
}

function sendNotice(
  req: FastifyRequest,
  reply: FastifyReply,
  { pages, deps, link }: Parts,
  { heading, text, actions, status = 403 }: { heading: string; text: string; actions: Html; status?: number },
): FastifyReply {
  const language = wished(req)
  const main = renderNotice(pages, { icon: 'lock', heading, text, actions, more: reassurance(language, link) })
  const html = renderFrame(pages, { language, firmName: link.firmName, title: heading, main, path: readablePath(req) })
  return sendPage(reply, pages, html, { status, hostedLinkOrigin: deps.plaid.hostedLinkOrigin })
}
