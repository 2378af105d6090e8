import type { Ctx } from '../core/context.ts'
import { comeBackMs, ProviderError } from '../core/errors.ts'
import type { CompanyAccess, PostedEntry, StandingEntry } from '../providers/quickbooks/types.ts'
import { doubtMs, goOn, isUnauthorized, later, minuteMs, type Next, withCompany } from './company.ts'
import { heldBack, undoRefusal } from './reasons.ts'
import { claimUndos, postponeUndos, settleUndos, type Undo, type UndoOutcome } from './undo-claim.ts'

/**
 * Takes the next entries of a company back out of QuickBooks; null when none waits. Each is looked at first, and again after a
 * doubtful answer, before anything is deleted: one that was edited, closed or linked since stays, with the reason. Deleting by
 * id and version is safe to repeat, and an id is never given twice, so an entry that is not there any more is what was asked for.
 */
export async function undoNext(ctx: Ctx, booksId: string): Promise<Next | null> {
  const undos = await claimUndos(ctx, booksId)
  if (undos.length === 0) return null
  ctx.deps.reached('undo.claimed')
  return withCompany(ctx, booksId, {
    work: (access) => undoWith(ctx, access, undos),
    putBack: () => postponeUndos(ctx, undos, 0),
  })
}

async function undoWith(ctx: Ctx, access: CompanyAccess, undos: Undo[]): Promise<Next> {
  try {
    const standing = await ctx.deps.quickbooks.read(access, undos)
    const { closedThrough } = await ctx.deps.quickbooks.company(access)
    ctx.deps.reached('undo.looked_up')
    const held = undos.flatMap((undo): UndoOutcome[] => {
      const reason = whyHeldBack(undo, standing.get(undo.providerEntryId), closedThrough)
      return reason === null ? [] : [{ pushId: undo.pushId, undone: false, reason }]
    })
    await settleUndos(ctx, held)
    const keep = new Set(held.map(({ pushId }) => pushId))
    const rest = undos.filter(({ pushId }) => !keep.has(pushId))
    if (rest.length > 0) await remove(ctx, access, { undos: rest, closedThrough })
    return goOn
  } catch (error) {
    if (!(error instanceof ProviderError) || isUnauthorized(error)) throw error
    return afterFailure(ctx, undos, error)
  }
}

/** What the API tells of an entry against deleting it. One that it does not list is asked for by its id when it is deleted. */
function whyHeldBack(undo: PostedEntry, found: StandingEntry | undefined, closedThrough: string | null): string | null {
  if (found === undefined) return null
  if (found.isLinked) return heldBack.linked
  if (found.syncToken !== undo.syncToken) return heldBack.edited
  return closedThrough !== null && found.date <= closedThrough ? undoRefusal('6210', '', closedThrough) : null
}

async function remove(
  ctx: Ctx,
  access: CompanyAccess,
  { undos, closedThrough }: { undos: Undo[]; closedThrough: string | null },
): Promise<void> {
  const outcomes = await ctx.deps.quickbooks.remove(access, undos)
  ctx.deps.reached('undo.made')
  await settleUndos(
    ctx,
    outcomes.map((outcome, index): UndoOutcome => {
      const pushId = undos[index]?.pushId ?? ''
      if (!('refused' in outcome)) return { pushId, undone: true, reason: outcome.wasGone ? 'It had been deleted in QuickBooks.' : null }
      return { pushId, undone: false, reason: undoRefusal(outcome.refused.code, outcome.refused.detail, closedThrough) }
    }),
  )
  ctx.deps.reached('undo.recorded')
}

/** What was settled before stays settled. The others are looked at again: after a doubtful answer not before Intuit is done with it. */
async function afterFailure(ctx: Ctx, undos: Undo[], error: ProviderError): Promise<Next> {
  const { status, code, requestId, operation, outcome } = error
  if (code !== 'not_yet')
    ctx.deps.log.warn({ status, code, operation, providerRequestId: requestId, outcome }, 'entries could not be taken back')
  if (outcome === 'refused' && !error.transient) {
    const reason = undoRefusal(code ?? '', error.detail ?? '', null)
    await settleUndos(
      ctx,
      undos.map(({ pushId }) => ({ pushId, undone: false, reason })),
    )
    return goOn
  }
  const waitMs = outcome === 'unknown' ? doubtMs : (comeBackMs(error) ?? minuteMs)
  await postponeUndos(ctx, undos, waitMs)
  return later(ctx, waitMs + 1_000)
}
