import { and, eq, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { uploadKeptDays } from '@ledgersync/shared/upload-limits'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { enqueue } from '../core/enqueue.ts'
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

/**
 * Deletes what stored uploads say about a client: the rows that were written as it, and those that name it by its username, e-mail,
 * phone or name and wait to be written. The client must be held.
 */
export async function eraseUploaded(tx: Tx, ctx: Ctx, client: typeof clientsTable.$inferSelect): Promise<void> {
  await tx.delete(uploadRowsTable).where(and(eq(uploadRowsTable.firmId, ctx.firmId), eq(uploadRowsTable.clientId, client.id)))
  const words = [client.username, client.email, client.businessName].flatMap((word) => (word === null ? [] : [word.toLowerCase()]))
  const digits = client.phone?.replaceAll(/\D/g, '') ?? null
  // A phone may stand there without the country, and with any signs between the digits
  const isPhone: SQL =
    digits === null
      ? sql`false`
      : sql`regexp_replace(t.cell, '\\D', '', 'g') in (${digits}, ${digits.startsWith('1') ? digits.slice(1) : digits})`
  await tx.execute(sql`
    delete from upload_rows r where r.firm_id = ${ctx.firmId} and exists (
      select from jsonb_array_elements_text(r.cells) t(cell) where lower(t.cell) = any(${sql.param(words)}::text[]) or ${isPhone})`)
  await tx.execute(sql`
    update uploads u set file_name = 'Spreadsheet'
    where u.firm_id = ${ctx.firmId} and position(${client.businessName.toLowerCase()} in lower(u.file_name)) > 0`)
}
