import { createHash } from 'node:crypto'
import { and, eq, gt, sql } from 'drizzle-orm'
import { statementBytesMax } from '@ledgersync/shared/statements'
import { keepClients } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx } from '../core/context.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { hitAttempt } from '../db/global.ts'
import { invitesTable } from '../db/schema/clients.ts'
import { statementsTable } from '../db/schema/statements.ts'
import { detectStatement, type Unfit } from './detect.ts'
import { plainName, statementName } from './file-name.ts'
import { insertPieces } from './pieces.ts'

export type StatementValues = typeof statementsTable.$inferSelect

/** Why a file was not kept. `day_full`: more came for this client today than anybody sends. */
export type Refusal = Unfit | 'too_large' | 'day_full'

/** What became of one file. `renamed`: it was given the ending of what it is. `known`: the client has the same file already. */
export type Outcome =
  | { kind: 'kept'; statement: StatementValues; renamed: boolean }
  | { kind: 'known'; statement: StatementValues }
  | { kind: 'refused'; fileName: string; why: Refusal }

/** A file as it came. */
export interface Incoming {
  fileName: string
  content: Buffer
}

/** From whom: a browser of the client that has an invite's link, or null for the staff of the context. */
export interface Sender {
  inviteId: string
  digest: string
}

const daySeconds = 24 * 60 * 60
/** For one client: two years of statements of a dozen accounts, at once. */
const filesPerDayMax = 300
const bytesPerDayMax = 500 * 1024 * 1024

/**
 * Keeps a statement of a client: what it is shows in its content, its name is made safe, and the same file is kept once. All of it
 * is there when this resolves, or nothing is. The client of the context must be one that its actor may act for.
 */
export async function storeStatement(ctx: Ctx, clientId: string, { fileName, content }: Incoming, sender: Sender | null): Promise<Outcome> {
  const refused = (why: Refusal): Outcome => ({ kind: 'refused', fileName: plainName(fileName), why })
  if (content.length > statementBytesMax) return refused('too_large')
  const found = detectStatement(content)
  if ('unfit' in found) return refused(found.unfit)
  const { deps, firmId } = ctx
  if ((await hitAttempt(deps.db, `statements:${firmId}:${clientId}`, daySeconds, deps.now())) > filesPerDayMax) return refused('day_full')
  const name = statementName(fileName, found.kind)
  const sha256 = createHash('sha256').update(content).digest('hex')
  const outcome = await withFirm(ctx, async (tx): Promise<Outcome | null> => {
    await keepClients(tx, ctx, sql`(${clientId})`)
    // One after the other: two files at once neither pass the bound together nor wait for each other as the same file
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`statements:${firmId}:${clientId}`}, 0))`)
    if (sender !== null) await noteAnswer(tx, ctx, { clientId, inviteId: sender.inviteId })
    const ofClient = and(eq(statementsTable.firmId, firmId), eq(statementsTable.clientId, clientId))
    const [known] = await tx
      .select()
      .from(statementsTable)
      .where(and(ofClient, eq(statementsTable.sha256, sha256)))
    if (known !== undefined) return { kind: 'known', statement: known }
    const since = new Date(deps.now().getTime() - daySeconds * 1_000)
    const today = sql<number>`coalesce(sum(${statementsTable.byteCount}), 0)::bigint`.mapWith(Number)
    const [sum] = await tx
      .select({ today })
      .from(statementsTable)
      .where(and(ofClient, gt(statementsTable.receivedAt, since)))
    if ((sum?.today ?? 0) + content.length > bytesPerDayMax) return null
    const values = {
      firmId,
      id: newId(),
      clientId,
      fileName: name.fileName,
      kind: found.kind,
      byteCount: content.length,
      sha256,
      receivedAt: deps.now(),
      sentBy: ctx.actor.kind === 'staff' ? ctx.actor.staffId : null,
      senderDigest: sender?.digest ?? null,
    }
    const statement = one(await tx.insert(statementsTable).values(values).returning())
    await insertPieces(tx, ctx, statement.id, content)
    const details = { fileName: name.fileName, kind: found.kind, byteCount: content.length }
    await recordAudit(tx, ctx, 'statement.received', { id: statement.id, clientId, details })
    await publish(tx, ctx, 'statements', clientId)
    return { kind: 'kept', statement, renamed: name.wasGiven }
  })
  return outcome ?? refused('day_full')
}

/**
 * Sending statements is an answer to the invite, and the client's last word on it: a reminder they asked for before is off
 * (messages/answered.ts).
 */
async function noteAnswer(tx: Tx, ctx: Ctx, { clientId, inviteId }: { clientId: string; inviteId: string }): Promise<void> {
  await tx
    .update(invitesTable)
    .set({ statementsAt: ctx.deps.now(), remindAsked: false })
    .where(and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.clientId, clientId), eq(invitesTable.id, inviteId)))
  await publish(tx, ctx, 'invites', clientId)
}
