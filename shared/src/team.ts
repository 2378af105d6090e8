import { type Static, Type } from 'typebox'
import { Me, passwordMax, Role } from './auth.ts'
import { Email, Empty, Id, Instant, Line, List, Nullable } from './common.ts'
import { endpoint } from './endpoint.ts'
import { MessageState } from './messages.ts'
import { Permission } from './permissions.ts'

/** An invitation's link works for so many days. */
export const staffInviteDays = 7

export const StaffMember = Type.Object({
  id: Id('The member of staff'),
  name: Type.String({ description: 'Full name' }),
  email: Type.String({ description: 'Work e-mail' }),
  role: Role,
  clientCount: Nullable(Type.Integer({ description: 'Clients assigned; null for administrators, who see all' })),
})
export type StaffMember = Static<typeof StaffMember>

const Permissions = Type.Array(Permission, { description: 'Bulk work allowed to an employee', uniqueItems: true, maxItems: 10 })

export const TeamMember = Type.Object({
  id: Id('The member of staff'),
  name: Type.String({ description: 'Full name' }),
  email: Type.String({ description: 'Work e-mail' }),
  role: Role,
  permissions: Permissions,
  clientCount: Type.Integer({ description: 'Clients assigned by name' }),
  lastActiveAt: Nullable(Instant('Last activity; null when never signed in')),
  secondFactorSince: Nullable(Instant('When they set a second factor; null while they have none')),
  passkeyCount: Type.Integer({ description: 'Passkeys that open their account' }),
  joinedAt: Instant('When they joined'),
  deactivatedAt: Nullable(Instant('When they left; null while they work here')),
})
export type TeamMember = Static<typeof TeamMember>

export const StaffInvite = Type.Object({
  id: Id('The invitation'),
  email: Type.String({ description: 'Where it went' }),
  name: Type.String({ description: 'Full name' }),
  role: Role,
  permissions: Permissions,
  invitedBy: Type.String({ description: 'Who invited' }),
  sentAt: Instant('When the newest link was sent'),
  expiresAt: Instant('Until when the link works'),
  delivery: MessageState,
  reason: Nullable(Type.String({ description: 'Why the e-mail failed or waits, in plain words' })),
})
export type StaffInvite = Static<typeof StaffInvite>

export const StaffInviteCreate = Type.Object(
  {
    email: Email('Work e-mail'),
    name: Line('Full name'),
    role: Role,
    permissions: Type.Optional(Permissions),
  },
  { additionalProperties: false },
)
export type StaffInviteCreate = Static<typeof StaffInviteCreate>

export const StaffUpdate = Type.Object(
  { role: Type.Optional(Role), permissions: Type.Optional(Permissions) },
  { additionalProperties: false, minProperties: 1 },
)
export type StaffUpdate = Static<typeof StaffUpdate>

export const HandOver = Type.Object(
  {
    to: Type.Array(Id('A member of staff'), { description: 'Who gets the clients; nobody when empty', maxItems: 20, uniqueItems: true }),
    share: Type.Enum(['all', 'split'], { description: 'all: each of them gets every client; split: the clients are divided among them' }),
  },
  { additionalProperties: false },
)
export type HandOver = Static<typeof HandOver>

export const ClientAssignment = Type.Object(
  {
    clientIds: Type.Optional(Type.Array(Id('A client'), { description: 'These clients', minItems: 1, maxItems: 500, uniqueItems: true })),
    groupId: Type.Optional(Id('All clients of this group')),
    assigned: Type.Boolean({ description: 'Whether they are assigned from now on' }),
  },
  { additionalProperties: false },
)
export type ClientAssignment = Static<typeof ClientAssignment>

const InviteToken = Type.String({ description: 'Token of the link', pattern: '^[A-Za-z0-9_-]{43}$' })

export const StaffJoin = Type.Object(
  {
    token: InviteToken,
    name: Line('Full name'),
    username: Type.Optional(Line('Name to sign in with; the e-mail when left out', 254)),
    password: Type.String({ description: 'Password of one’s own', minLength: 1, maxLength: passwordMax * 8 }),
  },
  { additionalProperties: false },
)
export type StaffJoin = Static<typeof StaffJoin>

const StaffParams = Type.Object({ staffId: Id('The member of staff') })
const InviteParams = Type.Object({ staffInviteId: Id('The invitation') })
const tag = 'Team'

