import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { visibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { one, type Tx } from '../db/client.ts'
import { clientGroupsTable, clientsTable, clientStaffTable } from '../db/schema/clients.ts'
import { firmsTable, staffTable } from '../db/schema/firms.ts'
import { uploadRowsTable } from '../db/schema/uploads.ts'
import { type CheckedRow, checkRows, type FirmFacts, staffOfRows, type Write } from './check.ts'
import { type Known, type Matching, namesOf } from './names.ts'
import type { TableRow } from './table.ts'

/** A row with what its last check said of it. */
export interface SeenRow extends TableRow {
  action: Write['kind'] | null
  clientId: string | null
}

/** All rows of an upload, in the order of the file. */
export function readRows(tx: Tx, ctx: StaffCtx, uploadId: string): Promise<SeenRow[]> {
  const { row, cells, damage, action, clientId } = uploadRowsTable
  return tx
    .select({ row, cells, damage, action, clientId })
    .from(uploadRowsTable)
    .where(and(eq(uploadRowsTable.firmId, ctx.firmId), eq(uploadRowsTable.uploadId, uploadId)))
    .orderBy(asc(uploadRowsTable.row))
}

/**
 * Checks the rows against the firm as it stands. The clients they meet are held until the transaction ends, before any row of an
 * upload is written: `key share` keeps them from being deleted, `update` also from being changed.
 */
export async function checkAgainstFirm(
  tx: Tx,
  ctx: StaffCtx,
  rows: readonly TableRow[],
  { matching, hold }: { matching: Matching; hold: Hold },
): Promise<CheckedRow[]> {
  const firm = one(await tx.select().from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId)))
  // Before the clients, in the order in which everybody takes hold of them
  const groups = matching.fields.includes('group') ? await readGroups(tx, ctx) : []
  const staff = await readStaff(tx, ctx, [...staffOfRows(rows, matching)], hold)
  const lookedUp = namesOf(rows, matching, firm.emailDomain)
  const byUsername = await readKnown(tx, ctx, [...lookedUp], hold)
  const facts: FirmFacts = {
    firm,
    actor: ctx.actor,
    now: ctx.deps.now(),
    staffByEmail: new Map(staff.map(({ id, email }) => [email.toLowerCase(), id])),
    groupByName: new Map(groups.map(({ id, name }) => [name.toLowerCase(), id])),
    lookedUp,
    byUsername,
    halfWritten: await readHalfWritten(tx, ctx, byUsername),
  }
  return checkRows(rows, matching, facts)
}

type Hold = 'key share' | 'update'

/** The firm's groups, none of which can be deleted until the transaction ends. */
function readGroups(tx: Tx, ctx: StaffCtx): Promise<{ id: string; name: string }[]> {
  return tx
    .select({ id: clientGroupsTable.id, name: clientGroupsTable.name })
    .from(clientGroupsTable)
    .where(eq(clientGroupsTable.firmId, ctx.firmId))
    .orderBy(asc(clientGroupsTable.id))
    .for('key share')
}

/** The staff of these e-mails who are there. Whoever leaves meanwhile hands over what is written here, or is gone already. */
function readStaff(tx: Tx, ctx: StaffCtx, emails: readonly string[], hold: Hold): Promise<{ id: string; email: string }[]> {
  const found = tx
    .select({ id: staffTable.id, email: staffTable.email })
    .from(staffTable)
    .where(
      and(
        eq(staffTable.firmId, ctx.firmId),
        isNull(staffTable.deactivatedAt),
        sql`lower(${staffTable.email}) = any(${sql.param(emails)}::text[])`,
      ),
    )
    .orderBy(asc(staffTable.id))
  return hold === 'update' ? found.for('share') : found
}

