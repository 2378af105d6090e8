import { Readable } from 'node:stream'
import { sql } from 'drizzle-orm'
import { strToU8, Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import { getVisibleClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { csvLine } from '../core/csv.ts'
import { withFirm } from '../db/client.ts'
import { filesOfClient, readPieces } from '../statements/pieces.ts'
import { cellsOf, type ExportFile, exportFiles } from './export-files.ts'

/** Rows that are in memory at a time. */
const pageRows = 1_000

export interface ClientExport {
  fileName: string
  zip: Readable
}

/**
 * Everything we hold of a client, as a ZIP of CSV files and statements that is written while it is downloaded: nothing is stored that would have to
 * be erased again. It is read page by page, each in a transaction of its own, so that a slow download holds no connection; a row that
 * changes meanwhile is in it once, before or after. Throws `not_found`.
 */
export async function exportClient(ctx: StaffCtx, clientId: string): Promise<ClientExport> {
  const name = await withFirm(ctx, async (tx) => {
    const client = await getVisibleClient(tx, ctx, clientId)
    await recordAudit(tx, ctx, 'client.exported', { id: clientId, clientId })
    return client.businessName
  })
  const day = ctx.deps.now().toISOString().slice(0, 10)
  const plain = name
    .normalize('NFKD')
    .replaceAll(/[^\w -]/g, '')
    .trim()
    .slice(0, 60)
  return { fileName: `${plain === '' ? 'client' : plain} ${day}.zip`, zip: Readable.from(zipOf(ctx, clientId), { objectMode: false }) }
}

async function* zipOf(ctx: StaffCtx, clientId: string): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = []
  const zip = new Zip((error, chunk) => {
    if (error !== null) throw error
    ready.push(chunk)
  })
  const taken = (): Uint8Array[] => {
    const chunks = ready
    ready = []
    return chunks
  }
  for (const file of exportFiles) {
    const entry = new ZipDeflate(file.name, { level: 6 })
    entry.mtime = ctx.deps.now()
    zip.add(entry)
    // A mark at the beginning tells spreadsheets that it is UTF-8
    entry.push(strToU8(`\uFEFF${csvLine(file.columns)}`))
    for await (const lines of linesOf(ctx, clientId, file)) {
      entry.push(strToU8(lines))
      yield* taken()
    }
    entry.push(new Uint8Array(0), true)
    yield* taken()
  }
  // What banks and phones make is packed already. Two files of one name differ by their number
  let number = 0
  for await (const statement of filesOfClient(ctx, clientId)) {
    number += 1
    const entry = new ZipPassThrough(`statements/${String(number).padStart(3, '0')} ${statement.fileName}`)
    entry.mtime = statement.receivedAt
    zip.add(entry)
    for await (const piece of readPieces(ctx, statement)) {
      entry.push(piece)
      yield* taken()
    }
    entry.push(new Uint8Array(0), true)
    yield* taken()
  }
  zip.end()
  yield* taken()
}

async function* linesOf(ctx: StaffCtx, clientId: string, file: ExportFile): AsyncGenerator<string> {
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const page = sql`with scope as (select ${ctx.firmId}::uuid as firm, ${clientId}::uuid as client)
      select * from (${file.select}) all_rows where all_rows.id > ${after}::uuid order by all_rows.id limit ${pageRows}`
    const { rows } = await withFirm(ctx, (tx) => tx.execute<Record<string, unknown> & { id: string }>(page), 'read')
    if (rows.length > 0) yield rows.map((row) => csvLine(cellsOf(file, row))).join('')
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageRows) return
    after = last.id
  }
}
