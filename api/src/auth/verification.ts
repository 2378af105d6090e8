import { randomInt } from 'node:crypto'
import { and, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm'
import type { Me } from '@ledgersync/shared/auth'
import { safeName } from '@ledgersync/shared/texts'
import { countAttempt } from '../core/attempts.ts'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, type StaffCtx, systemCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { keyedDigest, newId, newToken, sameBytes, tokenHash } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { claimKey, findKey } from '../db/global.ts'
import { emailVerificationsTable, staffTable } from '../db/schema/firms.ts'
import { queueMessage } from '../messages/service.ts'
import { endLinks } from './links.ts'
import { readMe } from './me.ts'
import { tell } from './notices.ts'

const validMs = 60 * 60_000
const triesMax = 5
const sendLimit = { windowSeconds: 3600, max: 5, sentence: 'You asked for many codes. Try again in an hour.' }

const codeDigest = (deps: Deps, verificationId: string, code: string): Buffer =>
  keyedDigest(deps.sessionSecret, 'email-code', verificationId, code)

/** Queues the verification e-mail: a code to type and a link. Earlier ones stop working. */
export async function queueVerification(tx: Tx, ctx: Ctx, staff: { id: string; name: string; email: string }): Promise<void> {
  const now = ctx.deps.now()
  const open = and(
    eq(emailVerificationsTable.firmId, ctx.firmId),
    eq(emailVerificationsTable.staffId, staff.id),
    isNull(emailVerificationsTable.usedAt),
  )
  await tx.update(emailVerificationsTable).set({ usedAt: now }).where(open)
  const id = newId()
  const known = await findKey(tx, 'username', staff.email)
  const code = randomInt(0, 1_000_000).toString().padStart(6, '0')
  const token = newToken()
  await tx.insert(emailVerificationsTable).values({
    firmId: ctx.firmId,
    id,
    staffId: staff.id,
    email: staff.email,
    codeDigest: codeDigest(ctx.deps, id, code),
    createdAt: now,
    expiresAt: new Date(now.getTime() + validMs),
    usedAt: null,
  })
  await claimKey(tx, 'email_link', tokenHash(token), { firmId: ctx.firmId, rowId: id })
  await queueMessage(tx, ctx, {
    purpose: 'verification',
    channel: 'email',
    staffId: staff.id,
    to: staff.email,
    subject: 'Your Ledgersync code',
    body: verificationText(staff.name, known !== null && known.rowId !== staff.id),
    secrets: { code, link: `/verify-email#${token}` },
  })
}

/** Whoever signs up writes the name and the address: the text must not carry an address of theirs to somebody else. */
function verificationText(name: string, isKnown: boolean): string {
  const already =
    'You already have a Ledgersync account with this e-mail: sign in to it with the e-mail as username, or choose “Lost your password” there. Verify only if you want another firm beside it; it gets a username of its own.'
  return [
    `Hello ${safeName(name)},`,
    ...(isKnown ? [already] : []),
    'your code is [code].',
    'Or open this link:\n[link]',
    'Both work for one hour. If you did not sign up for Ledgersync, ignore this message.',
  ].join('\n\n')
}

/** Sends a new code and link to the signed-in person, unless the address is verified already. */
export async function sendVerification(ctx: StaffCtx): Promise<void> {
  await countAttempt(ctx.deps, `verification:${ctx.actor.staffId}`, sendLimit)
  await withFirm(ctx, async (tx) => {
    const staff = one(
      await tx
        .select()
        .from(staffTable)
        .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, ctx.actor.staffId))),
    )
    if (staff.emailVerifiedAt !== null) return
    await queueVerification(tx, ctx, staff)
    await recordAudit(tx, ctx, 'staff.verification_sent', { id: staff.id })
  })
}

