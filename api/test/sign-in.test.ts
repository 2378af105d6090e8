import { auth } from '@ledgersync/shared/auth'
import pg from 'pg'
import { codeTo, givePassword, mailsTo, password, plainly } from './auth-kit.ts'
import { makeFirm, makeStaff } from './factories.ts'
import { type Browser, startTestApp, type TestApp } from './harness.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

const minuteMs = 60_000
const signIn = (username: string, given: string, as?: Browser) => product.call(auth.signIn, { body: { username, password: given } }, as)
const wrongly = async (times: number, username: string, as?: Browser): Promise<number[]> => {
  const statuses: number[] = []
  for (let guess = 0; guess < times; guess++) statuses.push((await signIn(username, `guess number ${guess}`, as)).status)
  return statuses
}
const ten = Array.from({ length: 10 }, () => 401)
let count = 0
const signUp = async (email: string, given = password) => {
  count += 1
  return product.call(auth.signUp, { body: { firmName: `Northgate ${count}`, name: 'Ada Marsh', email, password: given } })
}

describe('lock-out', () => {
  test('ten wrong tries in a row close the name for 15 minutes, ten more for 30; the right password does not open it, and forgets them after', async () => {
    const dana = await makeFirm(product)
    await givePassword(product, dana)
    expect(await wrongly(11, dana.email)).toEqual([...ten, 429])
    const locked = await signIn(dana.email, password)
    expect(locked.body).toMatchObject({ code: 'sign_in_locked' })
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(14 * 60)
    expect(Number(locked.headers['retry-after'])).toBeLessThanOrEqual(15 * 60)
    await product.advance(15 * minuteMs)
    expect(await wrongly(11, dana.email)).toEqual([...ten, 429])
    await product.advance(29 * minuteMs)
    expect((await signIn(dana.email, password)).status).toBe(429)
    await product.advance(minuteMs)
    expect((await signIn(dana.email, password)).status).toBe(200)
    expect(await wrongly(10, dana.email)).toEqual(ten)
  })

  test('at most a hundred guesses in a row are evaluated, however long somebody waits; a name that nobody has is closed in the same way', async () => {
    const dana = await makeFirm(product)
    await givePassword(product, dana)
    for (const username of [dana.email, 'nobody-at-all@quillstone.example']) {
      let evaluated = 0
      for (let round = 0; round < 12; round++) {
        // No more than ten at a time can be evaluated: twelve are enough to see where it ends
        evaluated += (await wrongly(12, username)).filter((status) => status === 401).length
        await product.advance(80 * 60 * minuteMs)
        await product.admin.query('delete from attempts')
      }
      expect([username, evaluated]).toEqual([username, 100])
      await product.advance(400 * 24 * 60 * minuteMs)
      const answer = await signIn(username, password)
      expect([answer.status, answer.headers['retry-after']]).toEqual([429, undefined])
    }
  }, 60_000)

  test('guesses of the same moment do not outrun the count', async () => {
    const dana = await makeFirm(product)
    await givePassword(product, dana)
    const answers = await Promise.all(Array.from({ length: 25 }, (_, index) => signIn(dana.email, `guess ${index}`)))
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
  })

  test('a browser that has signed in before is not kept out by guesses from elsewhere, and has no more guesses than they', async () => {
    const dana = await makeFirm(product)
    await givePassword(product, dana)
    const own = await signIn(dana.email, password)
    expect(await wrongly(11, dana.email)).toEqual([...ten, 429])
    expect((await signIn(dana.email, password, own)).status).toBe(200)
    expect(await wrongly(11, dana.email, own)).toEqual([...ten, 429])
    const unlock = { params: { staffId: dana.staffId } }
    expect((await product.call(auth.unlock, unlock, dana)).status).toBe(204)
    for (const each of [own, undefined]) expect(await wrongly(11, dana.email, each)).toEqual([...ten, 429])
    // Of somebody else's making, or for another name, it counts for nothing
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    await givePassword(product, marcus)
    const other = await signIn(marcus.email, password)
    expect((await signIn(dana.email, password, other)).status).toBe(429)
    expect((await signIn(dana.email, password, { cookie: `ledgersync-browser=${'a'.repeat(43)}.${'b'.repeat(43)}` })).status).toBe(429)
  })

  test('an administrator sees who is locked out and unlocks a colleague, of the own firm only', async () => {
    const dana = await makeFirm(product)
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const stranger = await makeFirm(product, 'Harbor Ledger Partners')
    await givePassword(product, marcus)
    await wrongly(10, marcus.email)
    expect((await product.call(auth.listLocks, {}, dana)).body.items).toEqual([
      { staffId: marcus.staffId, guesses: 10, waitSeconds: expect.any(Number) },
    ])
    expect((await product.call(auth.listLocks, {}, stranger)).body.items).toEqual([])
    const unlock = { params: { staffId: marcus.staffId } }
    expect((await product.call(auth.unlock, unlock, marcus)).status).toBe(403)
    expect((await product.call(auth.unlock, unlock, stranger)).status).toBe(404)
    expect((await signIn(marcus.email, password)).status).toBe(429)
    expect((await product.call(auth.unlock, unlock, dana)).status).toBe(204)
    expect((await product.call(auth.unlock, unlock, dana)).status).toBe(204)
    expect((await signIn(marcus.email, password)).status).toBe(200)
    const { rows } = await product.admin.query("select actor_id from audit_log where action = 'staff.unlocked' and subject_id = $1", [
      marcus.staffId,
    ])
    expect(rows).toEqual([{ actor_id: dana.staffId }])
  })
})

