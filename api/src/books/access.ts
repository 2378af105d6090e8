import { and, eq, isNull, lt, or, type SQL } from 'drizzle-orm'
import { recordAudit } from '../core/audit.ts'
import type { Ctx } from '../core/context.ts'
import { seal, unseal } from '../core/crypto.ts'
import { AppError, ProviderError } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { booksTable } from '../db/schema/books.ts'
import type { BooksTokens, CompanyAccess } from '../providers/quickbooks/types.ts'
import type { BooksRow } from './queries.ts'
import { releaseCompany } from './revocations.ts'

const b = booksTable
/** Tokens are renewed this long before they end. */
const earlyMs = 5 * 60_000
const leaseMs = 30_000
const waitMs = 150
const waitsMax = 200

const notConnected = () => new AppError('books_not_connected', 'QuickBooks has ended the access to this company. Reconnect it.')
const place = (column: 'access_token_sealed' | 'refresh_token_sealed', rowId: string) => ({ table: 'books', column, rowId })

/** The columns that hold these tokens, sealed for this row. */
export async function sealTokens(tx: Tx, ctx: Ctx, booksId: string, tokens: BooksTokens) {
  return {
    accessTokenSealed: await seal(tx, ctx, place('access_token_sealed', booksId), tokens.accessToken),
    accessTokenExpiresAt: tokens.accessTokenExpiresAt,
    refreshTokenSealed: await seal(tx, ctx, place('refresh_token_sealed', booksId), tokens.refreshToken),
    refreshTokenExpiresAt: tokens.refreshTokenExpiresAt,
    tokenLeaseUntil: null,
  }
}

/** The columns of a row that holds no tokens any more. */
export const noTokens = {
  accessTokenSealed: null,
  accessTokenExpiresAt: null,
  refreshTokenSealed: null,
  refreshTokenExpiresAt: null,
  tokenLeaseUntil: null,
} as const

/** The refresh token of a row, or null when it has none any more. */
export async function openRefreshToken(tx: Tx, ctx: Ctx, row: BooksRow): Promise<string | null> {
  return row.refreshTokenSealed === null ? null : unseal(tx, ctx, place('refresh_token_sealed', row.id), row.refreshTokenSealed)
}

/**
 * A token for the company that is valid for five minutes at least, renewed when needed: by one process at a time, under a
 * lease, and the newest refresh token is stored in the same transaction as the lease's end. Throws `books_not_connected` when
 * Intuit has ended the access.
 */
export function companyAccess(ctx: Ctx, booksId: string): Promise<CompanyAccess> {
  return obtain(ctx, booksId, null)
}

/** Like {@link companyAccess}, after Intuit refused `staleToken` although it should have been valid. */
export function refreshAccess(ctx: Ctx, booksId: string, staleToken: string): Promise<CompanyAccess> {
  return obtain(ctx, booksId, staleToken)
}

/** What to renew with. The sealed bytes tell whether the row still holds the same grant afterwards. */
interface Lease {
  realmId: string
  refreshToken: string
  sealedAs: Buffer
}
type Look = { kind: 'ready'; access: CompanyAccess } | { kind: 'leased' } | { kind: 'mine'; lease: Lease }

