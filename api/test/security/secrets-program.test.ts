import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endPrograms, productionEnv, type Started, startProgram, untilReady } from '../program-kit.ts'
import { createCanaries } from './canaries.ts'

afterAll(endPrograms)

const token = `canary${'Zk9'.repeat(12)}`
const password = 'canary lantern over the bay'

/** What goes wrong in the program at a signal: as packages and drivers fail, with all that their errors carry. */
const accidents: Record<string, string> = {
  'a query': `throw Object.assign(new Error('Failed query: insert into staff values ($1, $2)\\nparams: ${password},${token}'), {
    params: ['${token}'], cause: Object.assign(new Error('duplicate key ${token}'), { severity: 'ERROR', code: '23505', detail: '(${token})' }) })`,
  'a call': `throw Object.assign(new Error('Request failed with status code 401 ${token}'), {
    isAxiosError: true, code: 'ERR_BAD_REQUEST', config: { headers: { authorization: 'Bearer ${token}' } }, response: { data: '${token}' } })`,
  'an object': `Promise.reject({ password: '${password}', token: '${token}' })`,
}

/** Node runs it before the program. The signal is one that the program itself does not listen to. */
async function accidentAtSignal(code: string): Promise<string[]> {
  const file = join(await mkdtemp(join(tmpdir(), 'ledgersync-accident-')), 'accident.mjs')
  await writeFile(file, `process.on('SIGWINCH', () => setImmediate(() => { ${code} }))\n`)
  return ['--import', file]
}

function canariesOf(env: Record<string, string>) {
  const canaries = createCanaries()
  for (const [name, value] of Object.entries(env)) if (/SECRET|KEY|TOKEN/.test(name)) canaries.note(name, value)
  canaries.note('the key', env.KEY_ENCRYPTION_KEYS?.split(':')[1] ?? '')
  canaries.note('a token', token)
  canaries.note('a password', password)
  return canaries
}

const linesOf = ({ output }: Started): { msg?: string; error?: string }[] =>
  output()
    .trim()
    .split('\n')
    // Anything but JSON would be somebody else's printing
    .map((line) => JSON.parse(line) as { msg?: string; error?: string })

test.each(Object.entries(accidents))(
  'the real program dies of %s and says so without a secret',
  async (_what, code) => {
    const env: Record<string, string> = { ...(await productionEnv()), LOG_LEVEL: 'trace' }
    const program = startProgram(env, await accidentAtSignal(code))
    expect([await untilReady(program, env), program.output()]).toEqual([200, expect.any(String)])
    const base = `http://127.0.0.1:${env.PORT}`
    const headers = {
      'content-type': 'application/json',
      cookie: `__Host-ledgersync=${token}`,
      authorization: `Bearer ${token}`,
      origin: env.PUBLIC_URL ?? '',
    }
    await fetch(`${base}/v1/auth/sign-in`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ username: 'ada@northgate.example', password }),
    })
    await fetch(`${base}/i/${token.padEnd(43, 'x')}`, { headers })
    await fetch(`${base}/v1/webhooks/sendgrid`, { method: 'POST', headers, body: JSON.stringify([{ secret: token }]) })
    program.child.kill('SIGWINCH')
    expect(await program.ended).toBe(1)
    expect(canariesOf(env).in(program.output())).toEqual([])
    const said = linesOf(program)
    expect(said.filter(({ msg }) => msg === 'the process fails')).toHaveLength(1)
  },
  60_000,
)

test.each(['PORT', 'METRICS_PORT'])(
  'one that cannot have its %s says so in a sentence',
  async (name) => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = String(typeof address === 'object' && address !== null ? address.port : 0)
    try {
      const env: Record<string, string> = { ...(await productionEnv()), [name]: port }
      const program = startProgram(env)
      expect(await program.ended).toBe(78)
      expect(program.output()).toContain(`Ledgersync cannot start: ${name} is ${port}, which is taken at 127.0.0.1.\n`)
      expect(program.output()).not.toContain('    at ')
      expect(canariesOf(env).in(program.output())).toEqual([])
    } finally {
      await new Promise((resolve) => taken.close(resolve))
    }
  },
  60_000,
)

test('one that waits for its database does not tell how it signs in there', async () => {
  const env: Record<string, string> = {
    ...(await productionEnv()),
    DATABASE_URL: `postgres://ledgersync_app:${token}@127.0.0.1:9/ledgersync`,
  }
  const program = startProgram(env)
  while (!program.output().includes('waiting for the database') && program.child.exitCode === null)
    await new Promise((wait) => setTimeout(wait, 50))
  program.child.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(canariesOf(env).in(program.output())).toEqual([])
  expect(linesOf(program).map(({ msg }) => msg)).toEqual(['waiting for the database', 'closing'])
}, 60_000)

test('the metrics of the real program tell numbers only', async () => {
  const free = createServer()
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve))
  const address = free.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await new Promise((resolve) => free.close(resolve))
  const env: Record<string, string> = { ...(await productionEnv()), METRICS_PORT: String(port) }
  const program = startProgram(env)
  expect(await untilReady(program, env)).toBe(200)
  for (const path of [`/i/${token.padEnd(43, 'x')}`, `/${token}`, `/v1/clients/${token}`, `/v1/auth/me?token=${token}`])
    await fetch(`http://127.0.0.1:${env.PORT}${path}`, { headers: { 'user-agent': token } })
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(text).toContain('http_request_duration_seconds')
  expect(canariesOf(env).in(text)).toEqual([])
  program.child.kill('SIGTERM')
  expect(await program.ended).toBe(0)
}, 60_000)
