import { randomBytes } from 'node:crypto'
import { auth } from '@ledgersync/shared/auth'
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
