import { and, asc, count, eq } from 'drizzle-orm'
import { type Passkey, type PasskeyAdd, type PasskeyCreation, passkeysMax } from '@ledgersync/shared/passkeys'
import { countAttempt } from '../core/attempts.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { newId, tokenHash } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { claimKey, releaseKeysOf } from '../db/global.ts'
import { passkeysTable } from '../db/schema/access.ts'
import type { staffTable } from '../db/schema/firms.ts'
import { tell } from './notices.ts'
import { challengeMs, newChallenge, takeChallenge } from './passkey-challenge.ts'
import { accountHandle, algorithms, challengeOf, relyingParty, verifyNewPasskey } from './passkey-proof.ts'
import { readSelf, requireConfirmed } from './self.ts'

const changesLimit = { windowSeconds: 3600, max: 30, sentence: 'You changed this many times. Try again in an hour.' }

type PasskeyRow = typeof passkeysTable.$inferSelect

const ofStaff = (ctx: Ctx, staffId: string) => and(eq(passkeysTable.firmId, ctx.firmId), eq(passkeysTable.staffId, staffId))
const mine = (ctx: StaffCtx, passkeyId: string) => and(ofStaff(ctx, ctx.actor.staffId), eq(passkeysTable.id, passkeyId))

const toPasskey = ({ id, name, createdAt, lastUsedAt }: PasskeyRow): Passkey => ({
  id,
  name,
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
})

/** What a passkey is looked up by before anybody knows whose it is. Hashed, because an id may be longer than an index likes. */
export const passkeyKey = (credentialId: string): string => tokenHash(credentialId)

/** The signed-in person's passkeys, oldest first. */
export async function listPasskeys(ctx: StaffCtx): Promise<Passkey[]> {
  const rows = await withFirm(
    ctx,
    (tx) =>
      tx.select().from(passkeysTable).where(ofStaff(ctx, ctx.actor.staffId)).orderBy(asc(passkeysTable.createdAt), asc(passkeysTable.id)),
    'read',
  )
  return rows.map(toPasskey)
}

