import { sql } from 'drizzle-orm'
import type { Db, Tx } from './client.ts'

export interface AccessRequest {
  id: string
  kind: 'password' | 'username' | 'username_of' | 'locked'
  /** A username or an e-mail as it was typed; of `username_of`, the firm's and the account's id. */
  subject: string
  channel: 'sms' | 'email'
  at: Date
}

/** Writes down what somebody asked for, before anybody looks whether there is such an account. */
export async function addAccessRequest(tx: Tx, { id, kind, subject, channel, at }: AccessRequest): Promise<void> {
  await tx.execute(sql`select access_request_add(${id}, ${kind}, ${subject}, ${channel}, ${at.toISOString()}::timestamptz)`)
}

/** A request that waits, or null when it is done. */
export async function readAccessRequest(db: Db, id: string): Promise<AccessRequest | null> {
  const result = await db.execute<{ kind: AccessRequest['kind']; subject: string; channel: AccessRequest['channel']; at: string }>(
    sql`select kind, subject, channel, at from access_request_read(${id})`,
  )
  const [row] = result.rows
  return row === undefined ? null : { ...row, id, at: new Date(row.at) }
}

/** Marks it as done, in the transaction that did it. False when another did. */
export async function finishAccessRequest(tx: Tx, id: string): Promise<boolean> {
  const result = await tx.execute<{ done: boolean }>(sql`select access_request_done(${id}) as done`)
  return result.rows[0]?.done === true
}

/** Requests that were made before then and wait, oldest first, at most `page`. */
export async function waitingAccessRequests(db: Db, before: Date, page: number): Promise<string[]> {
  const result = await db.execute<{ id: string }>(sql`select access_requests_waiting(${before.toISOString()}::timestamptz, ${page}) as id`)
  return result.rows.map(({ id }) => id)
}

/** Accounts whose verified e-mail it is, over all firms, oldest first, at most `page`. */
export async function findStaffOfEmail(tx: Tx, email: string, page: number): Promise<{ firmId: string; rowId: string }[]> {
  const result = await tx.execute<{ firm_id: string; row_id: string }>(sql`select firm_id, row_id from staff_of_email(${email}, ${page})`)
  return result.rows.map((row) => ({ firmId: row.firm_id, rowId: row.row_id }))
}
