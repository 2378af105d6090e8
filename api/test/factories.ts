// For the `jwt` it adds to the application
import type {} from '@fastify/jwt'
import type { Role } from '@ledgersync/shared/auth'
import type { Permission } from '@ledgersync/shared/permissions'
import { openSession } from '../src/auth/sessions.ts'
import { type Ctx, staffActor, type StaffCtx, systemCtx } from '../src/core/context.ts'
import { createFirmKey } from '../src/core/crypto.ts'
import { listAnew } from '../src/core/client-list.ts'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { claimKey } from '../src/db/global.ts'
import { clientGroupsTable, clientsTable, clientStaffTable } from '../src/db/schema/clients.ts'
import { firmsTable, staffTable } from '../src/db/schema/firms.ts'
import { cookieNames } from '../src/http/cookies.ts'
import { type Browser, operatorUsername, type TestApp } from './harness.ts'

/** A signed-in member of staff: pass it as `as` to `call`, or its `ctx` to a verb. */
export interface Person extends Browser {
  firmId: string
  staffId: string
  email: string
  ctx: StaffCtx
}

let count = 0

/** A firm with one verified administrator. */
export async function makeFirm(test: TestApp, name = 'Quillstone Accounting'): Promise<Person> {
  const ctx = systemCtx(test.deps, newId(), 'test')
  await withFirm(ctx, async (tx) => {
    await tx
      .insert(firmsTable)
      .values({ firmId: ctx.firmId, name, emailDomain: 'quillstone.example', timeZone: 'America/Los_Angeles', createdAt: test.deps.now() })
    await createFirmKey(tx, ctx)
  })
  return makeStaff(test, ctx.firmId, 'administrator', 'Dana Whitlock')
}

/** A hash like any other, but cheap, of what nobody types. */
const nobodysPassword = '$argon2id$v=19$m=64,t=1,p=1$i95xtBJB+Fk4jJvD4y6yCg$iRUetSs5pmABVSlx1QETn4nzeAskQtM/jKHC8Y4AfMI'

/** A member of staff with a session. Nobody can sign in as them: they have no password. */
export async function makeStaff(test: TestApp, firmId: string, role: Role, name = 'Marcus Oyelade'): Promise<Person> {
  count += 1
  const email = `staff${count}@quillstone.example`
  const ctx: Ctx = systemCtx(test.deps, firmId, 'test')
  const staffId = newId()
  const session = await withFirm(ctx, async (tx) => {
    const now = test.deps.now()
    await tx.insert(staffTable).values({
      firmId,
      id: staffId,
      name,
      email,
      username: email,
      passwordHash: nobodysPassword,
      role,
      emailVerifiedAt: now,
      timeZone: null,
      createdAt: now,
    })
    await claimKey(tx, 'username', email, { firmId, rowId: staffId })
    return openSession(tx, { ...ctx, ip: '127.0.0.1' }, staffId, 'test')
  })
  const jwt = test.app.jwt.sign({ firmId, sessionId: session.id })
  const staffCtx: StaffCtx = { ...ctx, actor: staffActor({ id: staffId, role }, session.id) }
  return { firmId, staffId, email, ctx: staffCtx, cookie: `${cookieNames(test.deps.publicUrl).access}=${jwt}` }
}

/** Allows an employee bulk work. */
export async function allow(test: TestApp, person: Person, permissions: readonly Permission[]): Promise<Person> {
  await test.admin.query('update staff set permissions = $1 where id = $2', [[...permissions], person.staffId])
  person.ctx = { ...person.ctx, actor: { ...person.ctx.actor, permissions } }
  return person
}

/** Makes somebody an operator of the installation. */
export async function makeOperator(test: TestApp, person: Person): Promise<void> {
  await test.admin.query('update staff set username = $1 where id = $2', [operatorUsername, person.staffId])
}

/** A time zone without summer time whose clock shows this hour at that moment: texts go at once where it is noon, and wait where it is 3. */
export function zoneAt(hour: number, now: Date): string {
  let offset = (hour - now.getUTCHours() + 24) % 24
  if (offset > 14) offset -= 24
  return offset === 0 ? 'Etc/UTC' : `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`
}

/** A client of the person's firm, assigned to them. Where they are it is noon. */
export async function makeClient(test: TestApp, by: Person, overrides: Partial<typeof clientsTable.$inferInsert> = {}): Promise<string> {
  count += 1
  const id = newId()
  await withFirm(by.ctx, async (tx) => {
    const now = test.deps.now()
    await tx.insert(clientsTable).values({
      firmId: by.firmId,
      id,
      businessName: `Saltgrass Outfitters ${count}`,
      contactFirstName: 'Nora',
      contactLastName: 'Velasco',
      email: `nora${count}@saltgrass.example`,
      phone: `+1503555${String(1000 + count).padStart(4, '0')}`,
      username: `nora${count}@saltgrass.example`,
      usernameIsPlaceholder: false,
      staffHaveAccess: false,
      textConsentAt: now,
      textConsentBy: by.staffId,
      timeZone: zoneAt(12, now),
      language: 'en',
      lockedAt: null,
      createdAt: now,
      createdBy: by.staffId,
      ...overrides,
    })
    await tx.insert(clientStaffTable).values({ firmId: by.firmId, clientId: id, staffId: by.staffId, assignedAt: now })
    await listAnew(tx, by.ctx, [id])
  })
  return id
}

/** A group of the person's firm. */
export async function makeGroup(test: TestApp, by: Person, name: string): Promise<string> {
  const id = newId()
  await withFirm(by.ctx, (tx) => tx.insert(clientGroupsTable).values({ firmId: by.firmId, id, name, createdAt: test.deps.now() }))
  return id
}
