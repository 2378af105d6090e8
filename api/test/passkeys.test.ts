import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { account } from '@ledgersync/shared/account'
import { auth } from '@ledgersync/shared/auth'
import { passkeys } from '@ledgersync/shared/passkeys'
import { staff } from '@ledgersync/shared/team'
import { enqueue } from '../src/core/enqueue.ts'
import { codeOf, givePassword, mailsTo, password, plainly, resetTokenTo } from './auth-kit.ts'
import { makeFirm, makeStaff, type Person } from './factories.ts'
import { type Browser, startTestApp, type TestApp } from './harness.ts'
import { addPasskey, answerTo, type Kept, makePasskey, map, type Twist, withCertificates } from './passkey-kit.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

const minuteMs = 60_000
const signIn = async (kept: Kept, twist: Twist = {}, as?: Browser) =>
  product.call(passkeys.signIn, { body: await answerTo(product, kept, twist) }, as)
const list = async (person: Person) => (await product.call(passkeys.list, {}, person)).body.items
const subjectsTo = async ({ email }: Person): Promise<string[]> => {
  await product.drain()
  return mailsTo(product, email).map(({ subject }) => subject)
}
const actionsOf = async ({ firmId }: Person): Promise<string[]> =>
  (await product.admin.query<{ action: string }>('select action from audit_log where firm_id = $1 order by id', [firmId])).rows.map(
    ({ action }) => action,
  )
const refused = { status: 401, body: expect.objectContaining({ code: 'passkey_refused' }) as unknown }

test('a passkey is added and signs in by itself, also where a second factor is set; the person is told and it is on the record', async () => {
  const dana = await makeFirm(product)
  const { body: setup } = await product.call(account.beginSecondFactor, {}, dana)
  await product.call(account.confirmSecondFactor, { body: { code: codeOf(product, setup.secret) } }, dana)
  expect(await list(dana)).toEqual([])
  const { kept, id } = await addPasskey(product, dana, ' Chrome on Windows ')
  expect(await list(dana)).toEqual([{ id, name: 'Chrome on Windows', createdAt: expect.any(String), lastUsedAt: null }])
  const entered = await signIn(kept)
  expect([entered.status, entered.body.staff]).toMatchObject([200, { id: dana.staffId, secondFactor: true }])
  expect((await product.call(auth.me, {}, entered)).body.sessionId).toBe(entered.body.sessionId)
  expect((await list(dana))[0]?.lastUsedAt).toEqual(expect.any(String))
  expect(await subjectsTo(dana)).toContain('A passkey was added to your Ledgersync account')
  expect((await actionsOf(dana)).slice(-2)).toEqual(['staff.passkey_added', 'session.opened'])
  const { rows } = await product.admin.query(
    "select d.details from audit_log l join audit_details d on d.audit_id = l.id where l.action = 'session.opened' and l.firm_id = $1",
    [dana.firmId],
  )
  expect(rows).toEqual([{ details: { passkeyId: id, passkey: 'Chrome on Windows' } }])
})

test('who has just signed in with a passkey has proved who they are', async () => {
  const dana = await makeFirm(product)
  const { kept } = await addPasskey(product, dana)
  await product.admin.query('update sessions set confirmed_at = null where staff_id = $1', [dana.staffId])
  const entered = await signIn(kept)
  expect((await product.call(passkeys.begin, {}, entered)).status).toBe(201)
  expect((await product.call(passkeys.begin, {}, dana)).body).toMatchObject({ code: 'confirmation_required' })
})

test('what a browser is given to sign in with is the same for everybody, but for the challenge', async () => {
  const options = await Promise.all([1, 2].map(async () => (await product.call(passkeys.beginSignIn, {})).body))
  const [one, two] = options.map(({ challenge: _challenge, ...rest }) => rest)
  expect(one).toEqual({ rpId: 'localhost', timeout: 5 * minuteMs, userVerification: 'required' })
  expect(two).toEqual(one)
  expect(options[0]?.challenge).not.toBe(options[1]?.challenge)
})

