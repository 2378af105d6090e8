import { and, eq, inArray } from 'drizzle-orm'
import type { Input, Output } from '@ledgersync/shared/endpoint'
import { type Group, groupsMax, type groups } from '@ledgersync/shared/groups'
import { holdGroup } from '../clients/groups.ts'
import { visibleClient } from '../clients/visibility.ts'
import { recordAudit, recordAudits } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { clientGroupsTable, clientsTable } from '../db/schema/clients.ts'
import { listGroups } from './queries.ts'

const mine = (ctx: StaffCtx, groupId: string) => and(eq(clientGroupsTable.firmId, ctx.firmId), eq(clientGroupsTable.id, groupId))

function nameTaken(): AppError {
  const message = 'Another group has this name.'
  return new AppError('name_taken', message, { fields: [{ field: 'body.name', message }] })
}

/** Adds a group. Throws `name_taken`, and `conflict` past the bound. */
export async function createGroup(ctx: StaffCtx, name: string): Promise<Group> {
  const id = newId()
  await withFirm(ctx, async (tx) => {
    const count = await tx.$count(clientGroupsTable, eq(clientGroupsTable.firmId, ctx.firmId))
    if (count >= groupsMax) throw new AppError('conflict', `A firm can have at most ${groupsMax} groups.`)
    const values = { firmId: ctx.firmId, id, name: name.trim(), createdAt: ctx.deps.now() }
    // The unique index decides between two who take the name at once
    const [row] = await tx.insert(clientGroupsTable).values(values).onConflictDoNothing().returning()
    if (row === undefined) throw nameTaken()
    await recordAudit(tx, ctx, 'group.created', { id, details: { name: row.name } })
    await publish(tx, ctx, 'clients', null)
  })
  return getGroup(ctx, id)
}

/** Renames a group. Throws `not_found` and `name_taken`. */
export async function renameGroup(ctx: StaffCtx, groupId: string, input: string): Promise<Group> {
  const name = input.trim()
  await withFirm(ctx, async (tx) => {
    const [before] = await tx.select().from(clientGroupsTable).where(mine(ctx, groupId)).for('no key update')
    if (before === undefined) throw notFound('group')
    if (before.name === name) return
    await tx.update(clientGroupsTable).set({ name }).where(mine(ctx, groupId)).catch(refuseTakenName)
    await recordAudit(tx, ctx, 'group.renamed', { id: groupId, details: { before: { name: before.name }, after: { name } } })
    await publish(tx, ctx, 'clients', null)
  })
  return getGroup(ctx, groupId)
}

function refuseTakenName(error: unknown): never {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  throw cause instanceof Error && 'code' in cause && cause.code === '23505' ? nameTaken() : error
}

async function getGroup(ctx: StaffCtx, groupId: string): Promise<Group> {
  const group = (await listGroups(ctx)).items.find(({ id }) => id === groupId)
  if (group === undefined) throw notFound('group')
  return group
}

/** Deletes a group; its clients stay, in none. Throws `not_found`. */
export async function deleteGroup(ctx: StaffCtx, groupId: string): Promise<void> {
  await withFirm(ctx, async (tx) => {
    const [group] = await tx.select().from(clientGroupsTable).where(mine(ctx, groupId)).for('update')
    if (group === undefined) throw notFound('group')
    const inIt = and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.groupId, groupId))
    // In one order, as everybody does who changes many clients
    const held = await tx.select({ id: clientsTable.id }).from(clientsTable).where(inIt).orderBy(clientsTable.id).for('no key update')
    await tx.update(clientsTable).set({ groupId: null }).where(inIt)
    await tx.delete(clientGroupsTable).where(mine(ctx, groupId))
    await recordAudit(tx, ctx, 'group.deleted', { id: groupId, details: { name: group.name, clients: held.length } })
    await publish(tx, ctx, 'clients', null)
  })
}

/** Moves clients into a group or, with null, out of theirs: all of them or, when the person may not see one, none. */
export async function moveClients(
  ctx: StaffCtx,
  { clientIds, groupId }: Input<typeof groups.move>['body'],
): Promise<Output<typeof groups.move>> {
  return withFirm(ctx, async (tx) => {
    if (groupId !== null) await holdGroup(tx, ctx, groupId)
    const held = await holdClients(tx, ctx, clientIds)
    if (held.length !== clientIds.length) throw notFound('client')
    const moving = held.filter((client) => client.groupId !== groupId)
    const ids = moving.map(({ id }) => id)
    if (ids.length > 0) await tx.update(clientsTable).set({ groupId }).where(amongClients(ctx, ids))
    const changes = moving.map(({ id, groupId: before }) => ({
      id,
      clientId: id,
      details: { before: { groupId: before }, after: { groupId } },
    }))
    await recordAudits(tx, ctx, 'client.changed', changes)
    if (moving.length > 0) await publish(tx, ctx, 'clients', null)
    return { changed: moving.length }
  })
}

const amongClients = (ctx: StaffCtx, ids: readonly string[]) => and(eq(clientsTable.firmId, ctx.firmId), inArray(clientsTable.id, [...ids]))

async function holdClients(tx: Tx, ctx: StaffCtx, clientIds: readonly string[]): Promise<{ id: string; groupId: string | null }[]> {
  return tx
    .select({ id: clientsTable.id, groupId: clientsTable.groupId })
    .from(clientsTable)
    .where(and(amongClients(ctx, clientIds), visibleClient(ctx, clientsTable.id)))
    .orderBy(clientsTable.id)
    .for('no key update')
}
