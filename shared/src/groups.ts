import { type Static, Type } from 'typebox'
import { Health } from './client-states.ts'
import { Empty, GroupFilter, Id, Line, List, Nullable, OptionalLine, Page, pageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'

/** At most so many groups in a firm: they are listed whole. */
export const groupsMax = 200

export const Group = Type.Object({
  id: Id('The group'),
  name: Type.String({ description: 'Name, unique in the firm' }),
  clientCount: Type.Integer({ description: 'Clients in it that the caller may see' }),
  health: Nullable(Health, { description: 'Worst health of the banks of these clients; null when no client is in it' }),
})
export type Group = Static<typeof Group>

/** A client as the sidebar shows it. */
export const GroupClient = Type.Object({
  id: Id('The client'),
  businessName: Type.String({ description: 'Name of the business' }),
  health: Health,
  groupId: Nullable(Id('Its group; null when it is in none')),
  toReview: Type.Integer({ description: 'Transactions to review' }),
})
export type GroupClient = Static<typeof GroupClient>

const GroupParams = Type.Object({ groupId: Id('The group') })
const GroupName = Type.Object({ name: Line('Name, unique in the firm', 60) }, { additionalProperties: false })
const tag = 'Groups'

export const groups = {
  list: endpoint({
    id: 'listGroups',
    method: 'GET',
    url: '/groups',
    access: 'staff',
    tag,
    summary: 'List groups',
    description: 'All groups by name, with their clients counted, and the clients that are in none.',
    schema: {
      response: {
        200: Type.Object({
          items: List(Group).properties.items,
          ungrouped: Type.Object(
            {
              clientCount: Type.Integer({ description: 'Clients in no group' }),
              health: Nullable(Health, { description: 'Their worst health; null when there is none' }),
            },
            { description: 'The clients that are in no group' },
          ),
        }),
      },
    },
  }),
  clients: endpoint({
    id: 'listGroupClients',
    method: 'GET',
    url: '/group-clients',
    access: 'staff',
    tag,
    summary: 'Clients of a group',
    description: 'Clients by name with health and what waits for review, a page at a time, as the sidebar shows them.',
    schema: {
      querystring: Type.Object({
        ...pageQuery,
        groupId: Type.Optional(GroupFilter('Only this group')),
        staffId: Type.Optional(Id('Only clients assigned to this member of staff')),
        withoutStaffId: Type.Optional(Id('Only clients not assigned to this member of staff')),
        withoutGroupId: Type.Optional(Id('Only clients that are not in this group')),
        search: Type.Optional(OptionalLine('Words of the name, contact, e-mail, username, phone or bank', 100)),
      }),
      response: { 200: Page(GroupClient) },
    },
  }),
  create: endpoint({
    id: 'createGroup',
    method: 'POST',
    url: '/groups',
    access: 'administrator',
    tag,
    summary: 'Add a group',
    description: 'A name that another group has is refused as `name_taken`.',
    schema: { body: GroupName, response: { 201: Group } },
  }),
  rename: endpoint({
    id: 'renameGroup',
    method: 'PATCH',
    url: '/groups/:groupId',
    access: 'administrator',
    tag,
    summary: 'Rename a group',
    description: 'A name that another group has is refused as `name_taken`.',
    schema: { params: GroupParams, body: GroupName, response: { 200: Group } },
  }),
  remove: endpoint({
    id: 'deleteGroup',
    method: 'DELETE',
    url: '/groups/:groupId',
    access: 'administrator',
    tag,
    summary: 'Delete a group',
    description: 'Its clients stay, in no group.',
    schema: { params: GroupParams, response: { 204: Empty } },
  }),
  move: endpoint({
    id: 'groupClients',
    method: 'POST',
    url: '/group-clients',
    access: 'staff',
    tag,
    summary: 'Put clients into a group',
    description: 'Moves these clients into a group, or out of theirs. All of them or none: one that the caller may not see is `not_found`.',
    schema: {
      body: Type.Object(
        {
          clientIds: Type.Array(Id('A client'), { description: 'The clients', minItems: 1, maxItems: 500, uniqueItems: true }),
          groupId: Nullable(Id('Where to; null takes them out of their groups')),
        },
        { additionalProperties: false },
      ),
      response: { 200: Type.Object({ changed: Type.Integer({ description: 'Clients that were elsewhere before' }) }) },
    },
  }),
}
