import type { Query } from 'drizzle-orm'
import { NodePgSession } from 'drizzle-orm/node-postgres'

/**
 * Bounds on what each connection keeps: PostgreSQL holds a plan of some ten kilobytes for every name. Lists of many values come in
 * as many forms as they have lengths, and are hardly ever asked again.
 */
const [namesMax, parametersMax, charactersMax, seenMax] = [400, 40, 1_500, 2_000]
/** Which plan is best for a search depends on what is looked for: it is planned each time anew. */
const isSearch = /\b(?:search_fold|strpos|starts_with|recursive)\b/

const names = new Map<string, string>()
const seenOnce = new Set<string>()

/**
 * The name of a statement that this process has asked before. Under it a connection parses and rewrites it once, and plans it anew
 * only while that promises a better plan: planning was half of what our short statements cost the database.
 */
function nameOf({ sql, params }: Query): string | undefined {
  // Without parameters it may be several in one
  if (params.length === 0 || params.length > parametersMax || sql.length > charactersMax || isSearch.test(sql)) return undefined
  const known = names.get(sql)
  if (known !== undefined || names.size === namesMax) return known
  if (seenOnce.delete(sql)) {
    const name = `s${names.size + 1}`
    names.set(sql, name)
    return name
  }
  if (seenOnce.size === seenMax) seenOnce.clear()
  seenOnce.add(sql)
  return undefined
}

/** What drizzle asks its questions through, with names. */
export class NamingSession extends NodePgSession<Record<string, never>, Record<string, never>> {
  override prepareQuery: NodePgSession<Record<string, never>, Record<string, never>>['prepareQuery'] = (query, fields, name, ...rest) =>
    super.prepareQuery(query, fields, name ?? nameOf(query), ...rest)
}

/** Of a statement that was prepared before its tables changed; only a new connection forgets it. */
export function isOutdated(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  // Errors of the driver and of the query builder: each member is checked before it is used
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown }
  if (cause !== undefined) return isOutdated(cause)
  return code === '0A000' && typeof message === 'string' && message.startsWith('cached plan')
}
