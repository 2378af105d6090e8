import { account } from '@ledgersync/shared/account'
import { auth } from '@ledgersync/shared/auth'
import { staff } from '@ledgersync/shared/team'
import { codeOf, givePassword, mailsTo, password, resetTokenTo } from './auth-kit.ts'
import { makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { databaseText } from './security/canaries.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

interface Protected extends Person {
  secret: string
  codes: string[]
}

/** What the app shows, now or some steps of 30 seconds later. */
const shown = (secret: string, steps = 0): string => codeOf(product, secret, steps)
const signIn = (person: Person, code?: string, given = password) =>
  product.call(auth.signIn, { body: { username: person.email, password: given, ...(code !== undefined && { code }) } })

async function protect(): Promise<Protected> {
  const dana = await makeFirm(product)
  await givePassword(product, dana)
  const { body: setup } = await product.call(account.beginSecondFactor, {}, dana)
  const { body } = await product.call(account.confirmSecondFactor, { body: { code: shown(setup.secret) } }, dana)
  return { ...dana, secret: setup.secret, codes: body.codes }
}

test('of keys asked for at once one is left, and of recovery codes renewed at once one set', async () => {
  const dana = await protect()
  const begun = await Promise.all([1, 2, 3].map(() => product.call(account.beginSecondFactor, {}, dana)))
  expect(begun.map(({ status }) => status)).toEqual([201, 201, 201])
  const renewed = await Promise.all([1, 2, 3].map(() => product.call(account.renewRecoveryCodes, {}, dana)))
  expect(renewed.map(({ status }) => status)).toEqual([200, 200, 200])
  expect((await product.call(account.get, {}, dana)).body).toMatchObject({ recoveryCodesLeft: 10 })
  const { rows } = await product.admin.query(
    'select count(*)::int as open from second_factors where staff_id = $1 and confirmed_at is null',
    [dana.staffId],
  )
  expect(rows).toEqual([{ open: 1 }])
})

test('it protects once a code has confirmed it; then sign-in asks for a code, and each code opens once', async () => {
  const dana = await makeFirm(product)
  await givePassword(product, dana)
  const { body: setup } = await product.call(account.beginSecondFactor, {}, dana)
  expect(setup.uri).toContain(`secret=${setup.secret}`)
  expect(setup.uri).toContain('issuer=Ledgersync')
  expect((await signIn(dana)).status).toBe(200)
  const wrong = shown(setup.secret, 20)
  expect((await product.call(account.confirmSecondFactor, { body: { code: wrong } }, dana)).body).toMatchObject({ code: 'code_refused' })
  const confirmed = await product.call(account.confirmSecondFactor, { body: { code: shown(setup.secret) } }, dana)
  expect(confirmed.body.codes).toHaveLength(10)
  expect((await product.call(auth.me, {}, dana)).body.staff.secondFactor).toBe(true)
  expect([(await signIn(dana)).status, (await signIn(dana)).body]).toEqual([
    401,
    expect.objectContaining({ code: 'second_factor_required' }),
  ])
  // The code that confirmed it has been used
  expect((await signIn(dana, shown(setup.secret))).body).toMatchObject({ code: 'second_factor_refused' })
  await product.advance(31_000)
  const code = shown(setup.secret)
  const answers = await Promise.all([1, 2, 3].map(() => signIn(dana, ` ${code.slice(0, 3)} ${code.slice(3)}`)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401])
  expect((await signIn(dana, shown(setup.secret, -1))).status).toBe(401)
  expect((await signIn(dana, shown(setup.secret, 1))).status).toBe(200)
})

test('without the password a code is nothing, and nobody learns that there is a second factor', async () => {
  const dana = await protect()
  await product.advance(60_000)
  expect((await signIn(dana, shown(dana.secret), 'not the password at all')).body).toMatchObject({ code: 'wrong_credentials' })
  expect((await signIn(dana, undefined, 'not the password at all')).body).toMatchObject({ code: 'wrong_credentials' })
})

test('a recovery code opens once, in any writing, and the person is told', async () => {
  const dana = await protect()
  const [first = '', second = ''] = dana.codes
  expect(first).toMatch(/^[0-9a-z]{5}-[0-9a-z]{5}$/)
  const answers = await Promise.all([1, 2].map(() => signIn(dana, first.toUpperCase().replace('-', ' '))))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
  expect((await signIn(dana, first)).status).toBe(401)
  expect((await product.call(account.get, {}, dana)).body.recoveryCodesLeft).toBe(9)
  await product.drain()
  expect(mailsTo(product, dana.email).map(({ subject }) => subject)).toContain('A recovery code opened your Ledgersync account')
  const renewed = await product.call(account.renewRecoveryCodes, {}, dana)
  expect(renewed.body.codes).toHaveLength(10)
  expect((await signIn(dana, second)).status).toBe(401)
  expect((await signIn(dana, renewed.body.codes[0])).status).toBe(200)
})

test('codes are guessed ten times at most, then sign-in is closed', async () => {
  const dana = await protect()
  await product.advance(60_000)
  const statuses: number[] = []
  for (let guess = 0; guess < 11; guess++) statuses.push((await signIn(dana, shown(dana.secret, 40 + guess))).status)
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429])
})

