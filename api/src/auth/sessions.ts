import { randomBytes } from 'node:crypto'
import { and, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm'
import type { Session } from '@ledgersync/shared/auth'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, Deps, StaffCtx } from '../core/context.ts'
import { idPattern } from '../core/cursor.ts'
import { AppError, notFound } from '../core/errors.ts'
import { keyedDigest, newId, sameBytes } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { onceBuilt, type Tx, withFirm } from '../db/client.ts'
import { firmsTable, sessionsTable, staffTable } from '../db/schema/firms.ts'
import { endSessions } from './self.ts'

export const accessMinutes = 10
const idleMs = 60 * 60_000
const absoluteMs = 24 * 60 * 60_000
/** Two tabs that refresh at once are not a theft. */
const previousHonouredMs = 30_000
/** Activity is written at most this often. */
const touchMs = 60_000

type SessionRow = typeof sessionsTable.$inferSelect

/** What each request asks of its session and of the person: no more, for nothing is read as often, and no password's hash at all. */
const sessionColumns = {
  id: sessionsTable.id,
  firmId: sessionsTable.firmId,
  createdAt: sessionsTable.createdAt,
  lastActiveAt: sessionsTable.lastActiveAt,
  revokedAt: sessionsTable.revokedAt,
}
const personColumns = {
  id: staffTable.id,
  role: staffTable.role,
  permissions: staffTable.permissions,
  username: staffTable.username,
  emailVerifiedAt: staffTable.emailVerifiedAt,
  deactivatedAt: staffTable.deactivatedAt,
}
type LiveSession = Pick<SessionRow, keyof typeof sessionColumns>
type LivePerson = Pick<typeof staffTable.$inferSelect, keyof typeof personColumns>

/** What the access cookie says; signed, and checked against the session's row on each request. */
export interface SessionClaims {
  firmId: string
  sessionId: string
}

/** Opens a session in the verb's transaction. */
export async function openSession(tx: Tx, ctx: Ctx, staffId: string, userAgent: string): Promise<SessionRow> {
  const now = ctx.deps.now()
  const row: SessionRow = {
    firmId: ctx.firmId,
    id: newId(),
    staffId,
    refreshSalt: randomBytes(32),
    refreshGeneration: 0,
    refreshedAt: now,
    createdAt: now,
    lastActiveAt: now,
    revokedAt: null,
    ip: ctx.ip ?? '',
    userAgent: userAgent.slice(0, 300),
    confirmedAt: now,
  }
  await tx.insert(sessionsTable).values(row)
  return row
}

const alive = (row: LiveSession, now: Date): boolean =>
  row.revokedAt === null && now.getTime() - row.lastActiveAt.getTime() < idleMs && now.getTime() - row.createdAt.getTime() < absoluteMs

const liveSession = (tx: Tx) =>
  tx
    .select({ session: sessionColumns, staff: personColumns, assignAll: firmsTable.assignAll })
    .from(sessionsTable)
    .innerJoin(staffTable, and(eq(staffTable.firmId, sessionsTable.firmId), eq(staffTable.id, sessionsTable.staffId)))
    .innerJoin(firmsTable, eq(firmsTable.firmId, sessionsTable.firmId))
    .where(and(eq(sessionsTable.firmId, sql.placeholder('firmId')), eq(sessionsTable.id, sql.placeholder('sessionId'))))
    .prepare('live_session')

/**
 * The live session and its person, or null. `activity` false leaves the idle clock alone: an open event stream is no activity.
 */
export async function readSession(
  deps: Deps,
  claims: SessionClaims,
  activity: boolean,
): Promise<{ session: LiveSession; staff: LivePerson; assignAll: boolean } | null> {
  const now = deps.now()
  const scope = { deps, firmId: claims.firmId }
  const found = await withFirm(
    scope,
    async (tx) => (await onceBuilt(tx, liveSession).execute({ firmId: claims.firmId, sessionId: claims.sessionId }))[0] ?? null,
    'read',
  )
  // Whoever has left has no session, not even one that was opened in the same moment
  if (found === null || found.staff.deactivatedAt !== null || !alive(found.session, now)) return null
  if (activity && now.getTime() - found.session.lastActiveAt.getTime() > touchMs) {
    await withFirm(scope, (tx) =>
      tx
        .update(sessionsTable)
        .set({ lastActiveAt: now })
        .where(and(eq(sessionsTable.firmId, claims.firmId), eq(sessionsTable.id, claims.sessionId), lt(sessionsTable.lastActiveAt, now))),
    )
  }
  return found
}

/** The refresh token of a generation: derived, never stored, so the previous one can yield the same successor. */
export function refreshToken(deps: Deps, row: Pick<SessionRow, 'firmId' | 'id' | 'refreshSalt' | 'refreshGeneration'>): string {
  const mac = keyedDigest(deps.sessionSecret, 'refresh', row.firmId, row.id, row.refreshSalt.toString('hex'), String(row.refreshGeneration))
  return Buffer.from(JSON.stringify([row.firmId, row.id, row.refreshGeneration, mac.toString('base64url')])).toString('base64url')
}

