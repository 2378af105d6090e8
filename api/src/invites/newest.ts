import { recordAudit } from '../core/audit.ts'
import type { ClientActor, Ctx, Deps } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { hitAttempt } from '../db/global.ts'
import { isAnswered } from '../messages/answered.ts'
import type { KnownLink } from './links.ts'
import { byPerson } from './outgoing.ts'
import { findSpeaker, type Further, holdClients, newestInvite, queueAnew } from './reach.ts'
import { insertInvites } from './service.ts'

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
    await withFirm(ctx, (tx) =>
      sendNewest(
        tx,
        ctx,
        link.members.map((member) => member.clientId),
      ),
    )
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    deps.log.info({ firmId, clientId, code: error.code }, 'a newest link that was asked for could not be sent')
  }
}

async function sendNewest(tx: Tx, ctx: Ctx, clientIds: readonly string[]): Promise<void> {
  const rows: (Further & { channel: 'sms' | 'email' | 'both' })[] = []
  for (const client of await holdClients(tx, ctx, clientIds)) {
    const invite = await newestInvite(tx, ctx, client.id)
    if (invite === undefined || invite.state === 'revoked' || client.lockedAt !== null) continue
    // A link that was copied by hand has no channel of its own
    const channel = invite.channel !== 'copy' ? invite.channel : client.phone === null ? 'email' : 'sms'
    await recordAudit(tx, ctx, 'link.newest_asked', { id: invite.id, clientId: client.id })
    rows.push({ client, invite, channel })
  }
  // Who has done what was asked is left out, unless it is all of them: whoever asks wants a link
  const open: typeof rows = []
  for (const row of rows) if (!(await isAnswered(tx, ctx, row.invite))) open.push(row)
  for (const group of byPerson(open.length > 0 ? open : rows)) await sendTo(tx, ctx, group)
}

/** One message to one person: by the invites that still run, or by new ones in place of those that ended. */
async function sendTo(tx: Tx, ctx: Ctx, group: readonly (Further & { channel: 'sms' | 'email' | 'both' })[]): Promise<void> {
  const [running, over] = [true, false].map((runs) => group.filter(({ invite }) => invite.expiresAt > ctx.deps.now() === runs))
  const [first] = running ?? []
  if (running !== undefined && first !== undefined) {
    const purpose = running.every(({ invite }) => invite.kind === 'repair') ? 'reconnect' : 'invite'
    await queueAnew(tx, ctx, running, { channel: first.channel, purpose })
  }
  const [ended] = over ?? []
  if (over === undefined || ended === undefined) return
  const speaker = await findSpeaker(tx, ctx, ended.client, ended.invite.createdBy)
  const invited = over.map(({ client, invite }) => ({ client, kind: invite.kind }))
  if (speaker !== null) await insertInvites(tx, ctx, invited, { channel: ended.channel, staffId: speaker.id })
}
