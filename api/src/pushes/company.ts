import { companyAccess, endAccess, refreshAccess } from '../books/access.ts'
import type { Ctx } from '../core/context.ts'
import { AppError, comeBackMs, ProviderError } from '../core/errors.ts'
import type { CompanyAccess } from '../providers/quickbooks/types.ts'

/** Intuit may work on a request for two minutes: what it has not done by then it will not do. */
export const doubtMs = 125_000
export const minuteMs = 60_000

/** When the company's queue of work goes on. `wakeAt` null: at once. */
export interface Next {
  wakeAt: Date | null
}
export const goOn: Next = { wakeAt: null }
export const later = (ctx: Ctx, ms: number): Next => ({ wakeAt: new Date(ctx.deps.now().getTime() + ms) })

export const isUnauthorized = (error: unknown): boolean => error instanceof ProviderError && error.code === 'unauthorized'

/** One answer may be a mistake of Intuit's: a grant that was ended lets itself be renewed no more, and that ends it here. */
const renewalsMax = 2

/**
 * Works on one company. An access token that was refused is renewed, and once more if the new one is refused, too. When there is none
 * to be had, or none is accepted, `putBack` says what becomes of the work: nothing was done this time. Reconnecting wakes the queue.
 */
export async function withCompany(
  ctx: Ctx,
  booksId: string,
  { work, putBack }: { work: (access: CompanyAccess) => Promise<Next>; putBack: () => Promise<void> },
): Promise<Next> {
  try {
    let access = await companyAccess(ctx, booksId)
    for (let renewals = 0; ; renewals++) {
      try {
        return await work(access)
      } catch (error) {
        if (!isUnauthorized(error) || renewals === renewalsMax) throw error
        access = await refreshAccess(ctx, booksId, access.accessToken)
      }
    }
  } catch (error) {
    const disconnected = error instanceof AppError && error.code === 'books_not_connected'
    if (!disconnected && !(error instanceof ProviderError)) throw error
    await putBack()
    const waitMs = comeBackMs(error)
    if (waitMs !== null) return later(ctx, waitMs)
    if (!disconnected && !isUnauthorized(error)) throw error
    if (!disconnected) await endAccess(ctx, booksId)
    return later(ctx, 24 * 60 * minuteMs)
  }
}
