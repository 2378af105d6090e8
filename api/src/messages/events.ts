import { and, eq } from 'drizzle-orm'
import { optInPhone, optOutEmail, optOutPhone } from '../clients/opt-outs.ts'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { inTransaction, type Tx, withFirm } from '../db/client.ts'
import { messagesTable } from '../db/schema/clients.ts'
import { moveMessage } from './state.ts'

/** What a verified webhook of the text or mail service says, as it is kept until it has been handled. */
export type MessageEvent =
  | {
      kind: 'status'
      firmId: string
      messageId: string
      providerId: string | null
      state: 'sent' | 'delivered' | 'failed'
      reason: string | null
    }
  | { kind: 'email_opted_out'; firmId: string; messageId: string; email: string }
  | { kind: 'phone_stop' | 'phone_start'; phone: string; at?: string }

/**
 * Handles one event, and has it `finish` in the same transaction. Events come late, twice and in any order: each only moves forward,
 * and one about a message we do not have does nothing.
 */
export async function handleMessageEvent(deps: Deps, event: MessageEvent, finish: (tx: Tx) => Promise<void>): Promise<void> {
  switch (event.kind) {
    case 'phone_stop':
    case 'phone_start': {
      const record = event.kind === 'phone_stop' ? optOutPhone : optInPhone
      return inTransaction(deps.db, async (tx) => {
        await record(tx, deps, event.phone, saidAt(deps, event))
        await finish(tx)
      })
    }
    case 'email_opted_out':
    case 'status': {
      const ctx = systemCtx(deps, event.firmId, 'handle_webhook')
      return withFirm(ctx, async (tx) => {
        await (event.kind === 'status' ? recordStatus(tx, ctx, event) : recordEmailOptOut(tx, ctx, event))
        await finish(tx)
      })
    }
  }
}

/** One that came without its time was said just now. */
const saidAt = (deps: Deps, { at }: { at?: string }): Date => (at === undefined ? deps.now() : new Date(at))

/** An event proves that the message was taken, whatever we believed: it also ends the doubt about one whose answer was lost. */
async function recordStatus(tx: Tx, ctx: Ctx, event: Extract<MessageEvent, { kind: 'status' }>): Promise<void> {
  // Also about one that waits to go once more: what was thought lost has arrived
  const doubtful = ['queued', 'sending', 'unknown'] as const
  const from = event.state === 'sent' ? doubtful : ([...doubtful, 'sent'] as const)
  const set = event.providerId === null ? {} : { providerId: event.providerId }
  await moveMessage(tx, ctx, event.messageId, { to: event.state, from, reason: event.reason, set })
}

/** The address we wrote to, or as the mail service names it once the client and the message are deleted: the wish outlives them. */
async function recordEmailOptOut(tx: Tx, ctx: Ctx, event: Extract<MessageEvent, { kind: 'email_opted_out' }>): Promise<void> {
  const where = and(eq(messagesTable.firmId, ctx.firmId), eq(messagesTable.id, event.messageId))
  const [message] = await tx.select({ to: messagesTable.toAddress }).from(messagesTable).where(where)
  const address = message?.to ?? event.email
  if (address !== '') await optOutEmail(tx, ctx.deps, ctx.firmId, address)
}
