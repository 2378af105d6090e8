import { and, eq, isNull } from 'drizzle-orm'
import type { SignIn, SignUp } from '@ledgersync/shared/auth'
import { type AttemptLimit, countAttempt } from '../core/attempts.ts'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, staffActor, type StaffCtx, systemCtx } from '../core/context.ts'
import { createFirmKey } from '../core/crypto.ts'
import { AppError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { parseTimeZone } from '../core/time-zone.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { findKey, type KeyOwner } from '../db/global.ts'
import { findUnverified, forgiveKeys } from '../db/guesses.ts'
import { firmsTable, sessionsTable, staffTable } from '../db/schema/firms.ts'
import { createStarterCategories } from '../rules/starter.ts'
import { chargeGuess, guessesPerLock, personKey } from './guesses.ts'
import { guessKey, knownBrowser } from './known-browser.ts'
import { checkPassword, hashPassword, verifyPassword } from './password.ts'
import { reportLocked } from './recovery.ts'
import { chargeCode, passSecondFactor } from './second-factor.ts'
import { namesOf } from './self.ts'
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
  /** The cookie of a browser that has signed in before. */
  knownBrowser: string | null
}

type SessionRow = typeof sessionsTable.$inferSelect
/** A session just opened, with the context of its person. */
export interface SignedIn {
  session: SessionRow
  ctx: StaffCtx
}

const sentence = 'Too many attempts. Wait a while, then try again.'
const signUpLimit: AttemptLimit = { windowSeconds: 3600, max: 100, sentence }
const signInLimit: AttemptLimit = { windowSeconds: 900, max: 300, sentence }

/**
 * Creates a firm, its data key, its first administrator and starter categories, and signs the person in.
 * Throws `work_email_required`, `weak_password`; a refused domain sends nothing.
 *
 * It never says that an e-mail is known, for it neither looks nor claims: a firm begins the same whoever else gave that e-mail, and
 * only the mail tells its owner that there is an account already. The username is claimed when the e-mail is verified, so nobody can
 * take a name by signing up with somebody else's address. Who verifies a second account with one e-mail gets another username.
 */
export async function signUp(deps: Deps, visitor: Visitor, input: SignUp): Promise<SignedIn> {
  await countAttempt(deps, `sign-up:${visitor.network}`, signUpLimit)
  const { email, domain } = parseWorkEmail(input.email)
  const timeZone = input.timeZone === undefined ? 'America/New_York' : parseTimeZone(input.timeZone, 'body.timeZone')
  const [firmName, name] = [input.firmName.trim(), input.name.trim()]
  checkPassword(input.password, namesOf({ firmName, name, email, username: email }))
  const passwordHash = await hashPassword(input.password)
  const [firmId, staffId, now] = [newId(), newId(), deps.now()]
  const ctx: Ctx = { ...systemCtx(deps, firmId, 'sign_up'), ip: visitor.ip, requestId: visitor.requestId }
  const session = await withFirm(ctx, async (tx) => {
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

/** Counts a sign-in against its network, whatever it is done with. Throws `too_many_requests`. */
export const countSignIn = (deps: Deps, { network }: Visitor): Promise<void> => countAttempt(deps, `sign-in-from:${network}`, signInLimit)

const wrong = () => new AppError('wrong_credentials', 'This username and password do not go together.')

/**
 * Opens a session. An unknown username and a wrong password: same error, same work, same time.
 *
 * A username is somebody's once its e-mail is verified; before, it is the e-mail, and of the accounts that gave it the newest can
 * sign in. So both are looked up and both passwords are checked, always: nobody can tell by signing up with an e-mail and signing in
 * again whether it was somebody's.
 *
 * With a second factor set, the right password alone is `second_factor_required`; the same request with the code then signs in. Until
 * it does, each try counts as a wrong one.
 */
export async function signIn(deps: Deps, visitor: Visitor, input: SignIn): Promise<SignedIn & { browser: string | null }> {
  const username = input.username.trim().toLowerCase()
  await countSignIn(deps, visitor)
  const key = guessKey(deps, username, visitor.knownBrowser)
  const { guesses } = await chargeGuess(deps, key)
  const owners = [await findKey(deps.db, 'username', username), await findUnverified(deps.db, username)]
  const accounts: (StaffRow | null)[] = []
  for (const owner of owners) accounts.push(await readAccount(deps, owner))
  const matches = await Promise.all(accounts.map((account) => verifyPassword(account?.passwordHash ?? null, input.password)))
  const staff = accounts.find((_account, index) => matches[index]) ?? null
  if (staff === null) {
    if (guesses % guessesPerLock === 0) await reportLocked(deps, username)
    throw wrong()
  }
  // An account that anybody can make with somebody else's e-mail must not win them more guesses at that person's password
  const isVerified = staff.emailVerifiedAt !== null
  const scope: Ctx = { ...systemCtx(deps, staff.firmId, 'sign_in'), ip: visitor.ip, requestId: visitor.requestId }
  await chargeCode(deps, staff.id, input.code)
  const session = await withFirm(scope, async (tx) => {
    await requireSamePassword(tx, scope, staff)
    await passSecondFactor(tx, scope, staff, input.code)
    const opened = await openSession(tx, scope, staff.id, visitor.userAgent)
    await recordAudit(tx, staffCtx(scope, opened, staff.role), 'session.opened', { id: opened.id })
    if (isVerified) await forgiveKeys(tx, [key.key, personKey(deps, staff.id)])
    return opened
  })
  return { session, ctx: staffCtx(scope, session, staff.role), browser: isVerified ? knownBrowser(deps, username) : null }
}

type StaffRow = typeof staffTable.$inferSelect

/** The account, or null: with the same query in either case. */
function readAccount(deps: Deps, owner: KeyOwner | null): Promise<StaffRow | null> {
  const { firmId, rowId } = owner ?? { firmId: newId(), rowId: newId() }
  return withFirm(
    { deps, firmId },
    async (tx) => {
      const [row] = await tx
        .select()
        .from(staffTable)
        .where(and(eq(staffTable.firmId, firmId), eq(staffTable.id, rowId), isNull(staffTable.deactivatedAt)))
      return row ?? null
    },
    'read',
  )
}

/** A password that was changed, or somebody who left, since the password was checked: no session may outlive that. */
async function requireSamePassword(tx: Tx, ctx: Ctx, { id, passwordHash }: StaffRow): Promise<void> {
  const same = and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, id), eq(staffTable.passwordHash, passwordHash))
  const [held] = await tx
    .select({ id: staffTable.id })
    .from(staffTable)
    .where(and(same, isNull(staffTable.deactivatedAt)))
    .for('share')
  if (held === undefined) throw wrong()
}

/** The context of who has just signed in. */
export function staffCtx(ctx: Ctx, session: SessionRow, role: StaffCtx['actor']['role']): StaffCtx {
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
