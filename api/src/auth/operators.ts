import type { Deps } from '../core/context.ts'
import type { staffTable } from '../db/schema/firms.ts'

/**
 * Whether a member of staff administers the installation: named in the settings, and the e-mail is verified, so that nobody
 * gets there by signing up with somebody else's address.
 */
export function isOperator(deps: Deps, staff: Pick<typeof staffTable.$inferSelect, 'username' | 'emailVerifiedAt'>): boolean {
  return staff.emailVerifiedAt !== null && deps.operators.has(staff.username.toLowerCase())
}
