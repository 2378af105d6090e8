import { and, asc, eq, inArray } from 'drizzle-orm'
import type { BulkAction } from '@ledgersync/shared/bulk'
import { groupByPerson } from '@ledgersync/shared/outreach'
import type { ClientRowValues } from '../clients/values.ts'
import { visibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { bulkItemsTable } from '../db/schema/bulk.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { byPerson } from '../invites/outgoing.ts'
import { checkInvite, insertInvites } from '../invites/service.ts'
import { holdMessages, holdPeople } from '../messages/service.ts'
import { reachOut } from '../outreach/act.ts'
import { peopleOf } from '../outreach/plan.ts'
import { checkHere, refusalOf, type Run, type Settled } from './run.ts'

// A run that writes to people: the clients of one person are settled together, for they get one message.

/** What is done to all clients of a person at once. */
export type ToPeople = Extract<BulkAction, { kind: 'invite' | 'outreach' }>

const ofRun = (ctx: StaffCtx, runId: string) =>
  and(eq(bulkItemsTable.firmId, ctx.firmId), eq(bulkItemsTable.runId, runId), eq(bulkItemsTable.outcome, 'waiting'))

/** Settles people of the run until `max` clients had their turn; true when none waited any more. */
export async function settlePeople(run: Run<ToPeople>, runId: string, max: number): Promise<boolean> {
  const { ctx, action } = run
  const people = await withFirm(ctx, (tx) => selectPeople(tx, ctx, runId, action), 'read')
  let turns = 0
  for (const clientIds of people) {
    if (turns >= max) break
    await settlePerson(run, runId, clientIds)
    turns += clientIds.length
  }
  return people.length === 0
}

/** The ids of the clients that wait for their turn, those of one person together. */
async function selectPeople(tx: Tx, ctx: StaffCtx, runId: string, action: ToPeople): Promise<string[][]> {
  const { firmId, id, phone, email, language } = clientsTable
  const rows = await tx
    .select({ id, phone, email, language })
    .from(bulkItemsTable)
    .innerJoin(clientsTable, and(eq(firmId, bulkItemsTable.firmId), eq(id, bulkItemsTable.clientId)))
    .where(ofRun(ctx, runId))
    .orderBy(asc(bulkItemsTable.position))
  if (action.kind === 'outreach') return peopleOf(tx, ctx, rows, action)
  return groupByPerson(rows, action.channel).map((group) => group.map((row) => row.id))
}

/** Writes to a person about these clients of theirs, or writes down why not. */
async function settlePerson(run: Run<ToPeople>, runId: string, clientIds: readonly string[]): Promise<void> {
  const { ctx, action } = run
  try {
    checkHere(run)
    await withFirm(ctx, async (tx) => {
      const clients = await holdWaiting(tx, ctx, runId, clientIds)
      const refused = action.kind === 'outreach' ? await ask(tx, ctx, clients, action) : await invite(tx, ctx, clients, action)
      const done = clients.flatMap(({ id }) => (refused.has(id) ? [] : [id]))
      await settleClients(tx, ctx, { runId, clientIds: done }, { outcome: 'done', reason: null })
      for (const [id, outcome] of refused) await settleClients(tx, ctx, { runId, clientIds: [id] }, outcome)
      // Whom the person does not see any more is left out, as one who is gone
      const seen = new Set(clients.map(({ id }) => id))
      const unseen = clientIds.filter((id) => !seen.has(id))
      await settleClients(tx, ctx, { runId, clientIds: unseen }, refusalOf(notFound('client')))
    })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    await withFirm(ctx, (tx) => settleClients(tx, ctx, { runId, clientIds }, refusalOf(error)))
  }
}

/** What came of the clients to whom it was not done. */
type Refused = ReadonlyMap<string, Settled>

async function ask(
  tx: Tx,
  ctx: StaffCtx,
  clients: readonly ClientRowValues[],
  action: Extract<ToPeople, { kind: 'outreach' }>,
): Promise<Refused> {
  const outcomes = await reachOut(tx, ctx, clients, action)
  return new Map([...outcomes].flatMap(([id, reason]) => (reason === null ? [] : [[id, { outcome: 'skipped' as const, reason }] as const])))
}

/** Invites the person; a client of theirs that cannot be invited keeps none of the others from it. */
async function invite(
  tx: Tx,
  ctx: StaffCtx,
  clients: readonly ClientRowValues[],
  { channel }: Extract<ToPeople, { kind: 'invite' }>,
): Promise<Refused> {
  const refused = new Map<string, Settled>()
  for (const client of clients) {
    try {
      await checkInvite(tx, ctx, client, channel)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      refused.set(client.id, refusalOf(error))
    }
  }
  const invited = clients.flatMap((client) => (refused.has(client.id) ? [] : [{ client, channel, kind: 'connect' as const }]))
  // An address may have been changed since they were found to be one person's
  for (const person of byPerson(invited)) await insertInvites(tx, ctx, person, { channel, staffId: ctx.actor.staffId })
  return refused
}

/** Those of the clients that wait for their turn, in the run's order. They are held, in one order for all, so that nothing is done twice. */
async function holdWaiting(tx: Tx, ctx: StaffCtx, runId: string, clientIds: readonly string[]): Promise<ClientRowValues[]> {
  await holdPeople(tx, ctx, clientIds)
  const held = await tx
    .select()
    .from(clientsTable)
    .where(and(eq(clientsTable.firmId, ctx.firmId), inArray(clientsTable.id, [...clientIds]), visibleClient(ctx, clientsTable.id)))
    .orderBy(asc(clientsTable.id))
    .for('update')
  await holdMessages(tx, ctx, clientIds)
  const waiting = await tx
    .select({ id: bulkItemsTable.clientId })
    .from(bulkItemsTable)
    .where(and(ofRun(ctx, runId), inArray(bulkItemsTable.clientId, [...clientIds])))
    .orderBy(asc(bulkItemsTable.position))
  return waiting.flatMap(({ id }) => held.find((client) => client.id === id) ?? [])
}

async function settleClients(
  tx: Tx,
  ctx: StaffCtx,
  { runId, clientIds }: { runId: string; clientIds: readonly string[] },
  set: Settled,
): Promise<void> {
  if (clientIds.length === 0) return
  await tx
    .update(bulkItemsTable)
    .set(set)
    .where(and(ofRun(ctx, runId), inArray(bulkItemsTable.clientId, [...clientIds])))
}
