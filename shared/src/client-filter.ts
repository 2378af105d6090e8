import { type Static, Type } from 'typebox'
import { BooksState, Health } from './client-states.ts'
import { clientChoice, Described, Id, OptionalLine } from './common.ts'

/** `waiting`: sent or on its way, not used and not expired. `none`: never invited. */
export const InviteFilter = Type.Enum(
  ['none', 'waiting', 'queued', 'sent', 'delivered', 'failed', 'opened', 'started', 'connected', 'expired', 'superseded', 'revoked'],
  { description: 'State of the newest invite; `waiting`: neither used nor expired; `none`: never invited' },
)
export type InviteFilter = Static<typeof InviteFilter>

/** What the list, its count and bulk actions choose clients by. Every member that is there must hold. */
export const clientFilter = {
  search: Type.Optional(OptionalLine('Words of the name, contact, e-mail, username, phone or bank', 100)),
  view: Type.Optional(
    Type.Enum(['all', 'needs_client', 'never_connected', 'to_review', 'mine'], { description: 'A view of the list', default: 'all' }),
  ),
  ...clientChoice,
  invite: Type.Optional(InviteFilter),
  health: Type.Optional(Health),
  books: Type.Optional(BooksState),
  locked: Type.Optional(Type.Boolean({ description: 'Only locked clients, or only those that are not' })),
  stuck: Type.Optional(
    Type.Boolean({ description: 'Only clients that wait for somebody, as the dashboard names them, or only the others' }),
  ),
}
export const ClientFilter = Type.Object(clientFilter, { additionalProperties: false })
export type ClientFilter = Static<typeof ClientFilter>

const pickedMax = 1_000

/** The members of a body that pick clients for what is done to many: some by name, or all that match a filter but some. */
export const pickedClients = {
  clientIds: Type.Optional(
    Type.Array(Id('A client'), {
      description: 'The chosen clients; or give `filter`. Neither for an undo',
      minItems: 1,
      maxItems: pickedMax,
      uniqueItems: true,
    }),
  ),
  filter: Type.Optional(Described(ClientFilter, 'All clients that match; or give `clientIds`')),
  exceptIds: Type.Optional(
    Type.Array(Id('A client'), {
      description: 'Clients that the filter matches and that are left out',
      maxItems: pickedMax,
      uniqueItems: true,
    }),
  ),
}
export interface PickedClients {
  clientIds?: string[]
  filter?: ClientFilter
  exceptIds?: string[]
}

/** `-` before the name: from the last to the first. */
export const ClientSort = Type.Enum(
  ['name', '-name', 'added', '-added', 'invite', '-invite', 'health', '-health', 'lastSync', '-lastSync', 'toReview', '-toReview'],
  { description: 'Order of the list; with `-` the other way round. `health`: the best first', default: 'name' },
)
export type ClientSort = Static<typeof ClientSort>