async function readKnown(tx: Tx, ctx: StaffCtx, names: readonly string[], hold: Hold): Promise<Map<string, Known>> {
  const found = await tx
    .select({ client: clientsTable, visible: sql<boolean>`${visibleClient(ctx, clientsTable.id)}` })
    .from(clientsTable)
    .where(and(eq(clientsTable.firmId, ctx.firmId), sql`lower(${clientsTable.username}) = any(${sql.param(names)}::text[])`))
    .orderBy(asc(clientsTable.id))
    .for(hold)
  const ids = found.map(({ client }) => client.id)
  const assigned = await tx
    .select({ clientId: clientStaffTable.clientId, staffId: clientStaffTable.staffId })
    .from(clientStaffTable)
    .where(and(eq(clientStaffTable.firmId, ctx.firmId), sql`${clientStaffTable.clientId} = any(${sql.param(ids)}::uuid[])`))
  const staffOfClient = new Map<string, string[]>()
  for (const { clientId, staffId } of assigned) staffOfClient.set(clientId, [...(staffOfClient.get(clientId) ?? []), staffId])
  return new Map(
    found.map(({ client, visible }) => [client.username.toLowerCase(), { client, visible, staffIds: staffOfClient.get(client.id) ?? [] }]),
  )
}

/** What is said when {@link goesBeyond} holds. */
export const clientsHaveChanged = 'Clients have changed since the check. Look at the rows again.'

/**
 * Whether writing the rows would do what whoever looked at them has not seen: take a row that could not be taken, add a client where
 * one was to change, change one where none was to, or another one. `checked` is in the order of `rows`.
 */
export const goesBeyond = (rows: readonly SeenRow[], checked: readonly CheckedRow[]): boolean =>
  checked.some(({ write }, index) => write !== null && !isAsSeen(rows[index], write))

/** Whether the check found of every row what the check before had found. `checked` is in the order of `rows`. */
export const standsAsSeen = (rows: readonly SeenRow[], checked: readonly CheckedRow[]): boolean =>
  checked.every(({ write }, index) => {
    const clientId = write === null || write.kind === 'create' ? null : write.before.id
    return rows[index]?.action === (write?.kind ?? null) && rows[index]?.clientId === clientId
  })

function isAsSeen(seen: SeenRow | undefined, write: Write): boolean {
  if (seen === undefined) return false
  if (write.kind === 'create') return seen.action === 'create'
  // A client who stands by now as the row says is left alone
  return seen.clientId === write.before.id && (seen.action === write.kind || write.kind === 'nothing')
}

/**
 * Of the clients with made-up usernames, the names of those that a list was about of which another row of that name was left out. That
 * row, corrected and uploaded by itself, is another business.
 */
async function readHalfWritten(tx: Tx, ctx: StaffCtx, byUsername: ReadonlyMap<string, Known>): Promise<Set<string>> {
  const ids = [...byUsername.values()].flatMap(({ client }) => (client.usernameIsPlaceholder ? [client.id] : []))
  if (ids.length === 0) return new Set()
  const { rows } = await tx.execute<{ name: string }>(sql`
    select distinct lower(c.business_name) as name
    from upload_rows w
    join clients c on c.firm_id = w.firm_id and c.id = w.client_id
    join uploads u on u.firm_id = w.firm_id and u.id = w.upload_id
    join upload_rows s on s.firm_id = w.firm_id and s.upload_id = w.upload_id and s.outcome = 'skipped'
    where w.firm_id = ${ctx.firmId} and w.client_id = any(${sql.param(ids)}::uuid[]) and w.outcome is not null
      and lower(c.business_name) = lower(s.cells ->> (
        select (t.n - 1)::int from jsonb_array_elements_text(u.fields) with ordinality t(field, n) where t.field = 'businessName'))`)
  return new Set(rows.map(({ name }) => name))
}

/** Writes down what the check of the rows found; rows that stand so already are left alone. */
export async function writeChecks(tx: Tx, ctx: StaffCtx, uploadId: string, checked: readonly CheckedRow[]): Promise<void> {
  const found = checked.map(({ row, problems, write }) => ({
    row_number: row,
    problems,
    action: write?.kind ?? null,
    client_id: write === null || write.kind === 'create' ? null : write.before.id,
  }))
  await tx.execute(sql`
    update upload_rows r set problems = v.problems, action = v.action, client_id = v.client_id
    from jsonb_to_recordset(${JSON.stringify(found)}::jsonb) as v(row_number integer, problems jsonb, action text, client_id uuid)
    where r.firm_id = ${ctx.firmId} and r.upload_id = ${uploadId} and r.row_number = v.row_number
      and (r.problems, r.action, r.client_id) is distinct from (v.problems, v.action, v.client_id)`)
}
