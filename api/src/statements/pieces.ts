import { createHash } from 'node:crypto'
import { and, asc, eq, gt } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { type Place, sealBytes, unsealBytes } from '../core/crypto.ts'
import { newId } from '../core/ids.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { statementPiecesTable, statementsTable } from '../db/schema/statements.ts'

/** What is sealed, sent and opened at a time. Ten of them make the largest file. */
const pieceBytes = 1024 * 1024

const placeOf = (rowId: string): Place => ({ table: 'statement_pieces', column: 'content_sealed', rowId })

/** Seals the content, piece by piece, in the transaction that makes its statement. */
export async function insertPieces(tx: Tx, ctx: Ctx, statementId: string, content: Buffer): Promise<void> {
  for (let nth = 0; nth * pieceBytes < content.length; nth++) {
    const id = newId()
    const contentSealed = await sealBytes(tx, ctx, placeOf(id), content.subarray(nth * pieceBytes, (nth + 1) * pieceBytes))
    await tx.insert(statementPiecesTable).values({ firmId: ctx.firmId, id, statementId, nth, contentSealed })
  }
}

/**
 * The content, a piece at a time, each read in a transaction of its own: a slow download holds no connection. Throws before the last
 * piece when the whole is not what was received, so that what arrives is either that or visibly incomplete.
 */
export async function* readPieces(
  ctx: Ctx,
  { id, byteCount, sha256 }: { id: string; byteCount: number; sha256: string },
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let left = byteCount
  for (let nth = -1; left > 0; ) {
    const piece = await withFirm(ctx, (tx) => readPiece(tx, ctx, id, nth), 'read')
    if (piece === null) throw new Error(`Statement ${id} lacks a piece after ${nth}, or was deleted meanwhile`)
    nth = piece.nth
    left -= piece.content.length
    hash.update(piece.content)
    if (left < 0 || (left === 0 && hash.digest('hex') !== sha256)) throw new Error(`Statement ${id} is not what was received`)
    yield piece.content
  }
}

/** Everything that was received of a client, oldest first; for its export. */
export async function* filesOfClient(ctx: Ctx, clientId: string): AsyncGenerator<typeof statementsTable.$inferSelect> {
  const { firmId, clientId: ofClient, id } = statementsTable
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const mine = and(eq(firmId, ctx.firmId), eq(ofClient, clientId), gt(id, after))
    const [next] = await withFirm(ctx, (tx) => tx.select().from(statementsTable).where(mine).orderBy(asc(id)).limit(1), 'read')
    if (next === undefined) return
    yield next
    after = next.id
  }
}

async function readPiece(tx: Tx, ctx: Ctx, statementId: string, after: number): Promise<{ nth: number; content: Buffer } | null> {
  const { firmId, statementId: ofStatement, nth } = statementPiecesTable
  const [row] = await tx
    .select()
    .from(statementPiecesTable)
    .where(and(eq(firmId, ctx.firmId), eq(ofStatement, statementId), gt(nth, after)))
    .orderBy(asc(nth))
    .limit(1)
  return row === undefined ? null : { nth: row.nth, content: await unsealBytes(tx, ctx, placeOf(row.id), row.contentSealed) }
}
