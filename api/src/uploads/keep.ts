import { and, eq, inArray, lt, sql } from 'drizzle-orm'
import { uploadKeptDays } from '@ledgersync/shared/upload-limits'
import type { CellProblem, UploadField } from '@ledgersync/shared/uploads'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { enqueue } from '../core/enqueue.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import type { clientsTable } from '../db/schema/clients.ts'
import { uploadRowsTable, uploadsTable } from '../db/schema/uploads.ts'

const dayMs = 24 * 60 * 60_000

export const keptUntil = (createdAt: Date): Date => new Date(createdAt.getTime() + uploadKeptDays * dayMs)

/** Job, for one firm: deletes the uploads of days ago. One that is being written stays until it is done. */
export async function sweepUploads(deps: Deps, firmId: string): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'sweep')
  const before = new Date(deps.now().getTime() - uploadKeptDays * dayMs)
  await withFirm(ctx, (tx) =>
    tx
      .delete(uploadsTable)
      .where(
        and(
          eq(uploadsTable.firmId, firmId),
          lt(uploadsTable.createdAt, before),
          inArray(uploadsTable.state, ['matching', 'ready', 'done']),
        ),
      ),
  )
}

/** Asks for the job that writes the clients of an upload, in the caller's transaction. */
export async function enqueueRun(tx: Tx, { firmId }: Ctx, uploadId: string): Promise<void> {
  await enqueue(tx, 'run_upload', { firmId, uploadId }, { key: `run_upload:${uploadId}` })
}

type ClientValues = typeof clientsTable.$inferSelect

/**
 * Deletes what stored uploads say about a client: the rows that were written as it or would change it, and those that wait and stand
 * for it by username or e-mail. Rows of others that have its name, phone or e-mail in a cell stay, without what that cell said. The
 * client must be held.
 */
export async function eraseUploaded(tx: Tx, ctx: Ctx, client: ClientValues): Promise<void> {
  await tx.delete(uploadRowsTable).where(and(eq(uploadRowsTable.firmId, ctx.firmId), eq(uploadRowsTable.clientId, client.id)))
  const found = await rowsNaming(tx, ctx, client)
  const [gone, kept] = [found.filter((row) => standsFor(row, client)), found.filter((row) => !standsFor(row, client))]
  await tx.execute(sql`
    delete from upload_rows r using jsonb_to_recordset(${JSON.stringify(gone.map(keyOf))}::jsonb) as v(upload_id uuid, row_number integer)
    where r.firm_id = ${ctx.firmId} and r.upload_id = v.upload_id and r.row_number = v.row_number`)
  await tx.execute(sql`
    update upload_rows r set cells = v.cells, damage = v.damage, problems = v.problems,
      action = case when v.is_read then null else r.action end, client_id = case when v.is_read then null else r.client_id end
    from jsonb_to_recordset(${JSON.stringify(kept.map((row) => withoutClient(row, client)))}::jsonb)
      as v(upload_id uuid, row_number integer, cells jsonb, damage jsonb, problems jsonb, is_read boolean)
    where r.firm_id = ${ctx.firmId} and r.upload_id = v.upload_id and r.row_number = v.row_number`)
  await tx.execute(sql`
    update uploads u set file_name = 'Spreadsheet'
    where u.firm_id = ${ctx.firmId} and position(${client.businessName.toLowerCase()} in lower(u.file_name)) > 0`)
  await publish(tx, ctx, 'uploads', null)
}

interface NamingRow extends Record<string, unknown> {
  upload_id: string
  row_number: number
  cells: string[]
  damage: Record<number, string>
  problems: CellProblem[]
  fields: (UploadField | null)[]
}

const keyOf = ({ upload_id, row_number }: NamingRow) => ({ upload_id, row_number })
const namesOf = ({ username, email }: ClientValues): string[] => [username, email].flatMap((word) => word?.toLowerCase() ?? [])

/** A phone may stand in a cell without the country, and with any signs between the digits. */
function digitsOf({ phone }: ClientValues): string[] {
  const digits = phone?.replaceAll(/\D/g, '') ?? ''
  if (digits === '') return []
  return digits.startsWith('1') ? [digits, digits.slice(1)] : [digits]
}

async function rowsNaming(tx: Tx, ctx: Ctx, client: ClientValues): Promise<NamingRow[]> {
  const words = [...namesOf(client), client.businessName.toLowerCase()]
  const { rows } = await tx.execute<NamingRow>(sql`
    select r.upload_id, r.row_number, r.cells, r.damage, r.problems, u.fields
    from upload_rows r join uploads u on u.firm_id = r.firm_id and u.id = r.upload_id
    where r.firm_id = ${ctx.firmId} and exists (
      select from jsonb_array_elements_text(r.cells) t(cell) where lower(t.cell) = any(${sql.param(words)}::text[])
        or regexp_replace(t.cell, '\\D', '', 'g') = any(${sql.param(digitsOf(client))}::text[]))
    order by r.upload_id, r.row_number for update of r`)
  return rows
}

/** Whether the row is about this client: by its username, or by its e-mail where it names no other. */
function standsFor({ cells, fields }: NamingRow, client: ClientValues): boolean {
  const cellOf = (field: UploadField): string => cells[fields.indexOf(field)]?.toLowerCase() ?? ''
  return namesOf(client).includes(cellOf('username') || cellOf('email'))
}

const erased = 'This named a client that was deleted. Type what belongs to this row.'

const namesAny = (text: string, names: readonly string[]): boolean => names.some((name) => text.toLowerCase().includes(name))

/** The row without what its cells say of the client; each of them is a problem until somebody has written it anew. */
function withoutClient(row: NamingRow, client: ClientValues) {
  const [names, digits, businessName] = [namesOf(client), digitsOf(client), client.businessName.toLowerCase()]
  const columns = row.cells.flatMap((cell, column) => {
    const field = row.fields[column] ?? null
    // The name of a business may be a word that means another thing elsewhere, such as a city or a group
    const isName = cell.toLowerCase() === businessName && (field === null || field === 'businessName' || field === 'contactName')
    return isName || names.includes(cell.toLowerCase()) || digits.includes(cell.replaceAll(/\D/g, '')) ? [column] : []
  })
  const read = columns.filter((column) => (row.fields[column] ?? null) !== null)
  return {
    ...keyOf(row),
    cells: row.cells.map((cell, column) => (columns.includes(column) ? '' : cell)),
    damage: { ...row.damage, ...Object.fromEntries(columns.map((column) => [column, erased])) },
    problems: [
      ...row.problems.filter(({ column, message }) => !read.includes(column ?? -1) && !namesAny(message, names)),
      ...read.map((column): CellProblem => ({ column, message: erased })),
    ],
    is_read: read.length > 0,
  }
}
