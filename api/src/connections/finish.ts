import { and, eq, inArray, lt, or, sql } from 'drizzle-orm'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { unseal } from '../core/crypto.ts'
import { ProviderError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { claimKey } from '../db/global.ts'
import { connectionsTable, linkSessionsTable } from '../db/schema/banks.ts'
import { clientsTable } from '../db/schema/clients.ts'
import type { LinkedItem } from '../providers/plaid/client.ts'
import { sealAccess } from './access.ts'
import { completeConnection } from './complete.ts'
import { releaseAccess } from './disconnects.ts'
import { enqueueCheck, type LinkSession, sessionPlace } from './link-sessions.ts'
import { recordVisit } from './record-visit.ts'
import { finishRepair } from './repair.ts'

/** A visit that ended at the last moment is still looked for. */
const graceMs = 10 * 60_000
const leaseMs = 2 * 60_000
/** The one-time token is tried once, and once more when the answer was lost. */
const exchangeAttemptsMax = 2
const notCompleted = 'The bank was signed in to, but the connection was not completed. Choose the bank once more.'

const sessionRow = (ctx: Ctx, id: string) => and(eq(linkSessionsTable.firmId, ctx.firmId), eq(linkSessionsTable.id, id))

/**
 * Job: looks how a visit to the bank's sign-in stands and carries it on: waits, exchanges the one-time token, stores the
 * connection with its accounts. Safe to run twice and at once: the exchange is claimed, and what was recorded is taken up.
 */
export async function finishLinkSession(deps: Deps, { firmId, linkSessionId }: { firmId: string; linkSessionId: string }): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'finish_link_session')
  const found = await withFirm(ctx, (tx) => readSession(tx, ctx, linkSessionId))
  if (found === null) return
  const { session, linkToken, connectionId } = found
  if (connectionId !== null) return completeConnection(ctx, connectionId)
  if (session.state === 'exchanging' && session.leaseUntil !== null && session.leaseUntil > deps.now()) return keepWaiting(ctx, session)
  const outcome = await deps.plaid.linkOutcome(linkToken)
  deps.reached('visit.looked_up')
  await recordVisit(ctx, session.id, outcome.visit)
  if (outcome.state === 'open') return keepWaiting(ctx, session)
  if (outcome.state === 'exited') return keepWaiting(ctx, session, outcome.reason ?? 'Left the sign-in of the bank.')
  if (session.connectionId !== null) return finishRepair(ctx, session.id)
  const item = outcome.added.at(-1)
  if (item === undefined) return keepWaiting(ctx, session, 'Left the sign-in of the bank.')
  const granted = await exchange(ctx, session, item)
  if (granted === null) return
  const connection = await withFirm(ctx, (tx) => recordGrant(tx, ctx, session, { ...item, ...granted }))
  deps.reached('exchange.recorded')
  if (connection !== null) await completeConnection(ctx, connection)
}

/** A visit that is not over, with its link token and the connection it has led to so far. */
async function readSession(
  tx: Tx,
  ctx: Ctx,
  id: string,
): Promise<{ session: LinkSession; linkToken: string; connectionId: string | null } | null> {
  const [session] = await tx
    .select()
    .from(linkSessionsTable)
    .where(and(sessionRow(ctx, id), inArray(linkSessionsTable.state, ['open', 'exited', 'exchanging'])))
  if (session?.linkTokenSealed == null) return null
  const [connection] = await tx
    .select({ id: connectionsTable.id })
    .from(connectionsTable)
    .where(and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.linkSessionId, id)))
  const linkToken = await unseal(tx, ctx, sessionPlace('link_token', id), session.linkTokenSealed)
  return { session, linkToken, connectionId: connection?.id ?? null }
}

/** Looks again later, for somebody who has left may come back; gives up some minutes after the sign-in has expired. */
async function keepWaiting(ctx: Ctx, session: LinkSession, leftBecause: string | null = null): Promise<void> {
  const now = ctx.deps.now()
  const claimed = session.state === 'exchanging' && session.leaseUntil !== null && session.leaseUntil > now
  const over = !claimed && now.getTime() > session.expiresAt.getTime() + graceMs
  const left = leftBecause !== null || session.state === 'exited'
  await withFirm(ctx, async (tx) => {
    const end = { linkTokenSealed: null, hostedUrlSealed: null, finishedAt: now }
    await tx
      .update(linkSessionsTable)
      .set({
        polls: session.polls + 1,
        ...(left && session.state !== 'exchanging' ? { state: 'exited' as const, reason: leftBecause ?? session.reason } : {}),
        ...(over ? { ...end, ...(left ? {} : { state: 'expired' as const, reason: 'Did not finish in time.' }) } : {}),
      })
      .where(and(sessionRow(ctx, session.id), eq(linkSessionsTable.state, session.state)))
    if (left && session.state === 'open') await publish(tx, ctx, 'connections', session.clientId)
    if (!over) await enqueueCheck(tx, { ...session, polls: session.polls + 1 })
  })
}