describe('a challenge', () => {
  test('is answered once, also when the answer comes several times in the same moment', async () => {
    const dana = await makeFirm(product)
    const { kept } = await addPasskey(product, dana)
    const body = await answerTo(product, kept)
    const answers = await Promise.all([1, 2, 3].map(() => product.call(passkeys.signIn, { body })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401])
    expect(await product.call(passkeys.signIn, { body })).toMatchObject(refused)
    // Once for what is right as for what is wrong
    const wrong = await answerTo(product, kept, { verified: false })
    expect(await product.call(passkeys.signIn, { body: wrong })).toMatchObject(refused)
    const { challenge } = JSON.parse(Buffer.from(wrong.clientDataJSON, 'base64url').toString()) as { challenge: string }
    expect(await signIn(kept, { challenge })).toMatchObject(refused)
    expect((await signIn(kept)).status).toBe(200)
  })

  test('is over after five minutes', async () => {
    const dana = await makeFirm(product)
    const { kept } = await addPasskey(product, dana)
    const [early, late] = [await answerTo(product, kept), await answerTo(product, kept)]
    const { body: options } = await product.call(passkeys.begin, {}, dana)
    await product.advance(5 * minuteMs - 2_000)
    expect((await product.call(passkeys.signIn, { body: early })).status).toBe(200)
    await product.advance(3_000)
    expect(await product.call(passkeys.signIn, { body: late })).toMatchObject(refused)
    const { made } = makePasskey(options, product.config.publicUrl)
    const added = await product.call(passkeys.add, { body: { ...made, name: 'Late' } }, dana)
    expect([added.status, added.body]).toEqual([409, expect.objectContaining({ code: 'passkey_unusable' })])
  })

  test('is ours, and for what it was given for: signing in, or adding in this session', async () => {
    const [dana, other] = [await makeFirm(product), await makeFirm(product)]
    const { kept } = await addPasskey(product, dana)
    const { body: adding } = await product.call(passkeys.begin, {}, dana)
    const { body: entering } = await product.call(passkeys.beginSignIn, {})
    for (const challenge of [adding.challenge, randomBytes(56).toString('base64url'), 'AAAA'])
      expect(await signIn(kept, { challenge })).toMatchObject(refused)
    const tamper = (given: string) => `${given.slice(0, 4)}${given[4] === 'A' ? 'B' : 'A'}${given.slice(5)}`
    expect(await signIn(kept, { challenge: tamper(entering.challenge) })).toMatchObject(refused)
    const add = async (by: Person, challenge: string) => {
      const { made } = makePasskey(adding, product.config.publicUrl, { challenge })
      return (await product.call(passkeys.add, { body: { ...made, name: 'Another' } }, by)).status
    }
    expect([await add(dana, entering.challenge), await add(other, adding.challenge)]).toEqual([409, 409])
    expect([await add(dana, adding.challenge), await add(dana, adding.challenge)]).toEqual([201, 409])
  })
})

test('what is wrong with an answer is refused in the same words as a passkey that nobody has, and shuts nobody out', async () => {
  const [dana, other] = [await makeFirm(product), await makeFirm(product)]
  const { kept } = await addPasskey(product, dana)
  const { kept: theirs } = await addPasskey(product, other)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const unknown = plainly(await signIn({ ...kept, id: randomBytes(32).toString('base64url') }))
  expect(unknown).toMatchObject(refused)
  const twists: Record<string, Twist> = {
    'another page': { origin: 'https://ledgersync.example' },
    'the same name by another port': { origin: 'http://localhost:1' },
    'another domain': { rpId: 'ledgersync.example' },
    'nobody was verified': { verified: false },
    'another key': { privateKey },
    'another account': { userHandle: theirs.userHandle },
    'no account of ours': { userHandle: 'AAAA' },
    'an answer to another question': { type: 'webauthn.create' },
  }
  for (const [what, twist] of Object.entries(twists)) expect([what, plainly(await signIn(kept, twist))]).toEqual([what, unknown])
  expect(plainly(await signIn({ ...kept, id: theirs.id }))).toEqual(unknown)
  const body = await answerTo(product, kept)
  for (const spoiled of [{ authenticatorData: 'AAAA' }, { signature: 'AAAA' }]) {
    const answer = await answerTo(product, kept)
    expect(plainly(await product.call(passkeys.signIn, { body: { ...answer, ...spoiled } }))).toEqual(unknown)
  }
  expect(await product.call(passkeys.signIn, { body: { ...body, clientDataJSON: 'AAAA' } })).toMatchObject(refused)
  expect((await signIn(kept)).status).toBe(200)
})

