import { createHash, randomBytes } from 'node:crypto'
import { and, asc, desc, eq, gt, inArray, sql } from 'drizzle-orm'
import { type Tx, withFirm } from '../db/client.ts'
import { auditChainTable, auditChecksTable, auditDetailsTable, auditLogTable } from '../db/schema/firms.ts'
import { type Ctx, type Deps, systemCtx } from './context.ts'
import { enqueue } from './enqueue.ts'
import { idsBefore, newId } from './ids.ts'

export interface AuditSubject {
  id?: string
  clientId?: string
  /** Before/after. Never a secret; erased with the client. */
  details?: Record<string, unknown>
}

/** How long rows wait to be sealed together. */
const sealDelayMs = 3_000
const sealPage = 1_000
/** A row may commit later than rows of a later id, but not by more than this: only so far back are unsealed ones looked for. */
export const longestTransactionMs = 60 * 60_000
const lookBackRows = 100_000

/** JSON with sorted keys, so that the same details always have the same digest. jsonb keeps no order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
  }
  return JSON.stringify(value ?? null)
}

function digestOf(salt: Buffer, details: unknown): Buffer {
  return createHash('sha256').update(salt).update(canonical(details)).digest()
}

/** Writes what happened, in the verb's own transaction. `action` is past tense: `client.created`. */
export async function recordAudit(tx: Tx, ctx: Ctx, action: string, subject: AuditSubject = {}): Promise<void> {
  await recordAudits(tx, ctx, action, [subject])
}

const rowsAtOnce = 500

/** The same for many subjects of one action. */
export async function recordAudits(tx: Tx, ctx: Ctx, action: string, subjects: readonly AuditSubject[]): Promise<void> {
  for (let from = 0; from < subjects.length; from += rowsAtOnce) {
    const rows = subjects.slice(from, from + rowsAtOnce).map((subject) => auditRows(ctx, action, subject))
    const log = tx.insert(auditLogTable).values(rows.map(({ row }) => row))
    const details = rows.flatMap((each) => (each.details === null ? [] : [each.details]))
    if (details.length === 0) await log
    else await tx.execute(sql`with logged as (${log.getSQL()}) ${tx.insert(auditDetailsTable).values(details).getSQL()}`)
  }
  if (subjects.length > 0) await enqueueSeal(tx, ctx.firmId)
}

/** A row of the log, and beside it the one with the before/after. */
function auditRows(ctx: Ctx, action: string, subject: AuditSubject) {
  const { actor, firmId } = ctx
  const auditId = newId()
  const salt = randomBytes(16)
  const clientId = subject.clientId ?? null
  // A round trip through JSON first: what is stored is what was digested.
  const details: unknown = subject.details === undefined ? undefined : JSON.parse(JSON.stringify(subject.details))
  return {
    row: {
      firmId,
      id: auditId,
      at: ctx.deps.now(),
      actorKind: actor.kind,
      actorId: actor.kind === 'staff' ? actor.staffId : actor.kind === 'client' ? actor.clientId : null,
      action,
      subjectId: subject.id ?? null,
      clientId,
      ip: ctx.ip,
      requestId: ctx.requestId,
      detailsDigest: details === undefined ? null : digestOf(salt, details),
    },
    // JSON.parse of an object's JSON is an object
    details: details === undefined ? null : { firmId, auditId, clientId, salt, details: details as Record<string, unknown> },
  }
}

/** Has the firm's new rows sealed, those of some seconds together. */
export async function enqueueSeal(tx: Tx, firmId: string): Promise<void> {
  const runAt = new Date(Date.now() + sealDelayMs)
  await enqueue(tx, 'seal_audit', { firmId }, { key: `seal_audit:${firmId}`, runAt, keepRunAt: true })
}

type AuditRow = typeof auditLogTable.$inferSelect

function chainHash(previous: Buffer, seq: number, row: AuditRow): Buffer {
  const facts = [
    seq,
    row.firmId,
    row.id,
    row.at.toISOString(),
    row.actorKind,
    row.actorId,
    row.action,
    row.subjectId,
    row.clientId,
    row.ip,
    row.requestId,
  ]
  return createHash('sha256')
    .update(previous)
    .update(canonical([...facts, row.detailsDigest?.toString('hex') ?? null]))
    .digest()
}

const genesis = Buffer.alloc(32)

