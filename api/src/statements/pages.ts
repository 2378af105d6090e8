import fastifyMultipart from '@fastify/multipart'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { statementFilesMax } from '@ledgersync/shared/statements'
import type { ClientActor, Ctx, Deps } from '../core/context.ts'
import { describeFailure } from '../core/failures.ts'
import { keyedDigest } from '../core/ids.ts'
import { withFirm } from '../db/client.ts'
import type { App } from '../http/app-type.ts'
import { lookIn, tap } from '../invites/door-pages.ts'
import { chooseLanguage, loadPages, type Pages, renderFrame, sendPage } from '../invites/frame.ts'
import { readablePath, sendLinkPage } from '../invites/link-pages.ts'
import { clientQuery, type KnownLink } from '../invites/links.ts'
import { pageTexts } from '../invites/page-texts.ts'
import { findClient } from '../invites/reach.ts'
import { claimCookie } from '../invites/visitor-pages.ts'
import { filesOf, formLimits } from './form.ts'
import { statementTexts } from './page-texts.ts'
import { addOutcome, emptyReceived, type News, type Received, renderStatements } from './page-view.ts'
import { listSent, takeBack } from './service.ts'
import { storeStatement } from './store.ts'

const config = { access: 'public' } as const
const schema = { hide: true }
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

interface Parts {
  deps: Deps
  pages: Pages
}
interface Visit {
  Params: { token: string }
  Querystring: { lang?: unknown; client?: unknown; sent?: unknown; back?: unknown }
}
type VisitRequest = FastifyRequest<Visit>

/** The client's page for sending statements in place of connecting a bank. */
export async function statementPages(app: App, deps: Deps, templateDir: string): Promise<void> {
  const parts: Parts = { deps, pages: loadPages(templateDir) }
  app.get<Visit>('/i/:token/statements', { config, schema }, async (req, reply) => {
    const visitor = await lookIn(req, reply, parts)
    if (visitor === null) return reply
    const { link, isPreview } = visitor
    return send(req, reply, { ...parts, link, isPreview, cookie: claimCookie(req, deps), news: newsOf(req), received: null })
  })
  app.post<Visit & { Params: { statementId: string } }>(
    '/i/:token/statements/:statementId/remove',
    { config, schema },
    async (req, reply) => {
      const tapped = await tap(req, reply, { ...parts, page: pageOf(req), ofOne: true })
      if (tapped === null) return reply
      const { claim, cookie } = tapped
      const { statementId } = req.params
      const isGone =
        cookie !== undefined &&
        uuid.test(statementId) &&
        (await takeBack(claim.ctx, statementId, senderDigest(deps, claim.clientId, cookie)))
      return reply.redirect(pageOf(req, { back: isGone ? 'yes' : 'no' }), 303)
    },
  )
  await app.register(async (scope: App) => {
    await scope.register(fastifyMultipart, { limits: formLimits })
    scope.post<Visit>('/i/:token/statements', { config: { ...config, isSlow: true }, schema }, (req, reply) => receive(req, reply, parts))
  })
}

/** Address of the page, in the language and for the client it was asked for. */
function pageOf(req: VisitRequest, more: Readonly<Record<string, string>> = {}): string {
  const { lang, client } = req.query
  const kept = { ...((lang === 'en' || lang === 'es') && { lang }), ...(typeof client === 'string' && uuid.test(client) && { client }) }
  const query = new URLSearchParams({ ...kept, ...more }).toString()
  return `/i/${req.params.token}/statements${query === '' ? '' : `?${query}`}`
}

/** By what a browser is known again as the sender of a file, whichever link of the client it comes with. */
const senderDigest = (deps: Deps, clientId: string, cookie: string): string =>
  keyedDigest(deps.sessionSecret, 'statement-sender', clientId, cookie).toString('hex')

function newsOf({ query: { sent, back } }: VisitRequest): News | null {
  const count = typeof sent === 'string' && /^\d{1,2}$/.test(sent) ? Number(sent) : 0
  if (count > 0 && count <= statementFilesMax) return { kind: 'sent', count }
  return back === 'yes' ? { kind: 'took_back' } : back === 'no' ? { kind: 'stays' } : null
}

/**
 * A tap like that on a bank: it claims the link for this browser. Without files it leads on to the page, which the button on the
 * landing page does: so the claim is there before a long upload, which may be cut off with its answer.
 */
async function receive(req: VisitRequest, reply: FastifyReply, parts: Parts): Promise<FastifyReply> {
  const tapped = await tap(req, reply, { ...parts, page: pageOf(req), ofOne: true })
  if (tapped === null) return reply
  if (!req.isMultipart()) return reply.redirect(pageOf(req), 303)
  const { deps } = parts
  const { link, claim, cookie } = tapped
  const { ctx, clientId, inviteId } = claim
  const sender = { inviteId, digest: senderDigest(deps, clientId, cookie ?? '') }
  const received = emptyReceived()
  for await (const part of filesOf(req)) {
    if (part.kind === 'file') addOutcome(received, part.file.fileName, await storeStatement(ctx, clientId, part.file, sender))
    else if (part.kind === 'too_large') addOutcome(received, part.fileName, { kind: 'refused', fileName: part.fileName, why: 'too_large' })
    else received.trouble = part.kind
    if (part.kind === 'broken')
      deps.log.info({ requestId: req.id, error: describeFailure(part.error).error }, 'an upload did not arrive whole')
  }
  const { kept, renamed, known, refused } = received
  if (received.trouble === null && kept + known.length + refused.length === 0) received.trouble = 'no_file'
  const isPlain = received.trouble === null && renamed.length + known.length + refused.length === 0
  if (isPlain) return reply.redirect(pageOf(req, { sent: String(kept) }), 303)
  return send(req, reply, { ...parts, link, isPreview: false, cookie, news: null, received })
}

interface Shown extends Parts {
  link: KnownLink
  isPreview: boolean
  /** What the browser shows to be known again. */
  cookie: string | undefined
  news: News | null
  received: Received | null
}

async function send(req: VisitRequest, reply: FastifyReply, shown: Shown): Promise<FastifyReply> {
  const { deps, pages, link, isPreview, cookie, news, received } = shown
  const { firmId, clientId } = link
  const ctx: Ctx<ClientActor> = { deps, firmId, actor: { kind: 'client', clientId }, requestId: req.id, ip: req.ip }
  const client = await withFirm(ctx, (tx) => findClient(tx, ctx, clientId), 'read')
  if (client === undefined) return sendLinkPage(req, reply, { pages, deps, link: { kind: 'unknown' } })
  const language = chooseLanguage(req.query, client.language)
  const digest = isPreview || cookie === undefined ? null : senderDigest(deps, clientId, cookie)
  const files = await listSent(ctx, { digest, isAll: isPreview || link.claimed || received !== null })
  const main = renderStatements(pages, {
    language,
    link,
    timeZone: client.timeZone,
    path: `/i/${req.params.token}`,
    clientName: link.members.length > 1 ? client.businessName : null,
    files,
    news,
    received,
    isPreview,
  })
  const html = renderFrame(pages, {
    language,
    firmName: link.firmName,
    title: statementTexts[language].title,
    main,
    path: readablePath(req),
    query: clientQuery(link),
    style: pages.statementsStyle.html,
    ...(isPreview && { banner: pageTexts[language].preview }),
  })
  const isRefused = received !== null && received.kept + received.known.length === 0
  return sendPage(reply, pages, html, {
    status: isRefused ? 400 : 200,
    hostedLinkOrigin: deps.plaid.hostedLinkOrigin,
    style: pages.statementsStyle,
  })
}
