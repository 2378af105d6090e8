import { auth } from '@ledgersync/shared/auth'
import { clients } from '@ledgersync/shared/clients'
import { firms } from '@ledgersync/shared/firms'
import { groups } from '@ledgersync/shared/groups'
import { staff, type StaffInviteCreate } from '@ledgersync/shared/team'
import { hashPassword } from '../src/auth/password.ts'
import { makeClient, makeFirm, makeGroup, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
let dana: Person
beforeAll(async () => {
  product = await startTestApp()
})
beforeEach(async () => {
  await product.network.sendgrid.reset()
  dana = await makeFirm(product)
})
afterAll(() => product.close())

const password = 'forty silent harbor cranes'
let count = 0
const newcomer = (overrides: Partial<StaffInviteCreate> = {}): StaffInviteCreate => {
  count += 1
  return { email: `priya${count}@quillstone.example`, name: 'Priya Raman', role: 'employee', ...overrides }
}
const invite = (body = newcomer(), as = dana) => product.call(staff.invite, { body }, as)
/** Tokens of the mails that went to this address, the newest last. */
async function tokensFor(email: string): Promise<string[]> {
  expect(await product.drain()).toEqual([])
  const mails = product.network.sendgrid.messages().map((mail) => JSON.stringify(mail))
  return mails.filter((mail) => mail.includes(email)).map((mail) => /join#([\w-]{43})/.exec(mail)?.[1] ?? '')
}
const lastToken = async (email: string): Promise<string> => (await tokensFor(email)).at(-1) ?? ''
const join = (token: string, more: { username?: string; password?: string } = {}) =>
  product.call(staff.join, { body: { token, name: 'Priya Raman', password, ...more } })
const team = async (as = dana) => (await product.call(staff.team, {}, as)).body
const seenBy = async (as: { cookie: string }) => (await product.call(clients.list, {}, as)).body.items.map(({ id }) => id).sort()

describe('inviting', () => {
  test('a colleague chooses their own password by a link that works once, and is signed in with the role they were given', async () => {
    const body = newcomer({ permissions: ['push'] })
    const invited = await invite(body)
    expect([invited.status, invited.body]).toMatchObject([201, { email: body.email, delivery: 'queued', invitedBy: 'Dana Whitlock' }])
    const token = await lastToken(body.email)
    expect((await team()).invites).toMatchObject([{ email: body.email, delivery: 'delivered' }])
    const read = await product.call(staff.readInvite, { body: { token } })
    expect(read.body).toEqual({ firmName: 'Quillstone Accounting', invitedBy: 'Dana Whitlock', email: body.email, name: 'Priya Raman' })

    const joined = await join(token)
    expect([joined.status, joined.body.staff]).toMatchObject([
      201,
      { email: body.email, username: body.email, role: 'employee', permissions: ['push'], emailVerified: true },
    ])
    expect((await product.call(auth.me, {}, joined)).status).toBe(200)
    expect(await team()).toMatchObject({ invites: [], members: [{ name: 'Dana Whitlock' }, { name: 'Priya Raman', deactivatedAt: null }] })
    expect((await product.call(auth.signIn, { body: { username: body.email, password } })).status).toBe(200)
    for (const again of [await join(token), await product.call(staff.readInvite, { body: { token } })])
      expect([again.status, again.body]).toMatchObject([409, { code: 'code_refused' }])
  })

  test('two who use one link at the same moment become one person', async () => {
    const body = newcomer()
    await invite(body)
    const token = await lastToken(body.email)
    const answers = await Promise.all([join(token), join(token)])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    expect((await team()).members).toHaveLength(2)
  })

  test('the link ends after seven days, when it is withdrawn, and when a newer one is sent', async () => {
    const [late, withdrawn, again] = [newcomer(), newcomer(), newcomer()]
    const invites = [(await invite(late)).body, (await invite(withdrawn)).body, (await invite(again)).body]
    const [lateToken, withdrawnToken, firstToken] = [
      await lastToken(late.email),
      await lastToken(withdrawn.email),
      await lastToken(again.email),
    ]
    expect((await product.call(staff.withdrawInvite, { params: { staffInviteId: invites[1]?.id ?? '' } }, dana)).status).toBe(204)
    expect((await join(withdrawnToken)).status).toBe(409)
    const resent = await product.call(staff.resendInvite, { params: { staffInviteId: invites[2]?.id ?? '' } }, dana)
    expect(resent.status).toBe(200)
    expect((await join(firstToken)).status).toBe(409)
    await product.admin.query("update staff_invites set expires_at = now() - interval '1 minute' where email = $1", [late.email])
    expect((await join(lateToken)).status).toBe(409)
    expect((await join(await lastToken(again.email))).status).toBe(201)
    // What has ended can be neither sent again nor withdrawn; what ran out can
    for (const { id } of invites.slice(1))
      expect((await product.call(staff.resendInvite, { params: { staffInviteId: id } }, dana)).status).toBe(404)
    expect((await product.call(staff.resendInvite, { params: { staffInviteId: invites[0]?.id ?? '' } }, dana)).status).toBe(200)
    expect((await join(await lastToken(late.email))).status).toBe(201)
  })

  test('withdrawn before it went, the e-mail never goes', async () => {
    const body = newcomer()
    const { id } = (await invite(body)).body
    await product.call(staff.withdrawInvite, { params: { staffInviteId: id } }, dana)
    expect(await tokensFor(body.email)).toEqual([])
  })

  test('refuses personal mail services, members, and addresses that are invited already, also at the same moment', async () => {
    expect((await invite(newcomer({ email: 'priya@gmail.com' }))).body).toMatchObject({ code: 'work_email_required' })
    const [member] = (await team()).members
    const refused = await invite(newcomer({ email: (member?.email ?? '').toUpperCase() }))
    expect([refused.status, refused.body]).toMatchObject([409, { fields: [{ field: 'body.email' }] }])
    const body = newcomer()
    const both = await Promise.all([invite(body), invite(body)])
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
    expect(await tokensFor(body.email)).toHaveLength(1)
  })

  test('says nothing of other firms: whoever proves the address chooses another username when theirs is taken', async () => {
    const other = await makeFirm(product, 'Harbor Ledger Partners')
    const body = newcomer({ email: other.email })
    expect((await invite(body)).status).toBe(201)
    const token = await lastToken(body.email)
    const taken = await join(token)
    // Problem's members; the type is of the success
    const problem = taken.body as unknown as { code: string; suggestion: string }
    expect([taken.status, problem.code]).toEqual([409, 'username_taken'])
    expect((await join(token, { username: problem.suggestion })).body).toMatchObject({ staff: { username: problem.suggestion } })
  })

  test('a weak password is refused and the link stays usable', async () => {
    const body = newcomer()
    await invite(body)
    const token = await lastToken(body.email)
    expect((await join(token, { password: 'priya' })).body).toMatchObject({ code: 'weak_password' })
    expect((await join(token)).status).toBe(201)
  })

  test('needs a verified e-mail', async () => {
    await product.admin.query('update staff set email_verified_at = null where id = $1', [dana.staffId])
    expect((await invite()).body).toMatchObject({ code: 'email_unverified' })
  })
})

describe('roles', () => {
  const setRole = (staffId: string, role: 'administrator' | 'employee', as = dana) =>
    product.call(staff.update, { params: { staffId }, body: { role } }, as)

  test('change in one action, at the next request', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const clientId = await makeClient(product, dana)
    expect(await seenBy(marcus)).toEqual([])
    expect((await setRole(marcus.staffId, 'administrator')).body).toMatchObject({ role: 'administrator' })
    expect(await seenBy(marcus)).toEqual([clientId])
    expect((await setRole(marcus.staffId, 'employee', marcus)).status).toBe(200)
    expect(await seenBy(marcus)).toEqual([])
    expect((await setRole(dana.staffId, 'employee', marcus)).status).toBe(403)
  })

  test('a firm never loses its last administrator, not even to two at once', async () => {
    expect((await setRole(dana.staffId, 'employee')).body).toMatchObject({ code: 'conflict' })
    for (let round = 0; round < 5; round++) {
      const firm = await makeFirm(product)
      const other = await makeStaff(product, firm.firmId, 'administrator')
      const answers = await Promise.all([
        setRole(other.staffId, 'employee', firm),
        round % 2 === 0
          ? setRole(firm.staffId, 'employee', other)
          : product.call(staff.deactivate, { params: { staffId: firm.staffId }, body: { to: [], share: 'all' } }, other),
      ])
      expect(answers.map(({ status }) => status).sort()[0]).toBe(200)
      const left = await product.admin.query(
        "select 1 from staff where firm_id = $1 and role = 'administrator' and deactivated_at is null",
        [firm.firmId],
      )
      expect(left.rows).toHaveLength(1)
    }
  })

  test('permissions are what the person is told they have', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const body = { permissions: ['undo', 'push'] as ('undo' | 'push')[] }
    expect((await product.call(staff.update, { params: { staffId: marcus.staffId }, body }, dana)).body.permissions).toEqual([
      'push',
      'undo',
    ])
    expect((await product.call(auth.me, {}, marcus)).body.staff.permissions).toEqual(['push', 'undo'])
    const audit = await product.admin.query('select count(*)::int as n from audit_log where firm_id = $1 and action = $2', [
      dana.firmId,
      'staff.changed',
    ])
    await product.call(staff.update, { params: { staffId: marcus.staffId }, body }, dana)
    const after = await product.admin.query('select count(*)::int as n from audit_log where firm_id = $1 and action = $2', [
      dana.firmId,
      'staff.changed',
    ])
    expect([audit.rows, after.rows]).toEqual([[{ n: 1 }], [{ n: 1 }]])
  })
})

