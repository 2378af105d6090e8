import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import type { App } from '../http/app-type.ts'
import { answerError, toProblem } from '../http/error-handler.ts'
import { linkButton, loadPages, type Pages, renderFrame, renderNotice, sendPage } from './frame.ts'
import { linkPath, sendLinkPage, wished } from './link-pages.ts'
import { pageTexts } from './page-texts.ts'

const config = { access: 'public' } as const
const schema = { hide: true }

/**
 * Whoever is at the client's pages gets a page, whatever went wrong and whatever address was opened: a restored tab opens the address
 * of a form. What a script asks for there gets the answer of the API. Applies to the routes of `scope`.
 */
export function refusalPages(scope: App, deps: Deps, templateDir: string): void {
  const pages = loadPages(templateDir)
  const answer = answerError(deps)
  scope.setErrorHandler((error, req, reply) => {
    if (req.headers.accept?.includes('text/html') !== true) return answer(error, req, reply)
    if (error instanceof AppError && error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
    return sendRefusal(req, reply, { pages, deps, status: toProblem(error, req, deps).status })
  })
  scope.route({ method: ['GET', 'POST'], url: '/i/*', config, schema, handler: (req, reply) => reply.redirect(linkPath(req), 303) })
  scope.get('/i', { config, schema }, (req, reply) => sendLinkPage(req, reply, { pages, deps, link: { kind: 'unknown' } }))
}

function sendRefusal(
  req: FastifyRequest,
  reply: FastifyReply,
  { pages, deps, status }: { pages: Pages; deps: Deps; status: number },
): FastifyReply {
  const language = wished(req)
  const texts = pageTexts[language]
  const [heading, text] = texts.refused[status === 429 ? 'tooOften' : status === 413 ? 'tooBig' : status >= 500 ? 'unavailable' : 'other']
  const actions = linkButton(linkPath(req), texts.backToLink)
  const main = renderNotice(pages, { icon: status === 429 ? 'clock' : 'alert', heading, text, actions })
  const html = renderFrame(pages, { language, firmName: null, title: heading, main, path: null })
  return sendPage(reply, pages, html, { status, hostedLinkOrigin: deps.plaid.hostedLinkOrigin })
}
