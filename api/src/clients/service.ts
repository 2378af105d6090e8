import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Client, ClientCreate, ClientUpdate } from '@ledgersync/shared/clients'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, invalidField } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { clientsTable, clientStaffTable } from '../db/schema/clients.ts'
import { firmsTable, staffTable } from '../db/schema/firms.ts'
import { insertBanks } from './banks.ts'
import { holdGroup } from './groups.ts'
import { readClient } from './queries.ts'
import { numbered } from './usernames.ts'
import { changeDetails, changedValues, checkReachable, type ClientRowValues, creationDetails, newClientValues } from './values.ts'
import { getVisibleClient } from './visibility.ts'

/**
 * Adds a client in the caller's transaction, with the banks to ask for and the staff assigned. Answers the row.
 * Throws `username_taken` with a free one, and names each field it refuses.
 */
export async function insertClient(tx: Tx, ctx: StaffCtx, input: ClientCreate): Promise<ClientRowValues> {
  const firm = one(await tx.select().from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId)))
  const values = newClientValues(input, { firm, by: ctx.actor.staffId, now: ctx.deps.now() })
  if (values.groupId !== null) await holdGroup(tx, ctx, values.groupId)
  const row = await insertUnderFreeName(tx, values)
  await replaceStaff(tx, ctx, row.id, staffOf(ctx, input.staffIds))
  await insertBanks(tx, ctx, row.id, input.banks ?? [])
  await recordAudit(tx, ctx, 'client.created', { id: row.id, clientId: row.id, details: creationDetails(row) })
  await publish(tx, ctx, 'clients', row.id)
  return row
}

const triesMax = 5

/** A typed username that is taken is refused; a made-up one gives way, even to somebody who takes it this very moment. */
async function insertUnderFreeName(tx: Tx, values: ClientRowValues): Promise<ClientRowValues> {
  let username = values.username
  for (let tries = 0; tries < triesMax; tries++) {
    // The unique index decides between two who take the name at once
    const [row] = await tx
      .insert(clientsTable)
      .values({ ...values, username })
      .onConflictDoNothing()
      .returning()
    if (row !== undefined) return row
    const free = await freeUsername(tx, values)
    if (!values.usernameIsPlaceholder) throw usernameTaken(free)
    username = free
  }
  throw new AppError('conflict', 'Several people added this client at once. Try again.')
}

const usernameTaken = (suggestion: string): AppError => {
  const message = 'Another client of your firm has this username.'
  return new AppError('username_taken', message, { suggestion, fields: [{ field: 'body.username', message }] })
}

const alternativesMax = 200

async function freeUsername(
  tx: Tx,
  { firmId, username, usernameIsPlaceholder }: Pick<ClientRowValues, 'firmId' | 'username' | 'usernameIsPlaceholder'>,
): Promise<string> {
  const candidates = Array.from({ length: alternativesMax }, (_, index) => numbered(username, index + 2, usernameIsPlaceholder))
  const name = sql<string>`lower(${clientsTable.username})`
  const taken = await tx
    .select({ name })
    .from(clientsTable)
    .where(
      and(
        eq(clientsTable.firmId, firmId),
        inArray(
          name,
          candidates.map((candidate) => candidate.toLowerCase()),
        ),
      ),
    )
  const names = new Set(taken.map((row) => row.name))
  return candidates.find((candidate) => !names.has(candidate.toLowerCase())) ?? numbered(username, Date.now(), usernameIsPlaceholder)
}

/** Who is assigned: whom the administrator names, else the one who adds. Employees add for themselves only. */
export function staffOf(ctx: Pick<StaffCtx, 'actor'>, staffIds: readonly string[] | undefined): readonly string[] {
  const self = ctx.actor.staffId
  if (ctx.actor.role === 'administrator') return staffIds === undefined || staffIds.length === 0 ? [self] : staffIds
  if (staffIds?.some((staffId) => staffId !== self)) throw invalidField('body.staffIds', 'Only an administrator can assign other people.')
  return [self]
}

