import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Deletion } from '@ledgersync/shared/erasure'
import { releaseAllCompanies } from '../books/service.ts'
import { getVisibleClient } from '../clients/visibility.ts'
import { releaseAllAccess } from '../connections/disconnects.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { invalidField, notFound } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { leaveShared } from '../invites/leave.ts'
import { toClients } from '../messages/members.ts'
import { holdPeople } from '../messages/service.ts'
import { eraseUploaded } from '../uploads/keep.ts'
import { eraseRows } from './rows.ts'

/** What deleting the client would do. Throws `not_found`. */
export async function previewDeletion(ctx: StaffCtx, clientId: string): Promise<Deletion> {
  const count = (table: string, condition: SQL = sql`true`): SQL =>
    sql`(select count(*)::int from ${sql.identifier(table)} x where x.firm_id = ${ctx.firmId} and x.client_id = ${clientId} and ${condition})`
  return withFirm(
    ctx,
    async (tx) => {
      await getVisibleClient(tx, ctx, clientId)
      const found = await tx.execute<Deletion & Record<string, unknown>>(sql`
        select ${count('connections', sql`x.complete`)} as banks,
          (select x.company_name from books x where x.firm_id = ${ctx.firmId} and x.client_id = ${clientId} and x.state <> 'disconnected') as "booksCompany",
          ${count('transactions')} as transactions,
          ${count('rules', sql`x.deleted_at is null`)} as rules,
          ${count('statements')} as statements,
          m.messages, m.waiting as "waitingMessages",
          ${count('pushes', sql`x.state in ('queued', 'sending')`)} as "waitingEntries",
          ${count('pushes', sql`x.state in ('pushed', 'undoing')`)} as "entriesInBooks"
        from (select count(*)::int as messages, (count(*) filter (where state = 'queued'))::int as waiting from messages
          where firm_id = ${ctx.firmId} and ${toClients(ctx, [clientId])}) m`)
      return one(found.rows)
    },
    'read',
  )
}

/** Two spellings of one name that nobody can tell apart on the screen are the same. */
const asShown = (name: string): string => name.normalize('NFC').trim().replaceAll(/\s+/g, ' ')

/**
 * Deletes a client for good, in one transaction: access to banks and to QuickBooks is given back by jobs whose intents are
 * written here, keys are released, and every row goes. What is under way outside meets nothing when it comes back. Entries in
 * QuickBooks stay; an opt-out is a keyed hash of its own and stays; the audit log keeps that it happened. Throws `not_found`,
 * and names the field when the typed name is not the client's.
 */
export async function deleteClient(ctx: StaffCtx, clientId: string, { businessName }: { businessName: string }): Promise<void> {
  await withoutDeadlock(ctx, async (tx) => {
    const client = await holdClient(tx, ctx, clientId)
    if (asShown(businessName) !== asShown(client.businessName))
      throw invalidField('body.businessName', `Type the name exactly as it is written: ${client.businessName}`)
    await releaseAllAccess(tx, ctx, clientId)
    await releaseAllCompanies(tx, ctx, clientId)
    await eraseUploaded(tx, ctx, client)
    await leaveShared(tx, ctx, clientId)
    await eraseRows(tx, ctx, clientId)
    await recordAudit(tx, ctx, 'client.deleted', { id: clientId, clientId })
    // For everybody: nobody can see the client any more, and all must see it go
    for (const topic of ['clients', 'invites', 'connections', 'transactions', 'rules', 'books', 'pushes', 'statements'] as const)
      await publish(tx, ctx, topic, null)
  })
}

const triesMax = 3

/**
 * So much is locked here that somebody who took two of these rows in another order may wait for us as we wait for them. PostgreSQL
 * then ends one of the two; when that is this one, it begins again.
 */
async function withoutDeadlock(ctx: StaffCtx, work: (tx: Tx) => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await withFirm(ctx, work)
    } catch (error) {
      const cause: unknown = error instanceof Error ? error.cause : undefined
      const isDeadlock = cause instanceof Error && 'code' in cause && cause.code === '40P01'
      if (!isDeadlock || tries === triesMax) throw error
    }
  }
}

/** The client, held before all that it has: whoever adds to it waits here, and then finds nothing to add to. */
async function holdClient(tx: Tx, ctx: Ctx, clientId: string): Promise<typeof clientsTable.$inferSelect> {
  await getVisibleClient(tx, ctx, clientId)
  await holdPeople(tx, ctx, [clientId])
  const [client] = await tx
    .select()
    .from(clientsTable)
    .where(and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId)))
    .for('update')
  if (client === undefined) throw notFound('client')
  return client
}
