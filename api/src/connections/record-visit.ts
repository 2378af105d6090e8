import { and, eq } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { linkSessionsTable } from '../db/schema/banks.ts'
import { recordSignIn } from '../invites/sign-in.ts'
import { mergeVisits, noVisit, type Visit } from '../providers/plaid/visit.ts'
import type { LinkSession } from './link-sessions.ts'

/**
 * Adds what is heard of a visit to what is known of it, and carries it on to its invite. What is known already changes nothing, so
 * that the events may be told again and in any order, by the webhook and by whoever looks.
 */
export async function recordVisit(ctx: Ctx, linkSessionId: string, heard: Visit): Promise<void> {
  if (isSame(heard, noVisit)) return
  await withFirm(ctx, (tx) => addToVisit(tx, ctx, linkSessionId, heard))
}

async function addToVisit(tx: Tx, ctx: Ctx, linkSessionId: string, heard: Visit): Promise<void> {
  const mine = and(eq(linkSessionsTable.firmId, ctx.firmId), eq(linkSessionsTable.id, linkSessionId))
  const [session] = await tx.select().from(linkSessionsTable).where(mine).for('update')
  if (session === undefined) return
  const known = visitOf(session)
  const visit = mergeVisits(known, heard)
  if (isSame(known, visit)) return
  await tx.update(linkSessionsTable).set(columnsOf(visit)).where(mine)
  if (session.inviteId !== null) await recordSignIn(tx, ctx, session.inviteId)
  await publish(tx, ctx, 'invites', session.clientId)
}

// Both are made by the same two functions, and so have their members in the same order
const isSame = (one: Visit, other: Visit): boolean => JSON.stringify(one) === JSON.stringify(other)

function visitOf(session: LinkSession): Visit {
  const { step, stepAt, bankName, bankAt, trouble, errorCode, troubleAt, exitStatus, exitAt } = session
  return {
    step: step === null || stepAt === null ? null : { name: step, at: stepAt.toISOString() },
    bank: bankName === null || bankAt === null ? null : { name: bankName, at: bankAt.toISOString() },
    trouble: trouble === null || troubleAt === null ? null : { kind: trouble, code: errorCode, at: troubleAt.toISOString() },
    exit: exitAt === null ? null : { status: exitStatus, at: exitAt.toISOString() },
  }
}

function columnsOf({ step, bank, trouble, exit }: Visit): Partial<LinkSession> {
  const time = (one: { at: string } | null): Date | null => (one === null ? null : new Date(one.at))
  return {
    step: step?.name ?? null,
    stepAt: time(step),
    bankName: bank?.name ?? null,
    bankAt: time(bank),
    trouble: trouble?.kind ?? null,
    errorCode: trouble?.code ?? null,
    troubleAt: time(trouble),
    exitStatus: exit?.status ?? null,
    exitAt: time(exit),
  }
}
