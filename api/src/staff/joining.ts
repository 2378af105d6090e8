import { and, eq, gt, isNull } from 'drizzle-orm'
import type { Output } from '@ledgersync/shared/endpoint'
import type { staff, StaffJoin } from '@ledgersync/shared/team'
import { checkPassword, hashPassword } from '../auth/password.ts'
import type { SignedIn, Visitor } from '../auth/service.ts'
import { openSession } from '../auth/sessions.ts'
import { numbered } from '../clients/usernames.ts'
import { type AttemptLimit, countAttempt } from '../core/attempts.ts'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, staffActor, type StaffCtx, systemCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { newId, tokenHash } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { claimKey, findKey, type KeyOwner, releaseKey } from '../db/global.ts'
import { firmsTable, staffInvitesTable, staffTable } from '../db/schema/firms.ts'

const tryLimit: AttemptLimit = { windowSeconds: 900, max: 60, sentence: 'Too many attempts. Wait a while, then try again.' }

const refused = (): AppError =>
  new AppError('code_refused', 'This invitation has expired, was used or was withdrawn. Ask whoever invited you for a new one.')

const i = staffInvitesTable

async function findInvite(deps: Deps, visitor: Visitor, token: string): Promise<KeyOwner> {
  await countAttempt(deps, `staff-join:${visitor.network}`, tryLimit)
  const owner = await findKey(deps.db, 'staff_invite', tokenHash(token))
  if (owner === null) throw refused()
  return owner
}

/** The invitation while it can be accepted, with the names of who sent it; held when it is about to be. */
async function readUsable(tx: Tx, ctx: Ctx, inviteId: string, hold: boolean) {
  const select = tx
    .select({ invite: i, firmName: firmsTable.name, invitedBy: staffTable.name })
    .from(i)
    .innerJoin(firmsTable, eq(firmsTable.firmId, i.firmId))
    .innerJoin(staffTable, and(eq(staffTable.firmId, i.firmId), eq(staffTable.id, i.createdBy)))
    .where(and(eq(i.firmId, ctx.firmId), eq(i.id, inviteId), isNull(i.acceptedAt), isNull(i.withdrawnAt), gt(i.expiresAt, ctx.deps.now())))
  const [found] = hold ? await select.for('update', { of: i }) : await select
  if (found === undefined) throw refused()
  return found
}

/** What the page behind the link shows. Changes nothing. Throws `code_refused` for a link that has ended. */
export async function readInvite(deps: Deps, visitor: Visitor, token: string): Promise<Output<typeof staff.readInvite>> {
  const owner = await findInvite(deps, visitor, token)
  const ctx = systemCtx(deps, owner.firmId, 'read_staff_invite')
  const { invite, firmName, invitedBy } = await withFirm(ctx, (tx) => readUsable(tx, ctx, owner.rowId, false), 'read')
  return { firmName, invitedBy, email: invite.email, name: invite.name }
}

/**
 * Makes the person, whose address the link has proved, with the password they chose, and signs them in. Of two who use a link at
 * once, one gets in. Throws `code_refused`, `weak_password`, and `username_taken` with a free one: the link stays usable then.
 */
export async function joinStaff(deps: Deps, visitor: Visitor, input: StaffJoin): Promise<SignedIn> {
  const owner = await findInvite(deps, visitor, input.token)
  const scope: Ctx = { ...systemCtx(deps, owner.firmId, 'join_staff'), ip: visitor.ip, requestId: visitor.requestId }
  const { invite, firmName } = await withFirm(scope, (tx) => readUsable(tx, scope, owner.rowId, false), 'read')
  const name = input.name.trim()
  const username = (input.username?.trim() ?? invite.email).toLowerCase()
  checkPassword(input.password, [firmName, ...firmName.split(' '), name, ...name.split(' '), invite.email, username])
  const passwordHash = await hashPassword(input.password)
  return withFirm(scope, async (tx) => {
    await readUsable(tx, scope, owner.rowId, true)
    const staffId = newId()
    await claimUsername(tx, scope, { staffId, username, email: invite.email })
    const now = deps.now()
    const { email, role, permissions } = invite
    await tx.insert(staffTable).values({
      firmId: scope.firmId,
      id: staffId,
      name,
      email,
      username,
      passwordHash,
      role,
      permissions,
      // The link came to this address
      emailVerifiedAt: now,
      timeZone: null,
      createdAt: now,
    })
    await tx
      .update(i)
      .set({ acceptedAt: now, staffId })
      .where(and(eq(i.firmId, scope.firmId), eq(i.id, invite.id)))
    await releaseKey(tx, 'staff_invite', invite.tokenHash)
    const session = await openSession(tx, scope, staffId, visitor.userAgent)
    const ctx: StaffCtx = { ...scope, actor: staffActor({ id: staffId, role, permissions }, session.id) }
    await recordAudit(tx, ctx, 'staff.joined', { id: staffId, details: { name, email, role, permissions } })
    await publish(tx, ctx, 'firm', null)
    return { session, ctx }
  })
}

const alternativesMax = 20

/** The name of an operator is nobody's to choose: who gets it has proved the e-mail. */
async function claimUsername(
  tx: Tx,
  { deps, firmId }: Ctx,
  { staffId, username, email }: { staffId: string; username: string; email: string },
): Promise<void> {
  const isFree = username === email || !deps.operators.has(username)
  if (isFree && (await claimKey(tx, 'username', username, { firmId, rowId: staffId }))) return
  const message = 'Somebody signs in with this username already.'
  throw new AppError('username_taken', message, {
    suggestion: await freeUsername(tx, username),
    fields: [{ field: 'body.username', message }],
  })
}

/** The first alternative that nobody has. */
async function freeUsername(tx: Tx, username: string): Promise<string> {
  for (let n = 2; n < alternativesMax; n++) {
    const alternative = numbered(username, n, false)
    if ((await findKey(tx, 'username', alternative)) === null) return alternative
  }
  return numbered(username, Date.now(), false)
}
