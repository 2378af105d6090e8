import { and, eq, isNull } from 'drizzle-orm'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { type Place, seal, unseal } from '../core/crypto.ts'
import { enqueue } from '../core/enqueue.ts'
import { ProviderError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { findKey } from '../db/global.ts'
import { booksRevocationsTable } from '../db/schema/books.ts'

const placeOf = (rowId: string): Place => ({ table: 'books_revocations', column: 'refresh_token_sealed', rowId })

/**
 * Gives the access to a company back to Intuit, by a job after this transaction: the intent is written here, so that neither a
 * crash nor the deletion of the client forgets it.
 */
export async function releaseCompany(
  tx: Tx,
  ctx: Ctx,
  { realmId, refreshToken }: { realmId: string; refreshToken: string },
): Promise<void> {
  const id = newId()
  await tx.insert(booksRevocationsTable).values({
    firmId: ctx.firmId,
    id,
    realmId,
    refreshTokenSealed: await seal(tx, ctx, placeOf(id), refreshToken),
    createdAt: ctx.deps.now(),
  })
  await enqueueRevocation(tx, ctx, id)
}

/** Has an access given back whose intent is written. */
export async function enqueueRevocation(tx: Tx, ctx: Ctx, revocationId: string): Promise<void> {
  await enqueue(tx, 'revoke_books', { firmId: ctx.firmId, revocationId }, { key: `revoke_books:${revocationId}` })
}

/**
 * Job: gives one access back. Intuit ends every access to the company with it, so a company that has been connected again
 * meanwhile, by whomever, is left alone.
 */
export async function revokeBooks(deps: Deps, { firmId, revocationId }: { firmId: string; revocationId: string }): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'revoke_books')
  const r = booksRevocationsTable
  const waiting = and(eq(r.firmId, firmId), eq(r.id, revocationId), isNull(r.doneAt))
  const found = await withFirm(
    ctx,
    async (tx) => {
      const [row] = await tx.select().from(r).where(waiting)
      if (row === undefined || row.realmId === null || row.refreshTokenSealed === null) return null
      return { realmId: row.realmId, refreshToken: await unseal(tx, ctx, placeOf(revocationId), row.refreshTokenSealed) }
    },
    'read',
  )
  if (found === null) return
  if ((await findKey(deps.db, 'realm', found.realmId)) === null) await revoke(ctx, found.refreshToken)
  deps.reached('revocation.made')
  await withFirm(ctx, (tx) => tx.update(r).set({ realmId: null, refreshTokenSealed: null, doneAt: deps.now() }).where(waiting))
}

async function revoke(ctx: Ctx, refreshToken: string): Promise<void> {
  try {
    await ctx.deps.quickbooks.revoke(refreshToken)
  } catch (error) {
    // A token that Intuit does not know any more is revoked
    if (!(error instanceof ProviderError) || error.transient || error.outcome === 'unknown') throw error
  }
}
