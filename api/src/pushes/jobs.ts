import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { comeBackMs, ProviderError } from '../core/errors.ts'
import { withFirm } from '../db/client.ts'
import type { CompanyAccess, PostOutcome } from '../providers/quickbooks/types.ts'
import {
  type Claim,
  claimPushes,
  doubtPushes,
  leaseForRequest,
  nextLeaseEnd,
  releasePushes,
  type Settlement,
  settlePushes,
} from './claim.ts'
import { doubtMs, goOn, isUnauthorized, later, minuteMs, type Next, withCompany } from './company.ts'
import { refusalReason } from './reasons.ts'
import { wakePushes } from './service.ts'
import { undoNext } from './undo-jobs.ts'

/** After so many requests of one company other work has a turn, the next company's included. */
const requestsPerJobMax = 20

/**
 * Job: sends what waits for one company, 30 entries a request, then takes back what is to be undone, until nothing is left. A
 * doubtful request is looked up before anything of it is sent again, so that each entry stands in the books at most once, whatever
 * dies whenever.
 */
export async function pushBooks(deps: Deps, { firmId, booksId }: { firmId: string; booksId: string }): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'push_books')
  for (let request = 0; request < requestsPerJobMax; request++) {
    const claim = await claimPushes(ctx, booksId)
    if (claim !== null) deps.reached('push.claimed')
    const next = claim === null ? await undoNext(ctx, booksId) : await send(ctx, booksId, claim)
    if (next === null) return wakeForLeases(ctx, booksId)
    if (next.wakeAt !== null) return wake(ctx, booksId, next.wakeAt)
  }
  await wake(ctx, booksId, deps.now())
}

const wake = (ctx: Ctx, booksId: string, at: Date): Promise<void> =>
  withFirm(ctx, (tx) => wakePushes(tx, ctx, booksId, new Date(Date.now() + Math.max(0, at.getTime() - ctx.deps.now().getTime()))))

/** Entries leased by a run that died are looked at again when their lease ends. */
async function wakeForLeases(ctx: Ctx, booksId: string): Promise<void> {
  const leaseUntil = await nextLeaseEnd(ctx, booksId)
  if (leaseUntil !== null) await wake(ctx, booksId, leaseUntil)
}

/** Sends one claim and records what came of it. What may have been sent before stays doubtful when nothing can be sent now. */
function send(ctx: Ctx, booksId: string, claim: Claim): Promise<Next> {
  const held = { claim }
  return withCompany(ctx, booksId, {
    work: (access) => sendWith(ctx, { booksId, access }, held),
    putBack: () => putBack(ctx, held.claim),
  })
}

/** `held.claim` is the part of it that is under way: after a refused token it goes on from there. */
async function sendWith(ctx: Ctx, { booksId, access }: { booksId: string; access: CompanyAccess }, held: { claim: Claim }): Promise<Next> {
  try {
    let absent = held.claim.pushes
    if (held.claim.doubtful) {
      const found = await ctx.deps.quickbooks.find(access, toPost(held.claim))
      ctx.deps.reached('push.looked_up')
      await settlePushes(
        ctx,
        [...found].map(([pushId, posted]): Settlement => ({ pushId, posted })),
      )
      absent = absent.filter(({ id }) => !found.has(id))
      if (absent.length === 0) return goOn
    }
    const request = await leaseForRequest(ctx, held.claim, absent)
    if (request === null) return goOn
    held.claim = request
    const outcomes = await ctx.deps.quickbooks.post(access, request.requestId, toPost(request))
    ctx.deps.reached('push.sent')
    await settlePushes(ctx, await inOurWords(ctx, access, outcomes))
    ctx.deps.reached('push.recorded')
    return goOn
  } catch (error) {
    if (!(error instanceof ProviderError) || isUnauthorized(error)) throw error
    return afterFailure(ctx, booksId, held.claim, error)
  }
}

const toPost = ({ pushes }: Claim) => pushes.map(({ id, entry }) => ({ pushId: id, entry }))

/** What was never sent waits; what may have been sent once stays doubtful. */
async function putBack(ctx: Ctx, claim: Claim): Promise<void> {
  if (claim.doubtful) await doubtPushes(ctx, claim, 0)
  else await releasePushes(ctx, claim)
}

async function afterFailure(ctx: Ctx, booksId: string, claim: Claim, error: ProviderError): Promise<Next> {
  const { status, code, requestId } = error
  if (code !== 'not_yet')
    ctx.deps.log.warn({ booksId, status, code, providerRequestId: requestId, outcome: error.outcome }, 'a push request failed')
  if (error.outcome === 'unknown') {
    await doubtPushes(ctx, claim, doubtMs)
    return later(ctx, doubtMs + 1_000)
  }
  if (error.transient) {
    await putBack(ctx, claim)
    return later(ctx, comeBackMs(error) ?? minuteMs)
  }
  // The whole request was refused for good: each of its entries is, with the reason
  const reason = refusalReason(error.code ?? '', error.detail ?? '', null)
  await settlePushes(
    ctx,
    claim.pushes.map(({ id }) => ({ pushId: id, refused: { code: error.code ?? String(error.status), reason } })),
  )
  return goOn
}

const closedPeriod = new Set(['6210', '6200'])

async function inOurWords(ctx: Ctx, access: CompanyAccess, outcomes: PostOutcome[]): Promise<Settlement[]> {
  const closed = outcomes.some((outcome) => 'refused' in outcome && closedPeriod.has(outcome.refused.code))
  const closedThrough = closed ? await readClosedThrough(ctx, access) : null
  return outcomes.map((outcome) =>
    'posted' in outcome
      ? { pushId: outcome.pushId, posted: outcome.posted }
      : {
          pushId: outcome.pushId,
          refused: { code: outcome.refused.code, reason: refusalReason(outcome.refused.code, outcome.refused.detail, closedThrough) },
        },
  )
}

/** The closing date makes the reason clearer; the answers are recorded without it when it cannot be read. */
async function readClosedThrough(ctx: Ctx, access: CompanyAccess): Promise<string | null> {
  try {
    return (await ctx.deps.quickbooks.company(access)).closedThrough
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    ctx.deps.log.warn({ status: error.status, code: error.code }, 'the closing date could not be read')
    return null
  }
}
