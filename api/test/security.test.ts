import { mkdtemp, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auth } from '@ledgersync/shared/auth'
import { books } from '@ledgersync/shared/books'
import { clients } from '@ledgersync/shared/clients'
import { invites } from '@ledgersync/shared/invites'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { shippedTemplate } from '@ledgersync/shared/template-defaults'
import { renderTemplate } from '@ledgersync/shared/template-render'
import { newId } from '../src/core/ids.ts'
import { allEndpoints } from './endpoints.ts'
import { makeClient, makeFirm, makeOperator, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { makeBankAccount, makeBooks } from './ledger-factories.ts'

let product: TestApp
let dana: Person
beforeAll(async () => {
  product = await startTestApp()
  dana = await makeFirm(product)
  // Of the addresses that only operators know, too
  await makeOperator(product, dana)
})
afterAll(() => product.close())

const password = 'copper lantern over the bay'

describe('forged refresh cookies', () => {
  const forged = (facts: unknown[]) => `ledgersync-refresh=${Buffer.from(JSON.stringify(facts)).toString('base64url')}`
  test.each([
    ['a firm id of dashes', ['-'.repeat(36), newId(), 0, 'x']],
    ['a session id of dashes', [newId(), '-'.repeat(36), 0, 'x']],
    ['a huge generation', [newId(), newId(), 1e308, 'x']],
  ])('%s is no session, and no failure of ours', async (_what, facts) => {
    const answer = await product.request().post('/v1/auth/refresh').set('Origin', product.config.publicUrl).set('Cookie', forged(facts))
    expect(answer.status).toBe(401)
  })
})

describe('ids in another spelling', () => {
  const withIds = allEndpoints.filter(({ url }) => url.includes(':'))
  test.each(withIds.map((endpoint) => [endpoint.schema.operationId, endpoint] as const))(
    '%s refuses the urn form',
    async (_id, endpoint) => {
      const params = Object.fromEntries([...endpoint.url.matchAll(/:(\w+)/g)].map(([, name]) => [name ?? '', `urn:uuid:${newId()}`]))
      // Not every endpoint has all of these; a wrong parameter is refused before anything else is looked at
      expect((await product.call(endpoint, { params } as object, dana)).status).toBe(400)
    },
  )
  test('in queries and bodies, too', async () => {
    const id = `urn:uuid:${newId()}`
    expect((await product.call(review.counts, { query: { clientId: id } }, dana)).status).toBe(400)
    expect((await product.call(review.approve, { body: { transactionIds: [id] } }, dana)).status).toBe(400)
    expect((await product.call(pushes.create, { body: { clientId: id } }, dana)).status).toBe(400)
  })
  test('capital letters do not give one QuickBooks account to two bank accounts', async () => {
    const clientId = await makeClient(product, dana)
    const made = await makeBooks(product, dana, clientId)
    const [first, second] = [await makeBankAccount(product, dana, clientId), await makeBankAccount(product, dana, clientId)]
    const mapped = made.accounts.bank
    const map = (bankAccountId: string, booksAccountId: string) =>
      product.call(books.mapAccount, { params: { clientId, bankAccountId }, body: { booksAccountId, mode: 'we_post' } }, dana)
    expect((await map(first, mapped)).status).toBe(200)
    expect((await map(second, mapped)).status).toBe(400)
    expect((await map(second, mapped.toUpperCase())).status).toBe(400)
  })
})

describe('addresses that are no paths', () => {
  let site: TestApp
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ledgersync-web-'))
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>Ledgersync</title>')
    site = await startTestApp({ WEB_DIR: folder })
  })
  afterAll(() => site.close())
  const statusOf = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { port } = new URL(site.config.publicUrl)
      request({ host: '127.0.0.1', port, path }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
  test.each(['//', '//[', '///', '/\\', '//:99999/x', '/%'])('%s is answered, and is no failure of ours', async (path) => {
    expect(await statusOf(path)).toBeLessThan(500)
  })
})