/** Verifies by the six digits. A wrong code counts; after five the code is void. */
export async function verifyByCode(ctx: StaffCtx, code: string): Promise<Me> {
  const accepted = await withFirm(ctx, async (tx) => {
    const mine = and(eq(emailVerificationsTable.firmId, ctx.firmId), eq(emailVerificationsTable.staffId, ctx.actor.staffId))
    const usable = and(
      mine,
      isNull(emailVerificationsTable.usedAt),
      gt(emailVerificationsTable.expiresAt, ctx.deps.now()),
      lt(emailVerificationsTable.tries, triesMax),
    )
    const [row] = await tx
      .select()
      .from(emailVerificationsTable)
      .where(usable)
      .orderBy(desc(emailVerificationsTable.createdAt))
      .limit(1)
      .for('update')
    if (row === undefined) return false
    if (!sameBytes(row.codeDigest, codeDigest(ctx.deps, row.id, code))) {
      await tx
        .update(emailVerificationsTable)
        .set({ tries: sql`${emailVerificationsTable.tries} + 1` })
        .where(and(mine, eq(emailVerificationsTable.id, row.id)))
      return false
    }
    await markVerified(tx, ctx, row)
    return true
  })
  if (!accepted)
    throw new AppError('code_refused', 'This code is not right or has expired. Check the newest e-mail, or ask for a new code.')
  return readMe(ctx)
}

/** Verifies by the token of the link, on any device. */
export async function verifyByLink(deps: Deps, token: string): Promise<void> {
  const refused = new AppError('code_refused', 'This link has expired or was used. Sign in and ask for a new one.')
  const owner = await findKey(deps.db, 'email_link', tokenHash(token))
  if (owner === null) throw refused
  const ctx = systemCtx(deps, owner.firmId, 'verify_email')
  const verified = await withFirm(ctx, async (tx) => {
    const [row] = await tx
      .select()
      .from(emailVerificationsTable)
      .where(and(eq(emailVerificationsTable.firmId, ctx.firmId), eq(emailVerificationsTable.id, owner.rowId)))
      .for('update')
    if (row === undefined || row.usedAt !== null || row.expiresAt <= deps.now()) return false
    await markVerified(tx, ctx, row)
    return true
  })
  if (!verified) throw refused
}

async function markVerified(tx: Tx, ctx: Ctx, row: typeof emailVerificationsTable.$inferSelect): Promise<void> {
  const now = ctx.deps.now()
  await tx
    .update(emailVerificationsTable)
    .set({ usedAt: now })
    .where(and(eq(emailVerificationsTable.firmId, ctx.firmId), eq(emailVerificationsTable.id, row.id)))
  const me = and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, row.staffId))
  const before = one(await tx.select().from(staffTable).where(me).for('update'))
  if (before.emailVerifiedAt !== null && before.email === row.email) return
  // A username that was verified before stays: only the first verification makes the e-mail the name
  const username = before.emailVerifiedAt === null ? await claimUsername(tx, ctx, { id: before.id, email: row.email }) : before.username
  await tx.update(staffTable).set({ email: row.email, emailVerifiedAt: now, username }).where(me)
  if (before.emailVerifiedAt !== null) {
    await endLinks(tx, ctx, before.id)
    await tell(tx, ctx, 'email_changed', before)
  }
  const after = { email: row.email, username }
  await recordAudit(tx, ctx, 'staff.email_verified', {
    id: row.staffId,
    details: { before: { email: before.email, username: before.username }, after },
  })
  await publish(tx, ctx, 'firm', null)
}

/** More accounts with one e-mail than anybody has. */
const accountsMax = 50

/** Makes the e-mail the person's username; for a further account with it, the next of `dana+2@firm.example`, `dana+3@…` that is free. */
async function claimUsername(tx: Tx, ctx: Ctx, { id, email }: { id: string; email: string }): Promise<string> {
  const at = email.lastIndexOf('@')
  for (let number = 1; number <= accountsMax; number++) {
    const username = number === 1 ? email : `${email.slice(0, at)}+${number}${email.slice(at)}`
    if (await claimKey(tx, 'username', username, { firmId: ctx.firmId, rowId: id })) return username
  }
  throw new AppError('conflict', 'There are too many accounts with this e-mail. Use another address.')
}