function parseRefreshToken(token: string): { firmId: string; sessionId: string; generation: number; mac: Buffer } | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    if (!Array.isArray(parts)) return null
    const [firmId, sessionId, generation, mac] = parts as unknown[]
    if (typeof firmId !== 'string' || typeof sessionId !== 'string' || !idPattern.test(firmId) || !idPattern.test(sessionId)) return null
    if (typeof generation !== 'number' || typeof mac !== 'string') return null
    return { firmId, sessionId, generation, mac: Buffer.from(mac, 'base64url') }
  } catch {
    // Not a token of ours: the caller answers 401
    return null
  }
}

/**
 * Rotates a refresh token. The previous one is honoured for 30 s and yields the same successor; an older one ends the session, for
 * somebody else has it. A forged one changes nothing. Throws `unauthenticated` for both.
 */
export async function rotateSession(deps: Deps, token: string): Promise<SessionRow> {
  const refused = new AppError('unauthenticated', 'Your session has ended. Sign in again.')
  const parsed = parseRefreshToken(token)
  if (parsed === null) throw refused
  const scope = { deps, firmId: parsed.firmId }
  const now = deps.now()
  const rotated = await withFirm(scope, async (tx) => {
    const where = and(eq(sessionsTable.firmId, parsed.firmId), eq(sessionsTable.id, parsed.sessionId))
    const [row] = await tx.select().from(sessionsTable).where(where).for('update')
    if (row === undefined || !alive(row, now)) return null
    const mac = keyedDigest(deps.sessionSecret, 'refresh', row.firmId, row.id, row.refreshSalt.toString('hex'), String(parsed.generation))
    if (!sameBytes(mac, parsed.mac)) return null
    if (parsed.generation === row.refreshGeneration) {
      const [next] = await tx
        .update(sessionsTable)
        .set({ refreshGeneration: row.refreshGeneration + 1, refreshedAt: now })
        .where(where)
        .returning()
      return next ?? null
    }
    if (parsed.generation === row.refreshGeneration - 1 && now.getTime() - row.refreshedAt.getTime() < previousHonouredMs) return row
    await tx.update(sessionsTable).set({ revokedAt: now }).where(where)
    await publish(tx, scope, 'firm', null)
    return null
  })
  if (rotated === null) throw refused
  return rotated
}

/** The person's live sessions, newest first. */
export async function listSessions(ctx: StaffCtx): Promise<Session[]> {
  const now = ctx.deps.now()
  const mine = and(eq(sessionsTable.firmId, ctx.firmId), eq(sessionsTable.staffId, ctx.actor.staffId), isNull(sessionsTable.revokedAt))
  const fresh = and(
    gt(sessionsTable.createdAt, new Date(now.getTime() - absoluteMs)),
    gt(sessionsTable.lastActiveAt, new Date(now.getTime() - idleMs)),
  )
  const rows = await withFirm(
    ctx,
    (tx) => tx.select().from(sessionsTable).where(and(mine, fresh)).orderBy(desc(sessionsTable.createdAt)).limit(200),
    'read',
  )
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.createdAt.toISOString(),
    lastActiveAt: row.lastActiveAt.toISOString(),
    userAgent: row.userAgent,
    ip: row.ip,
    current: row.id === ctx.actor.sessionId,
  }))
}

/** Ends the person's other sessions. */
export async function revokeOtherSessions(ctx: StaffCtx): Promise<void> {
  await withFirm(ctx, async (tx) => {
    const ended = await endSessions(tx, ctx, ctx.actor.staffId, ctx.actor.sessionId)
    if (ended === 0) return
    await recordAudit(tx, ctx, 'session.others_revoked', { id: ctx.actor.sessionId, details: { ended } })
    await publish(tx, ctx, 'firm', null)
  })
}

/** Ends one of the person's own sessions; somebody else's is not found. */
export async function revokeSession(ctx: StaffCtx, sessionId: string): Promise<void> {
  await withFirm(ctx, async (tx) => {
    const revoked = await tx
      .update(sessionsTable)
      .set({ revokedAt: ctx.deps.now() })
      .where(
        and(
          eq(sessionsTable.firmId, ctx.firmId),
          eq(sessionsTable.id, sessionId),
          eq(sessionsTable.staffId, ctx.actor.staffId),
          isNull(sessionsTable.revokedAt),
        ),
      )
      .returning({ id: sessionsTable.id })
    if (revoked.length === 0) throw notFound('session')
    await recordAudit(tx, ctx, 'session.revoked', { id: sessionId })
    await publish(tx, ctx, 'firm', null)
  })
}
