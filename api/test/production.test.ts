import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { auth } from '@ledgersync/shared/auth'
import { credentials } from '@ledgersync/emulators/credentials'
import { Client } from 'pg'
import { endPrograms, eventKey, productionEnv, startProgram, untilReady } from './program-kit.ts'

const refusedPort = '34567'
const oneKey = randomBytes(32).toString('base64')
const root = resolve(import.meta.dirname, '../..')
let refusedEnv: Record<string, string>
beforeAll(async () => {
  refusedEnv = { ...(await productionEnv()), PORT: refusedPort }
})
afterAll(endPrograms)

test('the production build starts, serves, and ends gracefully', async () => {
  const env = await productionEnv()
  const program = startProgram(env)
  const { child, output, ended } = program
  const base = `http://127.0.0.1:${env.PORT}`
  expect([await untilReady(program, env), output()]).toEqual([200, expect.stringContaining('ready')])
  const page = await fetch(`${base}/clients`)
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'/)
  expect(page.headers.get('content-security-policy')).not.toContain('unsafe-inline')
  expect(page.headers.get('strict-transport-security')).toContain('max-age')
  expect(await page.text()).toContain('<div id="root">')
  expect((await fetch(`${base}/openapi.json`)).status).toBe(200)
  expect((await fetch(`${base}/v1/auth/me`)).status).toBe(401)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  for (const name of ['SESSION_SECRET', 'KEY_ENCRYPTION_KEYS', 'PLAID_SECRET', 'TWILIO_AUTH_TOKEN'] as const)
    expect(output()).not.toContain(env[name])
})

test('a password is kept as a hash that costs whoever guesses 19 MiB and two passes', async () => {
  const env = await productionEnv()
  const program = startProgram(env)
  expect([await untilReady(program, env), program.output()]).toEqual([200, expect.stringContaining('ready')])
  const email = 'ada@northgate.example'
  const answer = await fetch(`http://127.0.0.1:${env.PORT}/v1${auth.signUp.url}`, {
    method: auth.signUp.method,
    headers: { 'content-type': 'application/json', origin: env.PUBLIC_URL ?? '' },
    body: JSON.stringify({ firmName: 'Northgate', name: 'Ada Marsh', email, password: 'copper lantern over the bay' }),
  })
  expect([answer.status, await answer.text()]).toEqual([201, expect.stringContaining(email)])
  const address = new URL(process.env.LEDGERSYNC_TEST_CLUSTER ?? '')
  address.pathname = new URL(env.DATABASE_URL ?? '').pathname
  const superuser = new Client({ connectionString: address.href })
  await superuser.connect()
  const { rows } = await superuser.query('select password_hash from staff where email = $1', [email])
  await superuser.end()
  expect(rows).toEqual([{ password_hash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/) }])
})

test.each([
  ['PUBLIC_URL', 'http://books.quillstone.test'],
  ['PUBLIC_URL', 'http://localhost:3000'],
  ['PLAID_BASE_URL', 'http://127.0.0.1:4010'],
  ['PLAID_HOSTED_LINK_ORIGIN', 'http://127.0.0.1:4010'],
  ['INTUIT_TOKEN_URL', 'https://localhost:4011/oauth2/v1/tokens/bearer'],
  ['INTUIT_API_URL', 'http://127.0.0.1:4011'],
  ['TWILIO_BASE_URL', 'http://127.0.0.1:4012'],
  ['SENDGRID_BASE_URL', 'http://localhost:4013'],
  ['PLAID_CLIENT_ID', credentials.plaid.clientId],
  ['PLAID_SECRET', credentials.plaid.secret],
  ['INTUIT_CLIENT_SECRET', credentials.intuit.clientSecret],
  ['INTUIT_WEBHOOK_VERIFIER_TOKEN', credentials.intuit.webhookVerifierToken],
  ['TWILIO_AUTH_TOKEN', credentials.twilio.authToken],
  ['SENDGRID_API_KEY', credentials.sendgrid.apiKey],
  ['SENDGRID_WEBHOOK_PUBLIC_KEY', credentials.sendgrid.eventPublicKey],
  ['SENDGRID_WEBHOOK_PUBLIC_KEY', 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEq7Zk'],
  ['SENDGRID_WEBHOOK_PUBLIC_KEY', eventKey('P-384')],
  ['SESSION_SECRET', Buffer.alloc(10).toString('base64')],
  ['SESSION_SECRET', Buffer.alloc(32).toString('base64')],
  ['KEY_ENCRYPTION_KEYS', 'k1:short'],
  ['KEY_ENCRYPTION_KEYS', `demo:${randomBytes(32).toString('base64')}`],
  ['KEY_ENCRYPTION_KEYS', `k1:${randomBytes(32).toString('base64')},k1:${randomBytes(32).toString('base64')}`],
  ['KEY_ENCRYPTION_KEYS', `k2:${oneKey},k1:${oneKey}`],
  ['DATABASE_URL', ''],
  ['QUIET_HOURS', 'off'],
  ['CRASH_AT', 'push.sent,sync.started#3'],
  ['CLOCK_OFFSET_MS', '60000'],
  ['PORT', 'eighty'],
  ['METRICS_PORT', refusedPort],
  ['TWILIO_FROM', 'banana'],
  ['SENDGRID_FROM_EMAIL', 'banana'],
  ['WEB_DIR', '/nowhere'],
  ['INVITE_DIR', '/nowhere'],
  ['HOST', '203.0.113.7'],
  ['PUBLIC_URL', 'https://ada:lovelace@books.quillstone.test'],
  ['PUBLIC_URL', 'https://books.quillstone.test/#there'],
  ['PLAID_BASE_URL', 'https://[::ffff:127.0.0.1]:4010'],
  ['INTUIT_API_URL', 'https://localhost.:4011'],
  ['TWILIO_BASE_URL', 'https://0.0.0.0:4012'],
])('production refuses %s=%s and names it', async (name, value) => {
  const { output, ended } = startProgram({ ...refusedEnv, [name]: value })
  expect(await ended).toBe(78)
  expect(output()).toContain(`Ledgersync cannot start: ${name} `)
  if (value.length > 20 && !value.includes('://')) expect(output()).not.toContain(value)
})

test('a program that is not told what it is is production, and only this machine is local', async () => {
  const { NODE_ENV: _, ...untold } = refusedEnv
  const run = async (change: Record<string, string>): Promise<[number | null, string]> => {
    const { ended, output } = startProgram({ ...untold, ...change })
    return [await ended, output()]
  }
  const emulated = await run({ PLAID_BASE_URL: 'http://127.0.0.1:4010' })
  expect(emulated).toEqual([78, expect.stringContaining('PLAID_BASE_URL points at an emulator')])
  const elsewhere = await run({ NODE_ENV: 'development', PUBLIC_URL: 'http://localhost.evil.test' })
  expect(elsewhere).toEqual([78, expect.stringContaining('PUBLIC_URL must begin with https:// (http only on this machine)')])
})

test('the container runs the same program, without the emulators', () => {
  const dockerfile = readFileSync(resolve(root, 'api/Dockerfile'), 'utf8')
  expect(dockerfile).toMatch(/CMD \["node", "api\/dist\/server\.js"\]/)
  for (const part of ['api/data', 'migrations', 'web/dist', 'web/invite']) expect(dockerfile).toContain(`${part} ${part}`)
  const compose = readFileSync(resolve(root, 'docker-compose.yml'), 'utf8')
  expect(compose).toContain('NODE_ENV: production')
  expect(`${dockerfile}${compose}`).not.toMatch(/emulators\/dist|EMULATOR_/)
})