async function obtain(ctx: Ctx, booksId: string, staleToken: string | null): Promise<CompanyAccess> {
  for (let wait = 0; wait < waitsMax; wait++) {
    const look = await withFirm(ctx, (tx) => lookOrLease(tx, ctx, booksId, staleToken))
    if (look.kind === 'ready') return look.access
    const renewed = look.kind === 'mine' ? await renew(ctx, booksId, look.lease) : null
    if (renewed !== null) return renewed
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
  throw new AppError('unavailable', 'QuickBooks does not answer just now. Try again in a minute.')
}

async function lookOrLease(tx: Tx, ctx: Ctx, booksId: string, staleToken: string | null): Promise<Look> {
  const where = and(eq(b.firmId, ctx.firmId), eq(b.id, booksId))
  const [row] = await tx.select().from(b).where(where)
  if (row === undefined || row.state !== 'connected' || row.accessTokenSealed === null) throw notConnected()
  const now = ctx.deps.now()
  const token = await unseal(tx, ctx, place('access_token_sealed', booksId), row.accessTokenSealed)
  const fresh = row.accessTokenExpiresAt !== null && row.accessTokenExpiresAt.getTime() - now.getTime() > earlyMs
  if (fresh && token !== staleToken) return { kind: 'ready', access: { realmId: row.realmId, accessToken: token } }
  const leased = await tx
    .update(b)
    .set({ tokenLeaseUntil: new Date(now.getTime() + leaseMs) })
    .where(
      and(
        where,
        eq(b.state, 'connected'),
        eq(b.accessTokenSealed, row.accessTokenSealed),
        or(isNull(b.tokenLeaseUntil), lt(b.tokenLeaseUntil, now)),
      ),
    )
    .returning({ id: b.id })
  if (leased.length === 0) return { kind: 'leased' }
  const refreshToken = await openRefreshToken(tx, ctx, row)
  if (refreshToken === null || row.refreshTokenSealed === null) throw notConnected()
  return { kind: 'mine', lease: { realmId: row.realmId, refreshToken, sealedAs: row.refreshTokenSealed } }
}

/**
 * Null when a disconnect or a reconnect came in between: what was asked for here then belongs to a grant that is no longer ours,
 * and is given back.
 */
async function renew(ctx: Ctx, booksId: string, { realmId, refreshToken, sealedAs }: Lease): Promise<CompanyAccess | null> {
  const unchanged = and(eq(b.firmId, ctx.firmId), eq(b.id, booksId), eq(b.state, 'connected'), eq(b.refreshTokenSealed, sealedAs))
  ctx.deps.reached('token.leased')
  try {
    const tokens = await ctx.deps.quickbooks.refresh(refreshToken)
    ctx.deps.reached('token.renewed')
    const isStored = await withFirm(ctx, async (tx) => {
      const stored = await tx
        .update(b)
        .set(await sealTokens(tx, ctx, booksId, tokens))
        .where(unchanged)
        .returning({ id: b.id })
      if (stored.length === 0) await releaseCompany(tx, ctx, { realmId, refreshToken: tokens.refreshToken })
      return stored.length > 0
    })
    ctx.deps.reached('token.recorded')
    return isStored ? { realmId, accessToken: tokens.accessToken } : null
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    if (error.code === 'invalid_grant') return recordEnd(ctx, booksId, unchanged)
    await withFirm(ctx, (tx) => tx.update(b).set({ tokenLeaseUntil: null }).where(unchanged))
    throw error
  }
}

/** Records that Intuit refuses even tokens it has just renewed: the company waits for a reconnect. */
export async function endAccess(ctx: Ctx, booksId: string): Promise<void> {
  await markEnded(ctx, booksId, and(eq(b.firmId, ctx.firmId), eq(b.id, booksId), eq(b.state, 'connected')))
}

/** Intuit has ended the access: says so, and throws. Null when it had already been replaced by another. */
async function recordEnd(ctx: Ctx, booksId: string, unchanged: SQL | undefined): Promise<null> {
  if (await markEnded(ctx, booksId, unchanged)) throw notConnected()
  return null
}

/** Moves the books to reconnect and tells everybody; false when nothing stood under this condition any more. */
function markEnded(ctx: Ctx, booksId: string, unchanged: SQL | undefined): Promise<boolean> {
  return withFirm(ctx, async (tx) => {
    const [row] = await tx.update(b).set({ tokenLeaseUntil: null, state: 'reconnect' }).where(unchanged).returning({ clientId: b.clientId })
    if (row === undefined) return false
    await recordAudit(tx, ctx, 'books.access_ended', { id: booksId, clientId: row.clientId })
    for (const topic of ['books', 'clients', 'transactions', 'pushes'] as const) await publish(tx, ctx, topic, row.clientId)
    return true
  })
}
