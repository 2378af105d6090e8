import { account } from '@ledgersync/shared/account'
import { auth } from '@ledgersync/shared/auth'
import { hashPassword } from '../src/auth/password.ts'
import { codeTo, givePassword, mailsTo, password, plainly, resetTokenTo, textsTo } from './auth-kit.ts'
import { makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

const minuteMs = 60_000
const better = 'violet harbor under the oak'
const lost = (username: string, channel: 'email' | 'sms' = 'email') => product.call(auth.recoverPassword, { body: { username, channel } })
const tokenIn = (text: string | undefined): string => /reset-password#([\w-]{43})/.exec(text ?? '')?.[1] ?? ''
const mailedToken = (email: string): string => resetTokenTo(product, email)
const reset = (token: string, given = better) => product.call(auth.resetPassword, { body: { token, password: given } })
const signIn = (username: string, given: string) => product.call(auth.signIn, { body: { username, password: given } })

async function withPassword(phone: string | null = null): Promise<Person> {
  const dana = await makeFirm(product)
  await givePassword(product, dana)
  await product.admin.query('update staff set phone = $1, phone_verified_at = now() where id = $2', [phone, dana.staffId])
  return dana
}

describe('a lost password', () => {
  test('a link by e-mail chooses a new one, ends all sessions and tells the person', async () => {
    const dana = await withPassword()
    expect((await lost(` ${dana.email.toUpperCase()} `)).status).toBe(204)
    expect(await product.drain()).toEqual([])
    const token = mailedToken(dana.email)
    expect((await reset(token)).status).toBe(204)
    expect((await product.call(auth.me, {}, dana)).status).toBe(401)
    expect((await signIn(dana.email, password)).status).toBe(401)
    expect((await signIn(dana.email, better)).status).toBe(200)
    await product.drain()
    expect(mailsTo(product, dana.email).at(-1)?.subject).toBe('Your Ledgersync password was changed')
    const { rows } = await product.admin.query('select action from audit_log where subject_id = $1 order by id', [dana.staffId])
    expect(rows.map(({ action }) => action)).toEqual(expect.arrayContaining(['staff.password_recovery_sent', 'staff.password_reset']))
  })

  test('a link works once, for 30 minutes, and takes every other link of the person with it', async () => {
    const dana = await withPassword()
    for (const _each of [1, 2]) await lost(dana.email)
    await product.drain()
    const [first, second] = mailsTo(product, dana.email).map(({ text }) => tokenIn(text))
    expect((await reset(first ?? '')).status).toBe(204)
    expect((await reset(first ?? '')).body).toMatchObject({ code: 'code_refused' })
    expect((await reset(second ?? '')).body).toMatchObject({ code: 'code_refused' })
    await lost(dana.email)
    await product.drain()
    const late = mailedToken(dana.email)
    await product.advance(30 * minuteMs)
    expect((await reset(late)).body).toMatchObject({ code: 'code_refused' })
    expect((await reset('x'.repeat(43))).body).toMatchObject({ code: 'code_refused' })
  })

  test('of two that use links at the same moment one succeeds', async () => {
    const dana = await withPassword()
    for (const _each of [1, 2]) await lost(dana.email)
    await product.drain()
    const tokens = mailsTo(product, dana.email).map(({ text }) => tokenIn(text))
    const answers = await Promise.all([...tokens, ...tokens].map((token) => reset(token)))
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409, 409, 409])
  })

  test('a sign-in that was under way while the password changed opens no session', async () => {
    const dana = await withPassword()
    const other = await product.admin.connect()
    try {
      await other.query('begin')
      await other.query('update staff set password_hash = $1 where id = $2', [await hashPassword(better), dana.staffId])
      const begun = signIn(dana.email, password)
      const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
      while ((await product.admin.query(waiting)).rowCount === 0) await new Promise((wait) => setTimeout(wait, 10))
      await other.query('commit')
      expect((await begun).status).toBe(401)
    } finally {
      other.release()
    }
    expect((await signIn(dana.email, better)).status).toBe(200)
  })

  test('a password that is refused leaves the link as it is', async () => {
    const dana = await withPassword()
    await lost(dana.email)
    await product.drain()
    const token = mailedToken(dana.email)
    for (const weak of ['short', 'quillstoneaccounting', 'passwordpassword'])
      expect((await reset(token, weak)).body).toMatchObject({ code: 'weak_password', fields: [{ field: 'body.password' }] })
    expect((await reset(token)).status).toBe(204)
  })

  test('it opens a sign-in that guesses have closed for good, and guesses cannot keep the links away', async () => {
    const dana = await withPassword()
    for (let asked = 0; asked < 10; asked++) expect((await lost(dana.email)).status).toBe(204)
    await product.drain()
    expect(mailsTo(product, dana.email)).toHaveLength(3)
    for (let guess = 0; guess < 10; guess++) await signIn(dana.email, `guess ${guess}`)
    await product.admin.query("update sign_in_locks set failures = 100, locked_until = 'infinity'")
    expect((await signIn(dana.email, password)).status).toBe(429)
    await product.drain()
    expect(mailsTo(product, dana.email).at(-1)?.subject).toBe('Somebody tries to sign in to your Ledgersync account')
    const links = mailsTo(product, dana.email).flatMap(({ text }) => (tokenIn(text) === '' ? [] : [tokenIn(text)]))
    expect((await reset(links[0] ?? '')).status).toBe(204)
    expect((await signIn(dana.email, better)).status).toBe(200)
  })

  test('a text goes only to a phone that was verified, and works like the mail', async () => {
    const phone = '+15035550177'
    const [dana, marcus] = [await withPassword(phone), await withPassword()]
    for (const { email } of [dana, marcus]) expect((await lost(email, 'sms')).status).toBe(204)
    await product.drain()
    const texts = textsTo(product, phone)
    expect(texts).toHaveLength(1)
    expect([...mailsTo(product, dana.email), ...mailsTo(product, marcus.email)]).toEqual([])
    expect((await reset(tokenIn(texts[0]))).status).toBe(204)
    expect((await signIn(dana.email, better)).status).toBe(200)
  })

  test('known, unknown and not verified: one answer, and the same work before it', async () => {
    const dana = await withPassword('+15035550178')
    const pending = 'pending@backin.example'
    await product.call(auth.signUp, { body: { firmName: 'Northgate', name: 'Ada Marsh', email: pending, password } })
    const answers: unknown[] = []
    const asked = async () => Number((await product.admin.query('select count(*)::int as n from access_requests')).rows[0]?.n)
    for (const channel of ['email', 'sms'] as const) {
      for (const username of [dana.email, 'nobody@backin.example', pending]) {
        const before = await asked()
        answers.push(plainly(await lost(username, channel)))
        expect((await asked()) - before).toBe(1)
      }
    }
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1)
    await product.drain()
    expect(await asked()).toBe(0)
    // Whoever has not verified the e-mail gets another code for that
    expect(mailsTo(product, pending).map(({ subject }) => subject)).toEqual([
      'Your Ledgersync code',
      'Your Ledgersync code',
      'Your Ledgersync code',
    ])
  })

  test('a request whose job was lost is looked into all the same, once; an old one is dropped', async () => {
    const dana = await withPassword()
    await lost(dana.email)
    await product.admin.query('delete from graphile_worker._private_jobs')
    await product.advance(3 * minuteMs)
    await product.admin.query("select graphile_worker.add_job('recover_work', '{}'::json)")
    await product.drain()
    expect(mailsTo(product, dana.email)).toHaveLength(1)
    await lost(dana.email)
    await product.admin.query("update access_requests set at = at - interval '2 hours'")
    await product.drain()
    expect(mailsTo(product, dana.email)).toHaveLength(1)
    expect((await product.admin.query('select from access_requests')).rowCount).toBe(0)
  })
})

