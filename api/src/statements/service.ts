import { Readable } from 'node:stream'
import { and, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm'
import type { Page } from '@ledgersync/shared/common'
import type { Input, Output } from '@ledgersync/shared/endpoint'
import type { Statement, statements } from '@ledgersync/shared/statements'
import { getVisibleClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { ClientActor, Ctx, StaffCtx } from '../core/context.ts'
import { decodeCursor, idPattern, toPage } from '../core/cursor.ts'
import { AppError, invalidField, notFound } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { invitesTable } from '../db/schema/clients.ts'
import { staffTable } from '../db/schema/firms.ts'
import { statementsTable } from '../db/schema/statements.ts'
import { refusalTexts } from './page-texts.ts'
import { readPieces } from './pieces.ts'
import { type StatementValues, storeStatement } from './store.ts'

type Found = StatementValues & { sentByName: string | null }

const toStatement = ({ id, fileName, kind, byteCount, receivedAt, sentByName, downloadedAt }: Found): Statement => ({
  id,
  fileName,
  kind,
  byteCount,
  receivedAt: receivedAt.toISOString(),
  sentBy: sentByName,
  downloadedAt: downloadedAt?.toISOString() ?? null,
})

const ofClient = (ctx: Ctx, clientId: string) => and(eq(statementsTable.firmId, ctx.firmId), eq(statementsTable.clientId, clientId))

function selectFound(tx: Tx) {
  return tx
    .select({ statement: statementsTable, sentByName: staffTable.name })
    .from(statementsTable)
    .leftJoin(staffTable, and(eq(staffTable.firmId, statementsTable.firmId), eq(staffTable.id, statementsTable.sentBy)))
}

/** What the client sent and staff uploaded, newest first. Throws `not_found`. */
export async function listStatements(
  ctx: StaffCtx,
  clientId: string,
  { cursor, limit = 50 }: NonNullable<Input<typeof statements.list>['query']>,
): Promise<Page<Statement>> {
  const after = decodeCursor(cursor, [idPattern])?.[0]
  return withFirm(
    ctx,
    async (tx) => {
      await getVisibleClient(tx, ctx, clientId)
      // Ids are made in the order in which files come
      const rows = await selectFound(tx)
        .where(and(ofClient(ctx, clientId), after === undefined ? undefined : lt(statementsTable.id, after)))
        .orderBy(desc(statementsTable.id))
        .limit(limit + 1)
      const found = rows.map(({ statement, sentByName }): Found => ({ ...statement, sentByName }))
      return toPage(found, limit, ({ id }) => [id], toStatement)
    },
    'read',
  )
}

/** Keeps a file that staff chose. Throws `not_found`, and `invalid_field` with what is wrong with it. */
export async function addStatement(
  ctx: StaffCtx,
  clientId: string,
  { fileName, content }: Input<typeof statements.add>['body'],
): Promise<Output<typeof statements.add>> {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(content) || content.length % 4 !== 0) throw invalidField('body.content', 'This is not base64.')
  await withFirm(ctx, (tx) => getVisibleClient(tx, ctx, clientId), 'read')
  const outcome = await storeStatement(ctx, clientId, { fileName, content: Buffer.from(content, 'base64') }, null)
  if (outcome.kind === 'refused') throw refusalOf(outcome.fileName, outcome.why)
  return withFirm(
    ctx,
    async (tx) => {
      const [row] = await selectFound(tx).where(and(ofClient(ctx, clientId), eq(statementsTable.id, outcome.statement.id)))
      if (row === undefined) throw notFound('statement')
      return { statement: toStatement({ ...row.statement, sentByName: row.sentByName }), isNew: outcome.kind === 'kept' }
    },
    'read',
  )
}

function refusalOf(fileName: string, why: keyof (typeof refusalTexts)['en']): AppError {
  const sentence = `${fileName === '' ? 'This file' : fileName} ${refusalTexts.en[why]}`
  if (why === 'too_large') return new AppError('body_too_large', sentence)
  return why === 'day_full'
    ? new AppError('too_many_requests', sentence, { retryAfterSeconds: 3_600 })
    : invalidField('body.content', sentence)
}

/** A file on its way out. */
export interface StatementFile {
  fileName: string
  byteCount: number
  content: Readable
}

/** The file as it was received, read as it is sent. That it was taken is recorded first. Throws `not_found`. */
export async function downloadStatement(
  ctx: StaffCtx,
  { clientId, statementId }: Input<typeof statements.download>['params'],
): Promise<StatementFile> {
  const statement = await withFirm(ctx, async (tx) => {
    await getVisibleClient(tx, ctx, clientId)
    const [row] = await tx
      .update(statementsTable)
      .set({ downloadedAt: sql`coalesce(${statementsTable.downloadedAt}, ${ctx.deps.now().toISOString()}::timestamptz)` })
      .where(and(ofClient(ctx, clientId), eq(statementsTable.id, statementId)))
      .returning()
    if (row === undefined) throw notFound('statement')
    await recordAudit(tx, ctx, 'statement.downloaded', { id: statementId, clientId, details: { fileName: row.fileName } })
    await publish(tx, ctx, 'statements', clientId)
    return row
  })
  const content = Readable.from(readPieces(ctx, statement), { objectMode: false, highWaterMark: 64 * 1024 })
  return { fileName: statement.fileName, byteCount: statement.byteCount, content }
}

/** Erases a statement for good. Throws `not_found`. */
export async function deleteStatement(ctx: StaffCtx, { clientId, statementId }: Input<typeof statements.remove>['params']): Promise<void> {
  await withFirm(ctx, async (tx) => {
    await getVisibleClient(tx, ctx, clientId)
    const [gone] = await tx
      .delete(statementsTable)
      .where(and(ofClient(ctx, clientId), eq(statementsTable.id, statementId)))
      .returning()
    if (gone === undefined) throw notFound('statement')
    await noteDeleted(tx, ctx, gone)
  })
}

async function noteDeleted(tx: Tx, ctx: Ctx, { id, clientId, fileName }: StatementValues): Promise<void> {
  await recordAudit(tx, ctx, 'statement.deleted', { id, clientId, details: { fileName } })
  await publish(tx, ctx, 'statements', clientId)
}

/** For so long the client may take back what they sent by mistake. */
const takeBackMs = 24 * 60 * 60_000

/**
 * What this browser of the client sent and may still take back. Once staff have downloaded a file it is part of their work, and after
 * a day it counts as meant: a client's slip is mended within minutes, and books must not lose their papers afterwards.
 */
const mayTakeBack = (ctx: Ctx<ClientActor>, digest: string) =>
  and(
    ofClient(ctx, ctx.actor.clientId),
    isNull(statementsTable.sentBy),
    eq(statementsTable.senderDigest, digest),
    isNull(statementsTable.downloadedAt),
    gt(statementsTable.receivedAt, new Date(ctx.deps.now().getTime() - takeBackMs)),
  )

/** Takes one back; false when that is not possible, any more or at all. With the last one the invite is unanswered again. */
export async function takeBack(ctx: Ctx<ClientActor>, statementId: string, digest: string): Promise<boolean> {
  return withFirm(ctx, async (tx) => {
    const [gone] = await tx
      .delete(statementsTable)
      .where(and(mayTakeBack(ctx, digest), eq(statementsTable.id, statementId)))
      .returning()
    if (gone === undefined) return false
    await noteDeleted(tx, ctx, gone)
    await tx
      .update(invitesTable)
      .set({ statementsAt: null })
      .where(
        and(
          eq(invitesTable.firmId, ctx.firmId),
          eq(invitesTable.clientId, gone.clientId),
          sql`not exists (select from statements s where s.firm_id = ${ctx.firmId} and s.client_id = ${gone.clientId} and s.sent_by is null
            and s.received_at >= ${invitesTable.createdAt})`,
        ),
      )
    await publish(tx, ctx, 'invites', gone.clientId)
    return true
  })
}

/** A file as the client sees it. */
export interface SentFile {
  id: string
  fileName: string
  byteCount: number
  receivedAt: Date
  canTakeBack: boolean
}

const shownMax = 100

/**
 * What the client sent, newest first; nothing that staff uploaded. With `isAll` false only what this very browser sent: before
 * anybody has claimed a link it opens to whoever has it, and names of files are nobody else's business.
 */
export async function listSent(ctx: Ctx<ClientActor>, { digest, isAll }: { digest: string | null; isAll: boolean }): Promise<SentFile[]> {
  const mine = digest === null ? sql`false` : eq(statementsTable.senderDigest, digest)
  return withFirm(
    ctx,
    (tx) =>
      tx
        .select({
          id: statementsTable.id,
          fileName: statementsTable.fileName,
          byteCount: statementsTable.byteCount,
          receivedAt: statementsTable.receivedAt,
          canTakeBack: sql<boolean>`coalesce(${digest === null ? sql`false` : mayTakeBack(ctx, digest)}, false)`,
        })
        .from(statementsTable)
        .where(and(ofClient(ctx, ctx.actor.clientId), isNull(statementsTable.sentBy), isAll ? undefined : mine))
        .orderBy(desc(statementsTable.id))
        .limit(shownMax),
    'read',
  )
}
