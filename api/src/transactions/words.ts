import type { Blocker, Stage } from '@ledgersync/shared/transactions'

/** Why a row cannot be pushed, in words a bookkeeper acts on. */
export function blockerReason(blocker: Blocker): string {
  switch (blocker) {
    case 'books_not_connected':
      return 'QuickBooks is not connected for this client.'
    case 'account_not_mapped':
      return 'This bank account is not mapped to a QuickBooks account.'
    case 'category_not_mapped':
      return 'This category is not mapped to a QuickBooks account of the client.'
    case 'foreign_currency':
      return 'The amount is not in the currency of the books.'
    case 'inexact_amount':
      return 'The bank reported fractions of a cent; books keep cents.'
    case 'mode_off':
      return 'This bank account is not set to post.'
    case 'zero_amount':
      return 'The amount is zero; there is nothing to post.'
  }
}

/** Why a row in this stage cannot be approved. */
export function stageReason(stage: Stage): string {
  switch (stage) {
    case 'pending':
      return 'This is still pending at the bank.'
    case 'pushing':
      return 'This is on its way to QuickBooks.'
    case 'pushed':
      return 'This stands in QuickBooks already.'
    case 'removed':
      return 'The bank withdrew this transaction.'
    case 'open':
    case 'approved':
    case 'failed':
      return 'Somebody else changed this row at the same moment.'
  }
}
