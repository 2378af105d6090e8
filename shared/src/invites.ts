import { type Static, Type } from 'typebox'
import { InviteState } from './client-states.ts'
import { ClientParams, Described, Empty, Id, Instant, List, Nullable } from './common.ts'
import { endpoint } from './endpoint.ts'
import { Message } from './messages.ts'

export const InviteCreate = Type.Object(
  {
    channel: Type.Enum(['sms', 'email', 'both', 'copy'], { description: 'How it goes out; `copy` sends nothing and answers the link' }),
  },
  { additionalProperties: false },
)
export type InviteCreate = Static<typeof InviteCreate>

export const Invite = Type.Object({
  id: Id('The invite'),
  kind: Type.Enum(['connect', 'repair'], { description: 'connect: asks for banks; repair: asks to sign in again where a bank wants it' }),
  channel: Type.Enum(['sms', 'email', 'both', 'copy'], { description: 'How it went out' }),
  state: InviteState,
  reason: Nullable(Type.String({ description: 'Why it failed, in plain words' })),
  createdAt: Instant('When it was made'),
  createdBy: Type.String({ description: 'Who made it' }),
  expiresAt: Instant('Five days after its last message'),
  remindAt: Nullable(Instant('When the client is reminded by itself; null when that is over, or is not to come')),
  remindAsked: Type.Boolean({ description: 'Whether the client chose that time on their page' }),
  times: Type.Object(
    {
      sentAt: Nullable(Instant('First message accepted by the carrier or mail server')),
      deliveredAt: Nullable(Instant('First message delivered')),
      openedAt: Nullable(Instant('First tap on the page')),
      startedAt: Nullable(Instant('First tap on a bank of the page')),
      bankChosenAt: Nullable(Instant("First bank chosen at the bank's sign-in")),
      connectedAt: Nullable(Instant('First account list arrived')),
      remindedAt: Nullable(Instant('Last reminder')),
      statementsAt: Nullable(Instant('When the client last sent statements in answer; the clock does not remind them of banks then')),
    },
    { description: 'When each state was reached' },
  ),
  messages: Type.Array(Message, { description: 'Its messages, oldest first' }),
})
export type Invite = Static<typeof Invite>

export const InviteCreated = Type.Object({
  invite: Described(Invite, 'The new invite'),
  url: Nullable(Type.String({ description: 'The new link, once, for `copy`; null otherwise' })),
})
export type InviteCreated = Static<typeof InviteCreated>

const tag = 'Invites'

export const invites = {
  create: endpoint({
    id: 'createInvite',
    method: 'POST',
    url: '/clients/:clientId/invites',
    access: 'staff',
    tag,
    summary: 'Invite a client',
    description:
      "Makes a new invite that supersedes older ones and queues its messages. What waits to go out to the same person, about other clients of theirs, is joined into them: nobody gets two at once. The sender's e-mail must be verified.",
    schema: { params: ClientParams, body: InviteCreate, response: { 201: InviteCreated } },
  }),
  list: endpoint({
    id: 'listInvites',
    method: 'GET',
    url: '/clients/:clientId/invites',
    access: 'staff',
    tag,
    summary: "List a client's invites",
    description: 'The newest twenty, newest first, with their messages.',
    schema: { params: ClientParams, response: { 200: List(Invite) } },
  }),
  remind: endpoint({
    id: 'remindClient',
    method: 'POST',
    url: '/clients/:clientId/invites/:inviteId/remind',
    access: 'staff',
    tag,
    summary: 'Remind a client',
    description:
      'Sends a reminder now, by the channels the invite went out by; it is valid for five days from then. The reminder that would go out by itself on the third day is off then.',
    schema: { params: Type.Object({ clientId: Id('The client'), inviteId: Id('The invite') }), response: { 204: Empty } },
  }),
  revoke: endpoint({
    id: 'revokeInvite',
    method: 'POST',
    url: '/clients/:clientId/invites/:inviteId/revoke',
    access: 'staff',
    tag,
    summary: 'Revoke an invite',
    description: 'Its links stop working at once and unsent messages are not sent.',
    schema: { params: Type.Object({ clientId: Id('The client'), inviteId: Id('The invite') }), response: { 204: Empty } },
  }),
}
