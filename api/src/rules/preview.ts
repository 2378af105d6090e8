import { and, eq, ne, sql } from 'drizzle-orm'
import { type Minor, minor, sumMinor } from '@ledgersync/shared/money'
import type { Actions, RuleInput, RulePreview } from '@ledgersync/shared/rules'
import { getVisibleClient } from '../clients/visibility.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { notFound } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { bankAccountsTable } from '../db/schema/banks.ts'
import { booksAccountsTable, booksTable, booksVendorsTable } from '../db/schema/books.ts'
import { categoriesTable, categoryMappingsTable, transactionsTable } from '../db/schema/ledger.ts'
import { checkRule } from './check.ts'
import { type RowCoding, recode, sameCategory, sameValues, type Usable } from './coding.ts'
import { decide, type ReadyRules, type RuleToRun, readyRules } from './match.ts'
import { type CodedRow, rulesFor, selectCodedRows, usableActions } from './queries.ts'

const pageRows = 2_000
const examplesMax = 20

/** What a client's mapping knows: which codings can be pushed, and what people call them. */
interface Knowledge {
  homeCurrency: string
  mappedAccounts: Set<string>
  mappedCategories: Set<string>
  names: Map<string, string>
}

/**
 * What saving the rule would do, computed by the same evaluator in the same order as saving it would. Changes nothing.
 * `ruleId` names the rule being edited; a new one would run last.
 */
export async function previewRule(ctx: StaffCtx, clientId: string, input: { rule: RuleInput; ruleId?: string }): Promise<RulePreview> {
  return withFirm(
    ctx,
    async (tx) => {
      await getVisibleClient(tx, ctx, clientId)
      await checkRule(tx, ctx, { clientId, at: 'body.rule' }, input.rule)
      const { rules, tried } = withTried(await rulesFor(tx, ctx, clientId), clientId, input)
      const run = { rules: readyRules(rules), usable: await usableActions(tx, ctx, clientId, rules), tried }
      const preview = emptyPreview(await readKnowledge(tx, ctx, clientId))
      let last: CodedRow | undefined
      for (;;) {
        const t = transactionsTable
        const after = last === undefined ? undefined : sql`(${t.date}, ${t.id}) > (${last.date}::date, ${last.id}::uuid)`
        const rows = await selectCodedRows(tx, ctx, { clientId, where: and(ne(t.stage, 'removed'), after), limit: pageRows, lock: 'none' })
        for (const row of rows) preview.add(row, outcomeOf(row, run))
        last = rows.at(-1)
        if (rows.length < pageRows) return preview.result
      }
    },
    'read',
  )
}

function withTried(
  rules: RuleToRun[],
  clientId: string,
  { rule, ruleId }: { rule: RuleInput; ruleId?: string },
): { rules: RuleToRun[]; tried: string } {
  const edited = rules.find((each) => each.id === ruleId && each.clientId === clientId)
  if (ruleId !== undefined && edited === undefined) throw notFound('rule')
  const priority = edited?.priority ?? Math.max(0, ...rules.map((each) => each.priority)) + 1
  const tried: RuleToRun = { ...rule, id: ruleId ?? newId(), clientId, version: (edited?.version ?? 0) + 1, priority }
  return { rules: [...rules.filter(({ id }) => id !== tried.id), tried], tried: tried.id }
}

interface Run {
  rules: ReadyRules
  usable: Usable
  tried: string
}
/** What becomes of one row: `to` is its coding afterwards. */
type Outcome = { kind: 'same' | 'kept' | 'alreadyPushed' } | { kind: 'newlyCoded' | 'changed'; to: RowCoding }

function outcomeOf(row: CodedRow, { rules, usable, tried }: Run): Outcome {
  const verdict = decide(rules, row)
  const matches = verdict.client?.rule.id === tried
  if (row.stage === 'pushing' || row.stage === 'pushed') return { kind: matches ? 'alreadyPushed' : 'same' }
  // Who approved a row decided all of it.
  if (row.stage === 'approved' || row.stage === 'failed') return { kind: matches ? 'kept' : 'same' }
  const to = recode(row, verdict, usable)
  if (sameValues(row, to)) return { kind: matches && personDecided(row, usable(verdict.client?.rule.actions ?? {})) ? 'kept' : 'same' }
  const gains = row.categoryId === null && row.booksAccountId === null && !sameCategory(row, to)
  return { kind: gains ? 'newlyCoded' : 'changed', to }
}

