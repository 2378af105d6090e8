import { randomBytes } from 'node:crypto'
import { auth } from '@ledgersync/shared/auth'
import { Client } from 'pg'
import { endPrograms, productionEnv, startProgram, untilReady } from './program-kit.ts'

afterAll(endPrograms)

type Env = Record<string, string>

/** Starts the program, which is to refuse; answers what it said. */
async function refusal(env: Env, program?: string[]): Promise<string> {
  const { ended, output } = startProgram(env, [], program)
  const code = await ended
  expect([code, output()]).toEqual([78, expect.stringMatching(/^Ledgersync cannot start: .+\.$/m)])
  return output()
}

/** Starts the program, has `work` done, and ends it. */
async function whileRunning(env: Env, work: () => Promise<void>): Promise<void> {
  const program = startProgram(env)
  expect([await untilReady(program, env), program.output()]).toEqual([200, expect.stringContaining('ready')])
  await work()
  program.child.kill('SIGTERM')
  expect(await program.ended).toBe(0)
}

async function signUp(env: Env, domain: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${env.PORT}/v1${auth.signUp.url}`, {
    method: auth.signUp.method,
    headers: { 'content-type': 'application/json', origin: env.PUBLIC_URL ?? '' },
    body: JSON.stringify({ firmName: 'Northgate', name: 'Ada Marsh', email: `ada@${domain}`, password: 'copper lantern over the bay' }),
  })
  return answer.status
}

/** Roles belong to the whole server, which other files use at the same time. */
const [becomes, nobody] = ['boot_test_becomes', 'boot_test_nobody']
const newKey = (): string => randomBytes(32).toString('base64')

test('a key-encryption key that changed under its name, or is gone, is told before anything is written with it; a rotation is not', async () => {
  const env = await productionEnv()
  const [old, next] = [newKey(), newKey()]
  const withKeys = (keys: string): Env => ({ ...env, KEY_ENCRYPTION_KEYS: keys })
  await whileRunning(withKeys(`k1:${old}`), async () => expect(await signUp(env, 'northgate.example')).toBe(201))
  expect(await refusal(withKeys(`k1:${next}`))).toContain('KEY_ENCRYPTION_KEYS has another key as k1 than the one that wrapped')
  expect(await refusal(withKeys(`k2:${next},k1:${newKey()}`))).toContain('KEY_ENCRYPTION_KEYS has another key as k1')
  expect(await refusal({ ...withKeys(`k2:${next}`), PROCESS: 'worker' })).toContain('KEY_ENCRYPTION_KEYS lacks k1')
  await whileRunning(withKeys(`k2:${next},k1:${old}`), async () => expect(await signUp(env, 'southgate.example')).toBe(201))
  // The second firm's is wrapped by it
  expect(await refusal(withKeys(`k2:${newKey()},k1:${old}`))).toContain('KEY_ENCRYPTION_KEYS has another key as k2')
}, 120_000)

/** The address with another role, password or database. */
function address(url: string | undefined, change: { username?: string; password?: string; pathname?: string }): string {
  return Object.assign(new URL(url ?? ''), change).href
}

test('the API does not start as a superuser, as the owner or as somebody who can become either; the worker not as a superuser', async () => {
  const env = await productionEnv()
  const superuser = address(process.env.LEDGERSYNC_TEST_CLUSTER, { pathname: new URL(env.DATABASE_URL ?? '').pathname })
  const admin = new Client({ connectionString: superuser })
  await admin.connect()
  try {
    await admin.query(`create role ${becomes} login password 'test'`)
    await admin.query(`grant ledgersync_app, ledgersync_owner to ${becomes}`)
    await admin.query(`create role ${nobody} login password 'test'`)
    await admin.query(`grant connect on database ${admin.escapeIdentifier(admin.database ?? '')} to ${becomes}, ${nobody}`)
    const as = (username: string): string => address(env.DATABASE_URL, { username, password: 'test' })
    const asApp = (url: string): Promise<string> => refusal({ ...env, PROCESS: 'api', DATABASE_URL: url })
    const wants = 'it must sign in as ledgersync_app'
    expect(await asApp(superuser)).toContain(
      `DATABASE_URL signs in as postgres, which is a superuser, for whom row security does not hold; ${wants}`,
    )
    expect(await asApp(env.DATABASE_OWNER_URL ?? '')).toContain(
      `DATABASE_URL signs in as ledgersync_owner, which has the rights of the owner of the tables; ${wants}`,
    )
    expect(await asApp(as(becomes))).toContain(
      `DATABASE_URL signs in as ${becomes}, which has the rights of the owner of the tables; ${wants}`,
    )
    await admin.query(`revoke ledgersync_owner from ${becomes}`)
    await admin.query(`grant ledgersync_lookup to ${becomes}`)
    expect(await asApp(as(becomes))).toContain(`DATABASE_URL signs in as ${becomes}, which can go round row security; ${wants}`)
    expect(await asApp(as(nobody))).toContain(`DATABASE_URL signs in as ${nobody}, which has not the rights of ledgersync_app; ${wants}`)
    const asOwner = (url: string): Promise<string> => refusal({ ...env, PROCESS: 'worker', DATABASE_OWNER_URL: url })
    expect(await asOwner(superuser)).toContain(
      'DATABASE_OWNER_URL signs in as postgres, which is a superuser; it must sign in as ledgersync_owner',
    )
    expect(await asOwner(env.DATABASE_URL ?? '')).toContain('DATABASE_OWNER_URL signs in as ledgersync_app, which has not the rights')
  } finally {
    await admin.query(`drop owned by ${becomes}, ${nobody}`)
    await admin.query(`drop role ${becomes}, ${nobody}`)
    await admin.end()
  }
}, 120_000)

test('an address that the database refuses ends the start at once, with its name and without its password', async () => {
  const env = await productionEnv()
  const wrong = randomBytes(12).toString('hex')
  const said = await Promise.all([
    refusal({ ...env, PROCESS: 'api', DATABASE_URL: address(env.DATABASE_URL, { password: wrong }) }),
    refusal({ ...env, PROCESS: 'worker', DATABASE_OWNER_URL: address(env.DATABASE_OWNER_URL, { password: wrong }) }),
    refusal({ ...env, DATABASE_URL: address(env.DATABASE_URL, { pathname: `/${wrong}` }) }),
  ])
  expect(said).toEqual([
    'Ledgersync cannot start: DATABASE_URL is refused by the database: the role or its password is wrong.\n',
    'Ledgersync cannot start: DATABASE_OWNER_URL is refused by the database: the role or its password is wrong.\n',
    'Ledgersync cannot start: DATABASE_URL names a database that does not exist.\n',
  ])
}, 30_000)

test('a worker that would look for its jobs in another database does not start', async () => {
  const [env, other] = [await productionEnv(), await productionEnv()]
  const said = await refusal({ ...env, PROCESS: 'worker', DATABASE_OWNER_URL: other.DATABASE_OWNER_URL ?? '' })
  expect(said).toBe('Ledgersync cannot start: DATABASE_OWNER_URL leads to another database than DATABASE_URL.\n')
})