/** What a browser needs to make a passkey. Throws `confirmation_required`, `email_unverified` and, for who has ten, `conflict`. */
export async function beginPasskey(ctx: StaffCtx): Promise<PasskeyCreation> {
  const { self, had } = await withFirm(
    ctx,
    async (tx) => {
      const person = await readAllowed(tx, ctx)
      return { self: person, had: await tx.select({ id: passkeysTable.credentialId }).from(passkeysTable).where(ofStaff(ctx, person.id)) }
    },
    'read',
  )
  const { deps, firmId, actor } = ctx
  return {
    challenge: newChallenge(deps, `add:${actor.sessionId}`).toString('base64url'),
    rp: { id: relyingParty(deps).rpId, name: 'Ledgersync' },
    user: { id: accountHandle(firmId, self.id).toString('base64url'), name: self.username, displayName: self.name },
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: challengeMs,
    attestation: 'none',
    excludeCredentials: had.map(({ id }) => ({ id, type: 'public-key' })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
  }
}

/**
 * Keeps the passkey that the person's authenticator has just made, and tells them. Throws what {@link beginPasskey} throws,
 * `passkey_unusable` for what does not answer our challenge and for a passkey that is registered already.
 */
export async function addPasskey(ctx: StaffCtx, input: PasskeyAdd): Promise<Passkey> {
  const { deps, actor, firmId } = ctx
  // First, so that who has to confirm who they are can send the same answer again
  await withFirm(ctx, (tx) => readAllowed(tx, ctx), 'read')
  await countAttempt(deps, `passkey:${actor.staffId}`, changesLimit)
  const challenge = challengeOf(input.clientDataJSON)
  if (challenge === null || !(await takeChallenge(deps, `add:${actor.sessionId}`, challenge))) {
    throw new AppError('passkey_unusable', 'This took longer than five minutes, or was sent twice. Add the passkey again.')
  }
  const made = await verifyNewPasskey(deps, challenge, input)
  if (made === null) {
    throw new AppError('passkey_unusable', 'This passkey cannot be used here. Choose another device or password manager, and add it again.')
  }
  return withFirm(ctx, async (tx) => {
    const self = await readAllowed(tx, ctx, 'lock')
    const row: PasskeyRow = {
      firmId,
      id: newId(),
      staffId: self.id,
      name: input.name.trim(),
      ...made,
      createdAt: deps.now(),
      lastUsedAt: null,
    }
    if (!(await claimKey(tx, 'passkey', passkeyKey(row.credentialId), { firmId, rowId: row.id }))) {
      throw new AppError('passkey_unusable', 'This passkey is registered already. Sign in with it, or add another.')
    }
    await tx.insert(passkeysTable).values(row)
    await recordAudit(tx, ctx, 'staff.passkey_added', { id: self.id, details: { passkeyId: row.id, name: row.name } })
    await tell(tx, ctx, 'passkey_added', self)
    await publish(tx, ctx, 'firm', null)
    return toPasskey(row)
  })
}

/**
 * The person, who may add a passkey now. An account whose e-mail nobody has verified may have been made by a stranger to its owner,
 * who would get in by that passkey for as long as the owner does not look.
 */
async function readAllowed(tx: Tx, ctx: StaffCtx, mode: 'read' | 'lock' = 'read'): Promise<typeof staffTable.$inferSelect> {
  await requireConfirmed(tx, ctx)
  const self = await readSelf(tx, ctx, mode)
  if (self.emailVerifiedAt === null) throw new AppError('email_unverified', 'Verify your e-mail first. Then add a passkey.')
  const { had } = one(await tx.select({ had: count() }).from(passkeysTable).where(ofStaff(ctx, self.id)))
  if (had >= passkeysMax) {
    throw new AppError('conflict', `You have ${passkeysMax} passkeys, which is as many as an account can have. Remove one first.`)
  }
  return self
}

/** Changes what the person calls one of their passkeys; somebody else's is not found. */
export async function renamePasskey(ctx: StaffCtx, passkeyId: string, name: string): Promise<Passkey> {
  return withFirm(ctx, async (tx) => {
    const [before] = await tx.select().from(passkeysTable).where(mine(ctx, passkeyId)).for('update')
    if (before === undefined) throw notFound('passkey')
    const after = one(await tx.update(passkeysTable).set({ name: name.trim() }).where(mine(ctx, passkeyId)).returning())
    const details = { passkeyId, before: before.name, after: after.name }
    await recordAudit(tx, ctx, 'staff.passkey_renamed', { id: ctx.actor.staffId, details })
    await publish(tx, ctx, 'firm', null)
    return toPasskey(after)
  })
}

/** Takes one of the person's passkeys and tells them; somebody else's is not found. The password stays, so nobody locks themselves out. */
export async function removePasskey(ctx: StaffCtx, passkeyId: string): Promise<void> {
  await withFirm(ctx, async (tx) => {
    await requireConfirmed(tx, ctx)
    const self = await readSelf(tx, ctx, 'lock')
    const [gone] = await tx.delete(passkeysTable).where(mine(ctx, passkeyId)).returning()
    if (gone === undefined) throw notFound('passkey')
    await releaseKeysOf(tx, [gone.id])
    await recordAudit(tx, ctx, 'staff.passkey_removed', { id: self.id, details: { passkeyId, name: gone.name } })
    await tell(tx, ctx, 'passkey_removed', self)
    await publish(tx, ctx, 'firm', null)
  })
}

/** Takes all passkeys of a person, in the verb's transaction. How many there were. */
export async function forgetPasskeys(tx: Tx, ctx: Ctx, staffId: string): Promise<number> {
  const gone = await tx.delete(passkeysTable).where(ofStaff(ctx, staffId)).returning({ id: passkeysTable.id })
  await releaseKeysOf(
    tx,
    gone.map(({ id }) => id),
  )
  return gone.length
}