describe('a forgotten username', () => {
  test('is mailed for each account with the e-mail, of every firm, and nobody learns whether there is one', async () => {
    const dana = await makeFirm(product)
    const elsewhere = await makeFirm(product, 'Harbor Ledger Partners')
    await product.admin.query('update staff set email = $1 where id = $2', [dana.email, elsewhere.staffId])
    const unverified = await makeStaff(product, dana.firmId, 'employee')
    await product.admin.query('update staff set email = $1, email_verified_at = null where id = $2', [dana.email, unverified.staffId])
    const answers = []
    for (const email of [dana.email.toUpperCase(), 'nobody@backin.example'])
      answers.push(plainly(await product.call(auth.recoverUsername, { body: { email } })))
    expect(answers[0]).toEqual(answers[1])
    await product.drain()
    const texts = mailsTo(product, dana.email).map(({ text }) => text)
    expect(texts).toHaveLength(2)
    expect(texts.join('\n')).toContain(`at Quillstone Accounting is ${dana.email}`)
    expect(texts.join('\n')).toContain(`at Harbor Ledger Partners is ${elsewhere.email}`)
    expect(mailsTo(product, 'nobody@backin.example')).toEqual([])
  })
})

describe('one’s own account', () => {
  const stale = async (person: Person) => {
    await product.admin.query('update sessions set confirmed_at = $1 where staff_id = $2', [
      new Date(product.deps.now().getTime() - 11 * minuteMs),
      person.staffId,
    ])
  }
  const codeIn = (text: string | undefined): string => /code is (\d{6})/.exec(text ?? '')?.[1] ?? ''

  test('what changes how one signs in asks for the password again after ten minutes', async () => {
    const dana = await withPassword()
    await stale(dana)
    const changes = [
      () => product.call(account.changePassword, { body: { password: better } }, dana),
      () => product.call(account.changeEmail, { body: { email: 'dana.new@quillstone.example' } }, dana),
      () => product.call(account.changeUsername, { body: { username: 'dana.whitlock' } }, dana),
      () => product.call(account.changePhone, { body: { phone: '(503) 555-0133' } }, dana),
      () => product.call(account.removePhone, {}, dana),
      () => product.call(account.beginSecondFactor, {}, dana),
      () => product.call(account.removeSecondFactor, {}, dana),
      () => product.call(account.renewRecoveryCodes, {}, dana),
    ]
    for (const change of changes)
      expect([(await change()).status, (await change()).body]).toEqual([403, expect.objectContaining({ code: 'confirmation_required' })])
    expect((await product.call(account.confirm, { body: { password: 'not the password at all' } }, dana)).body).toMatchObject({
      code: 'wrong_credentials',
    })
    expect((await product.call(account.confirm, { body: { password } }, dana)).status).toBe(204)
    expect((await product.call(account.changePassword, { body: { password: better } }, dana)).status).toBe(204)
  })

  test('who has somebody’s browser has ten guesses at the password', async () => {
    const dana = await withPassword()
    const statuses: number[] = []
    for (let guess = 0; guess < 11; guess++)
      statuses.push((await product.call(account.confirm, { body: { password: `guess ${guess}` } }, dana)).status)
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429])
    expect((await signIn(dana.email, password)).status).toBe(200)
  })

  test('a new password ends the other sessions, not this one', async () => {
    const dana = await withPassword()
    const other = await signIn(dana.email, password)
    expect((await product.call(account.changePassword, { body: { password: 'short' } }, dana)).body).toMatchObject({
      code: 'weak_password',
    })
    expect((await product.call(account.changePassword, { body: { password: better } }, dana)).status).toBe(204)
    expect((await product.call(auth.me, {}, other)).status).toBe(401)
    expect((await product.call(auth.me, {}, dana)).status).toBe(200)
    expect((await signIn(dana.email, better)).status).toBe(200)
  })

  test('the other sessions end together', async () => {
    const dana = await withPassword()
    const others = [await signIn(dana.email, password), await signIn(dana.email, password)]
    expect((await product.call(auth.revokeOtherSessions, {}, dana)).status).toBe(204)
    for (const other of others) expect((await product.call(auth.me, {}, other)).status).toBe(401)
    expect((await product.call(auth.listSessions, {}, dana)).body.items).toHaveLength(1)
  })

  test('a new e-mail counts once its code came back; the old address is told; links sent there stop working', async () => {
    const dana = await withPassword()
    await lost(dana.email)
    await product.drain()
    const link = mailedToken(dana.email)
    const fresh = `new.${dana.email}`
    expect((await product.call(account.changeEmail, { body: { email: 'dana@gmail.com' } }, dana)).body).toMatchObject({
      code: 'work_email_required',
    })
    expect((await product.call(account.changeEmail, { body: { email: fresh } }, dana)).status).toBe(204)
    await product.drain()
    expect((await product.call(auth.me, {}, dana)).body.staff.email).toBe(dana.email)
    expect((await product.call(account.get, {}, dana)).body.pendingEmail).toBe(fresh)
    const code = codeTo(product, fresh)
    expect((await product.call(auth.verifyEmail, { body: { code } }, dana)).body.staff).toMatchObject({
      email: fresh,
      username: dana.email,
      emailVerified: true,
    })
    await product.drain()
    expect(mailsTo(product, dana.email).at(-1)?.subject).toBe('Your Ledgersync e-mail was changed')
    expect((await reset(link)).status).toBe(409)
    expect((await product.call(account.get, {}, dana)).body.pendingEmail).toBeNull()
  })

  test('a phone is kept once the texted code came back; five wrong codes void it', async () => {
    const dana = await withPassword()
    const phone = '+15035550134'
    expect((await product.call(account.changePhone, { body: { phone: '12345' } }, dana)).body).toMatchObject({ code: 'invalid_phone' })
    expect((await product.call(account.changePhone, { body: { phone: '(503) 555-0134' } }, dana)).status).toBe(204)
    await product.drain()
    const voided = codeIn(textsTo(product, phone).at(-1))
    for (let tries = 0; tries < 5; tries++)
      await product.call(account.verifyPhone, { body: { code: voided === '000000' ? '000001' : '000000' } }, dana)
    expect((await product.call(account.verifyPhone, { body: { code: voided } }, dana)).body).toMatchObject({ code: 'code_refused' })
    expect((await product.call(account.get, {}, dana)).body.phone).toBeNull()
    await product.call(account.changePhone, { body: { phone } }, dana)
    await product.drain()
    expect((await product.call(account.verifyPhone, { body: { code: codeIn(textsTo(product, phone).at(-1)) } }, dana)).status).toBe(204)
    expect((await product.call(account.get, {}, dana)).body).toMatchObject({ phone, pendingPhone: null })
    expect((await product.call(account.removePhone, {}, dana)).status).toBe(204)
    expect((await product.call(account.get, {}, dana)).body.phone).toBeNull()
  })

  test('a username is one person’s over all firms; an operator’s and another’s e-mail are nobody’s to take', async () => {
    const [dana, stranger] = [await withPassword(), await makeFirm(product, 'Harbor Ledger Partners')]
    const change = (username: string, person = dana) => product.call(account.changeUsername, { body: { username } }, person)
    expect((await change('Dana.Whitlock')).body).toMatchObject({ staff: { username: 'dana.whitlock', email: dana.email } })
    expect((await signIn('dana.whitlock', password)).status).toBe(200)
    expect((await signIn(dana.email, password)).status).toBe(401)
    expect((await change('dana.whitlock', stranger)).body).toMatchObject({ code: 'username_taken', fields: [{ field: 'body.username' }] })
    expect((await change(stranger.email)).body).toMatchObject({ code: 'invalid_field' })
    expect((await change('operator@quillstone.example')).status).toBe(400)
    expect((await change('a')).status).toBe(400)
    expect((await change(dana.email)).status).toBe(200)
    expect((await change('dana.whitlock', stranger)).status).toBe(200)
    const both = await Promise.all([change('same.name'), change('same.name', stranger)])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  test('name and time zone change without more ado', async () => {
    const dana = await withPassword()
    await stale(dana)
    const answer = await product.call(account.update, { body: { name: ' Dana W. ', timeZone: 'America/Chicago' } }, dana)
    expect(answer.body).toMatchObject({ staff: { name: 'Dana W.', timeZone: 'America/Chicago' } })
    expect((await product.call(account.update, { body: { timeZone: null } }, dana)).body).toMatchObject({ staff: { timeZone: null } })
    expect((await product.call(account.update, { body: { timeZone: 'Mars/Base' } }, dana)).status).toBe(400)
    expect((await product.call(account.update, { body: {} }, dana)).status).toBe(400)
  })
})
