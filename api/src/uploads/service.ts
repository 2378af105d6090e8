import { and, eq, inArray, ne, sql } from 'drizzle-orm'
import type { Input } from '@ledgersync/shared/endpoint'
import { uploadBytesMax } from '@ledgersync/shared/upload-limits'
import { type Upload, type UploadField, type UploadRow, type uploads } from '@ledgersync/shared/uploads'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, invalidField, notFound } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { staffTable } from '../db/schema/firms.ts'
import { uploadRowsTable, uploadsTable } from '../db/schema/uploads.ts'
import { checkAgainstFirm, clientsHaveChanged, readRows, standsAsSeen, writeChecks } from './facts.ts'
import { enqueueRun } from './keep.ts'
import { proposeFields } from './match.ts'
import { readFile } from './read-file.ts'
import { readOneRow } from './rows.ts'
import type { Table } from './table.ts'
import { withoutExample } from './template.ts'
import { readUpload, readUploads, type UploadValues, visibleUpload } from './view.ts'

/** Reads a file and keeps its rows, with a proposal of what the columns mean. Throws `invalid_field` with what is wrong with it. */
export async function createUpload(ctx: StaffCtx, { fileName, content }: Input<typeof uploads.create>['body']): Promise<Upload> {
  await withFirm(ctx, (tx) => refuseTooMany(tx, ctx), 'read')
  const table = withoutExample(await readFile(bytesOf(content)))
  // It looks at thousands of cells, and no transaction waits for that
  const fields = proposeFields(table)
  return withFirm(ctx, async (tx) => {
    // One after the other, so that lists sent at once do not pass the bound together
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`create_upload:${ctx.firmId}`}, 0))`)
    await refuseTooMany(tx, ctx)
    const uploadId = newId()
    await tx.insert(uploadsTable).values({
      firmId: ctx.firmId,
      id: uploadId,
      fileName: fileName.trim(),
      state: 'matching',
      createdAt: ctx.deps.now(),
      createdBy: ctx.actor.staffId,
      notes: table.notes,
      headers: table.headers,
      fields,
      staffHaveAccess: false,
    })
    await insertRows(tx, ctx, uploadId, table)
    await recordAudit(tx, ctx, 'upload.created', { id: uploadId, details: { rows: table.rows.length } })
    await publish(tx, ctx, 'uploads', null)
    return readUpload(tx, ctx, uploadId)
  })
}

function bytesOf(content: string): Buffer {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(content) || content.length % 4 !== 0) throw invalidField('body.content', 'This is not base64.')
  const bytes = Buffer.from(content, 'base64')
  if (bytes.length > uploadBytesMax) throw new AppError('body_too_large', `A file may have at most ${uploadBytesMax / 1024 / 1024} MB.`)
  return bytes
}

/** Lists that are not added yet: of one person, and of all of a firm. Those that are done keep next to nothing, and go by themselves. */
const unfinishedMax = { person: 5, firm: 100 }

async function refuseTooMany(tx: Tx, ctx: StaffCtx): Promise<void> {
  const unfinished = and(eq(uploadsTable.firmId, ctx.firmId), ne(uploadsTable.state, 'done'))
  const own = await tx.$count(uploadsTable, and(unfinished, eq(uploadsTable.createdBy, ctx.actor.staffId)))
  if (own >= unfinishedMax.person)
    throw new AppError('conflict', `You have ${own} lists that are not added yet. Add or delete one of them, and upload the file again.`)
  const all = await tx.$count(uploadsTable, unfinished)
  if (all >= unfinishedMax.firm)
    throw new AppError(
      'conflict',
      `Your firm has ${all} lists that are not added yet. Ask an administrator to add or delete some, and upload the file again.`,
    )
}

/** Rows of one statement: seven parameters each, of the 65,535 that PostgreSQL takes. */
const rowsAtOnce = 1_000

async function insertRows(tx: Tx, { firmId }: StaffCtx, uploadId: string, { rows }: Table): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    const part = rows.slice(from, from + rowsAtOnce)
    await tx.insert(uploadRowsTable).values(part.map(({ row, cells, damage }) => ({ firmId, uploadId, row, cells, damage, problems: [] })))
  }
}

/** The uploads of the last days, newest first. */
export function listUploads(ctx: StaffCtx): Promise<Upload[]> {
  return withFirm(ctx, (tx) => readUploads(tx, ctx), 'read')
}

export function getUpload(ctx: StaffCtx, uploadId: string): Promise<Upload> {
  return withFirm(ctx, (tx) => readUpload(tx, ctx, uploadId), 'read')
}

const notNow: Partial<Record<Upload['state'], string>> = {
  queued: 'The clients of this upload are being written. Wait until that is done.',
  inviting: 'The clients of this upload are written already, and their invites are on the way.',
  done: 'The clients of this upload are written already.',
  matching: 'Say first what the columns mean.',
}

/** The upload, held until the transaction ends. `conflict` unless it is in one of the states. */
async function holdUpload(tx: Tx, ctx: StaffCtx, uploadId: string, states: readonly Upload['state'][]): Promise<UploadValues> {
  const [upload] = await tx
    .select()
    .from(uploadsTable)
    .where(and(visibleUpload(ctx), eq(uploadsTable.id, uploadId)))
    .for('update')
  if (upload === undefined) throw notFound('upload')
  if (!states.includes(upload.state)) throw new AppError('conflict', notNow[upload.state] ?? 'This upload has moved on.')
  return upload
}

/** Takes the meaning of each column and checks every row. */
export async function matchUpload(
  ctx: StaffCtx,
  uploadId: string,
  { fields, staffHaveAccess }: Input<typeof uploads.match>['body'],
): Promise<Upload> {
  return withFirm(ctx, async (tx) => {
    const { headers } = await holdUpload(tx, ctx, uploadId, ['matching', 'ready'])
    checkFields(fields, headers.length)
    await tx
      .update(uploadsTable)
      .set({ fields, staffHaveAccess, state: 'ready', refusal: null })
      .where(and(eq(uploadsTable.firmId, ctx.firmId), eq(uploadsTable.id, uploadId)))
    await checkUpload(tx, ctx, uploadId, { fields, staffHaveAccess })
    await recordAudit(tx, ctx, 'upload.matched', { id: uploadId })
    await publish(tx, ctx, 'uploads', null)
    return readUpload(tx, ctx, uploadId)
  })
}

function checkFields(fields: readonly (UploadField | null)[], columns: number): void {
  if (fields.length !== columns) throw invalidField('body.fields', `This file has ${columns} columns; say what each one means.`)
  const named = fields.filter((field) => field !== null)
  const twice = named.find((field, index) => named.indexOf(field) !== index)
  if (twice !== undefined) throw invalidField('body.fields', 'Two columns cannot mean the same thing. Choose one of them.')
  if (named.includes('contactName') && (named.includes('contactFirstName') || named.includes('contactLastName')))
    throw invalidField('body.fields', 'Match either the whole contact name, or first and last name.')
  if (!named.includes('businessName') && !named.includes('username') && !named.includes('email'))
    throw invalidField('body.fields', 'Say which column is the business name.')
}

/** Checks every row and writes down what it found; answers whether that is what the check before had found. */
async function checkUpload(
  tx: Tx,
  ctx: StaffCtx,
  uploadId: string,
  matching: Pick<UploadValues, 'fields' | 'staffHaveAccess'>,
): Promise<{ isAsSeen: boolean }> {
  const rows = await readRows(tx, ctx, uploadId)
  const checked = await checkAgainstFirm(tx, ctx, rows, { matching, hold: 'key share' })
  await writeChecks(tx, ctx, uploadId, checked)
  return { isAsSeen: standsAsSeen(rows, checked) }
}

/** Writes one cell and checks every row again. */
export async function setCell(
  ctx: StaffCtx,
  uploadId: string,
  { row, column, value }: Input<typeof uploads.setCell>['body'],
): Promise<UploadRow> {
  return withFirm(ctx, async (tx) => {
    const upload = await holdUpload(tx, ctx, uploadId, ['ready'])
    if (column >= upload.headers.length) throw invalidField('body.column', `This file has ${upload.headers.length} columns.`)
    const changed = await tx
      .update(uploadRowsTable)
      .set({
        cells: sql`jsonb_set(${uploadRowsTable.cells}, array[${String(column)}], to_jsonb(${value.trim()}::text))`,
        damage: sql`${uploadRowsTable.damage} - ${String(column)}::text`,
      })
      .where(and(eq(uploadRowsTable.firmId, ctx.firmId), eq(uploadRowsTable.uploadId, uploadId), eq(uploadRowsTable.row, row)))
      .returning({ row: uploadRowsTable.row })
    if (changed.length === 0) throw invalidField('body.row', `Row ${row} is not in this file, or is empty there.`)
    // What the last attempt met may be what was corrected
    await tx
      .update(uploadsTable)
      .set({ refusal: null })
      .where(and(eq(uploadsTable.firmId, ctx.firmId), eq(uploadsTable.id, uploadId)))
    await checkUpload(tx, ctx, uploadId, upload)
    await recordAudit(tx, ctx, 'upload.corrected', { id: uploadId, details: { row, column } })
    await publish(tx, ctx, 'uploads', null)
    return readOneRow(tx, ctx, uploadId, row)
  })
}

/**
 * Has the clients written by a job. Refuses at once what is known to write nothing. Where somebody else made the list, they saw other
 * clients when they looked at its rows: these are checked anew, and `conflict` says so when they do something else than was seen.
 */
export async function startUpload(
  ctx: StaffCtx,
  uploadId: string,
  { badRows, invite = 'none' }: Input<typeof uploads.run>['body'],
): Promise<Upload> {
  const started = await withFirm(ctx, async (tx) => {
    const upload = await holdUpload(tx, ctx, uploadId, ['ready'])
    if (upload.createdBy !== ctx.actor.staffId && !(await checkUpload(tx, ctx, uploadId, upload)).isAsSeen) {
      await publish(tx, ctx, 'uploads', null)
      return null
    }
    const { counts } = await readUpload(tx, ctx, uploadId)
    if (counts.bad > 0 && badRows === 'refuse')
      throw invalidField(
        'body.badRows',
        `${counts.bad === 1 ? '1 row has' : `${counts.bad} rows have`} an error. Correct it, or leave such rows out.`,
      )
    if (counts.bad === counts.rows) throw invalidField('body.badRows', 'No row is without an error, so there is nothing to write.')
    if (invite !== 'none') await checkSender(tx, ctx)
    const queued = await tx
      .update(uploadsTable)
      .set({
        state: 'queued',
        badRows,
        invite,
        refusal: null,
        requestedAt: ctx.deps.now(),
        requestedBy: ctx.actor.staffId,
        requestId: ctx.requestId,
        requestIp: ctx.ip,
        progressDone: 0,
        progressTotal: counts.rows,
      })
      .where(and(eq(uploadsTable.firmId, ctx.firmId), eq(uploadsTable.id, uploadId), eq(uploadsTable.state, 'ready')))
      .returning({ id: uploadsTable.id })
    one(queued)
    await enqueueRun(tx, ctx, uploadId)
    await recordAudit(tx, ctx, 'upload.started', { id: uploadId, details: { badRows, invite } })
    await publish(tx, ctx, 'uploads', null)
    return readUpload(tx, ctx, uploadId)
  })
  if (started === null) throw new AppError('conflict', clientsHaveChanged)
  return started
}

async function checkSender(tx: Tx, ctx: StaffCtx): Promise<void> {
  const [sender] = await tx
    .select({ verifiedAt: staffTable.emailVerifiedAt })
    .from(staffTable)
    .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, ctx.actor.staffId)))
  if (sender?.verifiedAt === null)
    throw new AppError('email_unverified', 'Verify your own e-mail first: your clients get messages in your name.')
}

/** Deletes an upload with its rows; clients that were added stay. */
export async function removeUpload(ctx: StaffCtx, uploadId: string): Promise<void> {
  await withFirm(ctx, async (tx) => {
    const removable = ['matching', 'ready', 'done'] as const
    await holdUpload(tx, ctx, uploadId, removable)
    const gone = await tx
      .delete(uploadsTable)
      .where(and(eq(uploadsTable.firmId, ctx.firmId), eq(uploadsTable.id, uploadId), inArray(uploadsTable.state, removable)))
      .returning({ id: uploadsTable.id })
    one(gone)
    await recordAudit(tx, ctx, 'upload.deleted', { id: uploadId })
    await publish(tx, ctx, 'uploads', null)
  })
}
