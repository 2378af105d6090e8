import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ClientActor, type Ctx, type Deps } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { withFirm } from '../db/client.ts'
import type { App } from '../http/app-type.ts'
import { optionalStaff } from '../http/auth.ts'
import { cookieNames } from '../http/cookies.ts'
import {
  chooseLanguage,
  Html,
  linkButton,
  loadPages,
  type Notice,
  type Pages,
  renderFrame,
  renderNotice,
  sendPage,
} from '../invites/frame.ts'
import { advanceInvite, findLink, isOpenTo, type KnownLink } from '../invites/links.ts'
import { tap } from '../invites/door-pages.ts'
import { sendLinkPage } from '../invites/link-pages.ts'
import { claimCookie } from '../invites/visitor-pages.ts'
import { startLinkSession } from './link-sessions.ts'
import { returnTexts } from './page-texts.ts'
import { checkVisit, findVisit, type Visit } from './visits.ts'

const config = { access: 'public' } as const
const schema = { hide: true }
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const refreshSeconds = 5

interface Parts {
  deps: Deps
  pages: Pages
}

/** Pages of the client before and after the bank's sign-in. */
export function connectionPages(app: App, deps: Deps, templateDir: string): void {
  const parts: Parts = { deps, pages: loadPages(templateDir) }
  app.post<{ Params: { token: string }; Body: Chosen | undefined }>('/i/:token/connect', { config, schema }, (req, reply) =>
    connect(req, reply, parts),
  )
  // The one page of a client whose script talks to us
  const onSend = async (_req: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.header('content-security-policy', `${String(reply.getHeader('content-security-policy'))}; connect-src 'self'`)
  }
  app.get<{ Params: { nonce: string } }>('/i/back/:nonce', { config, schema, onSend }, (req, reply) => comeBack(req, reply, parts))
  app.post<{ Params: { nonce: string } }>('/i/back/:nonce/check', { config, schema }, async (req, reply) => {
    const visit = await checkVisit(deps, req.params.nonce)
    return reply.header('cache-control', 'no-store').send({ waiting: visit?.state === 'waiting' })
  })
}

/** What the tapped button names: a bank that staff asked for, or a connection that wants a new sign-in; neither for another bank. */
interface Chosen {
  bankId?: unknown
  connectionId?: unknown
}

type ConnectRequest = FastifyRequest<{ Params: { token: string }; Body: Chosen | undefined }>

/** The tap on a bank: claims the link for this browser, and sends it on to the bank's sign-in. */
async function connect(req: ConnectRequest, reply: FastifyReply, { deps, pages }: Parts): Promise<FastifyReply> {
  const { token } = req.params
  const tapped = await tap(req, reply, { pages, deps, page: `/i/${token}`, ofOne: true })
  if (tapped === null) return reply
  const { link, claim } = tapped
  rememberWay(reply, deps, token)
  const chosen = { wantedBankId: idOf(req.body?.bankId), connectionId: idOf(req.body?.connectionId) }
  const url = await openSignIn(claim.ctx, claim, chosen).catch(onlyAppError)
  if (url instanceof AppError) return sendFailure(req, reply, { deps, pages, link, error: url })
  return reply.header('cache-control', 'no-store').redirect(url, 303)
}

const idOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value.toLowerCase() : undefined)

function onlyAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  throw error
}

async function openSignIn(
  ctx: Ctx<ClientActor>,
  claim: { clientId: string; inviteId: string },
  chosen: { wantedBankId: string | undefined; connectionId: string | undefined },
): Promise<string> {
  const { clientId, inviteId } = claim
  const named = Object.entries(chosen).filter((entry): entry is [string, string] => entry[1] !== undefined)
  if (named.some(([, id]) => !uuid.test(id))) throw new AppError('not_found', 'This bank is not on the list.')
  await withFirm(ctx, (tx) => advanceInvite(tx, ctx, inviteId, 'started'))
  const { url } = await startLinkSession(ctx, clientId, { inviteId, ...Object.fromEntries(named) })
  return url
}

