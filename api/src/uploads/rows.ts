import { and, asc, eq, gt, type SQL, sql } from 'drizzle-orm'
import type { Page } from '@ledgersync/shared/common'
import type { Input } from '@ledgersync/shared/endpoint'
import type { UploadRow, uploads } from '@ledgersync/shared/uploads'
import { visibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { decodeCursor, toPage } from '../core/cursor.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { clientGroupsTable, clientsTable } from '../db/schema/clients.ts'
import { uploadRowsTable, uploadsTable } from '../db/schema/uploads.ts'
import { changesOf } from './changes.ts'
import { readDoubles } from './doubles.ts'
import { csvFile, type FileAnswer } from './template.ts'
import { readUpload } from './view.ts'

type Only = NonNullable<Input<typeof uploads.rows>['query']['only']>

const filters: Record<Only, SQL | undefined> = {
  all: undefined,
  bad: sql`${uploadRowsTable.problems} <> '[]'`,
  create: eq(uploadRowsTable.action, 'create'),
  update: eq(uploadRowsTable.action, 'update'),
  nothing: eq(uploadRowsTable.action, 'nothing'),
  not_invited: eq(uploadRowsTable.invite, 'refused'),
}

async function selectRows(
  tx: Tx,
  ctx: StaffCtx,
  uploadId: string,
  { where, limit }: { where: SQL | undefined; limit: number },
): Promise<UploadRow[]> {
  const staff = sql<string[]>`array(
    select lower(s.email) from client_staff cs join staff s on s.firm_id = cs.firm_id and s.id = cs.staff_id
    where cs.firm_id = ${ctx.firmId} and cs.client_id = ${clientsTable.id} order by 1)`
  const rows = await tx
    .select({ row: uploadRowsTable, client: clientsTable, group: clientGroupsTable.name, staff, fields: uploadsTable.fields })
    .from(uploadRowsTable)
    .innerJoin(uploadsTable, and(eq(uploadsTable.firmId, uploadRowsTable.firmId), eq(uploadsTable.id, uploadRowsTable.uploadId)))
    // Whoever may not see the client any more does not learn its name from an old list
    .leftJoin(
      clientsTable,
      and(
        eq(clientsTable.firmId, uploadRowsTable.firmId),
        eq(clientsTable.id, uploadRowsTable.clientId),
        visibleClient(ctx, clientsTable.id),
      ),
    )
    .leftJoin(clientGroupsTable, and(eq(clientGroupsTable.firmId, clientsTable.firmId), eq(clientGroupsTable.id, clientsTable.groupId)))
    .where(and(eq(uploadRowsTable.firmId, ctx.firmId), eq(uploadRowsTable.uploadId, uploadId), where))
    .orderBy(asc(uploadRowsTable.row))
    .limit(limit)
  const now = ctx.deps.now()
  const added = rows.flatMap(({ row }) => (row.action === 'create' && row.outcome === null ? [row] : []))
  const doubles = await readDoubles(tx, ctx, added, rows[0]?.fields ?? [])
  return rows.map(({ row: values, client, group, staff: assigned, fields }) => {
    const { row, cells, problems, action, outcome, invite, inviteReason } = values
    const isChange = action === 'update' && outcome === null
    return {
      row,
      cells,
      problems,
      action,
      outcome,
      changes: client !== null && isChange ? changesOf(values, fields, now, { client, group, staff: assigned }) : [],
      warning: doubles.get(row) ?? null,
      client: client && { id: client.id, businessName: client.businessName },
      invite,
      inviteReason,
    }
  })
}

/** The rows as they were last checked, in the order of the file, a page at a time. */
export async function listRows(ctx: StaffCtx, uploadId: string, query: Input<typeof uploads.rows>['query']): Promise<Page<UploadRow>> {
  const { cursor, limit = 50, only = 'all' } = query
  const after = decodeCursor(cursor, [/^\d{1,9}$/])?.[0]
  return withFirm(
    ctx,
    async (tx) => {
      await readUpload(tx, ctx, uploadId)
      const where = and(filters[only], after === undefined ? undefined : gt(uploadRowsTable.row, Number(after)))
      const rows = await selectRows(tx, ctx, uploadId, { where, limit: limit + 1 })
      return toPage(
        rows,
        limit,
        ({ row }) => [String(row)],
        (row) => row,
      )
    },
    'read',
  )
}

/** One row as the API answers it. It must be there. */
export async function readOneRow(tx: Tx, ctx: StaffCtx, uploadId: string, row: number): Promise<UploadRow> {
  return one(await selectRows(tx, ctx, uploadId, { where: eq(uploadRowsTable.row, row), limit: 1 }))
}

const rowsMax = 5_000

/** The rows that cannot be taken, with what is wrong with them, to be corrected and uploaded again. */
export async function badRowsFile(ctx: StaffCtx, uploadId: string): Promise<FileAnswer> {
  return withFirm(
    ctx,
    async (tx) => {
      const { fileName, columns } = await readUpload(tx, ctx, uploadId)
      const rows = await selectRows(tx, ctx, uploadId, { where: filters.bad, limit: rowsMax })
      const headers = columns.map(({ header }) => header)
      const lines = rows.map(({ row, cells, problems }) => [
        ...cells,
        String(row),
        problems.map(({ column, message }) => (column === null ? message : `${headers[column] ?? ''}: ${message}`)).join(' '),
      ])
      return csvFile(`${fileName.replace(/\.\w+$/, '')} - rows to correct.csv`, [
        [...headers, 'Row in the file', 'What to correct'],
        ...lines,
      ])
    },
    'read',
  )
}
