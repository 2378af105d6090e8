import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { transactionsTable } from '../db/schema/ledger.ts'
import { ruleRunDone, ruleRunDue } from '../transactions/rule-runs.ts'
import { recode, sameCoding, type Usable } from './coding.ts'
import { decide, type ReadyRules, readyRules } from './match.ts'
import { type CodedRow, rulesFor, selectCodedRows, usableActions } from './queries.ts'

const t = transactionsTable
const pageRows = 1_000

/** Rows that rules may code: nobody has approved them. Pending ones too, for the posted row inherits. */
const mayCode: SQL = inArray(t.stage, ['pending', 'open'])

/**
 * Codes the client's open and pending rows by the active rules and answers how many rows changed. A person's choice is never
 * overwritten, and approved, pushed and withdrawn rows are never touched. What a rule had set and no rule sets now is cleared.
 * Holds off changes of the client's rules until the caller's transaction ends, so that rows and rules never disagree.
 */
export async function codeByRules(tx: Tx, ctx: Ctx, clientId: string, transactionIds: string[] | 'all'): Promise<number> {
  await tx
    .select({ id: clientsTable.id })
    .from(clientsTable)
    .where(and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId)))
    .for('share')
  const run = await prepareRules(tx, ctx, clientId)
  if (transactionIds === 'all') return codeAll(tx, ctx, { clientId, run, lock: 'wait' })
  let changed = 0
  for (let from = 0; from < transactionIds.length; from += pageRows) {
    const where = and(inArray(t.id, transactionIds.slice(from, from + pageRows)), mayCode)
    const rows = await selectCodedRows(tx, ctx, { clientId, where, limit: pageRows, lock: 'wait' })
    changed += await codeRows(tx, ctx, rows, run)
  }
  return changed
}

/**
 * Like {@link codeByRules} for all rows, by whoever changes the rules and so holds the client. Rows that another transaction
 * holds are passed over, for that one may be waiting for us; the job that follows every change of rules codes them.
 */
export async function codeAfterRuleChange(tx: Tx, ctx: Ctx, clientId: string): Promise<number> {
  return codeAll(tx, ctx, { clientId, run: await prepareRules(tx, ctx, clientId), lock: 'skip' })
}

/** Rules ready to run, with what they may set. */
interface Run {
  rules: ReadyRules
  usable: Usable
}

async function prepareRules(tx: Tx, ctx: Ctx, clientId: string): Promise<Run> {
  const rules = await rulesFor(tx, ctx, clientId)
  return { rules: readyRules(rules), usable: await usableActions(tx, ctx, clientId, rules) }
}

async function codeAll(tx: Tx, ctx: Ctx, { clientId, run, lock }: { clientId: string; run: Run; lock: 'wait' | 'skip' }): Promise<number> {
  let changed = 0
  let last: CodedRow | undefined
  for (;;) {
    const rows = await selectCodedRows(tx, ctx, { clientId, where: and(mayCode, after(last)), limit: pageRows, lock })
    changed += await codeRows(tx, ctx, rows, run)
    last = rows.at(-1)
    if (rows.length < pageRows) return changed
  }
}

function after(row: CodedRow | undefined): SQL | undefined {
  return row === undefined ? undefined : sql`(${t.date}, ${t.id}) > (${row.date}::date, ${row.id}::uuid)`
}

async function codeRows(tx: Tx, ctx: Ctx, rows: readonly CodedRow[], { rules, usable }: Run): Promise<number> {
  const changes = rows.flatMap((row) => {
    const coding = recode(row, decide(rules, row), usable)
    return sameCoding(row, coding) ? [] : [{ id: row.id, ...coding }]
  })
  if (changes.length === 0) return 0
  // One statement for all; the rows are locked, so the conditions on stage and person still hold.
  await tx.execute(sql`
    update transactions set vendor_id = n."vendorId", vendor_by = n."vendorBy", category_id = n."categoryId", books_account_id = n."booksAccountId",
      category_by = n."categoryBy", memo = n.memo, memo_by = n."memoBy", rule_id = n."ruleId", why = n.why,
      rule_decided_at = case when n."ruleId" is null then null else ${ctx.deps.now().toISOString()}::timestamptz end, updated_at = ${ctx.deps.now().toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as n(id uuid, "vendorId" uuid, "vendorBy" text, "categoryId" uuid, "booksAccountId" uuid,
      "categoryBy" text, memo text, "memoBy" text, "ruleId" uuid, why jsonb)
    where transactions.firm_id = ${ctx.firmId} and transactions.id = n.id`)
  return changes.length
}

/** Job: codes all open rows of a client, a page a transaction, and tells the screens. Safe to run twice. */
export async function applyRules(deps: Deps, { firmId, clientId }: { firmId: string; clientId: string }): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'apply_rules')
  const dueAt = await withFirm(ctx, (tx) => ruleRunDue(tx, ctx, clientId), 'read')
  let last: CodedRow | undefined
  let rows: CodedRow[]
  do {
    const from = last
    rows = await withFirm(ctx, async (tx) => {
      const page = await selectCodedRows(tx, ctx, { clientId, where: and(mayCode, after(from)), limit: pageRows, lock: 'none' })
      const changed = await codeByRules(
        tx,
        ctx,
        clientId,
        page.map(({ id }) => id),
      )
      if (changed > 0) await publish(tx, ctx, 'transactions', clientId)
      return page
    })
    last = rows.at(-1)
  } while (rows.length === pageRows)
  if (dueAt !== null) await withFirm(ctx, (tx) => ruleRunDone(tx, ctx, clientId, dueAt))
}
