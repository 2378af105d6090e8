import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Crash, type Step, steps } from '../../src/core/steps.ts'
import { inRoot, root } from '../../dev/paths.mjs'

const outputKept = 20_000
const restartPauseMs = 50

/** One program of the product as a process of its own, started again whenever it ends. */
export interface Program {
  /** Kills it; whoever watches starts it again. */
  kill(): void
  /** Sets its clock as it runs. One that starts at this moment reads it from its settings. */
  setClock(offsetMs: number): void
  /** Does not start it again after this, and kills it. Resolves when it is gone. */
  end(): Promise<void>
  /** The last it wrote. */
  output(): string
  /** How it ended by itself, each time that cannot be explained. */
  unexpectedEnds(): string[]
  /** How often it ended because its database did: what it holds is then free for its next start, which is what supervisors are for. */
  endedAlong(): number
}

export interface ProgramOptions {
  script: string
  /** Settings for the next start: they change with the clock and with the step it is to die at. */
  env(): Record<string, string>
  /** Where the coming start is to die, or null. Asked once a start. */
  nextCrash(): Crash | null
  /** It died there. */
  onCrash(step: Step): void
  onStart(): void
}

/** What the program says last when a lost database ends it. */
const endedWithDatabase = /57P0[123]|ECONNREFUSED|ECONNRESET|Connection terminated/

const lastFailure = (output: string): string => output.split('\n').findLast((line) => line.includes('the process fails')) ?? ''

/** Starts it and keeps it running. */
export function keepRunning({ script, env, nextCrash, onCrash, onStart }: ProgramOptions): Program {
  let child: ChildProcess | null = null
  let killedByUs = false
  let ending = false
  let output = ''
  const unexpected: string[] = []
  let endedAlong = 0
  let gone: Promise<void> = Promise.resolve()

  const start = (): void => {
    const crash = nextCrash()
    const settings = { ...env(), ...(crash !== null && { CRASH_AT: `${crash.steps.join(',')}#${crash.nth}` }) }
    killedByUs = false
    output = ''
    const started = spawn(process.execPath, ['--import', inRoot('api/dev/die-with-parent.mjs'), inRoot(script)], {
      cwd: root,
      detached: true,
      env: { PATH: process.env.PATH ?? '', ...settings },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    child = started
    onStart()
    for (const stream of [started.stdout, started.stderr])
      stream?.on('data', (chunk: Buffer) => void (output = (output + chunk.toString()).slice(-outputKept)))
    gone = new Promise((resolve) => {
      started.once('close', (code, signal) => {
        const step = steps.find((each) => output.includes(`died at ${each}\n`))
        if (step !== undefined) onCrash(step)
        else if (endedWithDatabase.test(lastFailure(output))) endedAlong += 1
        else if (!killedByUs && !ending)
          unexpected.push(`${script} ended by itself (${signal ?? code}): ${lastFailure(output) || output.slice(-1_500)}`)
        resolve()
        if (!ending) void sleep(restartPauseMs).then(() => (ending ? undefined : start()))
      })
    })
  }
  const kill = (): void => {
    killedByUs = true
    child?.kill('SIGKILL')
  }
  start()
  return {
    kill,
    setClock(clockOffsetMs) {
      // Nobody hears it in one that is just dying
      if (child?.connected === true) child.send({ clockOffsetMs }, () => {})
    },
    async end() {
      ending = true
      kill()
      await gone
    },
    output: () => output,
    unexpectedEnds: () => unexpected,
    endedAlong: () => endedAlong,
  }
}
