import { uploads } from '@ledgersync/shared/uploads'
import { makeFirm, type Person } from '../test/factories.ts'
import type { TestApp } from '../test/harness.ts'
import { base64, csv, goodRows, header, workbook } from '../test/upload-kit.ts'
import type { Verdict } from '../torture/verdict.ts'

export interface UploadBenchOptions {
  rows: number
  say: (line: string) => void
}

/** From the file to clients that stand. */
const boundMs = 10_000

/**
 * Measures an upload from the file to its clients, step by step, as CSV and as XLSX and once more as changes to all of them; beside it
 * the same rows in plain multi-row inserts, which read no file, check nothing and leave no trace.
 */
export async function benchUpload(product: TestApp, { rows, say }: UploadBenchOptions): Promise<Verdict> {
  const list = [[...header], ...goodRows(rows)]
  const changed = list.map((row, index) => (index === 0 ? row : [`${row[0]} LLC`, ...row.slice(1)]))
  const lines: string[] = []
  const violations: string[] = []
  const dana = await makeFirm(product)
  const files: [string, string | Uint8Array, Person][] = [
    ['CSV, all new', csv(...list), dana],
    ['CSV, all changed', csv(...changed), dana],
    ['XLSX, all new', await workbook(list), await makeFirm(product)],
  ]
  for (const [name, file, person] of files) {
    const { parts, totalMs } = await measure(product, file, person)
    const line = `${name.padEnd(18)} ${seconds(totalMs)}  (${parts.map(([part, ms]) => `${part} ${seconds(ms)}`).join(', ')})`
    lines.push(line)
    say(line)
    if (totalMs > boundMs) violations.push(line)
  }
  const plainMs = await plainInsert(product, await makeFirm(product), list.slice(1))
  lines.push(`${'plain inserts'.padEnd(18)} ${seconds(plainMs)}`)
  return { name: `upload: ${rows} rows from the file to clients <= ${boundMs / 1_000} s`, lines, violations }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`

async function measure(
  product: TestApp,
  file: string | Uint8Array,
  person: Person,
): Promise<{ parts: [string, number][]; totalMs: number }> {
  const parts: [string, number][] = []
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const since = performance.now()
    const result = await work()
    parts.push([name, performance.now() - since])
    return result
  }
  const sent = await timed('read', () => product.call(uploads.create, { body: { fileName: 'clients', content: base64(file) } }, person))
  const params = { uploadId: sent.body.id }
  const body = { fields: sent.body.columns.map(({ field }) => field), staffHaveAccess: false }
  await timed('check', () => product.call(uploads.match, { params, body }, person))
  await timed('preview', () => product.call(uploads.rows, { params, query: { limit: 100 } }, person))
  await timed('write', async () => {
    await product.call(uploads.run, { params, body: { badRows: 'refuse' } }, person)
    await product.drain()
  })
  const done = await product.call(uploads.get, { params }, person)
  if (done.body.state !== 'done') throw new Error(`The upload ended ${done.body.state}: ${done.body.refusal}`)
  return { parts, totalMs: parts.reduce((sum, [, ms]) => sum + ms, 0) }
}

const rowsAtOnce = 500

async function plainInsert(product: TestApp, { firmId, staffId }: Person, rows: readonly (readonly string[])[]): Promise<number> {
  const since = performance.now()
  const client = await product.admin.connect()
  try {
    await client.query('begin')
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      const part = JSON.stringify(rows.slice(from, from + rowsAtOnce))
      await client.query(
        `with made as (
           insert into clients (firm_id, id, business_name, contact_first_name, contact_last_name, email, phone, username, username_is_placeholder,
             staff_have_access, time_zone, language, created_at, created_by)
           select $1, gen_random_uuid(), r->>0, '', '', r->>1, r->>2, r->>1, false, false, 'America/Chicago', 'en', now(), $2
           from jsonb_array_elements($3::jsonb) r returning id)
         insert into client_staff (firm_id, client_id, staff_id, assigned_at) select $1, id, $2, now() from made`,
        [firmId, staffId, part],
      )
    }
    await client.query('commit')
  } finally {
    client.release()
  }
  return performance.now() - since
}
