import { type Static, Type } from 'typebox'
import { clientFilter, ClientSort } from './client-filter.ts'
import { Empty, Id, Line, Nullable } from './common.ts'
import { endpoint } from './endpoint.ts'

/** Columns that a person can switch on and off; the name always shows. */
export const ClientColumn = Type.Enum(
  ['contact', 'email', 'phone', 'username', 'invite', 'health', 'lastSync', 'toReview', 'pushesFailed', 'books', 'group', 'staff', 'added'],
  { description: 'A column of the client list' },
)
export type ClientColumn = Static<typeof ClientColumn>
export const clientColumns: readonly ClientColumn[] = ClientColumn.enum

/** What is shown until somebody chooses. */
export const defaultColumns: readonly ClientColumn[] = ['invite', 'health', 'lastSync', 'toReview', 'books', 'staff']

/** What a saved filter keeps: the members of the list's address. */
const SavedQuery = Type.Object(
  { ...clientFilter, sort: Type.Optional(ClientSort) },
  { description: 'What is looked for, and in which order', additionalProperties: false },
)

export const SavedFilter = Type.Object({
  id: Id('The saved filter'),
  name: Type.String({ description: 'As the person called it' }),
  query: SavedQuery,
})
export type SavedFilter = Static<typeof SavedFilter>

export const ListSettings = Type.Object({
  columns: Type.Array(ClientColumn, { description: 'Columns that show, in their order' }),
  filters: Type.Array(SavedFilter, { description: "The person's own saved filters, by name" }),
})
export type ListSettings = Static<typeof ListSettings>

export const SavedFilterCreate = Type.Object({ name: Line('Name of the filter', 60), query: SavedQuery }, { additionalProperties: false })
export type SavedFilterCreate = Static<typeof SavedFilterCreate>

const tag = 'Clients'

export const clientList = {
  total: endpoint({
    id: 'totalClients',
    method: 'GET',
    url: '/clients/total',
    access: 'staff',
    tag,
    summary: 'Count the clients that match',
    description: 'How many clients the caller may see match every filter.',
    schema: {
      querystring: Type.Object(clientFilter),
      response: { 200: Type.Object({ total: Type.Integer({ description: 'Clients that match' }) }) },
    },
  }),
  settings: endpoint({
    id: 'getClientListSettings',
    method: 'GET',
    url: '/me/client-list',
    access: 'staff',
    tag,
    summary: 'Your settings of the client list',
    description: 'The columns and the saved filters of the signed-in person.',
    schema: { response: { 200: ListSettings } },
  }),
  setColumns: endpoint({
    id: 'setClientListColumns',
    method: 'PUT',
    url: '/me/client-list/columns',
    access: 'staff',
    tag,
    summary: 'Choose your columns',
    description: 'Which columns of the client list the signed-in person sees, and in which order; null for the usual ones.',
    schema: {
      body: Type.Object(
        { columns: Nullable(Type.Array(ClientColumn, { description: 'Columns in their order', maxItems: 20, uniqueItems: true })) },
        { additionalProperties: false },
      ),
      response: { 200: ListSettings },
    },
  }),
  saveFilter: endpoint({
    id: 'saveClientFilter',
    method: 'POST',
    url: '/me/client-list/filters',
    access: 'staff',
    tag,
    summary: 'Save a filter',
    description: 'Keeps filters and order under a name for the signed-in person. A name that is there already answers `name_taken`.',
    schema: { body: SavedFilterCreate, response: { 201: SavedFilter } },
  }),
  removeFilter: endpoint({
    id: 'removeClientFilter',
    method: 'DELETE',
    url: '/me/client-list/filters/:filterId',
    access: 'staff',
    tag,
    summary: 'Remove a saved filter',
    description: 'Forgets one of the saved filters of the signed-in person.',
    schema: { params: Type.Object({ filterId: Id('The saved filter') }), response: { 204: Empty } },
  }),
}