/** Whether a person holds one of the fields that these actions would set. */
function personDecided(row: CodedRow, { vendorId, categoryId, booksAccountId, memo }: Actions): boolean {
  const sets = (...values: (string | null | undefined)[]) => values.some((value) => (value ?? null) !== null)
  return (
    (row.categoryBy === 'person' && sets(categoryId, booksAccountId)) ||
    (row.vendorBy === 'person' && sets(vendorId)) ||
    (row.memoBy === 'person' && sets(memo))
  )
}

async function readKnowledge(tx: Tx, ctx: Ctx, clientId: string): Promise<Knowledge> {
  const { firmId } = ctx
  const [books] = await tx
    .select()
    .from(booksTable)
    .where(and(eq(booksTable.firmId, firmId), eq(booksTable.clientId, clientId), ne(booksTable.state, 'disconnected')))
  const chart =
    books === undefined
      ? []
      : await tx
          .select()
          .from(booksAccountsTable)
          .where(and(eq(booksAccountsTable.firmId, firmId), eq(booksAccountsTable.booksId, books.id)))
  const vendors =
    books === undefined
      ? []
      : await tx
          .select({ id: booksVendorsTable.id, name: booksVendorsTable.name })
          .from(booksVendorsTable)
          .where(and(eq(booksVendorsTable.firmId, firmId), eq(booksVendorsTable.booksId, books.id)))
  const categories = await tx.select().from(categoriesTable).where(eq(categoriesTable.firmId, firmId))
  const mappings = await tx
    .select()
    .from(categoryMappingsTable)
    .where(and(eq(categoryMappingsTable.firmId, firmId), eq(categoryMappingsTable.clientId, clientId)))
  const accounts = await tx
    .select()
    .from(bankAccountsTable)
    .where(and(eq(bankAccountsTable.firmId, firmId), eq(bankAccountsTable.clientId, clientId)))
  const usable = new Set(chart.filter(({ active }) => active).map(({ id }) => id))
  return {
    homeCurrency: books?.homeCurrency ?? 'USD',
    mappedAccounts: new Set(
      accounts.filter(({ booksAccountId }) => booksAccountId !== null && usable.has(booksAccountId)).map(({ id }) => id),
    ),
    mappedCategories: new Set(mappings.filter(({ booksAccountId }) => usable.has(booksAccountId)).map(({ categoryId }) => categoryId)),
    names: new Map([...chart, ...vendors, ...categories].map(({ id, name }) => [id, name])),
  }
}

function emptyPreview(known: Knowledge): { result: RulePreview; add(row: CodedRow, outcome: Outcome): void } {
  const none = () => ({ count: 0, totalMinor: minor(0) })
  const result: RulePreview = {
    newlyCoded: none(),
    changed: none(),
    kept: none(),
    alreadyPushed: none(),
    notMapped: none(),
    currency: known.homeCurrency,
    examples: [],
  }
  const nameOf = (id: string | null): string | null => known.names.get(id ?? '') ?? null
  /** What differs in words: the category; where that stays, the vendor; where that stays too, the memo. */
  const wordsFor = (before: RowCoding, after: RowCoding): ((coding: RowCoding) => string | null) => {
    if (!sameCategory(before, after)) return ({ categoryId, booksAccountId }) => nameOf(categoryId ?? booksAccountId)
    return before.vendorId === after.vendorId ? ({ memo }) => memo : ({ vendorId }) => nameOf(vendorId)
  }
  const count = (tally: { count: number; totalMinor: Minor | null }, row: CodedRow): void => {
    tally.count += 1
    if (row.currency !== known.homeCurrency || tally.totalMinor === null) return
    tally.totalMinor = sumMinor([tally.totalMinor, minor(Math.abs(row.amountMinor))])
  }
  return {
    result,
    add(row, outcome) {
      if (outcome.kind === 'same') return
      count(result[outcome.kind], row)
      if (!('to' in outcome)) return
      const { to } = outcome
      const coded = to.categoryId !== null || to.booksAccountId !== null
      const mapped = known.mappedAccounts.has(row.bankAccountId) && (to.categoryId === null || known.mappedCategories.has(to.categoryId))
      if (coded && !mapped) count(result.notMapped, row)
      if (result.examples.length >= examplesMax) return
      const { id, date, description, amountMinor, currency } = row
      const words = wordsFor(row, to)
      result.examples.push({ transactionId: id, date, description, amountMinor, currency, from: words(row), to: words(to) })
    },
  }
}