export const staff = {
  list: endpoint({
    id: 'listStaff',
    method: 'GET',
    url: '/staff',
    access: 'staff',
    tag,
    summary: 'List the team',
    description: 'Everybody who works at the firm now, by name.',
    schema: { response: { 200: List(StaffMember) } },
  }),
  team: endpoint({
    id: 'getTeam',
    method: 'GET',
    url: '/team',
    access: 'administrator',
    tag,
    summary: 'The team with its invitations',
    description: 'Everybody who works or has worked at the firm, and the invitations that are open.',
    schema: {
      response: {
        200: Type.Object({
          members: Type.Array(TeamMember, { description: 'By name; leavers last' }),
          invites: Type.Array(StaffInvite, { description: 'Open invitations, the newest first' }),
          assignAll: Type.Boolean({ description: 'Whether every client is assigned to every employee' }),
        }),
      },
    },
  }),
  update: endpoint({
    id: 'updateStaff',
    method: 'PATCH',
    url: '/staff/:staffId',
    access: 'administrator',
    tag,
    summary: 'Change role or permissions',
    description: 'Takes effect at the next request of that person. A firm always keeps an administrator.',
    schema: { params: StaffParams, body: StaffUpdate, response: { 200: TeamMember } },
  }),
  assign: endpoint({
    id: 'assignStaffClients',
    method: 'POST',
    url: '/staff/:staffId/clients',
    access: 'administrator',
    tag,
    summary: 'Assign clients to a person',
    description: 'Assigns clients, by id or a whole group, or takes them away. Who else is assigned stays.',
    schema: {
      params: StaffParams,
      body: ClientAssignment,
      response: { 200: Type.Object({ changed: Type.Integer({ description: 'Clients for which something changed' }) }) },
    },
  }),
  deactivate: endpoint({
    id: 'deactivateStaff',
    method: 'POST',
    url: '/staff/:staffId/deactivate',
    access: 'administrator',
    tag,
    summary: 'Let somebody leave',
    description:
      'Hands their clients over, ends their sessions and closes their sign-in, in one step. What they did keeps their name. You cannot do it to yourself.',
    schema: { params: StaffParams, body: HandOver, response: { 200: TeamMember } },
  }),
  reactivate: endpoint({
    id: 'reactivateStaff',
    method: 'POST',
    url: '/staff/:staffId/reactivate',
    access: 'administrator',
    tag,
    summary: 'Take somebody back',
    description: 'They sign in as before, with the role and permissions they had, and no clients assigned.',
    schema: { params: StaffParams, response: { 200: TeamMember } },
  }),
  invite: endpoint({
    id: 'inviteStaff',
    method: 'POST',
    url: '/staff-invites',
    access: 'administrator',
    tag,
    summary: 'Invite a colleague',
    description: `Sends an e-mail with a link that works once and for ${staffInviteDays} days; they choose their own password. Only work e-mail addresses are accepted.`,
    schema: { body: StaffInviteCreate, response: { 201: StaffInvite } },
  }),
  resendInvite: endpoint({
    id: 'resendStaffInvite',
    method: 'POST',
    url: '/staff-invites/:staffInviteId/resend',
    access: 'administrator',
    tag,
    summary: 'Send an invitation again',
    description: 'Sends a new link; earlier ones stop working.',
    schema: { params: InviteParams, response: { 200: StaffInvite } },
  }),
  withdrawInvite: endpoint({
    id: 'withdrawStaffInvite',
    method: 'DELETE',
    url: '/staff-invites/:staffInviteId',
    access: 'administrator',
    tag,
    summary: 'Withdraw an invitation',
    description: 'Its link stops working at once; an e-mail that waits is not sent.',
    schema: { params: InviteParams, response: { 204: Empty } },
  }),
  readInvite: endpoint({
    id: 'readStaffInvite',
    method: 'POST',
    url: '/staff-invites/read',
    access: 'public',
    tag,
    summary: 'What an invitation says',
    description: 'For the page behind the link. Changes nothing; the token stays out of addresses.',
    schema: {
      body: Type.Object({ token: InviteToken }, { additionalProperties: false }),
      response: {
        200: Type.Object({
          firmName: Type.String({ description: 'Name of the firm' }),
          invitedBy: Type.String({ description: 'Who invited' }),
          email: Type.String({ description: 'Where the invitation went' }),
          name: Type.String({ description: 'Full name, as the administrator wrote it' }),
        }),
      },
    },
  }),
  join: endpoint({
    id: 'joinStaff',
    method: 'POST',
    url: '/staff-invites/accept',
    access: 'public',
    tag,
    summary: 'Accept an invitation',
    description: 'Makes the account with a password of one’s own and signs in. A link works once.',
    schema: { body: StaffJoin, response: { 201: Me } },
  }),
}
