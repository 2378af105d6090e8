import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PlaidFault } from './errors.ts'
import * as link from './link-session.ts'
import { isExpired } from './link-tokens.ts'
import { endPage, sessionPage } from './pages.ts'
import type { LinkSession, LinkStep, LinkToken } from './types.ts'
import type { World } from './world.ts'

/** Where Hosted Link lives. Calls below it are a person's clicks, not the product's, and are not recorded. */
export const pagePrefix = '/hl/'

interface Params {
  id: string
  action: string
}

/** A form's members, each as a list of texts. */
class Form {
  readonly #values: Record<string, unknown>

  constructor(body: unknown) {
    // The form parser gives an object of texts and lists of texts
    this.#values = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  }

  all(name: string): string[] {
    return [this.#values[name]].flat().filter((value): value is string => typeof value === 'string')
  }

  one(name: string): string {
    return this.all(name)[0] ?? ''
  }
}

type Action = (world: World, token: LinkToken, session: LinkSession, form: Form) => void

/** What each button does, and the steps it may be pressed at. A press at another step only shows where the person is. */
const actions: Record<string, { at: readonly LinkStep[]; run: Action }> = {
  institution: {
    at: ['institution'],
    run: (world, _token, session, form) => link.selectInstitution(world, session, form.one('institution_id')),
  },
  change: { at: ['credentials'], run: (world, token, session) => link.changeInstitution(world, token, session) },
  credentials: {
    at: ['credentials'],
    run: (world, token, session, form) =>
      link.submitCredentials(world, token, session, { username: form.one('username'), password: form.one('password') }),
  },
  mfa: {
    at: ['mfa'],
    run: (world, token, session, form) =>
      link.submitMfa(
        world,
        token,
        session,
        (session.login?.mfa[0]?.prompts ?? []).map((_, at) => form.one(`answer${at}`)),
      ),
  },
  accounts: {
    at: ['accounts'],
    run: (world, token, session, form) => link.selectAccounts(world, token, session, form.all('account').map(Number)),
  },
  consent: { at: ['consent'], run: (world, token, session) => link.consent(world, token, session) },
  another: { at: ['another'], run: (world, token, session) => link.addAnother(world, token, session) },
  finish: { at: ['another'], run: (world, token, session) => link.finishSession(world, token, session) },
  exit: {
    at: ['institution', 'credentials', 'mfa', 'accounts', 'consent', 'another'],
    run: (world, token, session) => link.exitSession(world, token, session),
  },
}

function tokenOf(world: World, id: string): LinkToken | undefined {
  return Object.values(world.store.data.linkTokens).find((token) => token.hostedId === id)
}

function sendPage(reply: FastifyReply, page: string, status = 200): FastifyReply {
  return reply
    .code(status)
    .headers({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
      'referrer-policy': 'no-referrer',
    })
    .type('text/html; charset=utf-8')
    .send(page)
}

const gone = (): string => endPage('This link has ended', 'The time to connect your bank has passed. Ask for a new link.', false)

/** What a page shows besides the step itself. */
interface Shown {
  trouble: string | null
  query: string
  /** Whether a custom user's configuration is asked for instead of a password. */
  custom: boolean
  configuration: string
}

function show(world: World, reply: FastifyReply, token: LinkToken, shown: Shown): FastifyReply {
  const last = token.sessions.at(-1)
  if (last?.step === 'finished') return sendPage(reply, endPage('All done', 'Your bank is connected. You can close this page.', true))
  if (isExpired(world, token)) return sendPage(reply, gone(), 410)
  const session = link.openSession(world, token)
  if (!session) return sendPage(reply, gone(), 410)
  if (shown.query !== '' && session.step === 'institution') link.noteSearch(world, session, shown.query)
  world.store.save()
  const base = `${pagePrefix}${token.hostedId}`
  return sendPage(reply, sessionPage({ world, token, session, base, ...shown }, shown.custom), shown.trouble === null ? 200 : 422)
}

/** Runs one button. Returns what did not work, for the person to read. */
function press(world: World, token: LinkToken, session: LinkSession, { action, form }: { action: string; form: Form }): string | null {
  const wanted = actions[action]
  if (!wanted?.at.includes(session.step)) return null
  try {
    wanted.run(world, token, session, form)
    return null
  } catch (error) {
    if (error instanceof link.LinkTrouble || error instanceof PlaidFault) return error.message
    throw error
  } finally {
    world.store.save()
  }
}

/** Serves Hosted Link: plain pages and forms, one step each, that need no script. */
export function addPageRoutes(app: FastifyInstance, world: World): void {
  app.get(`${pagePrefix}:id`, (req: FastifyRequest<{ Params: Params; Querystring: { query?: string; custom?: string } }>, reply) => {
    const token = tokenOf(world, req.params.id)
    if (!token) return sendPage(reply, endPage('There is no such link', 'Check that the whole address was copied.', false), 404)
    return show(world, reply, token, {
      trouble: null,
      query: String(req.query.query ?? '').slice(0, 100),
      custom: req.query.custom === '1',
      configuration: '',
    })
  })
  app.post(`${pagePrefix}:id/:action`, (req: FastifyRequest<{ Params: Params; Querystring: { custom?: string } }>, reply) => {
    const token = tokenOf(world, req.params.id)
    if (!token) return sendPage(reply, endPage('There is no such link', 'Check that the whole address was copied.', false), 404)
    const session = token.sessions.at(-1)
    const over = session === undefined || session.finishedAt !== null || isExpired(world, token)
    if (!over) {
      const form = new Form(req.body)
      const custom = req.query.custom === '1'
      const trouble = press(world, token, session, { action: req.params.action, form })
      if (trouble !== null)
        return show(world, reply, token, { trouble, query: '', custom, configuration: custom ? form.one('password') : '' })
      if (session.finishedAt !== null) return end(reply, token, session)
    }
    return reply.redirect(`${pagePrefix}${token.hostedId}`, 303)
  })
}

/** After the end the browser goes where the link token said, and otherwise reads how it ended. */
function end(reply: FastifyReply, token: LinkToken, session: LinkSession): FastifyReply {
  if (token.completionRedirectUri !== null) return reply.redirect(token.completionRedirectUri, 303)
  return session.step === 'finished'
    ? sendPage(reply, endPage('All done', 'Your bank is connected. You can close this page.', true))
    : sendPage(reply, endPage('You left the bank', 'Nothing was shared. You can close this page, or open your link again.', false))
}
