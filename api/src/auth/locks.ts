import { and, eq } from 'drizzle-orm'
import type { StaffLock } from '@ledgersync/shared/auth'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { notFound } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { closedKeys, forgiveKeys } from '../db/guesses.ts'
import { staffTable } from '../db/schema/firms.ts'
import { personKey, usernameKey } from './guesses.ts'

interface Account {
  id: string
  username: string
}

/** All that guesses at an account are counted by, but for those from browsers it knows. */
const keysOf = ({ deps }: Ctx, { id, username }: Account): string[] => [usernameKey(deps, username), personKey(deps, id)]

/** Colleagues whose sign-in is closed now. */
export async function listLocks(ctx: StaffCtx): Promise<StaffLock[]> {
  const { deps, firmId } = ctx
  return withFirm(
    ctx,
    async (tx) => {
      const staff = await tx
        .select({ id: staffTable.id, username: staffTable.username })
        .from(staffTable)
        .where(eq(staffTable.firmId, firmId))
      const keys = staff.flatMap((account) => keysOf(ctx, account))
      const closed = await closedKeys(tx, keys, deps.now())
      return staff.flatMap((account) => {
        const found = keysOf(ctx, account).flatMap((key) => closed.get(key) ?? [])
        const [longest] = found.sort((a, b) => (b.waitSeconds ?? Infinity) - (a.waitSeconds ?? Infinity))
        return longest === undefined ? [] : [{ staffId: account.id, ...longest }]
      })
    },
    'read',
  )
}

/** Opens a colleague's sign-in again; no error when it is open. A colleague of another firm is not found. */
export async function unlockStaff(ctx: StaffCtx, staffId: string): Promise<void> {
  await withFirm(ctx, async (tx) => {
    const [account] = await tx
      .select({ id: staffTable.id, username: staffTable.username })
      .from(staffTable)
      .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, staffId)))
    if (account === undefined) throw notFound('member of staff')
    if (!(await forgive(tx, ctx, account))) return
    await recordAudit(tx, ctx, 'staff.unlocked', { id: staffId })
    await publish(tx, ctx, 'firm', null)
  })
}

/** Forgets every guess at the account, in the verb's transaction. Whether there were any. */
export function forgive(tx: Tx, ctx: Ctx, account: Account): Promise<boolean> {
  return forgiveKeys(tx, keysOf(ctx, account))
}