describe('signing up tells nobody whether an e-mail is known', () => {
  test('the answers to a new, an unverified and a verified e-mail are the same, and so is signing in again', async () => {
    const [fresh, pending, known] = ['fresh@knownfirm.example', 'pending@knownfirm.example', 'known@knownfirm.example']
    await signUp(pending, 'violet harbor under the oak')
    const first = await signUp(known, 'violet harbor under the oak')
    await product.drain()
    await product.call(auth.verifyEmail, { body: { code: codeTo(product, known) } }, first)
    const answers = []
    for (const email of [fresh, pending, known]) {
      const created = await signUp(email)
      const again = await signIn(email, password)
      expect(again.status).toBe(200)
      answers.push(
        JSON.stringify([plainly(created), plainly(again), await wrongly(1, email)])
          .replaceAll(/fresh|pending|known/g, 'somebody')
          .replaceAll(/Northgate \d+/g, 'Northgate'),
      )
    }
    expect(answers[1]).toBe(answers[0])
    expect(answers[2]).toBe(answers[0])
    await product.drain()
    expect(mailsTo(product, known).at(-1)?.text).toContain('You already have a Ledgersync account')
    expect(mailsTo(product, pending).at(-1)?.text).not.toContain('already')
  })

  test('the name belongs to who verifies the e-mail first; a second account with it gets another name and takes nothing away', async () => {
    const email = 'dana@twofirms.example'
    const squatter = await signUp(email, 'violet harbor under the oak')
    await product.drain()
    const squattersCode = codeTo(product, email)
    const dana = await signUp(email)
    await product.drain()
    const danasCode = codeTo(product, email)
    expect((await product.call(auth.verifyEmail, { body: { code: danasCode } }, dana)).body).toMatchObject({ staff: { username: email } })
    const second = await product.call(auth.verifyEmail, { body: { code: squattersCode } }, squatter)
    expect(second.body).toMatchObject({ staff: { username: 'dana+2@twofirms.example', email } })
    expect((await signIn(email, password)).status).toBe(200)
    expect((await signIn(email, 'violet harbor under the oak')).status).toBe(401)
    expect((await signIn('dana+2@twofirms.example', 'violet harbor under the oak')).status).toBe(200)
  })

  test('an account of one’s own making with somebody’s e-mail wins no more guesses at that person’s password', async () => {
    const dana = await makeFirm(product)
    await givePassword(product, dana, 'violet harbor under the oak')
    await signUp(dana.email)
    let [evaluated, cookie] = [0, '']
    for (let round = 0; round < 6; round++) {
      const own = await signIn(dana.email, password, { cookie })
      if (own.status === 200) {
        expect(own.cookie).not.toContain('browser')
        cookie = own.cookie
      }
      evaluated += (await wrongly(5, dana.email, { cookie })).filter((status) => status === 401).length
    }
    expect(evaluated).toBeLessThan(10)
  })

  test('many sign-ups with one e-mail at the same moment are all answered, and one of them can have the name', async () => {
    const email = 'ada@thrice.example'
    const answers = await Promise.all([1, 2, 3].map(() => signUp(email)))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
    await product.drain()
    const tokens = mailsTo(product, email).map(({ text }) => /verify-email#([\w-]{43})/.exec(text)?.[1] ?? '')
    const verified = await Promise.all(tokens.map((token) => product.call(auth.verifyEmailLink, { body: { token } })))
    expect(verified.map(({ status }) => status)).toEqual([204, 204, 204])
    const names = await Promise.all(answers.map(async (answer) => (await product.call(auth.me, {}, answer)).body.staff.username))
    expect(names.sort()).toEqual(['ada+2@thrice.example', 'ada+3@thrice.example', email])
  })
})

test('who has no password yet meets the same refusal as anybody', async () => {
  const dana = await makeFirm(product)
  expect((await signIn(dana.email, password)).status).toBe(401)
})

/** The statements an answer takes, in order, without the values. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const texts: string[] = []
  const query = jest.spyOn(pg.Client.prototype, 'query')
  try {
    await work()
    for (const call of query.mock.calls) {
      // Whatever its overload, the first is a statement or an object that holds one
      const [first] = call as unknown[] as [string | { text: string }]
      const text = typeof first === 'string' ? first : first.text
      if (/attempt_|guess_|key_find|staff_|access_request|enqueue|begin|commit|from "staff"|insert|update/.test(text)) {
        texts.push(text.replaceAll(/'[0-9a-f-]{36}'/g, "'ID'"))
      }
    }
    return texts
  } finally {
    query.mockRestore()
  }
}

test('for known and unknown people the database is asked the same, so that the time tells nothing; the torture measures it', async () => {
  const dana = await makeFirm(product)
  await givePassword(product, dana)
  const asks: ((name: string) => Promise<unknown>)[] = [
    (name) => signIn(name, 'not the password at all'),
    (username) => product.call(auth.recoverPassword, { body: { username, channel: 'email' } }),
    (username) => product.call(auth.recoverPassword, { body: { username, channel: 'sms' } }),
    (email) => product.call(auth.recoverUsername, { body: { email } }),
    (email) => signUp(email),
  ]
  for (const ask of asks) {
    const known = await statementsOf(() => ask(dana.email))
    expect(known.length).toBeGreaterThan(2)
    expect(await statementsOf(() => ask('nobody-ever@quillstone.example'))).toEqual(known)
  }
})