test('a link to choose a new password asks for the second factor, and stays until it is right', async () => {
  const dana = await protect()
  await product.call(auth.recoverPassword, { body: { username: dana.email, channel: 'email' } })
  await product.drain()
  const token = resetTokenTo(product, dana.email)
  const reset = (code?: string) =>
    product.call(auth.resetPassword, { body: { token, password: 'violet harbor', ...(code !== undefined && { code }) } })
  expect((await reset()).body).toMatchObject({ code: 'second_factor_required' })
  expect((await reset('000000')).body).toMatchObject({ code: 'second_factor_refused' })
  await product.advance(60_000)
  expect((await reset(shown(dana.secret))).status).toBe(204)
  await product.advance(60_000)
  expect((await signIn(dana, shown(dana.secret), 'violet harbor')).status).toBe(200)
})

test('with it a password may have 8 characters; without it not, so it stays until the password is longer', async () => {
  const dana = await protect()
  const change = (given: string) => product.call(account.changePassword, { body: { password: given } }, dana)
  expect((await change('seven77')).body).toMatchObject({ code: 'weak_password' })
  expect((await change('harbor42')).status).toBe(204)
  expect((await product.call(account.get, {}, dana)).body.passwordIsShort).toBe(true)
  expect((await product.call(account.removeSecondFactor, {}, dana)).body).toMatchObject({ code: 'conflict' })
  expect((await change(password)).status).toBe(204)
  expect((await product.call(account.removeSecondFactor, {}, dana)).status).toBe(204)
  expect((await product.call(account.get, {}, dana)).body).toMatchObject({ secondFactorSince: null, recoveryCodesLeft: 0 })
  expect((await signIn(dana)).status).toBe(200)
  expect((await change('harbor42')).body).toMatchObject({ code: 'weak_password' })
})

test('who confirms that it is them gives both, password and code', async () => {
  const dana = await protect()
  await product.advance(60_000)
  const confirm = (code?: string) => product.call(account.confirm, { body: { password, ...(code !== undefined && { code }) } }, dana)
  expect((await confirm()).body).toMatchObject({ code: 'second_factor_required' })
  expect((await confirm('000000')).body).toMatchObject({ code: 'second_factor_refused' })
  expect((await confirm(shown(dana.secret))).status).toBe(204)
})

