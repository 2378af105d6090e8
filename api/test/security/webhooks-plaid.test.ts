import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { newId } from '../../src/core/ids.ts'
import { withFirm } from '../../src/db/client.ts'
import { claimKey } from '../../src/db/global.ts'
import { makeClient, makeFirm } from '../factories.ts'
import { startTestApp, type TestApp } from '../harness.ts'
import { makeBankAccount } from '../ledger-factories.ts'

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const retired = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** The provider's key endpoint, and nothing else of it; counts who is asked for. */
const asked: string[] = []
let isDown = false
const provider: Server = createServer((req, res) => {
  let text = ''
  req.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  req.on('end', () => {
    const { key_id: kid } = JSON.parse(text) as { key_id: string }
    asked.push(kid)
    const answer = (status: number, body: object): void =>
      void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (isDown) return answer(503, {})
    const known: Record<string, [KeyObject, number | null]> = {
      current: [pair.publicKey, null],
      retired: [retired.publicKey, 1_700_000_000],
    }
    const found = known[kid]
    if (found === undefined) return answer(400, { error_type: 'INVALID_INPUT', error_code: 'INVALID_WEBHOOK_VERIFICATION_KEY_ID' })
    const jwk = { ...found[0].export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid, created_at: 1, expired_at: found[1] }
    return answer(200, { key: jwk, request_id: 'r' })
  })
})

