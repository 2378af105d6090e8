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
  /** Does not start it again after this, and kills it. Resolves when it is gone. */
  end(): Promise<void>
  /** The last it wrote. */
  output(): string
  /** Everything else it wrote that begins like a crash of the program itself. */
  unexpectedEnds(): string[]
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

/** Starts it and keeps it running. */
export function keepRunning({ script, env, nextCrash, onCrash, onStart }: ProgramOptions): Program {
  let child: ChildProcess | null = null
  let killedByUs = false
  let ending = false
  let output = ''
  const unexpected: string[] = []
  let gone: Promise<void> = Promise.resolve()

  const start = (): void => {
    const crash = nextCrash()
    const settings = { ...env(), ...(crash !== null && { CRASH_AT: `${crash.steps.join(',')}#${crash.nth}` }) }
    killedByUs = false
    output += '\n'
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
        const step = steps.find((each) => output.endsWith(`died at ${each}\n`))
        if (step !== undefined) onCrash(step)
        else if (!killedByUs && !ending)
          unexpected.push(
            `${script} ended by itself (${signal ?? code}): ${/^.*the process fails.*$/m.exec(output)?.[0] ?? output.slice(-1_500)}`,
          )
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
    async end() {
      ending = true
      kill()
      await gone
    },
    output: () => output,
    unexpectedEnds: () => unexpected,
  }
}
