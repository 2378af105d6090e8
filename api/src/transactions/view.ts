import { and, eq, ne, type SQL, sql } from 'drizzle-orm'
import { alias, type PgSelect } from 'drizzle-orm/pg-core'
import type { Blocker, Bucket, Transaction } from '@ledgersync/shared/transactions'
import { visibleClient } from '../clients/visibility.ts'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { bankAccountsTable } from '../db/schema/banks.ts'
import { booksAccountsTable, booksTable, booksVendorsTable } from '../db/schema/books.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { staffTable } from '../db/schema/firms.ts'
import { categoriesTable, categoryMappingsTable, pushesTable, transactionsTable } from '../db/schema/ledger.ts'

const t = transactionsTable
/** The account the bank account is mapped to. */
const bankTarget = alias(booksAccountsTable, 'bank_target')
/** The account the row is coded to: chosen, or what its category is mapped to. */
const codedTarget = alias(booksAccountsTable, 'coded_target')

/** Without books there is nothing to compare with; a mapping into another company or to an inactive account is none. */
const unusable = (target: typeof bankTarget | typeof codedTarget): SQL =>
  sql`(${target.id} is null or (${booksTable.id} is not null and (${target.booksId} <> ${booksTable.id} or not ${target.active})))`

const isCoded: SQL = sql`(${t.categoryId} is not null or ${t.booksAccountId} is not null)`

/** Every blocker with the condition that raises it. The one definition behind filters, counts, approval and pushes. */
const blockerConditions: Record<Blocker, SQL> = {
  books_not_connected: sql`${booksTable.state} is distinct from 'connected'`,
  account_not_mapped: unusable(bankTarget),
  category_not_mapped: sql`${isCoded} and ${unusable(codedTarget)}`,
  foreign_currency: sql`(${t.currency} <> ${bankAccountsTable.currency} or ${t.currency} <> ${booksTable.homeCurrency})`,
  inexact_amount: sql`${t.inexactAmount} is not null`,
  mode_off: sql`${bankAccountsTable.mode} <> 'we_post'`,
  zero_amount: sql`${t.inexactAmount} is null and ${t.amountMinor} = 0`,
}

const anyBlocker: SQL = sql`(${sql.join(
  Object.values(blockerConditions).map((condition) => sql`coalesce(${condition}, false)`),
  sql` or `,
)})`

const blockerNames = sql.join(
  Object.entries(blockerConditions).map(([name, condition]) => sql`case when ${condition} then ${sql.raw(`'${name}'`)} end`),
  sql`, `,
)

/** What keeps a row out of QuickBooks; nothing does once it is on its way, or when the bank withdrew it. */
const blockersOf: SQL<Blocker[]> =
  sql`case when ${t.stage} in ('pushing', 'pushed', 'removed') then '{}'::text[] else array_remove(array[${blockerNames}], null) end`

/** Why a row stands in review; null for rows that do not. */
export const bucketOf: SQL<Bucket | null> = sql`case when ${t.stage} not in ('open', 'approved', 'failed') then null when not ${isCoded} then 'needs_review' when ${anyBlocker} then 'blocked' else 'matched' end`

interface PushOfRow {
  state: 'queued' | 'sending' | 'pushed' | 'failed' | 'undoing'
  reason: string | null
  entity: string | null
  entryId: string | null
  realmId: string
}

/** The row's live entry, or what became of its last one while the row says it failed. A sub-select: only rows that are shown pay for it. */
const pushOf: SQL<PushOfRow | null> = sql`(
  select json_build_object('state', ${pushesTable.state}, 'reason', ${pushesTable.reason}, 'entity', ${pushesTable.providerEntity},
    'entryId', ${pushesTable.providerEntryId}, 'realmId', (select pb.realm_id from books pb where pb.firm_id = ${pushesTable.firmId} and pb.id = ${pushesTable.booksId}))
  from ${pushesTable} where ${pushesTable.firmId} = ${t.firmId} and ${pushesTable.transactionId} = ${t.id} and ${pushesTable.state} <> 'undone' and (${pushesTable.state} <> 'failed' or ${t.stage} = 'failed')
  order by ${pushesTable.state} = 'failed', ${pushesTable.createdAt} desc limit 1)`

const approverOf: SQL<string | null> =
  sql`(select ${staffTable.name} from ${staffTable} where ${staffTable.firmId} = ${t.firmId} and ${staffTable.id} = ${t.approvedBy})`

const shown = {
  row: t,
  clientName: clientsTable.businessName,
  accountName: bankAccountsTable.name,
  accountMask: bankAccountsTable.mask,
  vendorName: booksVendorsTable.name,
  categoryName: categoriesTable.name,
  targetId: codedTarget.id,
  targetName: codedTarget.name,
  approverName: approverOf,
  push: pushOf,
  blockers: blockersOf,
  bucket: bucketOf,
}

