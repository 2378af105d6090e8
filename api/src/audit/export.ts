import { Readable } from 'node:stream'
import type { AuditEntry } from '@ledgersync/shared/audit'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { csvLine } from '../core/csv.ts'
import { withFirm } from '../db/client.ts'
import { type AuditFilters, type Found, keyOf, readNames, selectEntries, toEntry } from './list.ts'

const pageRows = 500
const header = ['When (UTC)', 'Who', 'What', 'About', 'Client', 'Changes', 'From', 'Entry']

/**
 * The whole log under these filters as CSV, newest first, a page at a time as the reader takes it: no transaction is open between
 * two pages. That somebody took it with them is itself an entry.
 */
export async function exportAuditLog(ctx: StaffCtx, filters: AuditFilters): Promise<Readable> {
  // Refuses wrong filters before anything has been sent
  const first = await readPage(ctx, filters, null)
  await withFirm(ctx, (tx) => recordAudit(tx, ctx, 'audit.exported', { details: { ...filters } }))
  return Readable.from(lines(ctx, filters, first))
}

interface PageOf {
  entries: AuditEntry[]
  last: Found | undefined
}

function readPage(ctx: StaffCtx, filters: AuditFilters, after: string[] | null): Promise<PageOf> {
  return withFirm(
    ctx,
    async (tx) => {
      const rows = await selectEntries(tx, ctx, filters, { after, limit: pageRows })
      const names = await readNames(tx, ctx)
      return { entries: rows.map((row) => toEntry(row, names)), last: rows.length === pageRows ? rows.at(-1) : undefined }
    },
    'read',
  )
}

async function* lines(ctx: StaffCtx, filters: AuditFilters, first: PageOf): AsyncGenerator<string> {
  // Excel reads UTF-8 only behind a byte order mark
  yield `\uFEFF${csvLine(header)}`
  for (let page = first; ; ) {
    yield page.entries.map((entry) => csvLine(cellsOf(entry))).join('')
    if (page.last === undefined) return
    page = await readPage(ctx, filters, keyOf(page.last))
  }
}

function cellsOf(entry: AuditEntry): string[] {
  const changes = entry.changes.map(({ name, before, after }) =>
    before === null ? `${name}: ${after ?? ''}` : `${name}: ${before} -> ${after ?? ''}`,
  )
  const { at, actorName, what, subject, clientName, ip, id } = entry
  return [at, actorName, what, subject ?? '', clientName ?? '', changes.join('; '), ip ?? '', id]
}
