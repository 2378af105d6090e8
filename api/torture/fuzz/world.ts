import { createHmac, generateKeyPairSync } from 'node:crypto'
import type { signWebhook } from '@ledgersync/emulators/plaid/webhooks'
import { clients } from '@ledgersync/shared/clients'
import { invites } from '@ledgersync/shared/invites'
import { allPermissions } from '@ledgersync/shared/permissions'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { statements } from '@ledgersync/shared/statements'
import { uploads } from '@ledgersync/shared/uploads'
import type { JWKPublicKey } from 'plaid'
import { hashPassword } from '../../src/auth/password.ts'
import { openSession } from '../../src/auth/sessions.ts'
import { withFirm } from '../../src/db/client.ts'
import { cookieNames } from '../../src/http/cookies.ts'
import { createVerifier } from '../../src/providers/plaid/webhook.ts'
import { historyArrived, linkBank } from '../../test/bank-factories.ts'
import { connectBooks } from '../../test/books-factories.ts'
import { makeClient, makeFirm, makeOperator, makeStaff, type Person } from '../../test/factories.ts'
import type { TestApp } from '../../test/harness.ts'
import { makeBankAccount, makeCategory, makeRule, makeTransactions, type TransactionOverrides } from '../../test/ledger-factories.ts'
import type { Role } from './plan.ts'
import { Pool } from './pool.ts'
import { Ref } from './values.ts'

/** Known to the generator too, so that some sign-ins succeed. */
const password = 'copper lantern over the bay'
/** Known to nobody. */
const othersPassword = 'forty silent harbor cranes'

/** Two firms with something of everything, and everybody who sends requests. All of them belong to the first firm, but operators. */
export class World {
  readonly test: TestApp
  readonly pool: Pool
  readonly otherFirmId: string
  /** Signs webhooks as the bank provider would: its public half is known to the product's verifier beside the emulator's key. */
  readonly bankKey: Parameters<typeof signWebhook>[0]
  private readonly people: Record<'administrator' | 'employee' | 'unverified' | 'operator', Person>
  private readonly cookies = cookieNames('http://localhost')

  constructor(test: TestApp, people: World['people'], otherFirmId: string) {
    this.test = test
    this.people = people
    this.otherFirmId = otherFirmId
    this.pool = new Pool(test, { own: people.administrator.firmId, other: otherFirmId })
    this.bankKey = admitKey(test)
    listenToVisits(test, this.pool)
    this.pool.learn('username', people.administrator.email)
  }

  /** The cookies that come with a request of this role to this address, without a name when there are none. */
  cookie(role: Role, nth: number, path: string): string {
    const more = [
      ...(path.startsWith('/v1/auth') ? [this.known(this.cookies.refresh, nth)] : []),
      ...(path.startsWith('/i/') ? [this.known(this.cookies.claim, nth)] : []),
    ]
    return [this.access(role, nth), ...more].filter((each) => each !== '').join('; ')
  }

  private access(role: Role, nth: number): string {
    const { administrator } = this.people
    const now = Math.floor(Date.now() / 1_000)
    const claims = { firmId: administrator.firmId, sessionId: administrator.ctx.actor.sessionId, iat: now, exp: now + 600 }
    const forged = [
      jwt({ alg: 'HS256', typ: 'JWT' }, claims, Buffer.alloc(32, 1)),
      jwt({ alg: 'none', typ: 'JWT' }, claims, null),
      jwt({ alg: 'HS512', typ: 'JWT' }, claims, this.test.config.sessionSecret),
      jwt({ alg: 'HS256', typ: 'JWT' }, { ...claims, firmId: this.otherFirmId }, Buffer.alloc(32)),
      jwt({ alg: 'HS256', typ: 'JWT', kid: '../../../dev/null' }, { ...claims, sessionId: ['x'] }, Buffer.alloc(0)),
      'x.y.z',
      'eyJhbGciOiJIUzI1NiJ9..',
      '%00%ff',
      'a'.repeat(5_000),
    ]
    const named = (value: string): string => `${this.cookies.access}=${value}`
    switch (role) {
      case 'nobody':
        return ''
      case 'newcomer':
        return this.known(this.cookies.access, nth)
      case 'forged':
        return named(forged[nth % forged.length] ?? '')
      case 'expired':
        return named(jwt({ alg: 'HS256', typ: 'JWT' }, { ...claims, iat: now - 7_200, exp: now - 3_600 }, this.test.config.sessionSecret))
      case 'administrator':
      case 'employee':
      case 'unverified':
      case 'operator': {
        const { firmId, ctx } = this.people[role]
        return named(this.test.app.jwt.sign({ firmId, sessionId: ctx.actor.sessionId }))
      }
      default:
        return role satisfies never
    }
  }

