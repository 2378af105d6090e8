import { type Static, Type } from 'typebox'
import { clientChoice, ClientParams, Id, Instant, Line, Nullable, Page, pageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'
import { StepKind } from './next-step.ts'
import { DropReason, FunnelStep } from './reach.ts'

const count = (description: string) => Type.Integer({ description, minimum: 0 })

const Tally = Type.Array(
  Type.Object({
    step: FunnelStep,
    count: count('Requests that got at least this far'),
    stopped: Type.Array(Type.Object({ reason: DropReason, count: count('How many') }), {
      description: 'Of these, the ones that got no further, by reason, the most first',
    }),
  }),
  { description: 'All steps, in their order' },
)
/** How far requests got: for each step how many came that far, and why the others stopped. */
export type Tally = Static<typeof Tally>

const Channel = Type.Enum(['sms', 'email', 'both', 'copy'], { description: 'How the request went out; `copy`: a link handed over by hand' })
export type FunnelChannel = Static<typeof Channel>

export const Funnel = Type.Object({
  total: Tally,
  byStaff: Type.Array(Type.Object({ id: Id('Who invited'), name: Type.String({ description: 'Their name' }), tally: Tally }), {
    description: 'By who invited, the most requests first',
  }),
  byChannel: Type.Array(Type.Object({ channel: Channel, tally: Tally }), { description: 'By how the requests went out' }),
  byBank: Nullable(
    Type.Array(
      Type.Object({
        bank: Nullable(Type.String({ description: 'The bank asked for; null: none was' })),
        name: Type.String({ description: 'Its name; empty when none was asked for' }),
        tally: Tally,
      }),
    ),
    {
      description:
        'By bank asked for, the most requests first; null unless `banks` asks for it. A request for several banks is counted at each, and connected where that bank is',
    },
  ),
})
export type Funnel = Static<typeof Funnel>

/** One request in a list that a figure opens. */
export const InviteRequest = Type.Object({
  id: Id('The invite'),
  clientId: Id('The client'),
  businessName: Type.String({ description: 'Name of the business' }),
  invitedBy: Type.String({ description: 'Who invited' }),
  channel: Channel,
  createdAt: Instant('When it was made'),
  step: FunnelStep,
  reason: Nullable(DropReason, { description: 'Why it got no further; null when connected' }),
  bankName: Nullable(Type.String({ description: 'The bank that was chosen at the sign-in' })),
})
export type InviteRequest = Static<typeof InviteRequest>

const moment = (description: string) =>
  Type.String({
    description: `${description} (UTC, ISO 8601)`,
    format: 'date-time',
    pattern: '^20\\d\\d-\\d\\d-\\d\\dT([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?Z$',
  })

const period = {
  from: Type.Optional(moment('Requests made from then on; when missing, of the last thirty days')),
  until: Type.Optional(moment('And before then')),
  ...clientChoice,
  channel: Type.Optional(Channel),
}

/** Whom a stuck client's next best step is about, and what it is. */
export const Stuck = Type.Object({
  clientId: Id('The client'),
  businessName: Type.String({ description: 'Name of the business' }),
  contactFirstName: Type.String({ description: 'First name of the contact; may be empty' }),
  phone: Nullable(Type.String({ description: 'Cell phone, E.164' })),
  kind: Type.Enum(['connect', 'repair'], { description: 'connect: no bank yet; repair: a bank wants a new sign-in' }),
  reason: Nullable(DropReason, { description: 'Why it does not go on; null when nobody has asked the client yet' }),
  channel: Nullable(Channel, { description: 'How the newest request went out; null when there is none' }),
  bankName: Nullable(Type.String({ description: 'The bank it is about' })),
  connectionId: Nullable(Id('The connection to repair')),
  since: Instant('Since when it waits'),
  isStuck: Type.Boolean({ description: 'Whether somebody has to do something; false while the client still has time' }),
  best: StepKind,
  others: Type.Array(StepKind, { description: 'What else can be done, the likelier first' }),
})
export type Stuck = Static<typeof Stuck>

const tag = 'Invites'

export const funnel = {
  get: endpoint({
    id: 'getInviteFunnel',
    method: 'GET',
    url: '/invites/funnel',
    access: 'staff',
    tag,
    summary: 'What becomes of invites',
    description:
      'How far requests to connect a bank got that were made in a period, and why the others stopped. A request is counted once, by its newest invite: one that a newer invite replaced is not counted.',
    schema: {
      querystring: Type.Object({ ...period, banks: Type.Optional(Type.Boolean({ description: 'Count by bank, too' })) }),
      response: { 200: Funnel },
    },
  }),
  list: endpoint({
    id: 'listInviteRequests',
    method: 'GET',
    url: '/invites/requests',
    access: 'staff',
    tag,
    summary: 'List the requests behind a figure',
    description: 'The requests of the funnel, newest first: those that got at least as far as `reached`, or no further than `stopped`.',
    schema: {
      querystring: Type.Object({
        ...period,
        ...pageQuery,
        invitedBy: Type.Optional(Id('Only what this member of staff asked for')),
        bank: Type.Optional(Line('Only requests for this bank; `none`: for no certain bank')),
        reached: Type.Optional(FunnelStep),
        stopped: Type.Optional(FunnelStep),
        reason: Type.Optional(DropReason),
      }),
      response: { 200: Page(InviteRequest) },
    },
  }),
  nextStep: endpoint({
    id: 'getNextStep',
    method: 'GET',
    url: '/clients/:clientId/next-step',
    access: 'staff',
    tag,
    summary: "A client's next best step",
    description: 'Why the client has not connected, or not repaired, a bank, and what helps. Null when nothing is asked for.',
    schema: {
      params: ClientParams,
      response: {
        200: Type.Object({ next: Nullable(Stuck, { description: 'What to do next for this client; null when nothing is stuck' }) }),
      },
    },
  }),
}
