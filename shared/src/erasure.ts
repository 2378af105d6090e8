import { type Static, Type } from 'typebox'
import { ClientParams, Empty, Line, Nullable, Zip } from './common.ts'
import { endpoint } from './endpoint.ts'

/** What deleting a client does, for the question that comes before it. */
export const Deletion = Type.Object({
  banks: Type.Integer({ description: 'Bank connections that are ended at the bank provider' }),
  booksCompany: Nullable(Type.String({ description: 'QuickBooks company that is disconnected; null when none is connected' })),
  transactions: Type.Integer({ description: 'Transactions that are erased' }),
  rules: Type.Integer({ description: "The client's own rules that are erased" }),
  statements: Type.Integer({ description: 'Statements that are erased' }),
  messages: Type.Integer({ description: 'Messages that are erased' }),
  waitingMessages: Type.Integer({ description: 'Of these, messages that are not sent any more' }),
  waitingEntries: Type.Integer({ description: 'Entries on their way that are not made any more' }),
  entriesInBooks: Type.Integer({ description: 'Entries that stay in QuickBooks as they are' }),
})
export type Deletion = Static<typeof Deletion>

const tag = 'Clients'

export const erasure = {
  preview: endpoint({
    id: 'previewClientDeletion',
    method: 'GET',
    url: '/clients/:clientId/deletion',
    access: 'administrator',
    tag,
    summary: 'What deleting a client would do',
    description: 'What would be disconnected, what erased, and what stays. Changes nothing.',
    schema: { params: ClientParams, response: { 200: Deletion } },
  }),
  export: endpoint({
    id: 'exportClient',
    method: 'GET',
    url: '/clients/:clientId/export',
    access: 'administrator',
    tag,
    summary: 'Export a client',
    description:
      'Everything that is held of the client, as a ZIP of CSV files and the statements as they were received: details, banks and accounts, transactions, entries in QuickBooks, rules, mappings, invites, messages and what was done. No link, no access and no other secret is in it.',
    schema: {
      params: ClientParams,
      response: { 200: Zip('CSV files, one for each kind of thing, and the statements') },
    },
  }),
  remove: endpoint({
    id: 'deleteClient',
    method: 'DELETE',
    url: '/clients/:clientId',
    access: 'administrator',
    tag,
    summary: 'Delete a client',
    description:
      'Cannot be undone. Links stop working, what waits is not sent, all data is erased, and banks and QuickBooks are disconnected. Entries that stand in QuickBooks stay there; the audit log keeps that the client was deleted.',
    schema: {
      params: ClientParams,
      body: Type.Object({ businessName: Line('Name of the business, as it is written, to confirm') }, { additionalProperties: false }),
      response: { 204: Empty },
    },
  }),
}