  private known(name: string, nth: number): string {
    const value = this.pool.seenValue(name, nth)
    return value === undefined ? '' : `${name}=${value}`
  }

  /** A session that a request has ended is replaced, so that the next requests are answered again. */
  async renew(role: Role): Promise<void> {
    if (!(role in this.people)) return
    // The line above has checked it
    const person = this.people[role as keyof World['people']]
    const session = await withFirm(person.ctx, (tx) => openSession(tx, person.ctx, person.staffId, 'fuzz'))
    person.ctx = { ...person.ctx, actor: { ...person.ctx.actor, sessionId: session.id } }
    person.cookie = `${this.cookies.access}=${this.test.app.jwt.sign({ firmId: person.firmId, sessionId: session.id })}`
  }

  /** Puts back what requests use up: rows to review, a client with everything now and then, attempts. */
  async replenish(round: number): Promise<void> {
    const { administrator, unverified, employee } = this.people
    const { admin } = this.test
    // A client with everything is furnished by people who are who they are called, too
    if (round % 4 === 0 || round % 6 === 0) {
      // Roles stay what they are called, whoever of them verified an address or was changed
      await admin.query('update staff set email_verified_at = null where id = $1', [unverified.staffId])
      await admin.query(
        `update staff set deactivated_at = null, permissions = $3, role = case when id = $1 then 'employee' else 'administrator' end where id = any($2)`,
        [employee.staffId, [employee, administrator, unverified].map(({ staffId }) => staffId), allPermissions],
      )
      await admin.query('update firms set assign_all = false, messages_per_hour = default, messages_per_person_day = default')
      for (const role of ['administrator', 'employee', 'unverified', 'operator'] as const) await this.renew(role)
      // Limits are met again and again, and lifted, so that what they guard is reached too
      await admin.query('delete from attempts')
      await admin.query('delete from sign_in_locks')
    }
    await this.giveUpJobs()
    if (round % 6 === 0) {
      const clientId = await furnish(this.test, administrator, employee)
      if (round % 24 === 12) await linkBank(this.test, administrator, clientId)
    }
    const { rows } = await admin.query<{ bankAccountId: string; clientId: string; expense: string | null }>(
      `select id as "bankAccountId", client_id as "clientId",
         (select e.id from books_accounts e join books_accounts b on b.firm_id = e.firm_id and b.books_id = e.books_id
          where b.firm_id = a.firm_id and b.id = a.books_account_id and e.type = 'Expense' and e.active order by e.id limit 1) as expense
       from bank_accounts a where firm_id = $1 and books_account_id is not null order by id desc limit 4`,
      [administrator.firmId],
    )
    for (const { expense, ...account } of rows) await makeTransactions(this.test, administrator, account, someRows(8, expense))
    this.readMails()
    await this.pool.refresh()
    const { body } = await this.test.call(
      invites.create,
      { params: { clientId: this.pool.client(round) }, body: { channel: 'copy' } },
      administrator,
    )
    this.pool.learn('token', body.url?.split('/i/').at(-1) ?? '')
  }

