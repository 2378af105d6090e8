import { and, eq, isNull } from 'drizzle-orm'
import type { SignIn, SignUp } from '@ledgersync/shared/auth'
import { type AttemptLimit, countAttempt } from '../core/attempts.ts'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, staffActor, type StaffCtx, systemCtx } from '../core/context.ts'
import { createFirmKey } from '../core/crypto.ts'
import { AppError } from '../core/errors.ts'
import { keyedDigest, newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { parseTimeZone } from '../core/time-zone.ts'
import { withFirm } from '../db/client.ts'
import { claimKey, findKey } from '../db/global.ts'
import { firmsTable, sessionsTable, staffTable } from '../db/schema/firms.ts'
import { createStarterCategories } from '../rules/starter.ts'
import { checkPassword, hashPassword, verifyPassword } from './password.ts'
import { openSession } from './sessions.ts'
import { queueVerification } from './verification.ts'
import { parseWorkEmail } from './work-email.ts'

/** Where a request came from. */
export interface Visitor {
  ip: string
  /** What attempts are counted by: the address, or of IPv6 its /64, which one subscriber has whole. */
  network: string
  userAgent: string
  requestId: string
}

type SessionRow = typeof sessionsTable.$inferSelect
/** A session just opened, with the context of its person. */
export interface SignedIn {
  session: SessionRow
  ctx: StaffCtx
}

const sentence = 'Too many attempts. Wait a while, then try again.'
const signUpLimit: AttemptLimit = { windowSeconds: 3600, max: 100, sentence }
const guessLimit: AttemptLimit = { windowSeconds: 900, max: 10, sentence }
const signInLimit: AttemptLimit = { windowSeconds: 900, max: 300, sentence }

/**
 * Creates a firm, its data key, its first administrator and starter categories, and signs the person in.
 * Throws `work_email_required`, `weak_password`, `username_taken`; a refused domain sends nothing.
 */
export async function signUp(deps: Deps, visitor: Visitor, input: SignUp): Promise<SignedIn> {
  await countAttempt(deps, `sign-up:${visitor.network}`, signUpLimit)
  const { email, domain } = parseWorkEmail(input.email)
  const timeZone = input.timeZone === undefined ? 'America/New_York' : parseTimeZone(input.timeZone, 'body.timeZone')
  const [firmName, name] = [input.firmName.trim(), input.name.trim()]
  checkPassword(input.password, [firmName, ...firmName.split(' '), name, ...name.split(' '), email, domain.split('.')[0] ?? ''])
  const passwordHash = await hashPassword(input.password)
  const [firmId, staffId, now] = [newId(), newId(), deps.now()]
  const ctx: Ctx = { ...systemCtx(deps, firmId, 'sign_up'), ip: visitor.ip, requestId: visitor.requestId }
  const session = await withFirm(ctx, async (tx) => {
    if (!(await claimKey(tx, 'username', email, { firmId, rowId: staffId }))) {
      throw new AppError('username_taken', 'Somebody already signs in with this e-mail. Sign in instead.', {
        fields: [{ field: 'body.email', message: 'Somebody already signs in with this e-mail.' }],
      })
    }
    await tx.insert(firmsTable).values({ firmId, name: firmName, emailDomain: domain, timeZone, createdAt: now })
    await createFirmKey(tx, ctx)
    await tx.insert(staffTable).values({
      firmId,
      id: staffId,
      name,
      email,
      username: email,
      passwordHash,
      role: 'administrator',
      emailVerifiedAt: null,
      timeZone: null,
      createdAt: now,
    })
    await createStarterCategories(tx, ctx)
    const opened = await openSession(tx, ctx, staffId, visitor.userAgent)
    await recordAudit(tx, staffCtx(ctx, opened, 'administrator'), 'firm.created', { id: firmId, details: { firmName, name, email } })
    await queueVerification(tx, ctx, { id: staffId, name, email })
    return opened
  })
  return { session, ctx: staffCtx(ctx, session, 'administrator') }
}

/** Opens a session. An unknown username and a wrong password: same error, same time. */
export async function signIn(deps: Deps, visitor: Visitor, input: SignIn): Promise<SignedIn> {
  const username = input.username.trim().toLowerCase()
  const guessKey = keyedDigest(deps.sessionSecret, 'sign-in', username).toString('base64url')
  await countAttempt(deps, `sign-in-from:${visitor.network}`, signInLimit)
  await countAttempt(deps, `sign-in:${guessKey}`, guessLimit)
  const owner = await findKey(deps.db, 'username', username)
  const scope: Ctx = { ...systemCtx(deps, owner?.firmId ?? newId(), 'sign_in'), ip: visitor.ip, requestId: visitor.requestId }
  const staff = await withFirm(
    scope,
    async (tx) => {
      const [row] = await tx
        .select()
        .from(staffTable)
        .where(and(eq(staffTable.firmId, scope.firmId), eq(staffTable.id, owner?.rowId ?? newId()), isNull(staffTable.deactivatedAt)))
      return row ?? null
    },
    'read',
  )
  if (!(await verifyPassword(staff?.passwordHash ?? null, input.password)) || staff === null) {
    throw new AppError('wrong_credentials', 'This username and password do not go together.')
  }
  const session = await withFirm(scope, async (tx) => {
    const opened = await openSession(tx, scope, staff.id, visitor.userAgent)
    await recordAudit(tx, staffCtx(scope, opened, staff.role), 'session.opened', { id: opened.id })
    return opened
  })
  return { session, ctx: staffCtx(scope, session, staff.role) }
}

function staffCtx(ctx: Ctx, session: SessionRow, role: StaffCtx['actor']['role']): StaffCtx {
  return { ...ctx, actor: staffActor({ id: session.staffId, role }, session.id) }
}

/** Ends this session at once; signing out twice is no error. */
export async function signOut(ctx: StaffCtx): Promise<void> {
  await withFirm(ctx, async (tx) => {
    const mine = and(eq(sessionsTable.firmId, ctx.firmId), eq(sessionsTable.id, ctx.actor.sessionId), isNull(sessionsTable.revokedAt))
    const ended = await tx.update(sessionsTable).set({ revokedAt: ctx.deps.now() }).where(mine).returning({ id: sessionsTable.id })
    if (ended.length === 0) return
    await recordAudit(tx, ctx, 'session.closed', { id: ctx.actor.sessionId })
    await publish(tx, ctx, 'firm', null)
  })
}