/** Job: appends a firm's unsealed audit rows to its hash chain. Safe to run twice and at once: one seals, the other waits. */
export async function sealAudit(deps: Deps, { firmId }: { firmId: string }): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'seal_audit')
  const sealed = await withFirm(ctx, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`seal_audit:${firmId}`}, 0))`)
    const [last] = await tx
      .select()
      .from(auditChainTable)
      .where(eq(auditChainTable.firmId, firmId))
      .orderBy(desc(auditChainTable.seq))
      .limit(1)
    const recent = last === undefined ? undefined : gt(auditLogTable.id, idsBefore(last.auditId, longestTransactionMs))
    const unsealed = sql`${auditLogTable.id} not in (select c.audit_id from audit_chain c where c.firm_id = ${firmId} and c.seq > ${(last?.seq ?? 0) - lookBackRows})`
    const rows = await tx
      .select()
      .from(auditLogTable)
      .where(and(eq(auditLogTable.firmId, firmId), recent, unsealed))
      .orderBy(asc(auditLogTable.id))
      .limit(sealPage)
    let seq = last?.seq ?? 0
    let hash: Buffer = last?.hash ?? genesis
    const links = rows.map((row) => {
      seq += 1
      hash = chainHash(hash, seq, row)
      return { firmId, seq, auditId: row.id, hash, sealedAt: deps.now() }
    })
    if (links.length > 0) await tx.insert(auditChainTable).values(links)
    return links.length
  })
  if (sealed === sealPage) await sealAudit(deps, { firmId })
}

export interface AuditVerdict {
  ok: boolean
  sealed: number
  unsealed: number
  /** The first thing that does not add up. */
  problem: string | null
  /** How many links add up, and the hash of the last of them. */
  checked: number
  head: Buffer
}

const verifyPage = 2_000

interface Chained {
  link: typeof auditChainTable.$inferSelect
  row: AuditRow | null
  details: typeof auditDetailsTable.$inferSelect | null
}

/**
 * Recomputes a firm's chain, page by page: every entry, its order, the digest of every detail that was not erased with its client,
 * and the end that the newest check found. `onPage` is told how many were checked. Entries are only ever added, so what is added
 * meanwhile is checked too.
 */
export async function verifyAudit(ctx: Ctx, onPage: (checked: number) => Promise<void> = async () => {}): Promise<AuditVerdict> {
  const before = await readNewestEnd(ctx)
  let [seq, hash, problem]: [number, Buffer, string | null] = [0, genesis, null]
  for (let full = true; full && problem === null; ) {
    const { rows, erased } = await readChain(ctx, seq)
    for (const each of rows) {
      problem = flawOf(each, seq + 1, hash, erased)
      if (problem !== null) break
      seq += 1
      hash = each.link.hash
      if (seq === before?.checked && before.head !== null && !hash.equals(before.head)) {
        problem = `entries up to ${seq} are others than at the check of ${before.at}`
        break
      }
    }
    full = rows.length === verifyPage
    await onPage(seq)
  }
  if (problem === null && before !== null && seq < before.checked)
    problem = `the end is missing: there were ${before.checked} entries at the check of ${before.at}, and there are ${seq}`
  const { sealed, total } = await countAudit(ctx)
  return { ok: problem === null, sealed, unsealed: total - sealed, problem, checked: seq, head: hash }
}

/** How many links the newest check that found all in order went through, and where it ended; null when there was none. */
async function readNewestEnd(ctx: Ctx): Promise<{ checked: number; head: Buffer | null; at: string } | null> {
  const c = auditChecksTable
  const select = (tx: Tx) =>
    tx
      .select({ checked: c.checked, head: c.head, finishedAt: c.finishedAt })
      .from(c)
      .where(and(eq(c.firmId, ctx.firmId), eq(c.ok, true)))
      .orderBy(desc(c.finishedAt))
      .limit(1)
  const [found] = await withFirm(ctx, select, 'read')
  return found === undefined ? null : { checked: found.checked, head: found.head, at: found.finishedAt?.toISOString() ?? '' }
}

/** The next links, and which clients of entries without their details were deleted, as the log itself says. */
function readChain(ctx: Ctx, after: number): Promise<{ rows: Chained[]; erased: ReadonlySet<string> }> {
  const [c, l, d] = [auditChainTable, auditLogTable, auditDetailsTable]
  return withFirm(
    ctx,
    async (tx) => {
      const rows = await tx
        .select({ link: c, row: l, details: d })
        .from(c)
        .leftJoin(l, and(eq(l.firmId, c.firmId), eq(l.id, c.auditId)))
        .leftJoin(d, and(eq(d.firmId, c.firmId), eq(d.auditId, c.auditId)))
        .where(and(eq(c.firmId, ctx.firmId), gt(c.seq, after)))
        .orderBy(asc(c.seq))
        .limit(verifyPage)
      const without = rows.flatMap(({ row, details }) => (details === null && row?.detailsDigest && row.clientId ? [row.clientId] : []))
      if (without.length === 0) return { rows, erased: new Set<string>() }
      // Asked for after what it explains: both come in one transaction
      const deleted = await tx
        .select({ clientId: l.clientId })
        .from(l)
        .where(and(eq(l.firmId, ctx.firmId), eq(l.action, 'client.deleted'), inArray(l.clientId, [...new Set(without)])))
      return { rows, erased: new Set(deleted.flatMap(({ clientId }) => (clientId === null ? [] : [clientId]))) }
    },
    'read',
  )
}

/** What does not add up at the next link of the chain; null when all does. */
function flawOf({ link, row, details }: Chained, seq: number, previous: Buffer, erased: ReadonlySet<string>): string | null {
  const at = (problem: string): string => `${problem} at ${link.seq}`
  if (link.seq !== seq) return at('a link is missing')
  if (row === null) return at('an entry is missing')
  if (!chainHash(previous, seq, row).equals(link.hash)) return at('an entry was changed')
  if (details !== null) {
    const isAsWritten = row.detailsDigest !== null && digestOf(details.salt, details.details).equals(row.detailsDigest)
    return isAsWritten ? null : at('details were changed')
  }
  if (row.detailsDigest === null) return null
  // Details go with their client, and in no other way
  return row.clientId !== null && erased.has(row.clientId) ? null : at('details are missing')
}

function countAudit(ctx: Ctx): Promise<{ sealed: number; total: number }> {
  return withFirm(
    ctx,
    async (tx) => ({
      sealed: await tx.$count(auditChainTable, eq(auditChainTable.firmId, ctx.firmId)),
      total: await tx.$count(auditLogTable, eq(auditLogTable.firmId, ctx.firmId)),
    }),
    'read',
  )
}