  /** Jobs that were given up, for operators to retry or discard. */
  private async giveUpJobs(): Promise<void> {
    const { firmId } = this.people.administrator
    const payload = { firmId, booksId: this.pool.choose(new Ref('booksId', 'own', 0), '', false) }
    const { admin } = this.test
    for (const key of ['fuzz-1', 'fuzz-2', 'fuzz-3']) {
      const values = [JSON.stringify(payload), key]
      await admin.query("select graphile_worker.add_job('refresh_books', $1::json, max_attempts => 1, job_key => $2)", values)
    }
    await admin.query("update graphile_worker._private_jobs set attempts = 1, last_error = 'quickbooks query: 500' where key like 'fuzz-%'")
  }

  /** The links that were mailed, and the newest code: whoever has the mail may use them. */
  private readMails(): void {
    const mails = this.test.network.sendgrid.messages()
    for (const { text } of mails.slice(-30)) {
      const token = /verify-email#([\w-]{43})/.exec(text ?? '')?.[1]
      if (token !== undefined) this.pool.learn('token', token)
    }
    const newest = mails.findLast(({ to }) => to.email === this.people.unverified.email)
    const [code] = /\b\d{6}\b/.exec(newest?.text ?? '') ?? []
    if (code !== undefined) this.pool.replace('code', code)
  }

  /** What must never stand in an answer. */
  secrets(): string[] {
    const { plaid, quickbooks, twilio, sendgrid, sessionSecret, keyEncryptionKeys } = this.test.config
    return [
      plaid.secret,
      quickbooks.clientSecret,
      quickbooks.webhookVerifierToken,
      twilio.authToken,
      sendgrid.apiKey,
      sessionSecret.toString('base64'),
      ...keyEncryptionKeys.map(({ key }) => key.toString('base64')),
      password,
    ]
  }
}

/** Makes both firms. The other firm's affairs are settled when it returns: its rows change no more by themselves. */
export async function makeWorld(test: TestApp): Promise<World> {
  const administrator = await makeFirm(test)
  const employee = await makeStaff(test, administrator.firmId, 'employee')
  const unverified = await makeStaff(test, administrator.firmId, 'administrator', 'Ida Newcomb')
  await test.admin.query('update staff set email_verified_at = null where id = $1', [unverified.staffId])
  await test.admin.query('update staff set password_hash = $1 where firm_id = $2', [await hashPassword(password), administrator.firmId])
  const operator = await makeFirm(test, 'Ledgersync Operations')
  await makeOperator(test, operator)
  const other = await makeFirm(test, 'Harbor Ledger Partners')
  await test.admin.query('update staff set password_hash = $1 where firm_id = $2', [await hashPassword(othersPassword), other.firmId])
  const colleague = await makeStaff(test, other.firmId, 'employee')
  await linkBank(test, other, await furnish(test, other, colleague))
  for (const by of [other, administrator]) await uploadLists(test, by)
  const linked = await furnish(test, administrator, employee)
  await linkBank(test, administrator, linked)
  await furnish(test, administrator, employee)
  await makeClient(test, administrator)
  await historyArrived(test)
  // The audit log is sealed some seconds after it was written; that must be over too
  await test.advance(10_000)
  await test.drain()
  return new World(test, { administrator, employee, unverified, operator }, other.firmId)
}

/** Rows of which every second is coded, and some fall in the period that the company has closed. */
const someRows = (count: number, expense: string | null): TransactionOverrides[] =>
  Array.from({ length: count }, (_, index) => ({
    amountMinor: index % 3 === 0 ? 12_500 : -4_520 - index,
    description: `FUELWAY ${index}`,
    date: index % 5 === 0 ? closedOn : '2026-10-05',
    ...(index % 2 === 0 && expense !== null ? { booksAccountId: expense, categoryBy: 'person' as const } : {}),
  }))
const closedOn = '2026-09-15'