let product: TestApp
let itemId: string
let connectionId: string
beforeAll(async () => {
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  const address = provider.address()
  product = await startTestApp({ PLAID_BASE_URL: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` })
  const dana = await makeFirm(product)
  const clientId = await makeClient(product, dana)
  connectionId = newId()
  itemId = `item-${connectionId}`
  await makeBankAccount(product, dana, clientId)
  const { rows } = await product.admin.query<{ id: string; item: string }>('select id, provider_item_id as item from connections')
  const [row] = rows
  if (row === undefined) throw new Error('The account has a connection')
  connectionId = row.id
  itemId = row.item
  await withFirm(dana.ctx, (tx) => claimKey(tx, 'plaid_item', itemId, { firmId: dana.firmId, rowId: connectionId }))
}, 60_000)
afterAll(async () => {
  await product.close()
  provider.closeAllConnections()
  await new Promise((resolve) => provider.close(resolve))
})

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const digest = (body: string): string => createHash('sha256').update(body).digest('hex')
const now = (): number => Math.floor(Date.now() / 1000)
let count = 0
/** An event of its own each time: it tells when consent ends. */
const event = (): string => {
  count += 1
  const consent = new Date(Date.UTC(2027, 0, 1, 0, 0, count)).toISOString()
  return JSON.stringify({ webhook_type: 'ITEM', webhook_code: 'PENDING_EXPIRATION', item_id: itemId, consent_expiration_time: consent })
}
interface Jws {
  alg?: string
  kid?: string
  iat?: number
  sha?: string
  key?: KeyObject
}
function signed(
  body: string,
  { alg = 'ES256', kid = 'current', iat = now(), sha = digest(body), key = pair.privateKey }: Jws = {},
): string {
  const text = `${part({ alg, kid, typ: 'JWT' })}.${part({ iat, request_body_sha256: sha })}`
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
const post = async (body: string, header: string | undefined): Promise<number> => {
  const request = product.request().post('/v1/webhooks/plaid').set('content-type', 'application/json')
  return (await (header === undefined ? request : request.set('plaid-verification', header)).send(body)).status
}
const kept = async (): Promise<number> =>
  (await product.admin.query<{ n: number }>("select count(*)::int as n from webhook_inbox where provider = 'plaid'")).rows[0]?.n ?? 0

test('a genuine one is taken once', async () => {
  const body = event()
  expect(await post(body, signed(body))).toBe(200)
  expect(await kept()).toBe(1)
})

const wrong: [string, (body: string) => string | undefined][] = [
  ['no signature', () => undefined],
  ['an empty one', () => ''],
  ['no algorithm', (body) => `${part({ alg: 'none', kid: 'current' })}.${part({ iat: now(), request_body_sha256: digest(body) })}.`],
  ['no algorithm, with a good signature', (body) => signed(body, { alg: 'none' })],
  [
    'HMAC with the public key, which everybody knows',
    (body) => {
      const text = `${part({ alg: 'HS256', kid: 'current' })}.${part({ iat: now(), request_body_sha256: digest(body) })}`
      return `${text}.${createHmac('sha256', pair.publicKey.export({ format: 'pem', type: 'spki' }))
        .update(text)
        .digest('base64url')}`
    },
  ],
  [
    'RSA with a key of the sender’s own',
    (body) => {
      const text = `${part({ alg: 'RS256', kid: 'current' })}.${part({ iat: now(), request_body_sha256: digest(body) })}`
      return `${text}.${sign('sha256', Buffer.from(text), rsa.privateKey).toString('base64url')}`
    },
  ],
  ['ES256 with a key of the sender’s own', (body) => signed(body, { key: retired.privateKey })],
  ['a key that has been retired', (body) => signed(body, { kid: 'retired', key: retired.privateKey })],
  ['a key nobody knows', (body) => signed(body, { kid: 'stranger' })],
  ['a key that is an address', (body) => signed(body, { kid: 'https://evil.example/key' })],
  ['six minutes of age', (body) => signed(body, { iat: now() - 360 })],
  ['a time that has not come', (body) => signed(body, { iat: now() + 120 })],
  ['a time in words', (body) => signed(body, { iat: 'now' as unknown as number })], // what a forger may write
  ['the digest of another body', (body) => signed(body, { sha: digest(`${body} `) })],
  ['an empty digest', (body) => signed(body, { sha: '' })],
  ['a signature without its last byte', (body) => signed(body).slice(0, -2)],
  ['four parts', (body) => `${signed(body)}.x`],
]
test.each(wrong)('%s is refused and leaves nothing', async (_what, header) => {
  const body = event()
  const before = await kept()
  expect(await post(body, header(body))).toBe(403)
  expect(await kept()).toBe(before)
})

test('any one byte of the body changed is refused', async () => {
  const body = event()
  const header = signed(body)
  const before = await kept()
  for (let at = 0; at < body.length; at += 7) {
    const changed = `${body.slice(0, at)}${body[at] === 'x' ? 'y' : 'x'}${body.slice(at + 1)}`
    expect([at, await post(changed, header)]).toEqual([at, 403])
  }
  for (const changed of [`${body} `, ` ${body}`, body.slice(0, -1), '']) expect(await post(changed, header)).toBe(403)
  expect(await kept()).toBe(before)
})

test('a repeat is answered and handled once, however its signature is written', async () => {
  const body = event()
  const header = signed(body)
  const [head, claims, proof = ''] = header.split('.')
  const bytes = Buffer.from(proof, 'base64url')
  // For every (r, s) there is (r, n - s), which fits as well
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const mirrored = (order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0')
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(mirrored, 'hex')]).toString('base64url')
  const before = await kept()
  const spellings = [
    header,
    header,
    `${header}=`,
    `${header}==`,
    `${head}.${claims}.${proof.slice(0, 4)} ${proof.slice(4)}`,
    `${head}.${claims}.${twin}`,
  ]
  for (const spelling of spellings) expect([spelling === header, await post(body, spelling)]).toEqual([spelling === header, 200])
  expect(await kept()).toBe(before + 1)
  await product.drain()
  const { rows } = await product.admin.query<{ n: number }>('select count(*)::int as n from connection_events where connection_id = $1', [
    connectionId,
  ])
  const events = rows[0]?.n
  for (const spelling of spellings) expect(await post(body, spelling)).toBe(200)
  await product.drain()
  const after = await product.admin.query<{ n: number }>('select count(*)::int as n from connection_events where connection_id = $1', [
    connectionId,
  ])
  expect([await kept(), after.rows[0]?.n]).toEqual([before + 1, events])
})

test('strangers’ keys make few calls to the provider, whatever they send; genuine ones go on being taken', async () => {
  asked.length = 0
  const body = event()
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, index) => post(body, signed(body, { kid: `stranger-${index}`, key: retired.privateKey }))),
  )
  expect(new Set(answers)).toEqual(new Set([403]))
  expect(asked.length).toBeLessThanOrEqual(6)
  for (let times = 0; times < 50; times++) expect(await post(body, signed(body, { kid: asked[0] ?? '' }))).toBe(403)
  expect(asked.length).toBeLessThanOrEqual(6)
  expect(await post(body, signed(body))).toBe(200)
  expect(product.logs.join('\n')).not.toContain('a provider call failed')
})

test('a burst of genuine ones after a start asks for their key once; while the provider is down, it is told to come back', async () => {
  const address = provider.address()
  const fresh = await startTestApp({
    PLAID_BASE_URL: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
  })
  const send = async (body: string): Promise<number> =>
    (
      await fresh
        .request()
        .post('/v1/webhooks/plaid')
        .set({ 'content-type': 'application/json', 'plaid-verification': signed(body) })
        .send(body)
    ).status
  try {
    isDown = true
    expect(await send(event())).toBe(502)
    isDown = false
    asked.length = 0
    const answers = await Promise.all(Array.from({ length: 60 }, () => send(event())))
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(asked).toEqual(['current'])
  } finally {
    isDown = false
    await fresh.close()
  }
}, 60_000)
