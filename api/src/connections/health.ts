import { and, desc, eq, gte, ne, or } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import type { Tx } from '../db/client.ts'
import { connectionsTable, linkSessionsTable } from '../db/schema/banks.ts'
import type { BankTrouble } from '../providers/plaid/causes.ts'
import { type ConnectionRecord, openAccess } from './access.ts'
import { releaseAccess } from './disconnects.ts'
import { endRepairInvites } from '../invites/progress.ts'
import { nameOfStarter, newestEvent, recordConnectionEvent } from './events.ts'
import { keepSpan } from './health-spans.ts'

/** Lines of the history after which the connection works. */
const working = new Set(['Added', 'Linked again', 'Reconnected'])

function rowOf(ctx: Ctx, connection: ConnectionRecord) {
  return and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.id, connection.id))
}

/**
 * Records what stands between us and the bank. A bank that is down hides no trouble of the client's, and nothing brings a
 * withdrawn connection back but linking it anew. History gets one line per trouble, however often it is reported.
 * The connection must be locked.
 */
export async function recordTrouble(tx: Tx, ctx: Ctx, connection: ConnectionRecord, trouble: BankTrouble): Promise<void> {
  if (connection.health === 'disconnected') return
  if (trouble.health === 'bank_down' && connection.health === 'needs_client') return
  if (connection.health === trouble.health && connection.cause === trouble.cause) return
  const accessToken = trouble.health === 'disconnected' ? await openAccess(tx, ctx, connection) : null
  await tx
    .update(connectionsTable)
    .set({
      health: trouble.health,
      cause: trouble.cause,
      ...brokenNow(ctx, connection, trouble.health),
      ...(accessToken === null ? {} : { accessTokenSealed: null }),
    })
    .where(rowOf(ctx, connection))
  if (accessToken !== null) await releaseAccess(tx, ctx, connection.clientId, accessToken)
  await keepSpan(tx, ctx, connection, trouble.health)
  await addLine(tx, ctx, connection, trouble.history)
  await publish(tx, ctx, 'connections', connection.clientId)
}

const askAgainMs = 24 * 60 * 60_000

/**
 * From when on the client is needed and has not been asked. A sign-in that did not help, or news that came late, begins nothing new:
 * only a good sync in between does, or a day.
 */
function brokenNow(ctx: Ctx, connection: ConnectionRecord, next: BankTrouble['health']) {
  const { health, brokenAt, lastSuccessAt, clientAskedAt } = connection
  if (next !== 'needs_client' || (health === 'needs_client' && brokenAt !== null)) return {}
  const now = ctx.deps.now()
  const goesOn = brokenAt !== null && (lastSuccessAt === null || lastSuccessAt <= brokenAt)
  const isAsked = clientAskedAt !== null && now.getTime() - clientAskedAt.getTime() < askAgainMs
  return goesOn && isAsked ? {} : { brokenAt: now, clientAskedAt: null, askFailedAt: null }
}

async function addLine(tx: Tx, ctx: Ctx, connection: ConnectionRecord, kind: string | null): Promise<void> {
  if (kind === null || (await newestEvent(tx, ctx, connection.id))?.kind === kind) return
  await recordConnectionEvent(tx, ctx, { connectionId: connection.id, kind, by: 'Bank' })
}

/** The bank's consent runs out at `at` (null: about a week from now): the client has to renew it, until then it works. */
export async function recordConsentEnd(tx: Tx, ctx: Ctx, connection: ConnectionRecord, at: Date | null): Promise<void> {
  if (connection.health === 'disconnected') return
  const endsAt = at ?? new Date(ctx.deps.now().getTime() + 7 * 24 * 60 * 60_000)
  const day = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' }).format(endsAt)
  await tx
    .update(connectionsTable)
    .set({
      health: 'needs_client',
      ...brokenNow(ctx, connection, 'needs_client'),
      consentEndsAt: endsAt,
      cause: `The bank's permission ends on ${day}. The client has to sign in again before that.`,
    })
    .where(rowOf(ctx, connection))
  await keepSpan(tx, ctx, connection, 'needs_client')
  await addLine(tx, ctx, connection, 'Consent ends')
  await publish(tx, ctx, 'connections', connection.clientId)
}

/**
 * Records that the connection works, after a good sync (`syncedAt`) or the bank's word that the login was repaired. A repair
 * after trouble goes into history. While consent is about to end it still needs the client.
 * The connection must be locked.
 */
export async function recordHealthy(tx: Tx, ctx: Ctx, connection: ConnectionRecord, repaired: boolean): Promise<void> {
  const now = ctx.deps.now()
  const consentEndsAt = repaired || (connection.consentEndsAt !== null && connection.consentEndsAt <= now) ? null : connection.consentEndsAt
  const healthy = consentEndsAt === null
  await tx
    .update(connectionsTable)
    .set({
      consentEndsAt,
      ...(healthy ? { health: 'healthy', cause: null } : {}),
      ...(repaired ? {} : { lastSuccessAt: now }),
    })
    .where(rowOf(ctx, connection))
  if (healthy) {
    await keepSpan(tx, ctx, connection, 'healthy')
    await endRepairInvites(tx, ctx, connection.clientId)
  }
  const newest = healthy ? await newestEvent(tx, ctx, connection.id) : null
  if (newest !== null && !working.has(newest.kind)) {
    await recordConnectionEvent(tx, ctx, {
      connectionId: connection.id,
      kind: 'Reconnected',
      by: await repairedBy(tx, ctx, connection.id, newest.at),
    })
  }
  await publish(tx, ctx, 'connections', connection.clientId)
}

/**
 * Who went to the bank's sign-in since it broke; the bank itself when nobody did it here. A visit need not be over in our books:
 * rows may arrive before the news that it ended.
 */
async function repairedBy(tx: Tx, ctx: Ctx, connectionId: string, since: Date): Promise<string> {
  const { createdAt, finishedAt } = linkSessionsTable
  const [session] = await tx
    .select()
    .from(linkSessionsTable)
    .where(
      and(
        eq(linkSessionsTable.firmId, ctx.firmId),
        eq(linkSessionsTable.connectionId, connectionId),
        ne(linkSessionsTable.state, 'failed'),
        or(gte(createdAt, since), gte(finishedAt, since)),
      ),
    )
    .orderBy(desc(createdAt))
    .limit(1)
  return session === undefined ? 'Bank' : nameOfStarter(tx, ctx, session)
}
