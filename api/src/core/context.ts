import type { Role } from '@ledgersync/shared/auth'
import type { Permission } from '@ledgersync/shared/permissions'
import type { Db } from '../db/client.ts'
import type { Keyring } from './crypto.ts'
import type { Step } from './steps.ts'

/** What the log takes: a record of safe values and a sentence. Nothing else writes to the output. */
export interface Log {
  info(record: Record<string, unknown>, sentence: string): void
  warn(record: Record<string, unknown>, sentence: string): void
  error(record: Record<string, unknown>, sentence: string): void
}

/** What every verb stands on. `deps.ts` adds the provider clients to this interface, so that core need not know them. */
export interface Deps {
  db: Db
  keyring: Keyring
  log: Log
  /** The only clock of feature code: tests move it. */
  now: () => Date
  /** Origin of the product's public address, without a trailing slash. Links are built from it and never stored. */
  publicUrl: string
  production: boolean
  /** Whether texts wait for 8:00 to 21:00 of the recipient's day. */
  quietHours: boolean
  /** Usernames, in lower case, of the staff who administer this installation, whatever their firm. */
  operators: ReadonlySet<string>
  /** Signs sessions and states, and keys the hashes of phone numbers. At least 32 random bytes. */
  sessionSecret: Buffer
  /** Tells that a step of an outside effect has been reached: tests let a process die there. */
  reached: (step: Step) => void
}

export interface StaffActor {
  kind: 'staff'
  staffId: string
  role: Role
  sessionId: string
  /** Bulk work allowed to an employee; administrators do all of it. */
  permissions: readonly Permission[]
  /** Administrators, and employees of a firm that assigns every client to everybody. */
  seesAllClients: boolean
}
/** A client acting through a link that a firm sent. */
export interface ClientActor {
  kind: 'client'
  clientId: string
}
/** A job, by its name. */
export interface SystemActor {
  kind: 'system'
  name: string
}
export type Actor = StaffActor | ClientActor | SystemActor

/** Who does something, for which firm, with what. First parameter of every verb. */
export interface Ctx<A extends Actor = Actor> {
  deps: Deps
  firmId: string
  actor: A
  requestId: string | null
  ip: string | null
}
export type StaffCtx = Ctx<StaffActor>

/** Somebody signed in. `assignAll`: the firm assigns every client to every employee. */
export function staffActor(
  staff: { id: string; role: Role; permissions?: readonly Permission[] },
  sessionId: string,
  assignAll = false,
): StaffActor {
  const { id, role, permissions = [] } = staff
  return { kind: 'staff', staffId: id, role, sessionId, permissions, seesAllClients: role === 'administrator' || assignAll }
}

/** The context of background work. */
export function systemCtx(deps: Deps, firmId: string, name: string): Ctx<SystemActor> {
  return { deps, firmId, actor: { kind: 'system', name }, requestId: null, ip: null }
}
