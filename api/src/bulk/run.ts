import type { BulkAction } from '@ledgersync/shared/bulk'
import type { StaffCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import type { bulkItemsTable } from '../db/schema/bulk.ts'

/** A run as its job goes on with it. */
export interface Run<Action extends BulkAction = BulkAction> {
  ctx: StaffCtx
  action: Action
  /** Who asked for it has left the firm since. */
  hasLeft: boolean
}

/** What came of a client. */
export type Settled = Pick<typeof bulkItemsTable.$inferInsert, 'outcome' | 'reason'>

/** Throws `forbidden` for who has left: nothing is done in their name any more. */
export function checkHere({ hasLeft }: Run): void {
  if (hasLeft) throw new AppError('forbidden', 'Who asked for this has left the firm.')
}

/** What comes of a client for whom it was refused. */
export function refusalOf(error: AppError): Settled {
  return { outcome: error.code === 'conflict' || error.code === 'not_found' ? 'skipped' : 'failed', reason: error.message }
}