describe('leaving', () => {
  const leave = (who: Person, to: Person[], share: 'all' | 'split' = 'all', as = dana) =>
    product.call(staff.deactivate, { params: { staffId: who.staffId }, body: { to: to.map(({ staffId }) => staffId), share } }, as)

  test('hands all clients over, ends the sessions and closes the sign-in in one step; what was done keeps the name', async () => {
    const [marcus, priya] = [
      await makeStaff(product, dana.firmId, 'employee'),
      await makeStaff(product, dana.firmId, 'employee', 'Priya Raman'),
    ]
    await product.admin.query('update staff set password_hash = $1 where id = $2', [await hashPassword(password), marcus.staffId])
    const ids = [await makeClient(product, marcus), await makeClient(product, marcus), await makeClient(product, priya)].sort()
    expect((await product.call(auth.signIn, { body: { username: marcus.email, password } })).status).toBe(200)
    const left = await leave(marcus, [priya])
    expect([left.status, left.body]).toMatchObject([200, { clientCount: 0, deactivatedAt: expect.any(String) }])
    expect(await seenBy(priya)).toEqual(ids)
    expect((await product.call(auth.me, {}, marcus)).status).toBe(401)
    expect((await product.call(auth.signIn, { body: { username: marcus.email, password } })).body).toMatchObject({
      code: 'wrong_credentials',
    })
    expect((await product.call(staff.list, {}, dana)).body.items.map(({ name }) => name)).toEqual(['Dana Whitlock', 'Priya Raman'])
    const refused = await product.call(clients.assign, { params: { clientId: ids[0] ?? '' }, body: { staffIds: [marcus.staffId] } }, dana)
    expect(refused.status).toBe(400)
    expect((await leave(marcus, [])).body).toMatchObject({ code: 'conflict' })

    const back = await product.call(staff.reactivate, { params: { staffId: marcus.staffId } }, dana)
    expect([back.status, back.body]).toMatchObject([200, { role: 'employee', deactivatedAt: null, clientCount: 0 }])
    expect((await product.call(auth.me, {}, marcus)).status).toBe(401)
    expect((await product.call(auth.signIn, { body: { username: marcus.email, password } })).status).toBe(200)
    expect((await product.call(staff.reactivate, { params: { staffId: marcus.staffId } }, dana)).status).toBe(409)
  })

  test('a session that opens in the same moment opens nothing', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    await leave(marcus, [])
    await product.admin.query('update sessions set revoked_at = null where staff_id = $1', [marcus.staffId])
    expect((await product.call(auth.me, {}, marcus)).status).toBe(401)
  })

  test('divides the clients among several when asked to, and gives each to all otherwise', async () => {
    const [marcus, priya, ada] = [
      await makeStaff(product, dana.firmId, 'employee'),
      await makeStaff(product, dana.firmId, 'employee'),
      await makeStaff(product, dana.firmId, 'employee'),
    ]
    for (let n = 0; n < 5; n++) await makeClient(product, marcus)
    await leave(marcus, [priya, ada], 'split')
    const [first, second] = [await seenBy(priya), await seenBy(ada)]
    expect([first.length, second.length, new Set([...first, ...second]).size]).toEqual([3, 2, 5])
    await leave(priya, [ada, dana])
    expect(await seenBy(ada)).toHaveLength(5)
    expect((await team()).members.find(({ id }) => id === dana.staffId)?.clientCount).toBe(3)
  })

  test('refuses oneself, strangers, leavers and the leaver as takers, and changes nothing then', async () => {
    const [marcus, gone, stranger] = [
      await makeStaff(product, dana.firmId, 'employee'),
      await makeStaff(product, dana.firmId, 'employee'),
      await makeFirm(product),
    ]
    const clientId = await makeClient(product, marcus)
    await leave(gone, [])
    expect((await leave(dana, [])).body).toMatchObject({ code: 'conflict' })
    for (const taker of [stranger, gone, marcus]) {
      const refused = await leave(marcus, [taker])
      expect([refused.status, refused.body]).toMatchObject([400, { fields: [{ field: 'body.to' }] }])
    }
    expect(await seenBy(marcus)).toEqual([clientId])
  })

  test('at the same moment as others who leave to each other ends without a deadlock', async () => {
    const people = [await makeStaff(product, dana.firmId, 'employee'), await makeStaff(product, dana.firmId, 'employee')] as const
    for (const person of people) await makeClient(product, person)
    const answers = await Promise.all([leave(people[0], [people[1]]), leave(people[1], [people[0]])])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
  })
})

