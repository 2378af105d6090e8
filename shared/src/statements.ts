import { type Static, Type } from 'typebox'
import { Bytes, ClientParams, Described, Empty, Id, Instant, Line, Nullable, Page, pageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'

/** How large one statement may be. A scan of thirty pages has a tenth of it. */
export const statementBytesMax = 10 * 1024 * 1024
/** How many files one form may carry. */
export const statementFilesMax = 20

export const StatementKind = Type.Enum(['pdf', 'csv', 'ofx'], {
  description: 'What the file is, by what is in it; `ofx`: OFX, QFX or QBO',
})
export type StatementKind = Static<typeof StatementKind>

export const Statement = Type.Object({
  id: Id('The statement'),
  fileName: Type.String({ description: 'Name of the file, without paths and marks, with the ending of its kind' }),
  kind: StatementKind,
  byteCount: Type.Integer({ description: 'Size in bytes', minimum: 1 }),
  receivedAt: Instant('When it was received'),
  sentBy: Nullable(Type.String({ description: 'The member of staff who uploaded it; null when the client sent it' })),
  downloadedAt: Nullable(Instant('When staff first downloaded it; from then on the client cannot take it back')),
})
export type Statement = Static<typeof Statement>

const StatementParams = Type.Object({ clientId: Id('The client'), statementId: Id('The statement') })
const tag = 'Statements'

export const statements = {
  list: endpoint({
    id: 'listStatements',
    method: 'GET',
    url: '/clients/:clientId/statements',
    access: 'staff',
    tag,
    summary: "List a client's statements",
    description: 'What the client sent by the link, and what staff uploaded, newest first.',
    schema: { params: ClientParams, querystring: Type.Object(pageQuery), response: { 200: Page(Statement) } },
  }),
  add: endpoint({
    id: 'addStatement',
    method: 'POST',
    url: '/clients/:clientId/statements',
    access: 'staff',
    tag,
    summary: 'Upload a statement',
    description:
      'Keeps a PDF, CSV, OFX, QFX or QBO file, encrypted. What it is shows in its content; anything else is an `invalid_field` with the reason. A file that the client has already is not kept twice.',
    schema: {
      params: ClientParams,
      body: Type.Object(
        {
          fileName: Line('Name of the file', 255),
          content: Type.String({
            description: `The file, base64; at most ${statementBytesMax / 1024 / 1024} MB before the encoding`,
            minLength: 4,
            maxLength: Math.ceil(statementBytesMax / 3) * 4,
          }),
        },
        { additionalProperties: false },
      ),
      response: {
        201: Type.Object({
          statement: Described(Statement, 'The file as it is kept'),
          isNew: Type.Boolean({ description: 'False when the same file was there already: it is the one that is answered' }),
        }),
      },
    },
  }),
  download: endpoint({
    id: 'downloadStatement',
    method: 'GET',
    url: '/clients/:clientId/statements/:statementId/file',
    access: 'staff',
    tag,
    summary: 'Download a statement',
    description: 'The file, byte for byte as it was received. That it was downloaded is kept in the audit log.',
    schema: { params: StatementParams, response: { 200: Bytes('The file') } },
  }),
  remove: endpoint({
    id: 'deleteStatement',
    method: 'DELETE',
    url: '/clients/:clientId/statements/:statementId',
    access: 'staff',
    tag,
    summary: 'Delete a statement',
    description: 'Erases the file. It cannot be brought back; the audit log keeps that it was deleted.',
    schema: { params: StatementParams, response: { 204: Empty } },
  }),
}