test('what is wrong with a new passkey is refused, and nothing is kept', async () => {
  const dana = await makeFirm(product)
  const add = async (twist: Twist, more: { id?: string; attestationObject?: string } = {}) => {
    const { body: options } = await product.call(passkeys.begin, {}, dana)
    const { made } = makePasskey(options, product.config.publicUrl, twist)
    return (await product.call(passkeys.add, { body: { ...made, ...more, name: 'New' } }, dana)).status
  }
  // A proof of the maker has addresses in its certificates, which nobody may have us call
  const proof = { format: 'packed', statement: withCertificates(randomBytes(200)) }
  const twists: Twist[] = [
    { origin: 'https://ledgersync.example' },
    { rpId: 'ledgersync.example' },
    { verified: false },
    { type: 'webauthn.get' },
    { proof },
    { proof: { format: 'android-safetynet', statement: map() } },
  ]
  for (const twist of twists) expect([twist, await add(twist)]).toEqual([twist, 409])
  expect(await add({}, { id: randomBytes(32).toString('base64url') })).toBe(409)
  expect(await add({}, { attestationObject: randomBytes(300).toString('base64url') })).toBe(409)
  expect(await list(dana)).toEqual([])
  expect([await add({}), await add({ proved: true })]).toEqual([201, 201])
})

test('a count that goes back or stays is refused, for somebody else may have the same key', async () => {
  const dana = await makeFirm(product)
  const { kept } = await addPasskey(product, dana, 'Security key', { counter: 7 })
  expect(await signIn(kept, { counter: 7 })).toMatchObject(refused)
  expect((await signIn(kept, { counter: 9 })).status).toBe(200)
  for (const counter of [8, 9, 0]) expect(await signIn(kept, { counter })).toMatchObject(refused)
  const same = await Promise.all([1, 2].map(() => answerTo(product, kept, { counter: 12 })))
  const answers = await Promise.all(same.map((body) => product.call(passkeys.signIn, { body })))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
})

test('a passkey belongs to one person: nobody else registers, sees, renames or removes it', async () => {
  const dana = await makeFirm(product)
  const [marcus, stranger] = [await makeStaff(product, dana.firmId, 'administrator'), await makeFirm(product)]
  const { kept, id } = await addPasskey(product, dana)
  for (const person of [marcus, stranger]) {
    expect(await list(person)).toEqual([])
    const input = { params: { passkeyId: id } }
    expect((await product.call(passkeys.rename, { ...input, body: { name: 'Mine' } }, person)).status).toBe(404)
    expect((await product.call(passkeys.remove, input, person)).status).toBe(404)
    const { body: options } = await product.call(passkeys.begin, {}, person)
    expect(options.excludeCredentials).toEqual([])
    const { made } = makePasskey(options, product.config.publicUrl, { id: kept.id })
    expect((await product.call(passkeys.add, { body: { ...made, name: 'Mine' } }, person)).body).toMatchObject({ code: 'passkey_unusable' })
  }
  const { body: options } = await product.call(passkeys.begin, {}, dana)
  expect(options.excludeCredentials).toEqual([{ id: kept.id, type: 'public-key' }])
  expect((await signIn(kept)).body.staff.id).toBe(dana.staffId)
})

test('it is renamed at once, and removed by who has just confirmed that it is them; then it opens nothing', async () => {
  const dana = await makeFirm(product)
  await givePassword(product, dana)
  const [first, second] = [await addPasskey(product, dana, 'Phone'), await addPasskey(product, dana, 'Desk')]
  const { body: options } = await product.call(passkeys.begin, {}, dana)
  await product.admin.query("update sessions set confirmed_at = now() - interval '11 minutes' where staff_id = $1", [dana.staffId])
  const input = { params: { passkeyId: first.id } }
  expect((await product.call(passkeys.rename, { ...input, body: { name: ' Old phone ' } }, dana)).body.name).toBe('Old phone')
  const { made } = makePasskey(options, product.config.publicUrl)
  const add = { body: { ...made, name: 'Third' } }
  for (const answer of [
    await product.call(passkeys.begin, {}, dana),
    await product.call(passkeys.add, add, dana),
    await product.call(passkeys.remove, input, dana),
  ])
    expect(answer.body).toMatchObject({ code: 'confirmation_required' })
  await product.call(account.confirm, { body: { password } }, dana)
  // What was made before the password was asked for is not lost
  expect((await product.call(passkeys.add, add, dana)).status).toBe(201)
  const removed = await Promise.all([1, 2].map(() => product.call(passkeys.remove, input, dana)))
  expect(removed.map(({ status }) => status).sort()).toEqual([204, 404])
  expect(await signIn(first.kept)).toMatchObject(refused)
  expect((await signIn(second.kept)).status).toBe(200)
  expect((await list(dana)).map(({ name }) => name)).toEqual(['Desk', 'Third'])
  const removals = (await subjectsTo(dana)).filter((subject) => subject === 'A passkey was removed from your Ledgersync account')
  expect(removals).toHaveLength(1)
  expect(await actionsOf(dana)).toEqual(expect.arrayContaining(['staff.passkey_renamed', 'staff.passkey_removed']))
  expect((await product.call(auth.signIn, { body: { username: dana.email, password } })).status).toBe(200)
})

