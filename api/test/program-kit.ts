import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { testDatabase } from './setup/database.ts'

const root = resolve(import.meta.dirname, '../..')
const running: ChildProcess[] = []

/** A verification key as the mail service shows it. */
export const eventKey = (namedCurve = 'P-256'): string =>
  generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'der', type: 'spki' }).toString('base64')

/** Settings as a production has them: its own secrets, the providers' real addresses (never called here). */
export async function productionEnv(): Promise<Record<string, string>> {
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

export interface Started {
  child: ChildProcess
  /** All it has written, to either stream. */
  output(): string
  /** Its exit code. */
  ended: Promise<number | null>
}

/** Starts the built program as a process of its own; `flags` are Node's. */
export function startProgram(env: Record<string, string>, flags: string[] = [], program = ['api/dist/server.js']): Started {
  const child = spawn(process.execPath, [...flags, ...program], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  return { child, output: () => text, ended: new Promise((done) => child.once('close', done)) }
}

/** Waits until it answers, or has ended. */
export async function untilReady({ child }: Started, env: Record<string, string>): Promise<number | undefined> {
  const deadline = Date.now() + 60_000
  let status: number | undefined
  while (status !== 200 && Date.now() < deadline && child.exitCode === null) {
    status = await fetch(`http://127.0.0.1:${env.PORT}/readyz`).then(
      (response) => response.status,
      () => undefined,
    )
    if (status !== 200) await new Promise((wait) => setTimeout(wait, 100))
  }
  return status
}

/** Ends what is still running; for afterAll. */
export function endPrograms(): void {
  for (const child of running) if (child.exitCode === null) child.kill('SIGKILL')
}
