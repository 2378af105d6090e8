import type { FastifyInstance } from 'fastify'
import type { Store } from '../kit/store.ts'
import { type Books, type Suppression, suppress, type SuppressionList } from './books.ts'
import { errorBody, plainError } from './errors.ts'

interface ListQuery {
  start_time?: string
  end_time?: string
  limit?: string
  offset?: string
  email?: string
}

const lists = ['bounces', 'blocks', 'spam_reports', 'invalid_emails'] as const
const limitMax = 500

/** What each list shows of an entry (sendgrid-oai, tsg_suppressions_v3). */
function show(list: SuppressionList, { created, email, reason, status }: Suppression): Record<string, unknown> {
  if (list === 'spam_reports') return { created, email, ip: '192.0.2.1' }
  if (list === 'unsubscribes') return { created, email }
  if (list === 'invalid_emails') return { created, email, reason }
  return { created, email, reason, status }
}

function page(books: Books, list: SuppressionList, query: ListQuery): Array<Record<string, unknown>> {
  const start = Number(query.start_time ?? 0)
  const end = Number(query.end_time ?? Number.MAX_SAFE_INTEGER)
  const offset = Number(query.offset ?? 0)
  const limit = Math.min(Number(query.limit ?? limitMax), limitMax)
  return books.suppressions[list]
    .filter((entry) => entry.created >= start && entry.created <= end)
    .filter((entry) => query.email === undefined || entry.email.startsWith(query.email.toLowerCase()))
    .slice(offset, offset + limit)
    .map((entry) => show(list, entry))
}

/** Suppression lists and global unsubscribes (twilio.com/docs/sendgrid/api-reference/suppressions), to be added behind the key check. */
export function addSuppressionRoutes(app: FastifyInstance, store: Store<Books>, now: () => Date): void {
  const remove = (list: SuppressionList, emails: ReadonlySet<string> | 'all'): number => {
    const kept = store.data.suppressions[list].filter((entry) => emails !== 'all' && !emails.has(entry.email))
    const removed = store.data.suppressions[list].length - kept.length
    store.data.suppressions[list] = kept
    store.save()
    return removed
  }
  for (const list of lists) {
    app.get<{ Querystring: ListQuery }>(`/v3/suppression/${list}`, async (req) => page(store.data, list, req.query))
    app.get<{ Params: { email: string } }>(`/v3/suppression/${list}/:email`, async (req) =>
      store.data.suppressions[list].filter((entry) => entry.email === req.params.email.toLowerCase()).map((entry) => show(list, entry)),
    )
    app.delete<{ Body: { delete_all?: boolean; emails?: string[] } | null }>(`/v3/suppression/${list}`, async (req, reply) => {
      const { delete_all: all = false, emails = [] } = req.body ?? {}
      if (all === emails.length > 0) return reply.code(400).send(errorBody(plainError('exactly one of delete_all and emails is required')))
      remove(list, all ? 'all' : new Set(emails.map((email) => email.toLowerCase())))
      return reply.code(204).send()
    })
    app.delete<{ Params: { email: string } }>(`/v3/suppression/${list}/:email`, async (req, reply) => {
      const removed = remove(list, new Set([req.params.email.toLowerCase()]))
      return removed > 0 ? reply.code(204).send() : reply.code(404).send(errorBody(plainError('resource not found')))
    })
  }
  app.get<{ Querystring: ListQuery }>('/v3/suppression/unsubscribes', async (req) => page(store.data, 'unsubscribes', req.query))
  app.post<{ Body: { recipient_emails?: string[] } | null }>('/v3/asm/suppressions/global', async (req, reply) => {
    const emails = req.body?.recipient_emails ?? []
    if (emails.length === 0) return reply.code(400).send(errorBody(plainError('recipient_emails is required')))
    const created = Math.trunc(now().getTime() / 1000)
    for (const email of emails) suppress(store.data, 'unsubscribes', { email, created, reason: '', status: '' })
    store.save()
    return reply.code(201).send({ recipient_emails: emails })
  })
  app.get<{ Params: { email: string } }>('/v3/asm/suppressions/global/:email', async (req) => {
    const entry = store.data.suppressions.unsubscribes.find((other) => other.email === req.params.email.toLowerCase())
    return entry === undefined ? {} : { recipient_email: entry.email }
  })
  app.delete<{ Params: { email: string } }>('/v3/asm/suppressions/global/:email', async (req, reply) => {
    remove('unsubscribes', new Set([req.params.email.toLowerCase()]))
    return reply.code(204).send()
  })
}