async function replaceStaff(tx: Tx, ctx: StaffCtx, clientId: string, staffIds: readonly string[]): Promise<void> {
  const ids = [...new Set(staffIds)]
  const known =
    ids.length === 0
      ? []
      : await tx
          .select({ id: staffTable.id })
          .from(staffTable)
          .where(and(eq(staffTable.firmId, ctx.firmId), inArray(staffTable.id, ids), isNull(staffTable.deactivatedAt)))
          // Whoever leaves at this moment hands over what they have: this comes before that, or finds them gone
          .orderBy(staffTable.id)
          .for('share')
  if (known.length !== ids.length) throw invalidField('body.staffIds', 'Somebody in this list is not a member of your firm.')
  // Two who assign at once do it one after the other; the second does not see the first one's rows to delete them
  await tx
    .select({ id: clientsTable.id })
    .from(clientsTable)
    .where(and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId)))
    .for('no key update')
  await tx.delete(clientStaffTable).where(and(eq(clientStaffTable.firmId, ctx.firmId), eq(clientStaffTable.clientId, clientId)))
  if (ids.length === 0) return
  const assignedAt = ctx.deps.now()
  await tx.insert(clientStaffTable).values(ids.map((staffId) => ({ firmId: ctx.firmId, clientId, staffId, assignedAt })))
}

/** One client, with its banks and staff. */
export function getClient(ctx: StaffCtx, clientId: string): Promise<Client> {
  return withFirm(ctx, (tx) => readClient(tx, ctx, clientId), 'read')
}

/** Changes the members that are sent. */
export async function updateClient(ctx: StaffCtx, clientId: string, input: ClientUpdate): Promise<Client> {
  return withFirm(ctx, async (tx) => {
    if (input.groupId !== undefined && input.groupId !== null) await holdGroup(tx, ctx, input.groupId)
    const before = await getVisibleClient(tx, ctx, clientId)
    const set = changedValues(before, input, { by: ctx.actor.staffId, now: ctx.deps.now() })
    checkReachable({ ...before, ...set })
    const mine = and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId))
    if (set.username !== undefined && set.username.toLowerCase() !== before.username.toLowerCase()) {
      const [other] = await tx
        .select({ id: clientsTable.id })
        .from(clientsTable)
        .where(and(eq(clientsTable.firmId, ctx.firmId), sql`lower(${clientsTable.username}) = ${set.username.toLowerCase()}`))
      if (other !== undefined)
        throw usernameTaken(await freeUsername(tx, { firmId: ctx.firmId, username: set.username, usernameIsPlaceholder: false }))
    }
    if (Object.keys(set).length === 0) return readClient(tx, ctx, clientId)
    await tx.update(clientsTable).set(set).where(mine).catch(refuseTakenName)
    await recordAudit(tx, ctx, 'client.changed', { id: clientId, clientId, details: changeDetails(before, set) })
    await publish(tx, ctx, 'clients', clientId)
    return readClient(tx, ctx, clientId)
  })
}

/** Somebody took the name between our look and the write. */
function refuseTakenName(error: unknown): never {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  const isTaken = cause instanceof Error && 'code' in cause && cause.code === '23505'
  throw isTaken ? new AppError('username_taken', 'Another client of your firm has this username.') : error
}

/**
 * Adds, replaces or takes away assigned staff, in the caller's transaction. Throws `not_found`, and `conflict` when it is so already.
 * Answers who was assigned, and who is now.
 */
export async function assignInBulk(
  tx: Tx,
  ctx: StaffCtx,
  clientId: string,
  { mode, staffIds }: { mode: 'add' | 'replace' | 'remove'; staffIds: readonly string[] },
): Promise<{ before: readonly string[]; after: readonly string[] }> {
  if (ctx.actor.role !== 'administrator') throw new AppError('forbidden', 'Only an administrator can assign staff.')
  const { staffIds: before } = await readClient(tx, ctx, clientId)
  const rest = before.filter((id) => !staffIds.includes(id))
  const after = { add: [...before, ...staffIds.filter((id) => !before.includes(id))], replace: staffIds, remove: rest }[mode]
  if (isSameSet(after, before)) throw new AppError('conflict', 'Nothing changes for this client.')
  await replaceStaff(tx, ctx, clientId, after)
  await recordAudit(tx, ctx, 'client.assigned', { id: clientId, clientId, details: { before, after } })
  // For everybody: who lost the client must see it go
  await publish(tx, ctx, 'clients', null)
  return { before, after }
}

/** Whether both hold the same ids, in any order. */
export const isSameSet = (one: readonly string[], other: readonly string[]): boolean => [...one].sort().join() === [...other].sort().join()

/** Replaces the staff assigned to a client. */
export async function assignClient(ctx: StaffCtx, clientId: string, staffIds: readonly string[]): Promise<Client> {
  return withFirm(ctx, async (tx) => {
    const before = await readClient(tx, ctx, clientId)
    await replaceStaff(tx, ctx, clientId, staffIds)
    await recordAudit(tx, ctx, 'client.assigned', { id: clientId, clientId, details: { before: before.staffIds, after: staffIds } })
    // For everybody: who lost the client must see it go
    await publish(tx, ctx, 'clients', null)
    return readClient(tx, ctx, clientId)
  })
}
