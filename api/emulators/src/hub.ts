import { type AddressInfo } from 'node:net'
import formbody from '@fastify/formbody'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { newSeed, readPercent, readSeed } from './chaos.ts'
import { nextRows } from './hub/bank-rows.ts'
import { chaosOutcome, chaosView } from './hub/chaos-view.ts'
import { type Mailbox, mailboxesOf, type Phone, phonesOf } from './hub/conversations.ts'
import { type Html } from './hub/html.ts'
import { layout, mailKey, type Page, phoneKey, type Shell } from './hub/layout.ts'
import { mailView } from './hub/mail-view.ts'
import { phoneView } from './hub/phone-view.ts'
import { bankView, booksView, homeView, isBankAction, missingView, outcome, usersView } from './hub/practice-views.ts'
import { script } from './hub/script.ts'
import { type HubUrls, postTo, readMail, readWorld, setChaos, type World } from './hub/sources.ts'
import { style } from './hub/style.ts'
import { markSeen, type Seen } from './hub/unread.ts'
import { openStore } from './kit/store.ts'

export interface HubOptions extends HubUrls {
  /** 0 or absent picks a free port. */
  port?: number
  /** Keeps what has been looked at between runs. */
  dataDir?: string
  /** Where the app is, for the link back to it. */
  appUrl?: string
}

export interface Hub {
  url: string
  close(): Promise<void>
  setAppUrl(url: string): void
  /** Forgets what has been looked at. */
  reset(): void
}

// A mail's frame inherits this: pictures and styles of a mail show, scripts of a mail never run
const contentSecurityPolicy =
  "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src * data:; connect-src 'self'; frame-src 'self'; form-action 'self'"

