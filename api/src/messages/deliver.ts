import { and, eq, isNull } from 'drizzle-orm'
import { optOutPhone } from '../clients/opt-outs.ts'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { comeBackMs, ProviderError } from '../core/errors.ts'
import { hitAttemptOnce } from '../db/global.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { messagesTable } from '../db/schema/clients.ts'
import type { About } from './about.ts'
import { beginSending, type Claimed, claimMessage, keepLease, recordDoubt, type Sending, type WriteAgain } from './claim.ts'
import { composeHtml, composeText } from './compose.ts'
import { isCode } from './service.ts'
import { enqueueDelivery, type MessageRow, moveMessage } from './state.ts'

/** How often a send that was certainly refused for now is tried again. */
const refusedAttemptsMax = 8
const lookAgainMs = 5 * 60_000
const dayMs = 24 * 60 * 60_000

/**
 * Job: sends one message, once. Claims it by a lease, calls the provider with no transaction open, records what came of it.
 * A doubtful outcome is looked up (texts) or decided by events (e-mail) before anything is sent again. Safe to run twice and at once.
 */
export async function deliverMessage(
  deps: Deps,
  { firmId, messageId }: { firmId: string; messageId: string },
  writeAgain: WriteAgain,
): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'deliver_message')
  const claimed = await claimMessage(ctx, messageId, writeAgain)
  if (claimed === null) return
  deps.reached('message.claimed')
  const work = claimed.kind === 'look' ? await lookUp(ctx, claimed) : claimed
  if (work === null || (await firmIsOverLimit(ctx, work))) return
  await send(ctx, work)
}

const hourMs = 60 * 60_000

/** A bound on what one firm can send in an hour: a message past it goes back to wait for the next. */
async function firmIsOverLimit(ctx: Ctx, { message, about }: Sending): Promise<boolean> {
  const now = ctx.deps.now()
  // Whatever waits its turn at a busy provider comes by again and again
  const sent = await hitAttemptOnce(ctx.deps.db, `message:${message.id}`, `messages:${ctx.firmId}`, { windowSeconds: hourMs / 1000, now })
  if (sent === null || sent <= about.firm.messagesPerHour) return false
  const notBefore = new Date((Math.floor(now.getTime() / hourMs) + 1) * hourMs)
  const attempts = message.attempts - 1
  const set = { notBefore, leaseUntil: null, attempts, ...(attempts === 0 && { firstAttemptAt: null }) }
  await withFirm(ctx, async (tx) => {
    const queued = await moveMessage(tx, ctx, message.id, {
      to: 'queued',
      from: ['sending'],
      leasedUntil: message.leaseUntil,
      reason: 'Waits: your firm has sent very many messages this hour',
      set,
    })
    if (queued) await enqueueDelivery(tx, ctx, message.id, notBefore)
  })
  return true
}

/** Looks a doubtful text up by its own address. Found: recorded. Absent: claimed for sending again. */
async function lookUp(ctx: Ctx, { message, secrets }: Claimed): Promise<Sending | null> {
  // The address is unique, so a generous start cannot find another; clocks differ between here and there
  const since = new Date((message.firstAttemptAt ?? message.createdAt).getTime() - (secrets.link === undefined ? 5 * 60_000 : dayMs))
  try {
    const found = await ctx.deps.sms.find(message.toAddress, since, secrets.link ?? composeText(message.body, secrets, ctx.deps.publicUrl))
    ctx.deps.reached('message.looked_up')
    if (found !== null) {
      await withFirm(ctx, (tx) =>
        moveMessage(tx, ctx, message.id, { to: 'sent', from: ['unknown'], set: { providerId: found.providerId } }),
      )
      return null
    }
    return await withFirm(ctx, (tx) => beginSending(tx, ctx, message))
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    logFailure(ctx, message, error)
    const until = new Date(ctx.deps.now().getTime() + (comeBackMs(error) ?? lookAgainMs))
    await withFirm(ctx, async (tx) => {
      await tx
        .update(messagesTable)
        .set({ leaseUntil: until })
        .where(and(eq(messagesTable.firmId, ctx.firmId), eq(messagesTable.id, message.id), eq(messagesTable.state, 'unknown')))
      await enqueueDelivery(tx, ctx, message.id, until)
    })
    return null
  }
}

async function send(ctx: Ctx, { message: claimed, secrets, about }: Sending): Promise<void> {
  const message = await keepLease(ctx, claimed)
  if (message === null) return
  try {
    const { providerId } =
      message.channel === 'sms' ? await sendText(ctx, message, secrets) : await sendEmail(ctx, message, { secrets, about })
    ctx.deps.reached('message.sent')
    await withFirm(ctx, (tx) => recordSent(tx, ctx, message, providerId))
    ctx.deps.reached('message.recorded')
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    if (comeBackMs(error) === null) logFailure(ctx, message, error)
    await withFirm(ctx, (tx) => recordFailure(tx, ctx, message, error))
  }
}