test('ten are as many as an account can have, also when the last come in the same moment', async () => {
  const dana = await makeFirm(product)
  for (let number = 1; number <= 9; number++) await addPasskey(product, dana, `Key ${number}`)
  const begun = await Promise.all([1, 2].map(() => product.call(passkeys.begin, {}, dana)))
  const answers = await Promise.all(
    begun.map(({ body: options }) => {
      const { made } = makePasskey(options, product.config.publicUrl)
      return product.call(passkeys.add, { body: { ...made, name: 'The last' } }, dana)
    }),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  expect((await product.call(passkeys.begin, {}, dana)).body).toMatchObject({ code: 'conflict' })
  expect(await list(dana)).toHaveLength(10)
})

test('an account whose e-mail nobody has verified has none', async () => {
  const dana = await makeFirm(product)
  await product.admin.query('update staff set email_verified_at = null where id = $1', [dana.staffId])
  expect((await product.call(passkeys.begin, {}, dana)).body).toMatchObject({ code: 'email_unverified' })
})

describe('lock-out', () => {
  const wrongly = async (person: Person, times: number): Promise<number[]> => {
    const statuses: number[] = []
    for (let guess = 0; guess < times; guess++)
      statuses.push((await product.call(auth.signIn, { body: { username: person.email, password: `guess number ${guess}` } })).status)
    return statuses
  }
  const ten = Array.from({ length: 10 }, () => 401)

  test('while wrong passwords keep the name closed a passkey does not open it either, but in a browser that has signed in before', async () => {
    const dana = await makeFirm(product)
    const { kept } = await addPasskey(product, dana)
    const own = await signIn(kept)
    expect(await wrongly(dana, 11)).toEqual([...ten, 429])
    const locked = await signIn(kept)
    expect([locked.status, locked.body]).toEqual([429, expect.objectContaining({ code: 'sign_in_locked' })])
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(14 * 60)
    expect((await signIn(kept, {}, own)).status).toBe(200)
    await product.advance(15 * minuteMs)
    expect((await signIn(kept)).status).toBe(200)
  })

  test('signing in with a passkey forgives no guess at the password, and a refused passkey counts as none', async () => {
    const dana = await makeFirm(product)
    await givePassword(product, dana)
    const { kept } = await addPasskey(product, dana)
    expect(await wrongly(dana, 6)).toEqual(ten.slice(0, 6))
    for (let time = 0; time < 12; time++) await signIn(kept, { verified: false })
    expect((await signIn(kept)).status).toBe(200)
    expect(await wrongly(dana, 5)).toEqual([...ten.slice(0, 4), 429])
  })

  test('who is locked out gets no word of it without the passkey itself', async () => {
    const dana = await makeFirm(product)
    const { kept } = await addPasskey(product, dana)
    await wrongly(dana, 10)
    expect(await signIn(kept, { verified: false })).toMatchObject(refused)
  })
})

describe('passkeys go', () => {
  /** Marcus of Dana's firm, with a password and two passkeys. */
  async function makePair() {
    const dana = await makeFirm(product)
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    await givePassword(product, marcus)
    const kept = [(await addPasskey(product, marcus)).kept, (await addPasskey(product, marcus)).kept]
    return { dana, marcus, kept }
  }
  const allRefused = async (kept: Kept[]): Promise<void> => {
    for (const each of kept) expect(await signIn(each)).toMatchObject(refused)
  }
  const keysLeft = async ({ firmId }: Person): Promise<number> =>
    (await product.admin.query("select 1 from global_keys where kind = 'passkey' and firm_id = $1", [firmId])).rows.length

  test('with a colleague who leaves, and do not come back with them', async () => {
    const { dana, marcus, kept } = await makePair()
    const own = await signIn(kept[0] ?? (await addPasskey(product, marcus)).kept)
    expect(own.status).toBe(200)
    const input = { params: { staffId: marcus.staffId } }
    expect((await product.call(staff.deactivate, { ...input, body: { to: [], share: 'all' } }, dana)).status).toBe(200)
    await allRefused(kept)
    expect((await product.call(auth.me, {}, own)).status).toBe(401)
    expect((await product.call(staff.reactivate, input, dana)).body).toMatchObject({ passkeyCount: 0 })
    await allRefused(kept)
    expect(await keysLeft(marcus)).toBe(0)
  })

  test('from who has left by whatever way: the account is closed', async () => {
    const { marcus, kept } = await makePair()
    await product.admin.query('update staff set deactivated_at = now() where id = $1', [marcus.staffId])
    await allRefused(kept)
  })

  test('when a new password is chosen by the link, and the person is told', async () => {
    const { marcus, kept } = await makePair()
    await product.call(auth.recoverPassword, { body: { username: marcus.email, channel: 'email' } })
    await product.drain()
    const body = { token: resetTokenTo(product, marcus.email), password }
    expect((await product.call(auth.resetPassword, { body })).status).toBe(204)
    await allRefused(kept)
    expect(await keysLeft(marcus)).toBe(0)
    await product.drain()
    expect(mailsTo(product, marcus.email).filter(({ text }) => text.includes('your passkeys were removed'))).toHaveLength(1)
  })

  test('when an administrator frees a colleague who has lost the phone, whether or not there is a second factor, too', async () => {
    const { dana, marcus, kept } = await makePair()
    const team = async () => (await product.call(staff.team, {}, dana)).body.members.map(({ passkeyCount }) => passkeyCount)
    expect(await team()).toEqual([0, 2])
    const remove = () => product.call(auth.resetSecondFactor, { params: { staffId: marcus.staffId } }, dana)
    expect((await remove()).status).toBe(204)
    await allRefused(kept)
    expect((await product.call(auth.me, {}, marcus)).status).toBe(401)
    expect(await team()).toEqual([0, 0])
    expect((await remove()).status).toBe(204)
    expect((await subjectsTo(marcus)).filter((subject) => subject === 'Your Ledgersync passkeys were removed')).toHaveLength(1)
    expect((await actionsOf(dana)).filter((action) => action === 'staff.second_factor_reset')).toHaveLength(1)
    expect((await product.call(auth.signIn, { body: { username: marcus.email, password } })).status).toBe(200)
  })

  test('not when the person changes the password themselves', async () => {
    const { marcus, kept } = await makePair()
    expect((await product.call(account.changePassword, { body: { password: 'violet harbor under the oak' } }, marcus)).status).toBe(204)
    for (const each of kept) expect((await signIn(each)).status).toBe(200)
  })
})

test('nothing that a passkey is made of reaches the log', async () => {
  const dana = await makeFirm(product)
  const { kept } = await addPasskey(product, dana)
  const body = await answerTo(product, kept)
  await product.call(passkeys.signIn, { body })
  await product.call(passkeys.signIn, { body })
  const written = JSON.stringify(product.logs)
  for (const part of [kept.id, body.signature, body.clientDataJSON, body.userHandle]) expect(written).not.toContain(part)
})

test('challenges that were answered are forgotten once they have been over for days', async () => {
  const dana = await makeFirm(product)
  const { kept } = await addPasskey(product, dana)
  expect((await signIn(kept)).status).toBe(200)
  const count = async (): Promise<number> => (await product.admin.query('select 1 from passkey_challenges')).rows.length
  expect(await count()).toBeGreaterThan(0)
  await product.advance(3 * 24 * 60 * minuteMs)
  await enqueue(product.deps.db, 'sweep', {}, { key: 'sweep' })
  await product.drain()
  expect(await count()).toBe(0)
})