function sendFailure(
  req: ConnectRequest,
  reply: FastifyReply,
  { deps, pages, link, error }: Parts & { link: KnownLink; error: AppError },
): FastifyReply {
  const language = chooseLanguage(req.query, /^\s*es\b/i.test(req.headers['accept-language'] ?? '') ? 'es' : 'en')
  const texts = returnTexts[language]
  const [heading, text] = error.code === 'not_found' ? texts.gone : error.code === 'too_many_requests' ? texts.tooOften : texts.unavailable
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
  const main = renderNotice(pages, { icon: 'alert', heading, text, actions: linkButton(`/i/${req.params.token}`, texts.backToBanks) })
  const html = renderFrame(pages, { language, firmName: link.firmName, title: heading, main, path: null })
  return sendPage(reply, pages, html, { status: error.status, hostedLinkOrigin: deps.plaid.hostedLinkOrigin })
}

/** Where the browser returns from the bank. It shows the tick to whoever comes: bank apps return to another browser. */
async function comeBack(
  req: FastifyRequest<{ Params: { nonce: string } }>,
  reply: FastifyReply,
  { deps, pages }: Parts,
): Promise<FastifyReply> {
  const visit = await findVisit(deps, req.params.nonce)
  if (visit === null) return sendLinkPage(req, reply, { pages, deps, link: { kind: 'unknown' } })
  const staff = visit.startedByKind === 'staff' ? await optionalStaff(req, deps) : null
  const isStaff = staff?.firmId === visit.firmId
  if (isStaff && visit.state !== 'waiting') return reply.header('cache-control', 'no-store').redirect(`/clients/${visit.clientId}`, 303)
  const language = chooseLanguage(req.query, visit.language)
  const way = await wayBack(req, deps, visit)
  const notice = noticeOf(visit, { language, way: isStaff ? null : way })
  const path = `/i/back/${req.params.nonce}`
  const html = renderFrame(pages, {
    language,
    firmName: visit.firmName,
    title: notice.heading,
    main: renderNotice(pages, notice),
    path,
    ...(visit.state === 'waiting' ? { refresh: { seconds: refreshSeconds, path: `${path}?lang=${language}` } } : {}),
  })
  return sendPage(reply, pages, html, { hostedLinkOrigin: deps.plaid.hostedLinkOrigin })
}

function noticeOf(visit: Visit, { language, way }: { language: Visit['language']; way: string | null }): Notice {
  const texts = returnTexts[language]
  const button = way === null ? new Html('') : linkButton(way, texts.backToBanks)
  if (visit.state === 'waiting') {
    const [heading, text] = texts.finishing
    return {
      icon: 'clock',
      heading,
      text,
      actions: new Html('<p role="status" data-finishing></p>'),
    }
  }
  if (visit.state === 'connected') {
    const [heading, text] = texts.connected(visit.bankName)
    const told = visit.isOther ? texts.other(visit.bankName) : text
    return { icon: 'tick', heading, text: way === null ? `${told} ${texts.mayClose}` : told, actions: button }
  }
  const [heading, text] = { left: texts.left, failed: texts.notCompleted, expired: texts.expired }[visit.state]
  return { icon: visit.state === 'expired' ? 'clock' : 'alert', heading, text, actions: button }
}

const wayCookie = (deps: Deps): { name: string; options: { path: string; httpOnly: true; sameSite: 'lax'; secure: boolean } } => {
  const { secure } = cookieNames(deps.publicUrl)
  return {
    name: secure ? '__Secure-ledgersync-way' : 'ledgersync-way',
    options: { path: '/i/back', httpOnly: true, sameSite: 'lax', secure },
  }
}

/** This browser has the link already; the cookie only tells the return page, which knows no token, where it came from. */
function rememberWay(reply: FastifyReply, deps: Deps, token: string): void {
  const { name, options } = wayCookie(deps)
  reply.setCookie(name, token, { ...options, maxAge: 24 * 60 * 60 })
}

/** Path of the list of banks, for the browser that claimed the link of this client; null for every other. */
async function wayBack(req: FastifyRequest, deps: Deps, visit: Visit): Promise<string | null> {
  const token = req.cookies[wayCookie(deps).name]
  if (token === undefined) return null
  const link = await findLink(deps, token)
  if (link.kind !== 'current' || !link.claimed || !link.members.some(({ clientId }) => clientId === visit.clientId)) return null
  return isOpenTo(deps, link, claimCookie(req, deps)) ? `/i/${token}` : null
}
