import { isDeepStrictEqual } from 'node:util'
import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm'
import { type ClientChange, insertClients, NameTakenMeanwhile, type NewClient, updateClients } from '../clients/bulk.ts'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type Deps, staffActor, type StaffCtx, systemCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { firmsTable, staffTable } from '../db/schema/firms.ts'
import { uploadRowsTable, uploadsTable } from '../db/schema/uploads.ts'
import { byPerson, type ClientValues } from '../invites/outgoing.ts'
import { holdClients } from '../invites/reach.ts'
import { insertInvites } from '../invites/service.ts'
import type { CheckedRow, Write } from './check.ts'
import { checkAgainstFirm, clientsHaveChanged, goesBeyond, readRows, type SeenRow, writeChecks } from './facts.ts'

type UploadValues = typeof uploadsTable.$inferSelect

const triesMax = 5

/**
 * Job: writes the clients of an upload in one transaction, then invites them some at a time. Whenever it dies, what was committed
 * says where to go on: all clients stand or none, and a row's invite is made in the transaction that notes it. Safe to run twice and
 * at once: one works, the other waits and finds nothing to do.
 */
export async function runUpload(deps: Deps, { firmId, uploadId }: { firmId: string; uploadId: string }): Promise<void> {
  const system = systemCtx(deps, firmId, 'run_upload')
  await writeClients(system, uploadId)
  deps.reached('upload.recorded')
  while (await inviteSome(system, uploadId)) deps.reached('upload.invited')
}

