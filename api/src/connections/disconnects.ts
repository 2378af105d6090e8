import { and, eq, isNull } from 'drizzle-orm'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { type Place, seal, unseal } from '../core/crypto.ts'
import { enqueue } from '../core/enqueue.ts'
import { ProviderError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { bankDisconnectsTable, connectionsTable, linkSessionsTable } from '../db/schema/banks.ts'
import { bankTrouble } from '../providers/plaid/causes.ts'
import { openAccess } from './access.ts'

const placeOf = (rowId: string): Place => ({ table: 'bank_disconnects', column: 'access_token', rowId })

/**
 * Gives access to a bank back at the provider, by a job after this transaction: the intent is written here, so that neither a
 * crash nor the deletion of the client forgets it (the provider charges for every access it still holds). `clientId` is null
 * when the client is gone already.
 */
export async function releaseAccess(tx: Tx, ctx: Ctx, clientId: string | null, accessToken: string): Promise<void> {
  const id = newId()
  await tx.insert(bankDisconnectsTable).values({
    firmId: ctx.firmId,
    id,
    clientId,
    accessTokenSealed: await seal(tx, ctx, placeOf(id), accessToken),
    createdAt: ctx.deps.now(),
  })
  await enqueueDisconnect(tx, ctx, id)
}

/** Has an access given back whose intent is written. */
export async function enqueueDisconnect(tx: Tx, ctx: Ctx, disconnectId: string): Promise<void> {
  await enqueue(tx, 'disconnect_bank', { firmId: ctx.firmId, disconnectId }, { key: `disconnect_bank:${disconnectId}` })
}

/**
 * Gives back all that a client's connections hold, and makes what was given back before nobody's. The connections go with the client.
 * A one-time token that is being exchanged yields an access that is given back as it comes; should the process die before, nobody
 * holds it, and the audit log is all that tells of it.
 */
export async function releaseAllAccess(tx: Tx, ctx: Ctx, clientId: string): Promise<void> {
  const c = connectionsTable
  const connections = await tx
    .select()
    .from(c)
    .where(and(eq(c.firmId, ctx.firmId), eq(c.clientId, clientId)))
    .orderBy(c.id)
    .for('update')
  for (const connection of connections) {
    const accessToken = await openAccess(tx, ctx, connection)
    if (accessToken !== null) await releaseAccess(tx, ctx, null, accessToken)
  }
  const v = linkSessionsTable
  const exchanging = await tx
    .select({ id: v.id })
    .from(v)
    .where(and(eq(v.firmId, ctx.firmId), eq(v.clientId, clientId), eq(v.state, 'exchanging')))
    .orderBy(v.id)
  for (const { id } of exchanging) await recordAudit(tx, ctx, 'connection.not_completed', { id, clientId })
  const d = bankDisconnectsTable
  await tx
    .update(d)
    .set({ clientId: null })
    .where(and(eq(d.firmId, ctx.firmId), eq(d.clientId, clientId)))
}

/** Job: gives one access back. Done twice, the provider no longer knows it, which is as good. */
export async function disconnectBank(deps: Deps, { firmId, disconnectId }: { firmId: string; disconnectId: string }): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'disconnect_bank')
  const waiting = and(
    eq(bankDisconnectsTable.firmId, firmId),
    eq(bankDisconnectsTable.id, disconnectId),
    isNull(bankDisconnectsTable.doneAt),
  )
  const accessToken = await withFirm(ctx, async (tx) => {
    const [row] = await tx.select().from(bankDisconnectsTable).where(waiting)
    return row?.accessTokenSealed ? unseal(tx, ctx, placeOf(disconnectId), row.accessTokenSealed) : null
  })
  if (accessToken === null) return
  try {
    await deps.plaid.removeItem(accessToken)
  } catch (error) {
    const gone = error instanceof ProviderError && bankTrouble(error.code)?.health === 'disconnected'
    if (!gone) throw error
  }
  deps.reached('disconnect.made')
  await withFirm(ctx, (tx) => tx.update(bankDisconnectsTable).set({ accessTokenSealed: null, doneAt: deps.now() }).where(waiting))
}
