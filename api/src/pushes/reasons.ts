const edited = 'It was edited in QuickBooks since it was pushed. Delete it there if it should go.'
const linked = 'It is linked to another transaction in QuickBooks, such as a deposit. Remove the link there first.'

/** What is found against taking an entry back, in plain words. */
export const heldBack = { edited, linked } as const

/** Why QuickBooks would not delete an entry, in words that say what to do. */
export function undoRefusal(code: string, detail: string, closedThrough: string | null): string {
  switch (code) {
    case '6210':
    case '6200':
      return closedThrough === null
        ? 'Books are closed for its date. Open the period in QuickBooks, then undo.'
        : `Books are closed through ${closedThrough}. Open the period in QuickBooks, then undo.`
    case '5010':
      return edited
    case '6540':
      return linked
    case '6190':
      return 'The QuickBooks subscription of this company has lapsed. Renew it, then undo.'
    case '5020':
    case '120':
    case '403':
      return 'The QuickBooks user who connected may not delete this. Reconnect with a user who may.'
    default:
      return detail === '' ? `QuickBooks would not delete it (code ${code}).` : `QuickBooks would not delete it: ${detail}`
  }
}

/**
 * Why QuickBooks refused an entry, in words that say what to do (fault codes: Intuit's error code reference).
 * `closedThrough` is the closing date of the books, YYYY-MM-DD, when it is known.
 */
export function refusalReason(code: string, detail: string, closedThrough: string | null): string {
  switch (code) {
    case '6210':
    case '6200':
      return closedThrough === null
        ? 'Books are closed for this date.'
        : `Books are closed through ${closedThrough}. Open the period in QuickBooks, or change the date there.`
    case '610':
    case '2500':
      return 'The account or vendor no longer exists in QuickBooks, or is inactive. Refresh the lists and code the row again.'
    case '6010':
    case '2170':
      return 'The QuickBooks account is of the wrong sort for this entry. Check the mapping of the bank account.'
    case '6140':
      return 'QuickBooks already has an entry with this check number.'
    case '6190':
      return 'The QuickBooks subscription of this company has lapsed. Renew it, then retry.'
    case '6240':
      return 'QuickBooks already has somebody of this name.'
    case '5010':
      return 'The entry was changed in QuickBooks at the same moment. Retry.'
    case '5020':
    case '120':
    case '403':
      return 'The QuickBooks user who connected may not do this. Reconnect with a user who may.'
    default:
      return detail === '' ? `QuickBooks refused the entry (code ${code}).` : `QuickBooks refused the entry: ${detail}`
  }
}