describe('assignments', () => {
  const assign = (who: Person, body: { clientIds?: string[]; groupId?: string; assigned: boolean }, as = dana) =>
    product.call(staff.assign, { params: { staffId: who.staffId }, body }, as)

  test('clients go to a person by id or by group, and away again; others keep theirs', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const groupId = await makeGroup(product, dana, 'Monthly close')
    const [one, two, three] = [
      await makeClient(product, dana, { groupId }),
      await makeClient(product, dana, { groupId }),
      await makeClient(product, dana),
    ]
    expect((await assign(marcus, { groupId, assigned: true })).body).toEqual({ changed: 2 })
    expect((await assign(marcus, { clientIds: [two, three], assigned: true })).body).toEqual({ changed: 1 })
    expect(await seenBy(marcus)).toEqual([one, two, three].sort())
    expect((await assign(marcus, { clientIds: [one], assigned: false })).body).toEqual({ changed: 1 })
    expect(await seenBy(marcus)).toEqual([two, three].sort())
    expect((await product.call(clients.get, { params: { clientId: one } }, dana)).body.staffIds).toEqual([dana.staffId])
    const theirs = await makeClient(product, await makeFirm(product))
    expect((await assign(marcus, { clientIds: [one, theirs], assigned: true })).status).toBe(404)
    expect((await assign(marcus, { groupId: theirs, assigned: true })).status).toBe(404)
    expect((await assign(marcus, { assigned: true })).status).toBe(400)
    expect(await seenBy(marcus)).toEqual([two, three].sort())
  })

  test('every client goes to every employee by a switch, those added later too, and back to what was assigned', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const [mine, other] = [await makeClient(product, marcus), await makeClient(product, dana)]
    expect((await product.call(firms.update, { body: { assignAll: true } }, dana)).body.assignAll).toBe(true)
    const later = await makeClient(product, dana)
    expect(await seenBy(marcus)).toEqual([mine, other, later].sort())
    expect((await product.call(clients.get, { params: { clientId: later } }, marcus)).status).toBe(200)
    expect((await product.call(groups.list, {}, marcus)).body.ungrouped.clientCount).toBe(3)
    const stranger = await makeStaff(product, (await makeFirm(product)).firmId, 'employee')
    expect(await seenBy(stranger)).toEqual([])
    await product.call(firms.update, { body: { assignAll: false } }, dana)
    expect(await seenBy(marcus)).toEqual([mine])
  })
})
