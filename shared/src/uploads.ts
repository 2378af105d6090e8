import { type Static, Type } from 'typebox'
import { InviteChannel } from './clients.ts'
import { Empty, Id, Instant, Line, List, Nullable, OptionalLine, Page, pageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'
import { uploadBytesMax, uploadColumnsMax, uploadRowsMax } from './upload-limits.ts'

/** What a column of a spreadsheet can say about a client. */
export const uploadFields = [
  'businessName',
  'contactName',
  'contactFirstName',
  'contactLastName',
  'email',
  'username',
  'phone',
  'staffHaveAccess',
  'textConsent',
  'timeZone',
  'language',
  'group',
  'staff',
] as const
export const UploadField = Type.Enum([...uploadFields], { description: 'What a column says about a client' })
export type UploadField = (typeof uploadFields)[number]

/** The fields as people read them: labels of the matching, headers of the template. */
export const uploadFieldWords: Record<UploadField, { label: string; note: string }> = {
  businessName: { label: 'Business name', note: 'Needed for every new client.' },
  contactName: { label: 'Contact name', note: 'First and last name in one column: "Nora Velasco" or "Velasco, Nora".' },
  contactFirstName: { label: 'Contact first name', note: 'Optional.' },
  contactLastName: { label: 'Contact last name', note: 'Optional.' },
  email: { label: 'E-mail', note: 'Needed unless you have the bank login of the client.' },
  username: { label: 'Username', note: 'The e-mail when left empty. A row whose username exists already changes that client.' },
  phone: { label: 'Cell phone', note: 'Needed unless you have the bank login. Outside the US begin with + and the country.' },
  staffHaveAccess: { label: 'We have the bank login', note: 'Yes or no.' },
  textConsent: { label: 'Agreed to texts', note: 'Yes or no.' },
  timeZone: { label: 'Time zone', note: "A name such as America/Chicago. Your firm's when left empty." },
  language: { label: 'Language', note: 'English or Spanish.' },
  group: { label: 'Group', note: 'The name of a group that your firm has.' },
  staff: { label: 'Staff', note: 'E-mails of who is assigned, separated by commas.' },
}

export const UploadState = Type.Enum(['matching', 'ready', 'queued', 'inviting', 'done'], {
  description:
    '`matching`: columns wait to be matched; `ready`: every row was checked; `queued`: clients are being written; `inviting`: clients are written and invites go out; `done`',
})
export type UploadState = Static<typeof UploadState>

/** What is to become of a file with rows that cannot be taken. */
export const BadRows = Type.Enum(['refuse', 'skip'], {
  description: '`refuse`: upload all rows or none; `skip`: upload the good rows and leave out the others',
})
export type BadRows = Static<typeof BadRows>

export const UploadColumn = Type.Object({
  header: Type.String({ description: 'Words of the header; a letter when it is empty' }),
  samples: Type.Array(Type.String(), { description: 'The first values, at most three' }),
  field: Nullable(UploadField),
})
export type UploadColumn = Static<typeof UploadColumn>

const count = (description: string) => Type.Integer({ description, minimum: 0 })

export const Upload = Type.Object({
  id: Id('The upload'),
  fileName: Type.String({ description: 'Name of the file' }),
  state: UploadState,
  createdAt: Instant('When the file was uploaded'),
  createdBy: Type.String({ description: 'Who uploaded it' }),
  keptUntil: Instant('When the upload and its rows are deleted'),
  notes: Type.Array(Type.String(), { description: 'What the reader of the file has to say about it, in sentences' }),
  columns: Type.Array(UploadColumn, { description: 'The columns with what they are matched with, or a proposal' }),
  staffHaveAccess: Type.Boolean({ description: 'What holds for rows that do not say whether staff hold the bank login' }),
  counts: Type.Object(
    {
      rows: count('Rows with anything in them'),
      create: count('Rows that add a client'),
      update: count('Rows that change a client'),
      nothing: count('Rows whose client stands as the row says'),
      bad: count('Rows that cannot be taken'),
    },
    { description: 'What the rows do, as they were last checked' },
  ),
  refusal: Nullable(Type.String({ description: 'Why the last attempt wrote nothing; null when there was none' })),
  run: Nullable(
    Type.Object({
      badRows: BadRows,
      invite: InviteChannel,
      startedAt: Instant('When it was asked for'),
      finishedAt: Nullable(Instant('When the last row and invite was written')),
      progress: Type.Object({ done: count('Rows or invites that are done'), total: count('Of how many') }, { description: 'Of this step' }),
      created: count('Clients added'),
      updated: count('Clients changed'),
      unchanged: count('Clients that stood as the row says'),
      skipped: count('Rows left out'),
      invited: count('Invites made'),
      notInvited: count('Clients that could not be invited'),
    }),
    { description: 'The upload itself; null until it is asked for' },
  ),
})
export type Upload = Static<typeof Upload>

export const CellProblem = Type.Object({
  column: Nullable(Type.Integer({ description: 'Index of the column from 0; null when no column is matched with the field' })),
  message: Type.String({ description: 'What is wrong and what to do, in a sentence' }),
})
export type CellProblem = Static<typeof CellProblem>

export const CellChange = Type.Object({
  column: Type.Integer({ description: 'Index of the column from 0' }),
  before: Type.String({ description: 'What the client says now; empty when it says nothing' }),
})
export type CellChange = Static<typeof CellChange>

export const UploadRow = Type.Object({
  row: Type.Integer({ description: 'Number of the row in the file, from 1' }),
  cells: Type.Array(Type.String(), { description: 'The cells as text, one for each column; empty once the row was written' }),
  problems: Type.Array(CellProblem, { description: 'What is wrong with it; empty when it can be taken' }),
  action: Nullable(Type.Enum(['create', 'update', 'nothing'], { description: 'What uploading it does; null when it cannot be taken' })),
  outcome: Nullable(Type.Enum(['created', 'updated', 'unchanged', 'skipped'], { description: 'What it became; null before the upload' })),
  changes: Type.Array(CellChange, { description: 'The cells that change the client; empty unless the row waits to change one' }),
  warning: Nullable(
    Type.String({ description: 'For a row that waits to add a client: which client of the same name, phone or e-mail there is already' }),
  ),
  client: Nullable(Type.Object({ id: Id('The client'), businessName: Type.String({ description: 'Name of the business' }) }), {
    description: 'The client that it adds or changes; null when there is none yet',
  }),
  invite: Nullable(Type.Enum(['waiting', 'made', 'refused'], { description: 'State of its invite; null when there is none' })),
  inviteReason: Nullable(Type.String({ description: 'Why no invite was made' })),
})
export type UploadRow = Static<typeof UploadRow>

const FileAnswer = Type.Object({
  fileName: Type.String({ description: 'Name to save it under' }),
  mediaType: Type.String({ description: 'Its media type' }),
  content: Type.String({ description: 'The file, base64' }),
})

const UploadParams = Type.Object({ uploadId: Id('The upload') })
const tag = 'Uploads'

export const uploads = {
  create: endpoint({
    id: 'createUpload',
    method: 'POST',
    url: '/uploads',
    access: 'staff',
    tag,
    summary: 'Upload a list of clients',
    description: `Reads a CSV or XLSX file of at most ${uploadRowsMax} rows and proposes what its columns mean. No client is added yet. A file that cannot be read is an \`invalid_field\` with the reason.`,
    schema: {
      body: Type.Object(
        {
          fileName: Line('Name of the file', 255),
          content: Type.String({
            description: `The file, base64; at most ${uploadBytesMax / 1024 / 1024} MB before the encoding`,
            minLength: 4,
            maxLength: Math.ceil(uploadBytesMax / 3) * 4,
          }),
        },
        { additionalProperties: false },
      ),
      response: { 201: Upload },
    },
  }),
  list: endpoint({
    id: 'listUploads',
    method: 'GET',
    url: '/uploads',
    access: 'staff',
    tag,
    summary: 'List uploads',
    description: 'The uploads of the last days, newest first. Employees see their own.',
    schema: { response: { 200: List(Upload) } },
  }),
  template: endpoint({
    id: 'getUploadTemplate',
    method: 'GET',
    url: '/uploads/template',
    access: 'staff',
    tag,
    summary: 'Template of a list',
    description: 'A spreadsheet with every column, an example row and notes.',
    schema: {
      querystring: Type.Object({ format: Type.Optional(Type.Enum(['csv', 'xlsx'], { description: 'Kind of file', default: 'xlsx' })) }),
      response: { 200: FileAnswer },
    },
  }),
  get: endpoint({
    id: 'getUpload',
    method: 'GET',
    url: '/uploads/:uploadId',
    access: 'staff',
    tag,
    summary: 'One upload',
    description: 'An upload with its columns, what its rows do and how far it is.',
    schema: { params: UploadParams, response: { 200: Upload } },
  }),
  match: endpoint({
    id: 'matchUpload',
    method: 'PUT',
    url: '/uploads/:uploadId/matching',
    access: 'staff',
    tag,
    summary: 'Match the columns',
    description: 'Says what each column means and checks every row. No field may be named twice.',
    schema: {
      params: UploadParams,
      body: Type.Object(
        {
          fields: Type.Array(Nullable(UploadField), {
            description: 'For each column what it means; null when it is not used',
            minItems: 1,
            maxItems: uploadColumnsMax,
          }),
          staffHaveAccess: Type.Boolean({ description: 'What holds for rows that do not say whether staff hold the bank login' }),
        },
        { additionalProperties: false },
      ),
      response: { 200: Upload },
    },
  }),
  rows: endpoint({
    id: 'listUploadRows',
    method: 'GET',
    url: '/uploads/:uploadId/rows',
    access: 'staff',
    tag,
    summary: 'Preview the rows',
    description: "The rows with every cell's problem and what each does, in the order of the file.",
    schema: {
      params: UploadParams,
      querystring: Type.Object({
        ...pageQuery,
        only: Type.Optional(
          Type.Enum(['all', 'bad', 'create', 'update', 'nothing', 'not_invited'], { description: 'Which rows', default: 'all' }),
        ),
      }),
      response: { 200: Page(UploadRow) },
    },
  }),
  setCell: endpoint({
    id: 'setUploadCell',
    method: 'PATCH',
    url: '/uploads/:uploadId/cells',
    access: 'staff',
    tag,
    summary: 'Correct a cell',
    description: 'Writes one cell and checks every row again, since one row may have stood in the way of another.',
    schema: {
      params: UploadParams,
      body: Type.Object(
        {
          row: Type.Integer({ description: 'Number of the row in the file', minimum: 1, maximum: 2_000_000 }),
          column: Type.Integer({ description: 'Index of the column from 0', minimum: 0, maximum: uploadColumnsMax - 1 }),
          value: OptionalLine('The new value', 1_000),
        },
        { additionalProperties: false },
      ),
      response: { 200: UploadRow },
    },
  }),
  run: endpoint({
    id: 'runUpload',
    method: 'POST',
    url: '/uploads/:uploadId/run',
    access: 'staff',
    tag,
    summary: 'Write the clients',
    description:
      'Adds and changes the clients, all in one step or none. Rows are checked once more as they are written; when one would add or change a client that the preview did not name, nothing is written. New clients whose bank login staff do not hold are invited by the channel.',
    schema: {
      params: UploadParams,
      body: Type.Object({ badRows: BadRows, invite: Type.Optional(InviteChannel) }, { additionalProperties: false }),
      response: { 202: Upload },
    },
  }),
  badRows: endpoint({
    id: 'getUploadBadRows',
    method: 'GET',
    url: '/uploads/:uploadId/bad-rows',
    access: 'staff',
    tag,
    summary: 'Download the bad rows',
    description: 'The rows that cannot be taken as CSV, with the reasons; it can be corrected and uploaded.',
    schema: { params: UploadParams, response: { 200: FileAnswer } },
  }),
  remove: endpoint({
    id: 'deleteUpload',
    method: 'DELETE',
    url: '/uploads/:uploadId',
    access: 'staff',
    tag,
    summary: 'Delete an upload',
    description: 'Deletes the rows that are kept of the file. Clients that were added stay. One that is being written is a `conflict`.',
    schema: { params: UploadParams, response: { 204: Empty } },
  }),
}
