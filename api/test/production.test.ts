import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { credentials } from '@ledgersync/emulators/credentials'
import { testDatabase } from './setup/database.ts'

const root = resolve(import.meta.dirname, '../..')
const running: ChildProcess[] = []
afterAll(() => {
  for (const child of running) if (child.exitCode === null) child.kill('SIGKILL')
})

const eventKey = (namedCurve = 'P-256'): string =>
  generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'der', type: 'spki' }).toString('base64')

/** Settings as a production has them: its own secrets, the providers' real addresses (never called here). */
async function productionEnv(): Promise<Record<string, string>> {
  const { appUrl, ownerUrl } = await testDatabase()
  const secret = (bytes: number): string => randomBytes(bytes).toString('base64')
  return {
    PATH: process.env.PATH ?? '',
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://books.quillstone.test',
    HOST: '127.0.0.1',
    PORT: String(20_000 + Math.floor(Math.random() * 20_000)),
    METRICS_PORT: '0',
    DATABASE_URL: appUrl,
    DATABASE_OWNER_URL: ownerUrl,
    SESSION_SECRET: secret(48),
    KEY_ENCRYPTION_KEYS: `k1:${secret(32)}`,
    PLAID_CLIENT_ID: '5f3c9ab27d1e4402c8b1d9e7',
    PLAID_SECRET: 'b7d9e1c4a2f8063b5d7e9a1c3f5b7d',
    INTUIT_CLIENT_ID: 'ABq7Zk2mP9',
    INTUIT_CLIENT_SECRET: 'r4Tz8Wq1Lk',
    INTUIT_WEBHOOK_VERIFIER_TOKEN: 'f2b7c9d1-1c3e-4b5a-9d7f-8e6a4c2b1d3f',
    TWILIO_ACCOUNT_SID: 'ACf2b7c9d11c3e4b5a9d7f8e6a4c2b1d3f',
    TWILIO_AUTH_TOKEN: '9d7f8e6a4c2b1d3ff2b7c9d11c3e4b5a',
    TWILIO_FROM: '+15035550123',
    SENDGRID_API_KEY: 'SG.q7Zk2mP9r4Tz8Wq1Lk.x',
    SENDGRID_FROM_EMAIL: 'notices@books.quillstone.test',
    SENDGRID_WEBHOOK_PUBLIC_KEY: eventKey(),
  }
}

function start(env: Record<string, string>): { child: ChildProcess; output: () => string; ended: Promise<number | null> } {
  const child = spawn(process.execPath, ['api/dist/server.js'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  return { child, output: () => text, ended: new Promise((done) => child.once('exit', done)) }
}

test('the production build starts, serves, and ends gracefully', async () => {
  const env = await productionEnv()
  const { child, output, ended } = start(env)
  const base = `http://127.0.0.1:${env.PORT}`
  const deadline = Date.now() + 20_000
  let ready: Response | null = null
  while (ready?.status !== 200 && Date.now() < deadline && child.exitCode === null) {
    ready = await fetch(`${base}/readyz`).catch(() => null)
    if (ready?.status !== 200) await new Promise((wait) => setTimeout(wait, 100))
  }
  expect([ready?.status, output()]).toEqual([200, expect.stringContaining('ready')])
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
  ['DATABASE_URL', ''],
  ['QUIET_HOURS', 'off'],
  ['CRASH_AT', 'push.sent,sync.started#3'],
  ['CLOCK_OFFSET_MS', '60000'],
  ['PORT', 'eighty'],
])('production refuses %s=%s and names it', async (name, value) => {
  const { output, ended } = start({ ...(await productionEnv()), [name]: value })
  expect(await ended).toBe(78)
  expect(output()).toContain(`Ledgersync cannot start: ${name} `)
  if (value.length > 20 && !value.includes('://')) expect(output()).not.toContain(value)
})

test('the container runs the same program, without the emulators', () => {
  const dockerfile = readFileSync(resolve(root, 'api/Dockerfile'), 'utf8')
  expect(dockerfile).toMatch(/CMD \["node", "api\/dist\/server\.js"\]/)
  for (const part of ['api/data', 'migrations', 'web/dist', 'web/invite']) expect(dockerfile).toContain(`${part} ${part}`)
  const compose = readFileSync(resolve(root, 'docker-compose.yml'), 'utf8')
  expect(compose).toContain('NODE_ENV: production')
  expect(`${dockerfile}${compose}`).not.toMatch(/emulators\/dist|EMULATOR_/)
})
