import { and, eq, inArray, sql } from 'drizzle-orm'
import { recordAudits } from '../core/audit.ts'
import { listAnew } from '../core/client-list.ts'
import type { StaffCtx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { clientsTable, clientStaffTable } from '../db/schema/clients.ts'
import { changeDetails, type ClientRowValues, creationDetails } from './values.ts'

// Many clients in few statements; each leaves in the audit log, and in the list, what it would leave when added or changed by hand.
// Whoever calls these publishes once for all.

/** Somebody took a username between the look and the write: nothing may stand, and another look tells more. */
export class NameTakenMeanwhile extends Error {}

export interface NewClient {
  values: ClientRowValues
  staffIds: readonly string[]
}

/** Adds clients, at most some hundred at once. Throws {@link NameTakenMeanwhile}. */
export async function insertClients(tx: Tx, ctx: StaffCtx, added: readonly NewClient[]): Promise<void> {
  if (added.length === 0) return
  const written = await tx
    .insert(clientsTable)
    .values(added.map(({ values }) => values))
    .onConflictDoNothing()
    .returning({ id: clientsTable.id })
  if (written.length !== added.length) throw new NameTakenMeanwhile()
  await insertStaff(
    tx,
    ctx,
    added.map(({ values, staffIds }) => ({ clientId: values.id, staffIds })),
  )
  await recordAudits(
    tx,
    ctx,
    'client.created',
    added.map(({ values }) => ({ id: values.id, clientId: values.id, details: creationDetails(values) })),
  )
  await listAnew(
    tx,
    ctx,
    added.map(({ values }) => values.id),
  )
}

export interface ClientChange {
  before: ClientRowValues
  set: Partial<ClientRowValues>
  /** Who was assigned and is to be, when that changes. */
  staff: { before: readonly string[]; after: readonly string[] } | null
}

/** Changes clients, at most some hundred at once. They must be held (`for update`), as they stand in `before`. Usernames stay. */
export async function updateClients(tx: Tx, ctx: StaffCtx, changes: readonly ClientChange[]): Promise<void> {
  const changed = changes.filter(({ set }) => Object.keys(set).length > 0)
  if (changed.length > 0) {
    const rows = JSON.stringify(changed.map(({ before, set }) => columnsOf({ ...before, ...set })))
    await tx.execute(sql`
      update clients c set business_name = v.business_name, contact_first_name = v.contact_first_name, contact_last_name = v.contact_last_name,
        email = v.email, phone = v.phone, staff_have_access = v.staff_have_access, text_consent_at = v.text_consent_at, text_consent_by = v.text_consent_by, time_zone = v.time_zone,
        language = v.language, group_id = v.group_id
      from jsonb_to_recordset(${rows}::jsonb) as v(id uuid, business_name text, contact_first_name text, contact_last_name text, email text,
        phone text, staff_have_access boolean, text_consent_at timestamptz, text_consent_by uuid, time_zone text, language text, group_id uuid)
      where c.firm_id = ${ctx.firmId} and c.id = v.id`)
  }
  const assigned = changes.flatMap(({ before, staff }) => (staff === null ? [] : [{ clientId: before.id, staffIds: staff.after, staff }]))
  if (assigned.length > 0) {
    const ids = assigned.map(({ clientId }) => clientId)
    await tx.delete(clientStaffTable).where(and(eq(clientStaffTable.firmId, ctx.firmId), inArray(clientStaffTable.clientId, ids)))
    await insertStaff(tx, ctx, assigned)
  }
  await recordAudits(
    tx,
    ctx,
    'client.changed',
    changed.map(({ before, set }) => ({ id: before.id, clientId: before.id, details: changeDetails(before, set) })),
  )
  await recordAudits(
    tx,
    ctx,
    'client.assigned',
    assigned.map(({ clientId, staff }) => ({ id: clientId, clientId, details: { ...staff } })),
  )
  await listAnew(
    tx,
    ctx,
    changed.map(({ before }) => before.id),
  )
}

const columnsOf = (row: ClientRowValues) => ({
  id: row.id,
  business_name: row.businessName,
  contact_first_name: row.contactFirstName,
  contact_last_name: row.contactLastName,
  email: row.email,
  phone: row.phone,
  staff_have_access: row.staffHaveAccess,
  text_consent_at: row.textConsentAt?.toISOString() ?? null,
  text_consent_by: row.textConsentBy,
  time_zone: row.timeZone,
  language: row.language,
  group_id: row.groupId,
})

/** Rows of one statement: four parameters each, of the 65,535 that PostgreSQL takes. */
const assignmentsMax = 10_000

async function insertStaff(tx: Tx, ctx: StaffCtx, assigned: readonly { clientId: string; staffIds: readonly string[] }[]): Promise<void> {
  const assignedAt = ctx.deps.now()
  const rows = assigned.flatMap(({ clientId, staffIds }) =>
    [...new Set(staffIds)].map((staffId) => ({ firmId: ctx.firmId, clientId, staffId, assignedAt })),
  )
  for (let from = 0; from < rows.length; from += assignmentsMax)
    await tx.insert(clientStaffTable).values(rows.slice(from, from + assignmentsMax))
}