/** Joins all that decides about a row. Every join is to at most one row, so counts over it are counts of transactions. */
export function joinLedger<Q extends PgSelect>(query: Q) {
  return query
    .innerJoin(clientsTable, and(eq(clientsTable.firmId, t.firmId), eq(clientsTable.id, t.clientId)))
    .innerJoin(bankAccountsTable, and(eq(bankAccountsTable.firmId, t.firmId), eq(bankAccountsTable.id, t.bankAccountId)))
    .leftJoin(booksTable, and(eq(booksTable.firmId, t.firmId), eq(booksTable.clientId, t.clientId), ne(booksTable.state, 'disconnected')))
    .leftJoin(bankTarget, and(eq(bankTarget.firmId, t.firmId), eq(bankTarget.id, bankAccountsTable.booksAccountId)))
    .leftJoin(categoriesTable, and(eq(categoriesTable.firmId, t.firmId), eq(categoriesTable.id, t.categoryId)))
    .leftJoin(
      categoryMappingsTable,
      and(
        eq(categoryMappingsTable.firmId, t.firmId),
        eq(categoryMappingsTable.clientId, t.clientId),
        eq(categoryMappingsTable.categoryId, t.categoryId),
      ),
    )
    .leftJoin(
      codedTarget,
      and(
        eq(codedTarget.firmId, t.firmId),
        sql`${codedTarget.id} = coalesce(${t.booksAccountId}, ${categoryMappingsTable.booksAccountId})`,
      ),
    )
    .leftJoin(booksVendorsTable, and(eq(booksVendorsTable.firmId, t.firmId), eq(booksVendorsTable.id, t.vendorId)))
}

/** The condition every query over transactions starts with: the firm, and the clients the caller may see. */
export function visibleTransactions(ctx: Ctx): SQL {
  return sql`${t.firmId} = ${ctx.firmId} and ${visibleClient(ctx, sql`${t.clientId}`)}`
}

/** One row with all that a screen shows of it. */
export interface TransactionRow {
  row: typeof transactionsTable.$inferSelect
  clientName: string
  accountName: string
  accountMask: string | null
  vendorName: string | null
  categoryName: string | null
  targetId: string | null
  targetName: string | null
  approverName: string | null
  push: PushOfRow | null
  /** The entry in QuickBooks, once it stands there. */
  pushUrl: string | null
  blockers: Blocker[]
  bucket: Bucket | null
}

/**
 * The one query behind transactions, review and push refusals: the firm's rows that the caller may see and `where` selects.
 * `where` and `order` may use the columns of {@link transactionsTable}, {@link bucketOf} and {@link blockersOf}.
 */
export async function selectTransactions(
  tx: Tx,
  ctx: Ctx,
  query: { where: SQL | undefined; order?: SQL[]; limit?: number },
): Promise<TransactionRow[]> {
  const selected = joinLedger(tx.select(shown).from(t).$dynamic())
    .where(and(visibleTransactions(ctx), query.where))
    .orderBy(...(query.order ?? []))
  const rows = await (query.limit === undefined ? selected : selected.limit(query.limit))
  return rows.map((row) => ({ ...row, pushUrl: urlOf(ctx, row.push) }))
}

function urlOf(ctx: Ctx, push: PushOfRow | null): string | null {
  if (push === null || push.entity === null || push.entryId === null) return null
  return ctx.deps.quickbooks.entryUrl(push.entity, push.entryId, push.realmId)
}

/** The answer for one row. */
export function toTransaction(found: TransactionRow): Transaction {
  const { row, push } = found
  return {
    id: row.id,
    clientId: row.clientId,
    clientName: found.clientName,
    bankAccountId: row.bankAccountId,
    accountName: found.accountName,
    accountMask: found.accountMask,
    date: row.date,
    description: row.description,
    payee: row.payee,
    checkNumber: row.checkNumber,
    bankCategory: row.bankCategory,
    amountMinor: row.amountMinor,
    currency: row.currency,
    inexactAmount: row.inexactAmount,
    stage: row.stage,
    bucket: found.bucket,
    blockers: found.blockers,
    coding: {
      vendorId: row.vendorId,
      vendorName: found.vendorName,
      categoryId: row.categoryId,
      booksAccountId: found.targetId,
      categoryName: found.categoryName ?? found.targetName,
      memo: row.memo,
      vendorBy: row.vendorBy,
      categoryBy: row.categoryBy,
    },
    why: row.why,
    approvedAt: row.approvedAt?.toISOString() ?? null,
    approvedBy: found.approverName,
    push: push === null ? null : { state: push.state, url: found.pushUrl, reason: push.reason },
  }
}
