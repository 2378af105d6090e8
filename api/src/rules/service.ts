import { and, asc, eq, inArray, isNull, max, sql } from 'drizzle-orm'
import type { Rule, RuleInput, RuleUpdate } from '@ledgersync/shared/rules'
import { getVisibleClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { booksAccountsTable, booksVendorsTable } from '../db/schema/books.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { categoriesTable, rulesTable, transactionsTable } from '../db/schema/ledger.ts'
import { requestRuleRun } from '../transactions/rule-runs.ts'
import { codeAfterRuleChange } from './apply.ts'
import { checkRule } from './check.ts'

/** Up to so many rows are coded in the change's own transaction, so that the screen is right at once. */
const codeAtOnceMax = 2_000
const rulesMax = 1_000

const r = rulesTable
const live = (ctx: Ctx, clientId: string) => and(eq(r.firmId, ctx.firmId), eq(r.clientId, clientId), isNull(r.deletedAt))

/** A client's rules in the order they run. */
export async function listRules(ctx: StaffCtx, clientId: string): Promise<Rule[]> {
  return withFirm(
    ctx,
    async (tx) => {
      await getVisibleClient(tx, ctx, clientId)
      return selectRules(tx, ctx, clientId)
    },
    'read',
  )
}

async function selectRules(tx: Tx, ctx: Ctx, clientId: string): Promise<Rule[]> {
  const t = transactionsTable
  const decided = tx
    .select({ ruleId: t.ruleId, matches: sql<number>`count(*)::int`.as('matches'), lastMatchAt: max(t.ruleDecidedAt).as('last_match_at') })
    .from(t)
    .where(and(eq(t.firmId, ctx.firmId), eq(t.clientId, clientId), sql`${t.ruleId} is not null`))
    .groupBy(t.ruleId)
    .as('decided')
  const action = (name: string) => sql`(${r.actions} ->> ${sql.raw(`'${name}'`)})::uuid`
  const rows = await tx
    .select({
      rule: r,
      matches: decided.matches,
      lastMatchAt: decided.lastMatchAt,
      vendorName: booksVendorsTable.name,
      categoryName: categoriesTable.name,
      accountName: booksAccountsTable.name,
    })
    .from(r)
    .leftJoin(decided, eq(decided.ruleId, r.id))
    .leftJoin(booksVendorsTable, and(eq(booksVendorsTable.firmId, r.firmId), sql`${booksVendorsTable.id} = ${action('vendorId')}`))
    .leftJoin(categoriesTable, and(eq(categoriesTable.firmId, r.firmId), sql`${categoriesTable.id} = ${action('categoryId')}`))
    .leftJoin(booksAccountsTable, and(eq(booksAccountsTable.firmId, r.firmId), sql`${booksAccountsTable.id} = ${action('booksAccountId')}`))
    .where(live(ctx, clientId))
    .orderBy(asc(r.priority))
  return rows.map(({ rule, matches, lastMatchAt, vendorName, categoryName, accountName }) => {
    const { id, name, priority, active, direction, match, conditions, actions, version } = rule
    return {
      id,
      clientId,
      name,
      priority,
      active,
      direction,
      match,
      conditions,
      actions,
      version,
      vendorName,
      categoryName: categoryName ?? accountName,
      matches: matches ?? 0,
      lastMatchAt: lastMatchAt?.toISOString() ?? null,
    }
  })
}

const ruleIn = (rules: readonly Rule[], ruleId: string): Rule => one(rules.filter((rule) => rule.id === ruleId))

/**
 * Runs a change of the client's rules alone: no sync codes rows meanwhile, and no other change counts priorities.
 * Afterwards all rules run again over what nobody has decided or approved.
 */
async function changeRules(ctx: StaffCtx, clientId: string, change: (tx: Tx) => Promise<void>): Promise<Rule[]> {
  return withFirm(ctx, async (tx) => {
    await getVisibleClient(tx, ctx, clientId)
    await tx
      .select({ id: clientsTable.id })
      .from(clientsTable)
      .where(and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId)))
      .for('no key update')
    await change(tx)
    const t = transactionsTable
    const open = await tx.$count(t, and(eq(t.firmId, ctx.firmId), eq(t.clientId, clientId), inArray(t.stage, ['open', 'pending'])))
    if (open <= codeAtOnceMax) await codeAfterRuleChange(tx, ctx, clientId)
    await requestRuleRun(tx, ctx, clientId)
    await publish(tx, ctx, 'rules', clientId)
    await publish(tx, ctx, 'transactions', clientId)
    return selectRules(tx, ctx, clientId)
  })
}