describe('an administrator removes the second factor of a colleague who has lost phone and codes', () => {
  /** Marcus of Dana's firm, with a second factor; Dana has just signed in. */
  async function makePair() {
    const dana = await makeFirm(product)
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    await givePassword(product, marcus)
    const { body: setup } = await product.call(account.beginSecondFactor, {}, marcus)
    await product.call(account.confirmSecondFactor, { body: { code: shown(setup.secret) } }, marcus)
    return { dana, marcus, remove: { params: { staffId: marcus.staffId } } }
  }
  const audited = async (staffId: string) =>
    (
      await product.admin.query(
        "select l.actor_id, d.details from audit_log l join audit_details d on d.audit_id = l.id where l.action = 'staff.second_factor_reset' and l.subject_id = $1",
        [staffId],
      )
    ).rows

  test('then the password alone opens; the sessions have ended, the person is told, and it is on the record', async () => {
    const { dana, marcus, remove } = await makePair()
    expect((await signIn(marcus)).body).toMatchObject({ code: 'second_factor_required' })
    expect((await product.call(staff.team, {}, dana)).body.members).toMatchObject([
      { id: dana.staffId, secondFactorSince: null },
      { id: marcus.staffId, secondFactorSince: expect.any(String) },
    ])
    expect((await product.call(auth.resetSecondFactor, remove, dana)).status).toBe(204)
    expect((await product.call(auth.resetSecondFactor, remove, dana)).status).toBe(204)
    expect((await product.call(auth.me, {}, marcus)).status).toBe(401)
    expect((await signIn(marcus)).status).toBe(200)
    await product.drain()
    const mails = mailsTo(product, marcus.email).filter(({ text }) => text.includes('an administrator of your firm removed'))
    expect(mails.map(({ subject }) => subject)).toEqual(['Your Ledgersync second factor was removed'])
    expect(await audited(marcus.staffId)).toEqual([
      { actor_id: dana.staffId, details: { sessionsEnded: 1, passwordTaken: false, passkeysRemoved: 0 } },
    ])
    const { rows } = await product.admin.query('select id from recovery_codes where staff_id = $1', [marcus.staffId])
    expect(rows).toEqual([])
  })

  test('a password too short to stand alone goes with it, and the link for a lost password opens', async () => {
    const { dana, marcus, remove } = await makePair()
    const short = 'plum kettle'
    const changed = await product.call(account.changePassword, { body: { password: short } }, marcus)
    expect(changed.status).toBe(204)
    await product.call(auth.resetSecondFactor, remove, dana)
    expect((await signIn(marcus, undefined, short)).body).toMatchObject({ code: 'wrong_credentials' })
    await product.drain()
    expect(mailsTo(product, marcus.email).filter(({ text }) => text.includes('stopped working'))).toHaveLength(1)
    await product.call(auth.recoverPassword, { body: { username: marcus.email, channel: 'email' } })
    await product.drain()
    const token = resetTokenTo(product, marcus.email)
    expect((await product.call(auth.resetPassword, { body: { token, password: short } })).body).toMatchObject({ code: 'weak_password' })
    expect((await product.call(auth.resetPassword, { body: { token, password } })).status).toBe(204)
    expect((await signIn(marcus)).status).toBe(200)
  })

  test('only an administrator of the firm who has just confirmed it is them, and nobody their own', async () => {
    const { dana, marcus, remove } = await makePair()
    const [employee, stranger] = [await makeStaff(product, dana.firmId, 'employee'), await makeFirm(product, 'Harbor Ledger Partners')]
    const statuses = []
    for (const person of [employee, stranger, marcus]) statuses.push((await product.call(auth.resetSecondFactor, remove, person)).status)
    expect(statuses).toEqual([403, 404, 403])
    const own = await product.call(auth.resetSecondFactor, { params: { staffId: dana.staffId } }, dana)
    expect(own.body).toMatchObject({ code: 'conflict' })
    await product.admin.query("update sessions set confirmed_at = now() - interval '1 hour' where staff_id = $1", [dana.staffId])
    expect((await product.call(auth.resetSecondFactor, remove, dana)).body).toMatchObject({ code: 'confirmation_required' })
    expect((await signIn(marcus)).body).toMatchObject({ code: 'second_factor_required' })
    expect(await audited(marcus.staffId)).toEqual([])
  })
})

test('a new key takes the place of the old one only once it is confirmed', async () => {
  const dana = await protect()
  const { body: setup } = await product.call(account.beginSecondFactor, {}, dana)
  await product.advance(60_000)
  expect((await signIn(dana, shown(dana.secret))).status).toBe(200)
  expect((await signIn(dana, shown(setup.secret))).status).toBe(401)
  await product.call(account.confirmSecondFactor, { body: { code: shown(setup.secret) } }, dana)
  await product.advance(60_000)
  expect((await signIn(dana, shown(dana.secret))).status).toBe(401)
  expect((await signIn(dana, shown(setup.secret))).status).toBe(200)
})

test('neither key nor recovery code stands in the database, the jobs or the log', async () => {
  const dana = await protect()
  await signIn(dana, dana.codes[0])
  await product.drain()
  const text = (await databaseText(product.admin)).toLowerCase() + product.logs.join('\n').toLowerCase()
  for (const secret of [dana.secret, ...dana.codes, ...dana.codes.map((code) => code.replace('-', ''))])
    expect(text.includes(secret.toLowerCase())).toBe(false)
})
