import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import type { Upload } from '@ledgersync/shared/uploads'
import type { StaffCtx } from '../core/context.ts'
import { notFound } from '../core/errors.ts'
import type { Tx } from '../db/client.ts'
import { staffTable } from '../db/schema/firms.ts'
import { uploadsTable } from '../db/schema/uploads.ts'
import { keptUntil } from './keep.ts'

export type UploadValues = typeof uploadsTable.$inferSelect

/** Uploads the person may see: administrators all, employees their own. */
export function visibleUpload(ctx: StaffCtx): SQL {
  const own = ctx.actor.role === 'administrator' ? undefined : eq(uploadsTable.createdBy, ctx.actor.staffId)
  return and(eq(uploadsTable.firmId, ctx.firmId), own) ?? sql`false`
}

interface Tally {
  rows: number
  create: number
  update: number
  nothing: number
  bad: number
  created: number
  updated: number
  unchanged: number
  skipped: number
  invited: number
  not_invited: number
}

const noRows: Tally = {
  rows: 0,
  create: 0,
  update: 0,
  nothing: 0,
  bad: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  skipped: 0,
  invited: 0,
  not_invited: 0,
}

async function readTallies(tx: Tx, ctx: StaffCtx, ids: readonly string[]): Promise<Map<string, Tally>> {
  const { rows } = await tx.execute<Tally & { upload_id: string } & Record<string, unknown>>(sql`
    select r.upload_id, count(*)::int as rows, (count(*) filter (where r.action = 'create'))::int as "create",
      (count(*) filter (where r.action = 'update'))::int as "update", (count(*) filter (where r.action = 'nothing'))::int as nothing,
      (count(*) filter (where r.problems <> '[]'))::int as bad, (count(*) filter (where r.outcome = 'created'))::int as created,
      (count(*) filter (where r.outcome = 'updated'))::int as updated, (count(*) filter (where r.outcome = 'unchanged'))::int as unchanged,
      (count(*) filter (where r.outcome = 'skipped'))::int as skipped, (count(*) filter (where r.invite = 'made'))::int as invited,
      (count(*) filter (where r.invite = 'refused'))::int as not_invited
    from upload_rows r where r.firm_id = ${ctx.firmId} and r.upload_id = any(${sql.param(ids)}::uuid[]) group by r.upload_id`)
  return new Map(rows.map((row) => [row.upload_id, row]))
}

const sampleRows = 20
const samplesMax = 3

/** By column, the first values that are not empty. */
async function readSamples(tx: Tx, ctx: StaffCtx, uploadId: string, columns: number): Promise<string[][]> {
  const { rows } = await tx.execute<{ cells: string[] }>(
    sql`select r.cells from upload_rows r where r.firm_id = ${ctx.firmId} and r.upload_id = ${uploadId} order by r.row_number limit ${sampleRows}`,
  )
  return Array.from({ length: columns }, (_, column) => rows.flatMap(({ cells }) => cells[column] || []).slice(0, samplesMax))
}

function toUpload(upload: UploadValues, createdBy: string, tally: Tally, samples: string[][]): Upload {
  const { badRows, invite, requestedAt } = upload
  const { rows, create, update, nothing, bad, created, updated, unchanged, skipped, invited } = tally
  return {
    id: upload.id,
    fileName: upload.fileName,
    state: upload.state,
    createdAt: upload.createdAt.toISOString(),
    createdBy,
    keptUntil: keptUntil(upload.createdAt).toISOString(),
    notes: upload.notes,
    columns: upload.headers.map((header, column) => ({ header, samples: samples[column] ?? [], field: upload.fields[column] ?? null })),
    staffHaveAccess: upload.staffHaveAccess,
    counts: { rows, create, update, nothing, bad },
    refusal: upload.refusal,
    run:
      badRows === null || invite === null || requestedAt === null
        ? null
        : {
            badRows,
            invite,
            startedAt: requestedAt.toISOString(),
            finishedAt: upload.finishedAt?.toISOString() ?? null,
            progress: { done: upload.progressDone, total: upload.progressTotal },
            created,
            updated,
            unchanged,
            skipped,
            invited,
            notInvited: tally.not_invited,
          },
  }
}

const listMax = 50

async function selectUploads(tx: Tx, ctx: StaffCtx, where?: SQL): Promise<{ upload: UploadValues; createdBy: string; tally: Tally }[]> {
  const rows = await tx
    .select({ upload: uploadsTable, createdBy: staffTable.name })
    .from(uploadsTable)
    .innerJoin(staffTable, and(eq(staffTable.firmId, uploadsTable.firmId), eq(staffTable.id, uploadsTable.createdBy)))
    .where(and(visibleUpload(ctx), where))
    .orderBy(desc(uploadsTable.createdAt), desc(uploadsTable.id))
    .limit(listMax)
  const tallies = await readTallies(
    tx,
    ctx,
    rows.map(({ upload }) => upload.id),
  )
  return rows.map((row) => ({ ...row, tally: tallies.get(row.upload.id) ?? noRows }))
}

/** The person's uploads, newest first, without samples of their rows. */
export async function readUploads(tx: Tx, ctx: StaffCtx): Promise<Upload[]> {
  return (await selectUploads(tx, ctx)).map(({ upload, createdBy, tally }) => toUpload(upload, createdBy, tally, []))
}

/** One upload as the API answers it, or `not_found`. */
export async function readUpload(tx: Tx, ctx: StaffCtx, uploadId: string): Promise<Upload> {
  const [found] = await selectUploads(tx, ctx, eq(uploadsTable.id, uploadId))
  if (found === undefined) throw notFound('upload')
  const { upload, createdBy, tally } = found
  return toUpload(upload, createdBy, tally, await readSamples(tx, ctx, uploadId, upload.headers.length))
}