function sendText(ctx: Ctx, message: MessageRow, secrets: Claimed['secrets']): Promise<{ providerId: string }> {
  const text = composeText(message.body, secrets, ctx.deps.publicUrl)
  return ctx.deps.sms.send(message.toAddress, text, `${ctx.firmId}.${message.id}`, isCode(message.purpose))
}

async function sendEmail(
  ctx: Ctx,
  message: MessageRow,
  { secrets, about }: Pick<Sending, 'secrets' | 'about'>,
): Promise<{ providerId: string }> {
  const { publicUrl, mailer } = ctx.deps
  const { language, ...names } = peopleOf(message, about)
  return mailer.send({
    messageId: message.id,
    firmId: ctx.firmId,
    to: message.toAddress,
    ...names,
    subject: message.subject ?? '',
    text: composeText(message.body, secrets, publicUrl),
    html: composeHtml(message.body, secrets, { publicUrl, language }),
    urgent: isCode(message.purpose),
  })
}

/** Whom a mail is from and to: an invite comes from the person who made it, and answers go to them; so does a template somebody tries. */
function peopleOf(message: MessageRow, { clients, firm, speaker }: About) {
  const client = message.clientId === null ? undefined : clients.get(message.clientId)
  const contact = client === undefined ? '' : `${client.contactFirstName} ${client.contactLastName}`.trim() || client.businessName
  return {
    toName: contact === '' ? null : contact,
    fromName: speaker === null ? 'Ledgersync' : firm.mailSender === 'firm' ? firm.senderName : `${speaker.name} (${firm.senderName})`,
    replyTo: speaker?.email ?? null,
    language: message.language ?? client?.language ?? ('en' as const),
  }
}

async function recordSent(tx: Tx, ctx: Ctx, message: MessageRow, providerId: string): Promise<void> {
  const moved = await moveMessage(tx, ctx, message.id, { to: 'sent', from: ['sending', 'unknown'], set: { providerId } })
  if (moved) return
  // An event was faster than the answer: only the id is missing
  const where = and(eq(messagesTable.firmId, ctx.firmId), eq(messagesTable.id, message.id), isNull(messagesTable.providerId))
  await tx.update(messagesTable).set({ providerId }).where(where)
}

async function recordFailure(tx: Tx, ctx: Ctx, message: MessageRow, error: ProviderError): Promise<void> {
  if (error.outcome === 'unknown') {
    await recordDoubt(tx, ctx, message, ctx.deps.now())
    return
  }
  const comeBack = comeBackMs(error)
  if (comeBack !== null) return waitItsTurn(tx, ctx, message, { waitMs: comeBack, because: error.detail ?? 'Many messages are going out' })
  const reason = error.detail ?? 'It was refused'
  if (error.code === '21610') await optOutPhone(tx, ctx.deps, message.toAddress, ctx.deps.now())
  if (!error.transient || message.attempts >= refusedAttemptsMax) {
    await moveMessage(tx, ctx, message.id, { to: 'failed', from: ['sending'], leasedUntil: message.leaseUntil, reason })
    return
  }
  const waitMs = Math.min(30_000 * 2 ** message.attempts, 60 * 60_000)
  const notBefore = new Date(ctx.deps.now().getTime() + waitMs)
  const queued = await moveMessage(tx, ctx, message.id, {
    to: 'queued',
    from: ['sending'],
    leasedUntil: message.leaseUntil,
    reason: `${reason}; tries again`,
    set: { notBefore, leaseUntil: null },
  })
  if (queued) await enqueueDelivery(tx, ctx, message.id, notBefore)
}

/** Too many messages at the moment: this one goes at its time, and it has not been tried. */
async function waitItsTurn(tx: Tx, ctx: Ctx, message: MessageRow, { waitMs, because }: { waitMs: number; because: string }): Promise<void> {
  const notBefore = new Date(ctx.deps.now().getTime() + waitMs)
  const attempts = message.attempts - 1
  const set = { notBefore, leaseUntil: null, attempts, ...(attempts === 0 && { firstAttemptAt: null }) }
  const reason = `${because}; waits its turn`
  const queued = await moveMessage(tx, ctx, message.id, { to: 'queued', from: ['sending'], leasedUntil: message.leaseUntil, reason, set })
  if (queued) await enqueueDelivery(tx, ctx, message.id, notBefore)
}

function logFailure(ctx: Ctx, message: MessageRow, error: ProviderError): void {
  const { provider, operation, outcome, status, code } = error
  ctx.deps.log.warn({ messageId: message.id, provider, operation, outcome, status, code }, 'a message could not be handed over')
}