/** The same job elsewhere waits here until this one's transaction ends. */
async function takeUpload(tx: Tx, { firmId }: Ctx, uploadId: string, state: 'queued' | 'inviting'): Promise<UploadValues | null> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`run_upload:${uploadId}`}, 0))`)
  const mine = and(eq(uploadsTable.firmId, firmId), eq(uploadsTable.id, uploadId), eq(uploadsTable.state, state))
  const [upload] = await tx.select().from(uploadsTable).where(mine)
  return upload ?? null
}

/** Acts as whoever asked for it, with the rights they have now; null when they have left. */
async function requesterCtx(tx: Tx, { deps, firmId }: Ctx, upload: UploadValues): Promise<StaffCtx | null> {
  if (upload.requestedBy === null) return null
  const [staff] = await tx
    .select()
    .from(staffTable)
    .where(and(eq(staffTable.firmId, firmId), eq(staffTable.id, upload.requestedBy), isNull(staffTable.deactivatedAt)))
    // Whoever leaves meanwhile hands over the clients that are added here, or is gone already
    .for('share')
  if (staff === undefined) return null
  const { assignAll } = one(await tx.select({ assignAll: firmsTable.assignAll }).from(firmsTable).where(eq(firmsTable.firmId, firmId)))
  // No session takes part in a job, and nothing below asks for one
  return { deps, firmId, actor: staffActor(staff, '', assignAll), requestId: upload.requestId, ip: upload.requestIp }
}

async function writeClients(system: Ctx, uploadId: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await withFirm(system, (tx) => writeAll(tx, system, uploadId))
    } catch (error) {
      // The next look sees who took the name, and that the row would change them
      if (!(error instanceof NameTakenMeanwhile) || tries === triesMax) throw error
    }
  }
}

async function writeAll(tx: Tx, system: Ctx, uploadId: string): Promise<void> {
  const upload = await takeUpload(tx, system, uploadId, 'queued')
  if (upload === null) return
  const ctx = await requesterCtx(tx, system, upload)
  if (ctx === null) return refuse(tx, system, upload, 'Whoever asked for this upload is not at your firm any more. Nothing was written.')
  const { rows, checked } = await checkHeld(tx, ctx, upload)
  const bad = checked.filter(({ problems }) => problems.length > 0).length
  if (bad > 0 && (upload.badRows === 'refuse' || bad === checked.length)) {
    await writeChecks(tx, ctx, uploadId, checked)
    const which = bad === 1 ? '1 row has an error. The row says' : `${bad.toLocaleString('en')} rows have an error. The rows say`
    return refuse(tx, ctx, upload, `Nothing was written: ${which} why.`)
  }
  if (goesBeyond(rows, checked)) {
    await writeChecks(tx, ctx, uploadId, checked)
    return refuse(tx, ctx, upload, clientsHaveChanged)
  }
  ctx.deps.reached('upload.checked')
  const tick = progressOf(system, uploadId)
  for (const part of parts(checked)) {
    await insertClients(tx, ctx, part.flatMap(creationOf))
    await updateClients(tx, ctx, part.flatMap(changeOf))
    await tick(part.length)
  }
  await recordOutcomes(tx, ctx, upload, checked)
  ctx.deps.reached('upload.written')
}

/**
 * The rows and what they do, with every client held that they meet. Where that had to wait for somebody who deleted a client, they have
 * taken rows away meanwhile: then it looks once more, so that the client is not written anew.
 */
async function checkHeld(tx: Tx, ctx: StaffCtx, upload: UploadValues): Promise<{ rows: SeenRow[]; checked: CheckedRow[] }> {
  for (let tries = 1; ; tries++) {
    const rows = await readRows(tx, ctx, upload.id)
    const checked = await checkAgainstFirm(tx, ctx, rows, { matching: upload, hold: 'update' })
    if (isDeepStrictEqual(rows, await readRows(tx, ctx, upload.id))) return { rows, checked }
    if (tries === triesMax) throw new Error('Rows of the upload went away at each look')
  }
}

const rowsAtOnce = 500

function* parts(checked: readonly CheckedRow[]): Generator<CheckedRow[]> {
  for (let from = 0; from < checked.length; from += rowsAtOnce) yield checked.slice(from, from + rowsAtOnce)
}

const creationOf = ({ write }: CheckedRow): NewClient[] => (write?.kind === 'create' ? [write] : [])
const changeOf = ({ write }: CheckedRow): ClientChange[] => (write?.kind === 'update' ? [write] : [])

/** Tells how far it is, in transactions of its own: the one that writes shows nothing before its end, and must not hold the upload. */
function progressOf(system: Ctx, uploadId: string): (rows: number) => Promise<void> {
  let done = 0
  return async (rows) => {
    done += rows
    await withFirm(system, async (tx) => {
      const mine = and(eq(uploadsTable.firmId, system.firmId), eq(uploadsTable.id, uploadId), eq(uploadsTable.state, 'queued'))
      await tx.update(uploadsTable).set({ progressDone: done }).where(mine)
      await publish(tx, system, 'uploads', null)
    })
  }
}

/** Nothing is written; the person sees why and can go on from there. */
async function refuse(tx: Tx, ctx: Ctx, upload: UploadValues, refusal: string): Promise<void> {
  await tx
    .update(uploadsTable)
    .set({ state: 'ready', refusal, requestedAt: null, progressDone: 0 })
    .where(and(eq(uploadsTable.firmId, ctx.firmId), eq(uploadsTable.id, upload.id), eq(uploadsTable.state, 'queued')))
  await recordAudit(tx, ctx, 'upload.refused', { id: upload.id })
  await publish(tx, ctx, 'uploads', null)
}

const outcomes = { create: 'created', update: 'updated', nothing: 'unchanged' } as const

const clientIdOf = (write: Write): string => (write.kind === 'create' ? write.values.id : write.before.id)

/** What became of each row. Of rows that were written the cells go: the client has them now. */
async function recordOutcomes(tx: Tx, ctx: StaffCtx, upload: UploadValues, checked: readonly CheckedRow[]): Promise<void> {
  const invites = upload.invite !== null && upload.invite !== 'none'
  const rows = checked.map(({ row, problems, write }) => ({
    row_number: row,
    problems,
    action: write?.kind ?? null,
    client_id: write === null ? null : clientIdOf(write),
    outcome: write === null ? 'skipped' : outcomes[write.kind],
    // Whoever holds the bank login has nothing to ask the client for
    invite: invites && write?.kind === 'create' && !write.values.staffHaveAccess ? 'waiting' : null,
  }))
  await tx.execute(sql`
    update upload_rows r set problems = v.problems, action = v.action, client_id = v.client_id, outcome = v.outcome, invite = v.invite,
      cells = case when v.outcome = 'skipped' then r.cells else '[]' end, damage = case when v.outcome = 'skipped' then r.damage else '{}' end
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as v(row_number integer, problems jsonb, action text, client_id uuid, outcome text, invite text)
    where r.firm_id = ${ctx.firmId} and r.upload_id = ${upload.id} and r.row_number = v.row_number`)
  const waiting = rows.filter(({ invite }) => invite === 'waiting').length
  const now = ctx.deps.now()
  const ended = await tx
    .update(uploadsTable)
    .set({
      state: waiting > 0 ? 'inviting' : 'done',
      refusal: null,
      progressDone: waiting > 0 ? 0 : checked.length,
      progressTotal: waiting > 0 ? waiting : checked.length,
      finishedAt: waiting > 0 ? null : now,
    })
    .where(and(eq(uploadsTable.firmId, ctx.firmId), eq(uploadsTable.id, upload.id), eq(uploadsTable.state, 'queued')))
    .returning({ id: uploadsTable.id })
  if (ended.length !== 1) throw new Error('The upload was no longer queued as its rows were written')
  const tally = (outcome: string): number => rows.filter((row) => row.outcome === outcome).length
  const details = { created: tally('created'), updated: tally('updated'), unchanged: tally('unchanged'), skipped: tally('skipped') }
  await recordAudit(tx, ctx, 'upload.written', { id: upload.id, details })
  await publish(tx, ctx, 'uploads', null)
  // One event for all: each screen fetches anew once
  await publish(tx, ctx, 'clients', null)
}

/** Few, so that a process that dies repeats little and nobody waits long for these clients. */
const invitesAtOnce = 10
const samePersonMax = 500

/** Makes the next invites, each noted at its row in the same transaction. False when none was left. */
async function inviteSome(system: Ctx, uploadId: string): Promise<boolean> {
  return withFirm(system, async (tx) => {
    const upload = await takeUpload(tx, system, uploadId, 'inviting')
    if (upload === null) return false
    const rows = await nextToInvite(tx, system, uploadId)
    if (rows.length === 0) {
      await tx
        .update(uploadsTable)
        .set({ state: 'done', finishedAt: system.deps.now() })
        .where(and(eq(uploadsTable.firmId, system.firmId), eq(uploadsTable.id, uploadId), eq(uploadsTable.state, 'inviting')))
      await publish(tx, system, 'uploads', null)
      return false
    }
    const ctx = await requesterCtx(tx, system, upload)
    // Held before the rows, as whoever deletes a client does it; one that is deleted meanwhile took its row along
    const ids = rows.flatMap(({ clientId }) => clientId ?? [])
    const held = new Map((await holdClients(tx, system, ids)).map((client) => [client.id, client]))
    const channel = upload.invite === null || upload.invite === 'none' ? ('both' as const) : upload.invite
    const invited = rows.flatMap(({ row, clientId }) => {
      const client = held.get(clientId ?? '')
      return client === undefined ? [] : [{ row, client, channel }]
    })
    for (const person of byPerson(invited)) await invitePerson(tx, { system, ctx, upload }, person)
    await tx
      .update(uploadsTable)
      .set({ progressDone: upload.progressDone + rows.length })
      .where(and(eq(uploadsTable.firmId, system.firmId), eq(uploadsTable.id, uploadId)))
    await publish(tx, system, 'uploads', null)
    return true
  })
}

/** The next rows, and with them all others of the same people: whoever has several clients gets one message. */
async function nextToInvite(tx: Tx, { firmId }: Ctx, uploadId: string): Promise<{ row: number; clientId: string | null }[]> {
  const waiting = and(eq(uploadRowsTable.firmId, firmId), eq(uploadRowsTable.uploadId, uploadId), eq(uploadRowsTable.invite, 'waiting'))
  const { row, clientId } = uploadRowsTable
  const next = await tx.select({ row, clientId }).from(uploadRowsTable).where(waiting).orderBy(asc(row)).limit(invitesAtOnce)
  const ids = next.flatMap((one) => one.clientId ?? [])
  if (ids.length === 0) return next
  const these = sql`from clients o where o.firm_id = ${firmId} and o.id = any (${sql.param(ids)}::uuid[])`
  const ofSame = sql`${clientId} in (select c.id from clients c where c.firm_id = ${firmId}
    and (c.phone in (select o.phone ${these}) or lower(c.email) in (select lower(o.email) ${these})))`
  const others = await tx.select({ row, clientId }).from(uploadRowsTable).where(and(waiting, ofSame)).orderBy(asc(row)).limit(samePersonMax)
  return [...next, ...others.filter((other) => !next.some((one) => one.row === other.row))]
}

async function invitePerson(
  tx: Tx,
  { system, ctx, upload }: { system: Ctx; ctx: StaffCtx | null; upload: UploadValues },
  person: readonly { row: number; client: ClientValues }[],
): Promise<void> {
  const clients = person.map(({ client }) => client)
  const rows = person.map(({ row }) => row)
  const reason = await whyNotInvited(tx, ctx, upload, clients)
  await tx
    .update(uploadRowsTable)
    .set({ invite: reason === null ? 'made' : 'refused', inviteReason: reason })
    .where(
      and(
        eq(uploadRowsTable.firmId, system.firmId),
        eq(uploadRowsTable.uploadId, upload.id),
        inArray(uploadRowsTable.row, rows),
        eq(uploadRowsTable.invite, 'waiting'),
      ),
    )
}

/** Invites one person's clients by the verb that everybody uses, which refuses before it writes anything. Null when the invites are made. */
async function whyNotInvited(
  tx: Tx,
  ctx: StaffCtx | null,
  { invite }: UploadValues,
  clients: readonly ClientValues[],
): Promise<string | null> {
  if (ctx === null) return 'Whoever asked for the invites is not at your firm any more.'
  if (invite === null || invite === 'none') return 'No channel was chosen.'
  try {
    const invited = clients.map((client) => ({ client, kind: 'connect' as const }))
    await insertInvites(tx, ctx, invited, { channel: invite, staffId: ctx.actor.staffId })
    return null
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}
