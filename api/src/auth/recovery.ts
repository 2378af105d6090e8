import { and, eq } from 'drizzle-orm'
import type { PasswordRecovery } from '@ledgersync/shared/auth'
import { safeName } from '@ledgersync/shared/texts'
import { type AttemptLimit, countAttempt } from '../core/attempts.ts'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { enqueue } from '../core/enqueue.ts'
import { keyedDigest, newId, newToken, tokenHash } from '../core/ids.ts'
import { type AccessRequest, addAccessRequest, findStaffOfEmail, finishAccessRequest, readAccessRequest } from '../db/access-requests.ts'
import { type Db, inTransaction, type Tx, withFirm } from '../db/client.ts'
import { claimKey, findKey, hitAttempt, type KeyOwner } from '../db/global.ts'
import { findUnverified } from '../db/guesses.ts'
import { passwordResetsTable } from '../db/schema/access.ts'
import { firmsTable, staffTable } from '../db/schema/firms.ts'
import { queueMessage } from '../messages/service.ts'
import { tell } from './notices.ts'
import { queueVerification } from './verification.ts'

/*
 * What strangers may ask for by a name. Answering takes the same work whether anybody has the name: a row is written, and a job finds
 * out. So neither the answer nor its time tells anything, and nothing is sent that was not written down first.
 */

const networkLimit: AttemptLimit = { windowSeconds: 3600, max: 60, sentence: 'You asked for many links. Try again in an hour.' }
/** Past this nothing more is sent to one name, and nobody is told: what came before still works, so nobody can be kept from it. */
const perName = { windowSeconds: 900, max: 3 }
const validMs = 30 * 60_000
/** A request that waited longer is of no use to whoever made it. */
const staleMs = 60 * 60_000
const accountsMax = 50

/** Has a link sent with which to choose a new password. The same answer whoever asks. */
export async function recoverPassword(deps: Deps, network: string, { username, channel }: PasswordRecovery): Promise<void> {
  await countAttempt(deps, `recovery-from:${network}`, networkLimit)
  await ask(deps, { kind: 'password', subject: username.trim().toLowerCase(), channel })
}

/** Has the usernames of an e-mail sent to it. The same answer whoever asks. */
export async function recoverUsername(deps: Deps, network: string, email: string): Promise<void> {
  await countAttempt(deps, `recovery-from:${network}`, networkLimit)
  await ask(deps, { kind: 'username', subject: email.trim().toLowerCase().replace(/\.$/, ''), channel: 'email' })
}

/** Has whoever has the username told that guesses at it have closed sign-in. */
export async function reportLocked(deps: Deps, username: string): Promise<void> {
  await ask(deps, { kind: 'locked', subject: username, channel: 'email' })
}

async function ask(deps: Deps, request: Pick<AccessRequest, 'kind' | 'subject' | 'channel'>): Promise<void> {
  const { kind, subject, channel } = request
  const name = keyedDigest(deps.sessionSecret, 'recovery', kind, channel, subject).toString('base64url')
  if ((await hitAttempt(deps.db, `recovery:${name}`, perName.windowSeconds, deps.now())) > perName.max) return
  await inTransaction(deps.db, (tx) => add(tx, { ...request, id: newId(), at: deps.now() }))
}

async function add(tx: Tx, request: AccessRequest): Promise<void> {
  await addAccessRequest(tx, request)
  await enqueueAccessRequest(tx, request.id)
}

/** Has a request looked into. */
export async function enqueueAccessRequest(db: Tx | Db, requestId: string): Promise<void> {
  await enqueue(db, 'handle_access_request', { requestId }, { key: `handle_access_request:${requestId}`, priority: 'urgent' })
}

