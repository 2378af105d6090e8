import { createHash } from 'node:crypto'
import type { TestApp } from '../../test/harness.ts'

/** All rows of one firm, reduced to what two moments can be compared by. */
export interface Fingerprint {
  /** SHA-256 over every table's digest. */
  hash: string
  rows: number
  /** Digest of each table's rows, to name the one that changed. */
  tables: Record<string, string>
}

/**
 * Digest over every row of the firm in every table that has a `firm_id`, read as superuser. Nothing is left out: nobody of that firm
 * does anything meanwhile, its jobs are done before, and no clock moves, so there is nothing that time alone would change.
 */
export async function fingerprint(test: TestApp, firmId: string): Promise<Fingerprint> {
  const { rows: found } = await test.admin.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'firm_id' and not a.attisdropped
     where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1`,
  )
  const tables: Record<string, string> = {}
  let rows = 0
  for (const { name } of found) {
    const digest = await test.admin.query<{ n: number; md5: string }>(
      `select count(*)::int as n, coalesce(md5(string_agg(t::text, E'\\n' order by t::text)), '') as md5 from "${name}" t where firm_id = $1`,
      [firmId],
    )
    rows += digest.rows[0]?.n ?? 0
    tables[name] = digest.rows[0]?.md5 ?? ''
  }
  return { hash: createHash('sha256').update(JSON.stringify(tables)).digest('hex'), rows, tables }
}
