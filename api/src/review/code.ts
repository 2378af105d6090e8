import { isDeepStrictEqual } from 'node:util'
import { and, eq, sql } from 'drizzle-orm'
import type { CodingInput } from '@ledgersync/shared/review'
import type { Transaction } from '@ledgersync/shared/transactions'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { one, withFirm } from '../db/client.ts'
import { transactionsTable } from '../db/schema/ledger.ts'
import { codeByRules } from '../rules/apply.ts'
import { checkTargets } from '../rules/check.ts'
import { lockTransactions } from '../transactions/locks.ts'
import { selectTransactions, toTransaction } from '../transactions/view.ts'
import { stageReason } from '../transactions/words.ts'

const t = transactionsTable
type Row = typeof t.$inferSelect

/**
 * Records a person's choice for one row; rules never overwrite it. Null clears a field and hands it back to the rules.
 * An approved row whose entry changes goes back to open, for what was approved is no longer what stands there. A refused row
 * stays refused until it is pushed again; rules leave it alone.
 */
export async function codeTransaction(ctx: StaffCtx, transactionId: string, input: CodingInput): Promise<Transaction> {
  return withFirm(ctx, async (tx) => {
    const where = and(eq(t.firmId, ctx.firmId), eq(t.id, transactionId))
    const [before] = await selectTransactions(tx, ctx, { where: sql`${t.id} = ${transactionId}` })
    if (before === undefined) throw notFound('transaction')
    const { clientId } = before.row
    await checkTargets(tx, ctx, { clientId, at: 'body' }, input)
    await lockTransactions(tx, ctx, [transactionId])
    const [row] = await tx.select().from(t).where(where)
    if (row === undefined) throw notFound('transaction')
    if (!['open', 'approved', 'failed'].includes(row.stage)) throw new AppError('conflict', stageReason(row.stage))
    const changes = changesOf(row, input)
    const reopened =
      row.stage === 'approved' && entryDiffers(row, changes) ? { stage: 'open' as const, approvedAt: null, approvedBy: null } : {}
    const after = one(
      await tx
        .update(t)
        .set({ ...changes, ...reopened, updatedAt: ctx.deps.now() })
        .where(where)
        .returning(),
    )
    // The rules set what was handed back, and `why` speaks again of what they still decide.
    if (after.stage === 'open') await codeByRules(tx, ctx, clientId, [transactionId])
    await recordAudit(tx, ctx, 'transaction.coded', { id: transactionId, clientId, details: { before: coding(row), after: coding(after) } })
    await publish(tx, ctx, 'transactions', clientId)
    const found = one(await selectTransactions(tx, ctx, { where: sql`${t.id} = ${transactionId}` }))
    return toTransaction(found)
  })
}

const coding = ({ vendorId, categoryId, booksAccountId, memo }: Row) => ({ vendorId, categoryId, booksAccountId, memo })

const entryDiffers = (row: Row, changes: Partial<Row>): boolean => {
  const [before, after] = [coding(row), coding({ ...row, ...changes })]
  return !isDeepStrictEqual(before, after)
}

/** The columns a choice sets. A category takes the account's place and the other way round. */
function changesOf(row: Row, input: CodingInput): Partial<Row> {
  const { vendorId, categoryId, booksAccountId } = input
  const written = input.memo?.trim()
  const memo = written === '' ? null : (written ?? input.memo)
  const by = (value: string | null) => (value === null ? null : ('person' as const))
  const categoryGiven = categoryId !== undefined || booksAccountId !== undefined
  const category = categoryGiven
    ? { categoryId: categoryId ?? null, booksAccountId: booksAccountId ?? null, categoryBy: by(categoryId ?? booksAccountId ?? null) }
    : {}
  // What a person decided is no rule's doing any more
  const why = categoryGiven && row.why !== null ? { why: null, ruleId: null, ruleDecidedAt: null } : {}
  return {
    ...(vendorId !== undefined && { vendorId, vendorBy: by(vendorId) }),
    ...category,
    ...(memo !== undefined && { memo, memoBy: by(memo) }),
    ...why,
  }
}
