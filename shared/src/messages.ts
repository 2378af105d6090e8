import { type Static, Type } from 'typebox'
import { ClientParams, Id, Instant, List, Nullable } from './common.ts'
import { endpoint } from './endpoint.ts'

export const MessageState = Type.Enum(['queued', 'sending', 'sent', 'delivered', 'failed', 'unknown', 'canceled'], {
  description:
    'queued, sending, sent (accepted), delivered, failed (with a reason), unknown (the answer was lost), canceled (before it went)',
})
export type MessageState = Static<typeof MessageState>

export const Message = Type.Object({
  id: Id('The message'),
  channel: Type.Enum(['sms', 'email'], { description: 'Text or e-mail' }),
  to: Type.String({ description: 'Phone (E.164) or e-mail it goes to' }),
  body: Type.String({
    description:
      'Text as sent; the secret link shows as `[link]`. Of a message that is also about clients you may not see, a sentence that says so',
  }),
  state: MessageState,
  reason: Nullable(Type.String({ description: 'Why it failed or waits, in plain words' })),
  createdAt: Instant('When it was written'),
  notBefore: Nullable(Instant('It waits until then; null when it goes at once')),
  alsoAbout: Type.Array(Type.Object({ clientId: Id('The client'), businessName: Type.String({ description: 'Name of the business' }) }), {
    description: 'Other clients of the same person that the message is about; only those that you may see',
  }),
  history: Type.Array(
    Type.Object({ state: MessageState, at: Instant('When'), reason: Nullable(Type.String({ description: 'Why, in plain words' })) }),
    { description: 'Every state it went through, oldest first' },
  ),
})
export type Message = Static<typeof Message>

export const messages = {
  list: endpoint({
    id: 'listMessages',
    method: 'GET',
    url: '/clients/:clientId/messages',
    access: 'staff',
    tag: 'Messages',
    summary: "List a client's messages",
    description: 'The newest hundred messages to this client, newest first, each with its whole history.',
    schema: { params: ClientParams, response: { 200: List(Message) } },
  }),
}
