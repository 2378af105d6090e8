import { and, eq, isNull, lt } from 'drizzle-orm'
import type { PasskeyRequest, PasskeySignIn } from '@ledgersync/shared/passkeys'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { findKey } from '../db/global.ts'
import { passkeysTable } from '../db/schema/access.ts'
import { staffTable } from '../db/schema/firms.ts'
import { personKey, requireOpen } from './guesses.ts'
import { guessKey, knownBrowser } from './known-browser.ts'
import { challengeMs, newChallenge, takeChallenge } from './passkey-challenge.ts'
import { challengeOf, relyingParty, verifyPasskey } from './passkey-proof.ts'
import { passkeyKey } from './passkeys.ts'
import { countSignIn, type SignedIn, staffCtx, type Visitor } from './service.ts'
import { openSession } from './sessions.ts'

/** What a browser needs to ask for a passkey: the same for everybody but the challenge, for it names no account and no passkey. */
export function beginPasskeySignIn(deps: Deps): PasskeyRequest {
  return {
    challenge: newChallenge(deps, 'sign-in').toString('base64url'),
    rpId: relyingParty(deps).rpId,
    timeout: challengeMs,
    userVerification: 'required',
  }
}

const stale = () => new AppError('passkey_refused', 'This took longer than five minutes, or was sent twice. Try again.')
const refused = () =>
  new AppError('passkey_refused', 'This passkey does not open an account here. It may have been removed. Sign in with your password.')

/**
 * Opens a session for who has a passkey and has shown its authenticator finger, face or PIN: both factors in one, so no code is asked
 * for. Throws `passkey_refused`, in the same words for a passkey nobody has, one of somebody who has left and a wrong signature.
 *
 * A key cannot be guessed, so a refused one counts against nobody: who learns the id of a passkey could otherwise shut its owner out.
 * While wrong passwords or codes keep the account closed to this browser, it is closed for passkeys, too (`sign_in_locked`), and a
 * passkey forgives none of them: strangers win no more guesses at a password by its owner signing in some other way.
 */
export async function signInWithPasskey(deps: Deps, visitor: Visitor, input: PasskeySignIn): Promise<SignedIn & { browser: string }> {
  await countSignIn(deps, visitor)
  const challenge = challengeOf(input.clientDataJSON)
  if (challenge === null || !(await takeChallenge(deps, 'sign-in', challenge))) throw stale()
  const owner = await findKey(deps.db, 'passkey', passkeyKey(input.id))
  if (owner === null) throw refused()
  const scope: Ctx = { ...systemCtx(deps, owner.firmId, 'sign_in'), ip: visitor.ip, requestId: visitor.requestId }
  const passkey = await withFirm(scope, (tx) => readPasskey(tx, scope, owner.rowId), 'read')
  const counter = passkey === null ? null : await verifyPasskey(deps, passkey, challenge, input)
  if (passkey === null || counter === null) throw refused()
  return withFirm(scope, async (tx) => {
    const staff = await holdWorking(tx, scope, passkey.staffId)
    await requireOpen(tx, deps, [guessKey(deps, staff.username, visitor.knownBrowser).key, personKey(deps, staff.id)])
    await noteUse(tx, scope, passkey.id, counter)
    const session = await openSession(tx, scope, staff.id, visitor.userAgent)
    const ctx = staffCtx(scope, session, staff.role)
    await recordAudit(tx, ctx, 'session.opened', { id: session.id, details: { passkeyId: passkey.id, passkey: passkey.name } })
    return { session, ctx, browser: knownBrowser(deps, staff.username) }
  })
}

async function readPasskey(tx: Tx, ctx: Ctx, passkeyId: string): Promise<typeof passkeysTable.$inferSelect | null> {
  const [row] = await tx
    .select()
    .from(passkeysTable)
    .where(and(eq(passkeysTable.firmId, ctx.firmId), eq(passkeysTable.id, passkeyId)))
  return row ?? null
}

/** The person, who cannot be let go until the transaction ends; throws `passkey_refused` for who has left. */
async function holdWorking(tx: Tx, ctx: Ctx, staffId: string): Promise<typeof staffTable.$inferSelect> {
  const [staff] = await tx
    .select()
    .from(staffTable)
    .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, staffId), isNull(staffTable.deactivatedAt)))
    .for('share')
  if (staff === undefined) throw refused()
  return staff
}

/** Notes the use. Throws when the passkey was removed since it was read, or has been used with this count or a higher one. */
async function noteUse(tx: Tx, ctx: Ctx, passkeyId: string, counter: number): Promise<void> {
  const { firmId, id, counter: before } = passkeysTable
  const goesUp = counter === 0 ? eq(before, 0) : lt(before, counter)
  const used = await tx
    .update(passkeysTable)
    .set({ counter, lastUsedAt: ctx.deps.now() })
    .where(and(eq(firmId, ctx.firmId), eq(id, passkeyId), goesUp))
    .returning({ id })
  if (used.length === 0) throw refused()
}
