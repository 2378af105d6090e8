import { type Static, Type } from 'typebox'
import { Health } from './client-states.ts'
import { Id, Line } from './common.ts'
import { endpoint } from './endpoint.ts'

export const Found = Type.Object({
  clients: Type.Array(
    Type.Object({
      id: Id('The client'),
      businessName: Type.String({ description: 'Name of the business' }),
      contactName: Type.String({ description: 'Name of the contact; empty when unknown' }),
      health: Health,
    }),
    { description: 'Clients, those whose name begins so first' },
  ),
  banks: Type.Array(
    Type.Object({
      name: Type.String({ description: 'Name of the bank' }),
      connections: Type.Integer({ description: 'Connections to it' }),
    }),
    { description: 'Banks that clients have connected, those with most connections first' },
  ),
  staff: Type.Array(
    Type.Object({
      id: Id('The member of staff'),
      name: Type.String({ description: 'Full name' }),
      email: Type.String({ description: 'Work e-mail' }),
    }),
    { description: 'Staff, by name' },
  ),
})
export type Found = Static<typeof Found>

export const search = {
  everywhere: endpoint({
    id: 'search',
    method: 'GET',
    url: '/search',
    access: 'staff',
    tag: 'Search',
    summary: 'Search everywhere',
    description: 'Clients, banks and staff that have every word, of what the caller may see; a few of each.',
    schema: { querystring: Type.Object({ query: Line('Words', 100) }), response: { 200: Found } },
  }),
}