/** Starts the "phone and inbox" page: one place where a person plays the client and the bank. It talks to the emulators over HTTP only. */
export async function createHub(options: HubOptions): Promise<Hub> {
  const app = Fastify({ forceCloseConnections: true })
  const seen = openStore<Seen>('hub', options.dataDir, () => ({ counts: {} }))
  let appUrl = options.appUrl
  await app.register(formbody)
  app.addHook('onRequest', async (req, reply) => {
    reply.headers({ 'content-security-policy': contentSecurityPolicy, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
    const { origin, host } = req.headers
    // Another site's page must not be able to press these buttons
    if (req.method !== 'GET' && origin !== undefined && origin !== `http://${host ?? ''}`) return reply.code(403).send('Not from here')
    return undefined
  })
  const show = (reply: FastifyReply, world: World, page: Page) => reply.type('text/html; charset=utf-8').send(layout(shellOf(world), page))
  const shellOf = (world: World): Shell => ({
    phones: world.texts === null ? null : phonesOf(world.texts),
    mailboxes: world.mails === null ? null : mailboxesOf(world.mails),
    itemCount: world.items?.length ?? null,
    chaos: world.chaos,
    seen,
    appUrl,
  })
  const read = () => readWorld(options)
  const parts = { app, options, seen, read, show }
  addStaticRoutes(app)
  addPhoneRoutes(parts)
  addMailRoutes(parts)
  addPracticeRoutes(parts)
  addChaosRoutes(parts)
  await app.listen({ port: options.port ?? 0, host: '127.0.0.1' })
  // listen() on a TCP port always yields an AddressInfo
  const { port } = app.server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => app.close(),
    setAppUrl(url) {
      appUrl = url
    },
    reset: () => seen.reset(),
  }
}

interface HubParts {
  app: FastifyInstance
  options: HubOptions
  seen: ReturnType<typeof openStore<Seen>>
  read: () => Promise<World>
  show: (reply: FastifyReply, world: World, page: Page) => FastifyReply
}

function addStaticRoutes(app: FastifyInstance): void {
  app.get('/style.css', async (_req, reply) => reply.type('text/css; charset=utf-8').send(style))
  app.get('/script.js', async (_req, reply) => reply.type('text/javascript; charset=utf-8').send(script))
}

function addPhoneRoutes({ app, options, seen, read, show }: HubParts): void {
  app.get<{ Params: { number: string } }>('/phone/:number', async (req, reply) => {
    const { number } = req.params
    const world = await read()
    const phone: Phone | undefined = phonesOf(world.texts ?? []).find((candidate) => candidate.number === number)
    if (phone !== undefined) markSeen(seen, phoneKey(number), phone.received)
    const content: Html = phone === undefined ? missingView(number) : phoneView(phone)
    return show(reply, world, {
      title: `Texts of ${number}`,
      view: phone === undefined ? 'missing' : 'phone',
      path: `/phone/${encodeURIComponent(number)}`,
      content,
    })
  })
  app.post<{ Params: { number: string }; Body: { to?: string; body?: string; quick?: string } | null }>(
    '/phone/:number/reply',
    async (req, reply) => {
      const { to, body, quick } = req.body ?? {}
      const text = quick ?? body
      if (to === undefined || text === undefined || text.trim() === '') return reply.code(400).send('Nothing to send')
      const sent = await postTo(`${options.twilioUrl}/_emulator/reply`, { from: req.params.number, to, body: text })
      return sent
        ? reply.redirect(`/phone/${encodeURIComponent(req.params.number)}`, 303)
        : reply.code(502).send('The text could not be sent')
    },
  )
}

function addMailRoutes({ app, options, seen, read, show }: HubParts): void {
  app.get<{ Params: { address: string }; Querystring: { id?: string; view?: string } }>('/mail/:address', async (req, reply) => {
    const { address } = req.params
    const world = await read()
    const box: Mailbox | undefined = mailboxesOf(world.mails ?? []).find((candidate) => candidate.address === address)
    const path = `/mail/${encodeURIComponent(address)}`
    if (box === undefined) return show(reply, world, { title: `Mail of ${address}`, view: 'missing', path, content: missingView(address) })
    markSeen(seen, mailKey(address), box.received)
    const id = req.query.id ?? box.mails[0]?.id
    const mail = id === undefined ? null : await readMail(options, id)
    const content = mailView(box, mail, req.query.view === 'text')
    return show(reply, world, { title: `Mail of ${address}`, view: 'mail', path, content })
  })
  app.post<{ Params: { address: string }; Body: { id?: string; action?: string } | null }>('/mail/:address/act', async (req, reply) => {
    const { id, action } = req.body ?? {}
    if (id === undefined || (action !== 'unsubscribe' && action !== 'report-spam')) return reply.code(400).send('Unknown action')
    const done = await postTo(`${options.sendgridUrl}/_emulator/${action}`, { id })
    const path = `/mail/${encodeURIComponent(req.params.address)}?id=${encodeURIComponent(id)}`
    return done ? reply.redirect(path, 303) : reply.code(502).send('That did not work')
  })
}

function addPracticeRoutes({ app, options, read, show }: HubParts): void {
  app.get('/', async (_req, reply) => show(reply, await read(), { title: 'Phone and inbox', view: 'home', path: '/', content: homeView() }))
  app.get<{ Querystring: { done?: string } }>('/bank', async (req, reply) => {
    const world = await read()
    return show(reply, world, { title: 'Bank', view: 'bank', path: '/bank', content: bankView(world.items, outcome(req.query.done)) })
  })
  app.post<{ Params: { id: string; action: string } }>('/bank/:id/:action', async (req, reply) => {
    const { id, action } = req.params
    if (!isBankAction(action)) return reply.code(404).send('Unknown action')
    const item = action === 'send-transactions' ? (await read()).items?.find((candidate) => candidate.itemId === id) : undefined
    const body = item === undefined ? {} : { rows: nextRows(item) }
    const done = await postTo(`${options.plaidUrl}/_emulator/items/${encodeURIComponent(id)}/${action}`, body)
    return reply.redirect(`/bank?done=${done ? action : 'failed'}`, 303)
  })
  app.get('/quickbooks', async (_req, reply) =>
    show(reply, await read(), { title: 'QuickBooks', view: 'quickbooks', path: '/quickbooks', content: booksView(options.intuitUrl) }),
  )
  app.get('/users', async (_req, reply) =>
    show(reply, await read(), { title: 'Practice bank users', view: 'users', path: '/users', content: usersView() }),
  )
}

function addChaosRoutes({ app, options, read, show }: HubParts): void {
  app.get<{ Querystring: { done?: string } }>('/chaos', async (req, reply) => {
    const world = await read()
    const content = chaosView(world.chaos, chaosOutcome(req.query.done))
    return show(reply, world, { title: 'Chaos', view: 'chaos', path: '/chaos', content })
  })
  app.post<{ Body: { percent?: string; seed?: string; action?: string } | null }>('/chaos', async (req, reply) => {
    const { percent: percentText = '', seed: seedText = '', action } = req.body ?? {}
    const back = (done: string) => reply.redirect(`/chaos?done=${done}`, 303)
    if (action === 'off') return back((await setChaos(options, null)) ? 'off' : 'failed')
    const percent = readPercent(percentText.trim())
    const seed = seedText.trim() === '' ? newSeed() : readSeed(seedText.trim())
    if (percent === null || percent === 0) return back('percent')
    if (seed === null) return back('seed')
    return back((await setChaos(options, { seed, percent })) ? 'on' : 'failed')
  })
}