/** Job: finds out whether anybody has the name that was given, and writes what is to be sent, once. */
export async function handleAccessRequest(deps: Deps, { requestId }: { requestId: string }): Promise<void> {
  const request = await readAccessRequest(deps.db, requestId)
  if (request === null) return
  const isStale = deps.now().getTime() - request.at.getTime() > staleMs
  if (request.kind === 'username' && !isStale) return fanOut(deps, request)
  const owner = isStale ? null : await ownerOf(deps, request)
  if (owner === null) {
    await inTransaction(deps.db, (tx) => finishAccessRequest(tx, requestId))
    return
  }
  const ctx = systemCtx(deps, owner.firmId, 'access_request')
  await withFirm(ctx, async (tx) => {
    if (!(await finishAccessRequest(tx, requestId))) return
    const [staff] = await tx
      .select()
      .from(staffTable)
      .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, owner.rowId)))
    if (staff !== undefined && staff.deactivatedAt === null) await answer(tx, ctx, request, staff)
  })
}

/** One request for each account with the e-mail, for each is of its own firm. */
async function fanOut(deps: Deps, request: AccessRequest): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    if (!(await finishAccessRequest(tx, request.id))) return
    for (const { firmId, rowId } of await findStaffOfEmail(tx, request.subject, accountsMax)) {
      await add(tx, { ...request, id: newId(), kind: 'username_of', subject: `${firmId} ${rowId}` })
    }
  })
}

async function ownerOf(deps: Deps, { kind, subject }: AccessRequest): Promise<KeyOwner | null> {
  if (kind === 'username_of') {
    const [firmId = '', rowId = ''] = subject.split(' ')
    return { firmId, rowId }
  }
  const owner = await findKey(deps.db, 'username', subject)
  return owner ?? (kind === 'password' ? findUnverified(deps.db, subject) : null)
}

type StaffRow = typeof staffTable.$inferSelect

async function answer(tx: Tx, ctx: Ctx, { kind, channel }: AccessRequest, staff: StaffRow): Promise<void> {
  switch (kind) {
    case 'password':
      // Whoever has not verified the e-mail must do that first, and then knows the password or comes again
      if (staff.emailVerifiedAt === null) return queueVerification(tx, ctx, staff)
      return sendLink(tx, ctx, staff, channel)
    case 'username':
    case 'username_of':
      return sendUsername(tx, ctx, staff)
    case 'locked':
      await recordAudit(tx, ctx, 'staff.locked', { id: staff.id })
      return tell(tx, ctx, 'locked', staff)
    default:
      return kind satisfies never
  }
}

async function sendLink(tx: Tx, ctx: Ctx, staff: StaffRow, channel: 'sms' | 'email'): Promise<void> {
  const to = channel === 'email' ? staff.email : staff.phone
  if (to === null) return
  const [id, token, now] = [newId(), newToken(), ctx.deps.now()]
  await tx.insert(passwordResetsTable).values({
    firmId: ctx.firmId,
    id,
    staffId: staff.id,
    channel,
    createdAt: now,
    expiresAt: new Date(now.getTime() + validMs),
  })
  await claimKey(tx, 'reset_link', tokenHash(token), { firmId: ctx.firmId, rowId: id })
  const text = 'It works for 30 minutes. If you did not ask for it, ignore this message: your password stays as it is.'
  await queueMessage(tx, ctx, {
    purpose: 'verification',
    channel,
    staffId: staff.id,
    to,
    ...(channel === 'email' && { subject: 'Choose a new Ledgersync password' }),
    body:
      channel === 'email'
        ? `Hello ${safeName(staff.name)},\n\nopen this link to choose a new password for the username ${staff.username}:\n\n[link]\n\n${text}`
        : `Ledgersync: choose a new password here: [link]\n${text}`,
    secrets: { link: `/reset-password#${token}` },
  })
  await recordAudit(tx, ctx, 'staff.password_recovery_sent', { id: staff.id, details: { channel } })
}

async function sendUsername(tx: Tx, ctx: Ctx, staff: StaffRow): Promise<void> {
  const [firm] = await tx.select({ name: firmsTable.name }).from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId))
  await queueMessage(tx, ctx, {
    purpose: 'verification',
    channel: 'email',
    staffId: staff.id,
    to: staff.email,
    subject: 'Your Ledgersync username',
    body: `Hello ${safeName(staff.name)},\n\nyour username at ${safeName(firm?.name ?? '')} is ${staff.username}.\n\nIf you did not ask for it, ignore this message.`,
  })
  await recordAudit(tx, ctx, 'staff.username_sent', { id: staff.id })
}
