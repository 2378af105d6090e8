import { type Books, type Message, resource } from './books.ts'

const pageSizeDefault = 50
const pageSizeMax = 1000

/** A day as `YYYY-MM-DD` or an ISO instant. A day covers its 24 hours in GMT. */
function bounds(value: string): { from: number; to: number } {
  const dayOnly = /^\d{4}-\d{2}-\d{2}$/.test(value)
  const from = Date.parse(value)
  return { from, to: dayOnly ? from + 86_399_999 : from }
}

/**
 * A message not sent yet is filtered by the time it was created: Twilio does not document what it does,
 * and a caller that looks for a doubtful send has to find it while it is queued.
 */
const sentTime = (message: Message) => Math.trunc(Date.parse(message.sentAt ?? message.createdAt) / 1000) * 1000

export type ListQuery = Record<string, string | undefined>

function matches(message: Message, query: ListQuery): boolean {
  const time = sentTime(message)
  const on = query.DateSent
  const before = query['DateSent<']
  const after = query['DateSent>']
  return (
    !message.automatic &&
    (query.To === undefined || message.to === query.To) &&
    (query.From === undefined || message.from === query.From) &&
    (on === undefined || (time >= bounds(on).from && time <= bounds(on).to)) &&
    (before === undefined || time <= bounds(before).to) &&
    // Twilio keeps whole seconds: a message of the bound's own second is inside
    (after === undefined || time >= Math.trunc(bounds(after).from / 1000) * 1000)
  )
}

/** One page of the message list, newest first. A page token names the last message before it, so that pages stay whole while new messages arrive. */
export function listMessages(accountSid: string, books: Books, query: ListQuery): Record<string, unknown> {
  const found = books.messages.filter((message) => matches(message, query)).reverse()
  const pageSize = Math.min(Math.max(Number(query.PageSize ?? pageSizeDefault) || pageSizeDefault, 1), pageSizeMax)
  const page = Math.max(Number(query.Page ?? 0) || 0, 0)
  const token = query.PageToken?.replace(/^PA/, '')
  const tokenIndex = token === undefined ? -1 : found.findIndex((message) => message.sid === token)
  const start = token === undefined ? page * pageSize : tokenIndex + 1
  const messages = found.slice(start, start + pageSize)
  const last = messages.at(-1)
  const uri = (number: number, pageToken?: string) => {
    const parameters = new URLSearchParams()
    for (const name of ['To', 'From', 'DateSent', 'DateSent<', 'DateSent>']) {
      const value = query[name]
      if (value !== undefined) parameters.set(name, value)
    }
    parameters.set('PageSize', String(pageSize))
    parameters.set('Page', String(number))
    if (pageToken !== undefined) parameters.set('PageToken', pageToken)
    return `/2010-04-01/Accounts/${accountSid}/Messages.json?${parameters.toString()}`
  }
  return {
    first_page_uri: uri(0),
    end: Math.max(start + messages.length - 1, 0),
    messages: messages.map((message) => resource(accountSid, message)),
    next_page_uri: last !== undefined && start + messages.length < found.length ? uri(page + 1, `PA${last.sid}`) : null,
    page,
    page_size: pageSize,
    previous_page_uri: page > 0 ? uri(page - 1) : null,
    start,
    uri: uri(page, query.PageToken),
  }
}
