import { and, eq } from 'drizzle-orm'
import { recordAudit } from '../core/audit.ts'
import type { ClientActor, Ctx, Deps } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { hitAttempt } from '../db/global.ts'
import { clientsTable } from '../db/schema/clients.ts'
import type { KnownLink } from './links.ts'
import { findSpeaker, newestInvite, queueAnew } from './reach.ts'
import { insertInvite } from './service.ts'

const perDayMax = 3
const daySeconds = 24 * 60 * 60

/**
 * Sends the newest link to the address on file, for somebody who holds an older one: a new link of the invite that is current,
 * or a new invite in the same person's name when that has expired too. Answers nothing, and does nothing when it was asked for
 * too often, was taken back by staff, or cannot be sent: who asks learns neither the address nor what became of it.
 */
export async function sendNewestLink(deps: Deps, link: KnownLink, ip: string | null): Promise<void> {
  const { firmId, clientId } = link
  if (link.kind !== 'expired' && link.kind !== 'superseded') return
  if ((await hitAttempt(deps.db, `newest_link:${clientId}`, daySeconds, deps.now())) > perDayMax) return
  const ctx: Ctx<ClientActor> = { deps, firmId, actor: { kind: 'client', clientId }, requestId: null, ip }
  try {
    await withFirm(ctx, (tx) => sendNewest(tx, ctx, clientId))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    deps.log.info({ firmId, clientId, code: error.code }, 'a newest link that was asked for could not be sent')
  }
}

async function sendNewest(tx: Tx, ctx: Ctx, clientId: string): Promise<void> {
  const where = and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId))
  const [client] = await tx.select().from(clientsTable).where(where).for('update')
  if (client === undefined) return
  const invite = await newestInvite(tx, ctx, clientId)
  if (invite === undefined || invite.state === 'revoked' || client.lockedAt !== null) return
  const { kind } = invite
  // A link that was copied by hand has no channel of its own
  const channel = invite.channel !== 'copy' ? invite.channel : client.phone === null ? 'email' : 'sms'
  await recordAudit(tx, ctx, 'link.newest_asked', { id: invite.id, clientId })
  if (invite.expiresAt > ctx.deps.now())
    return void (await queueAnew(tx, ctx, client, { invite, channel, purpose: kind === 'repair' ? 'reconnect' : 'invite' }))
  const speaker = await findSpeaker(tx, ctx, client, invite.createdBy)
  if (speaker !== null) await insertInvite(tx, ctx, client, { channel, staffId: speaker.id, kind })
}