/** A client with connected books, a mapped bank account, rows of which one stands in the books and one was refused, a rule, a category, a wanted bank and an invite. */
async function furnish(test: TestApp, by: Person, employee: Person): Promise<string> {
  const clientId = await makeClient(test, by)
  test.network.intuit.closeBooks(await connectBooks(test, by, clientId, `Company ${clientId.slice(-6)}`), closedOn)
  const { rows } = await test.admin.query<{ id: string; type: string }>(
    `select a.id, a.type from books_accounts a join books b on b.firm_id = a.firm_id and b.id = a.books_id
     where b.client_id = $1 and a.active and a.type in ('Bank', 'Expense') order by a.id`,
    [clientId],
  )
  const accountOf = (type: string): string => rows.find((row) => row.type === type)?.id ?? ''
  const bankAccountId = await makeBankAccount(test, by, clientId, { booksAccountId: accountOf('Bank') })
  const [refused = '', taken = ''] = await makeTransactions(test, by, { clientId, bankAccountId }, someRows(20, null))
  await makeCategory(test, by, `Category ${clientId}`, { clientId, booksAccountId: accountOf('Expense') })
  await makeRule(test, by, 'FUELWAY', { clientId, actions: { booksAccountId: accountOf('Expense') } })
  await test.call(clients.assign, { params: { clientId }, body: { staffIds: [by.staffId, employee.staffId] } }, by)
  await test.call(clients.addBank, { params: { clientId }, body: { institutionId: 'ins_109508', name: 'First Platypus Bank' } }, by)
  await test.call(invites.create, { params: { clientId }, body: { channel: 'email' } }, by)
  const content = Buffer.from(`Date,Amount\n2026-10-05,${clientId}\n`).toString('base64')
  await test.call(statements.add, { params: { clientId }, body: { fileName: 'march.csv', content } }, by)
  for (const transactionId of [refused, taken])
    await test.call(review.code, { params: { transactionId }, body: { booksAccountId: accountOf('Expense') } }, by)
  await test.call(review.approve, { body: { transactionIds: [refused, taken] } }, by)
  await test.call(pushes.create, { body: { clientId } }, by)
  await test.drain()
  return clientId
}

/** One list whose columns wait to be matched, and one that waits to be written. */
async function uploadLists(test: TestApp, by: Person): Promise<void> {
  const content = Buffer.from('Business name,E-mail,Cell phone\nAlder & Finch,nora@alder.example,503 555 0144\nNo e-mail,,').toString(
    'base64',
  )
  for (const fields of [null, ['businessName', 'email', 'phone'] as const]) {
    const { body } = await test.call(uploads.create, { body: { fileName: 'clients.csv', content } }, by)
    if (fields === null) continue
    await test.call(uploads.match, { params: { uploadId: body.id }, body: { fields: [...fields], staffHaveAccess: false } }, by)
  }
}

/** Addresses to which browsers return from the bank are told to the provider only; the pool hears of them there. */
function listenToVisits(test: TestApp, pool: Pool): void {
  const { createLink } = test.deps.plaid
  test.deps.plaid.createLink = (options) => {
    pool.learn('nonce', new URL(options.returnUrl).pathname.split('/').at(-1) ?? '')
    return createLink(options)
  }
}

function admitKey(test: TestApp): World['bankKey'] {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = 'fuzz-key'
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const known: JWKPublicKey = { alg: 'ES256', crv: 'P-256', kid, kty: 'EC', use: 'sig', x, y, created_at: 0, expired_at: null }
  const ours = createVerifier(async () => known, Date.now)
  const theirs = test.deps.plaid.verifyWebhook
  test.deps.plaid.verifyWebhook = async (body, signature) => {
    const [header = ''] = (signature ?? '').split('.')
    return Buffer.from(header, 'base64url').includes(kid) ? ours(body, signature) : theirs(body, signature)
  }
  // Every member of a JWK of this kind is a text
  return { kid, createdAt: 0, jwk: privateKey.export({ format: 'jwk' }) as Record<string, string> }
}

function jwt(header: object, claims: object, key: Buffer | null): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${key === null ? '' : createHmac('sha256', key).update(text).digest('base64url')}`
}