describe('names in messages', () => {
  test('of somebody who signs up with another person\u2019s address put no address or code into the e-mail', async () => {
    const answer = await product.call(auth.signUp, {
      body: {
        firmName: 'Northgate',
        name: 'Prize at https://evil.example/win code [code] or www.evil.example',
        email: 'victim@harborlight.example',
        password,
      },
    })
    expect(answer.status).toBe(201)
    const { rows } = await product.admin.query<{ body: string }>(
      "select body from messages where to_address = 'victim@harborlight.example'",
    )
    const body = rows[0]?.body ?? ''
    expect(body).not.toMatch(/evil\.example|https?:\/\//)
    expect(body.split('[code]')).toHaveLength(2)
  })
  test.each([
    'evil.example',
    'evil．example',
    'evil。example',
    'evil.\u200Bexample',
    'evil\u2024example',
    'caf\u00e9.example',
    'evil.\u00e9xample',
    'http\uFF1A//evil',
    '198.51.100.7/pay',
    '［link］',
    '[[link]]',
    'evil.\u00ADexample',
    'xn--80ak.xn--p1ai',
    'x.\u0440\u0444',
  ])('a firm called %s puts no address into a text', (firmName) => {
    const facts = { contactFirstName: 'Nora', clientNames: [firmName], staffName: 'Dana', firmName, bankNames: [firmName] }
    const [sms, email] = (['sms', 'email'] as const).map((channel) =>
      renderTemplate(shippedTemplate({ kind: 'invitation', channel, language: 'en' }), facts),
    )
    for (const text of [sms?.body ?? '', email?.body ?? '', email?.subject ?? '']) {
      expect(text).not.toBe('')
      const plain = text.normalize('NFKC').replaceAll(/\p{Cf}/gu, '')
      expect(plain.replaceAll('Hi Nora', '')).not.toMatch(/[\p{L}\p{N}][.。][\p{L}\p{N}]|:\/\//u)
    }
    expect(sms?.body.normalize('NFKC').split('[link]')).toHaveLength(2)
  })
})

describe('behind a proxy', () => {
  test('the network address is what our proxy saw, not what the caller wrote', async () => {
    const behind = await startTestApp({ TRUST_PROXY: 'true' })
    try {
      const body = { firmName: 'Northgate', name: 'Ada Marsh', email: 'ada@northgate.example', password }
      const answer = await behind
        .request()
        .post('/v1/auth/sign-up')
        .set('Origin', behind.config.publicUrl)
        .set('X-Forwarded-For', '203.0.113.66, 198.51.100.7')
        .send(body)
      expect(answer.status).toBe(201)
      const { rows } = await behind.admin.query<{ ip: string }>('select ip from sessions order by created_at desc limit 1')
      expect(rows[0]?.ip).toBe('198.51.100.7')
    } finally {
      await behind.close()
    }
  })
})

describe('at the same moment', () => {
  test('codes cannot be guessed faster than one by one', async () => {
    const signUp = await product.call(auth.signUp, {
      body: { firmName: 'Race', name: 'Ada Marsh', email: 'ada@racecourt.example', password },
    })
    const as = { cookie: signUp.cookie }
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => product.call(auth.verifyEmail, { body: { code: String(index).padStart(6, '0') } }, as)),
    )
    const { rows } = await product.admin.query<{ tries: number }>(
      "select tries from email_verifications where email = 'ada@racecourt.example'",
    )
    expect(rows[0]?.tries).toBeLessThanOrEqual(5)
    expect(answers.every(({ status }) => status < 500)).toBe(true)
  })
  test('ten refreshes of one cookie give one successor', async () => {
    const signUp = await product.call(auth.signUp, { body: { firmName: 'R', name: 'Ada Marsh', email: 'ada@tenfold.example', password } })
    const answers = await Promise.all(Array.from({ length: 10 }, () => product.call(auth.refresh, {}, { cookie: signUp.cookie })))
    const tokens = new Set(answers.map(({ status, cookie }) => `${status} ${cookie.split('; ').find((each) => each.includes('refresh'))}`))
    expect(tokens.size).toBe(1)
  })
})

test('employees get nothing of clients that are not theirs, by any path', async () => {
  const clientId = await makeClient(product, dana)
  const marcus = await makeStaff(product, dana.firmId, 'employee')
  const other = await makeFirm(product, 'Other')
  for (const as of [marcus, other]) {
    for (const endpoint of allEndpoints.filter(({ url, method }) => url.includes(':clientId') && method === 'GET')) {
      const params = Object.fromEntries([...endpoint.url.matchAll(/:(\w+)/g)].map(([, name]) => [name ?? '', clientId]))
      const answer = await product.call(endpoint, { params } as object, as)
      // What only administrators may do is refused before it is known whose client it is
      const refused = as === marcus && endpoint.config.access === 'administrator' ? 403 : 404
      expect([endpoint.schema.operationId, answer.status]).toEqual([endpoint.schema.operationId, refused])
    }
  }
  expect((await product.call(clients.get, { params: { clientId } }, dana)).status).toBe(200)
})

test('a link shows staff a preview only of their own clients', async () => {
  const clientId = await makeClient(product, dana, { contactFirstName: 'Zephyrine' })
  const marcus = await makeStaff(product, dana.firmId, 'employee')
  const { body } = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  const look = async (as: Person) =>
    (
      await product
        .request()
        .get(new URL(body.url ?? '').pathname)
        .set('Cookie', as.cookie)
    ).text
  expect(await look(dana)).toContain('Zephyrine')
  expect(await look(marcus)).not.toContain('Zephyrine')
})