/** Adds a rule as the last to run. */
export async function createRule(ctx: StaffCtx, clientId: string, input: RuleInput): Promise<Rule> {
  const id = newId()
  const rules = await changeRules(ctx, clientId, async (tx) => {
    await checkRule(tx, ctx, { clientId, at: 'body' }, input)
    const [last] = await tx
      .select({ count: sql<number>`count(*)::int`, priority: max(r.priority) })
      .from(r)
      .where(live(ctx, clientId))
    if ((last?.count ?? 0) >= rulesMax) throw new AppError('conflict', `A client can have at most ${rulesMax} rules.`)
    const now = ctx.deps.now()
    await tx.insert(r).values({
      ...input,
      name: input.name.trim(),
      firmId: ctx.firmId,
      id,
      clientId,
      priority: (last?.priority ?? 0) + 1,
      version: 1,
      createdAt: now,
      updatedAt: now,
    })
    await recordAudit(tx, ctx, 'rule.created', { id, clientId, details: { after: input } })
  })
  return ruleIn(rules, id)
}

async function lockRule(tx: Tx, ctx: Ctx, clientId: string, ruleId: string): Promise<typeof r.$inferSelect> {
  const [rule] = await tx
    .select()
    .from(r)
    .where(and(live(ctx, clientId), eq(r.id, ruleId)))
    .for('update')
  if (rule === undefined) throw notFound('rule')
  return rule
}

/** Replaces a rule; `stale_version` when somebody else has edited it since. */
export async function updateRule(
  ctx: StaffCtx,
  { clientId, ruleId }: { clientId: string; ruleId: string },
  input: RuleUpdate,
): Promise<Rule> {
  const { version, ...fields } = input
  const rules = await changeRules(ctx, clientId, async (tx) => {
    const before = await lockRule(tx, ctx, clientId, ruleId)
    if (before.version !== version)
      throw new AppError('stale_version', 'Somebody changed this rule meanwhile. Load it again; what you typed is still here.')
    await checkRule(tx, ctx, { clientId, at: 'body' }, fields)
    await tx
      .update(r)
      .set({ ...fields, name: fields.name.trim(), version: version + 1, updatedAt: ctx.deps.now() })
      .where(and(live(ctx, clientId), eq(r.id, ruleId)))
    const { name, active, direction, match, conditions, actions } = before
    await recordAudit(tx, ctx, 'rule.updated', {
      id: ruleId,
      clientId,
      details: { before: { name, active, direction, match, conditions, actions }, after: fields },
    })
  })
  return ruleIn(rules, ruleId)
}

/** Deletes a rule; the others close the gap and code again what it had coded. */
export async function removeRule(ctx: StaffCtx, clientId: string, ruleId: string): Promise<void> {
  await changeRules(ctx, clientId, async (tx) => {
    const rule = await lockRule(tx, ctx, clientId, ruleId)
    await tx
      .update(r)
      .set({ deletedAt: ctx.deps.now() })
      .where(and(live(ctx, clientId), eq(r.id, ruleId)))
    const rest = await tx.select({ id: r.id }).from(r).where(live(ctx, clientId)).orderBy(asc(r.priority))
    await renumber(
      tx,
      ctx,
      clientId,
      rest.map(({ id }) => id),
    )
    await recordAudit(tx, ctx, 'rule.deleted', {
      id: ruleId,
      clientId,
      details: { before: { name: rule.name, conditions: rule.conditions, actions: rule.actions } },
    })
  })
}

/** Moves a rule to a place in the running order, the last one at most; the others make room. */
export async function moveRule(
  ctx: StaffCtx,
  { clientId, ruleId }: { clientId: string; ruleId: string },
  priority: number,
): Promise<Rule[]> {
  return changeRules(ctx, clientId, async (tx) => {
    const before = await lockRule(tx, ctx, clientId, ruleId)
    const rows = await tx.select({ id: r.id }).from(r).where(live(ctx, clientId)).orderBy(asc(r.priority))
    const others = rows.map(({ id }) => id).filter((id) => id !== ruleId)
    await renumber(tx, ctx, clientId, [...others.slice(0, priority - 1), ruleId, ...others.slice(priority - 1)])
    await recordAudit(tx, ctx, 'rule.moved', {
      id: ruleId,
      clientId,
      details: { before: before.priority, after: Math.min(priority, rows.length) },
    })
  })
}

/** Gives the rules the priorities 1, 2, 3 … in this order. By way of negative numbers, for the unique index holds at every moment. */
async function renumber(tx: Tx, ctx: Ctx, clientId: string, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  const places = sql`unnest(${sql.param(ids)}::uuid[]) with ordinality as n(id, place)`
  await tx.execute(
    sql`update rules set priority = -n.place from ${places} where rules.firm_id = ${ctx.firmId} and rules.client_id = ${clientId} and rules.id = n.id and rules.deleted_at is null`,
  )
  await tx
    .update(r)
    .set({ priority: sql`-${r.priority}` })
    .where(and(live(ctx, clientId), sql`${r.priority} < 0`))
}