/**
 * Exchanges the one-time token under a claim. Null when somebody else does it or it failed for good; then the visit is recorded
 * as not completed. Throws when trying later can help and the token has certainly not been used.
 */
async function exchange(ctx: Ctx, session: LinkSession, item: LinkedItem): Promise<{ accessToken: string; itemId: string } | null> {
  const attempts = await withFirm(ctx, (tx) => claimExchange(tx, ctx, session.id))
  if (attempts === null) return null
  ctx.deps.reached('exchange.claimed')
  for (let attempt = attempts; attempt <= exchangeAttemptsMax; attempt++) {
    try {
      const granted = await ctx.deps.plaid.exchange(item.publicToken)
      ctx.deps.reached('exchange.made')
      return granted
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      if (error.outcome === 'refused' && error.transient) {
        await withFirm(ctx, (tx) => releaseClaim(tx, ctx, session.id))
        throw error
      }
      if (error.outcome === 'refused') break
    }
  }
  await withFirm(ctx, (tx) => failSession(tx, ctx, session, item.institutionName))
  return null
}

/** Takes the exchange; answers which attempt this is, or null when it is somebody else's. */
async function claimExchange(tx: Tx, ctx: Ctx, id: string): Promise<number | null> {
  const now = ctx.deps.now()
  const abandoned = and(eq(linkSessionsTable.state, 'exchanging'), lt(linkSessionsTable.leaseUntil, now))
  const [claimed] = await tx
    .update(linkSessionsTable)
    .set({
      state: 'exchanging',
      reason: null,
      leaseUntil: new Date(now.getTime() + leaseMs),
      exchangeAttempts: sql`${linkSessionsTable.exchangeAttempts} + 1`,
    })
    .where(and(sessionRow(ctx, id), or(inArray(linkSessionsTable.state, ['open', 'exited']), abandoned)))
    .returning({ attempts: linkSessionsTable.exchangeAttempts })
  return claimed?.attempts ?? null
}

async function releaseClaim(tx: Tx, ctx: Ctx, id: string): Promise<void> {
  await tx
    .update(linkSessionsTable)
    .set({ state: 'open', leaseUntil: null, exchangeAttempts: sql`${linkSessionsTable.exchangeAttempts} - 1` })
    .where(and(sessionRow(ctx, id), eq(linkSessionsTable.state, 'exchanging')))
}

async function failSession(tx: Tx, ctx: Ctx, session: LinkSession, institution: string | null): Promise<void> {
  const failed = await tx
    .update(linkSessionsTable)
    .set({ state: 'failed', reason: notCompleted, linkTokenSealed: null, hostedUrlSealed: null, finishedAt: ctx.deps.now() })
    .where(and(sessionRow(ctx, session.id), eq(linkSessionsTable.state, 'exchanging')))
    .returning({ id: linkSessionsTable.id })
  if (failed.length === 0) return
  await recordAudit(tx, ctx, 'connection.not_completed', { id: session.id, clientId: session.clientId, details: { institution } })
  await publish(tx, ctx, 'connections', session.clientId)
}

/**
 * Writes down what the exchange gave, before anything else: from here on nothing is lost. A client deleted meanwhile has no
 * connections; the access goes back at once.
 */
async function recordGrant(
  tx: Tx,
  ctx: Ctx,
  session: LinkSession,
  granted: LinkedItem & { accessToken: string; itemId: string },
): Promise<string | null> {
  const [client] = await tx
    .select({ id: clientsTable.id })
    .from(clientsTable)
    .where(and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, session.clientId)))
    .for('key share')
  if (client === undefined) {
    await releaseAccess(tx, ctx, null, granted.accessToken)
    return null
  }
  const id = newId()
  if (!(await claimKey(tx, 'plaid_item', granted.itemId, { firmId: ctx.firmId, rowId: id }))) {
    await failSession(tx, ctx, session, granted.institutionName)
    return null
  }
  await tx.insert(connectionsTable).values({
    firmId: ctx.firmId,
    id,
    clientId: session.clientId,
    linkSessionId: session.id,
    institutionId: granted.institutionId,
    institutionName: granted.institutionName ?? 'Bank',
    providerItemId: granted.itemId,
    accessTokenSealed: await sealAccess(tx, ctx, id, granted.accessToken),
    health: 'syncing',
    complete: false,
    webhookMark: session.webhookMark,
    createdAt: ctx.deps.now(),
  })
  return id
}
