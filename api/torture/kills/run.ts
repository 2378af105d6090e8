import { setTimeout as sleep } from 'node:timers/promises'
import { type Crash, type Step, steps } from '../../src/core/steps.ts'
import { isDatabaseLost } from '../../src/db/client.ts'
import { createRandom, type Random } from '../random.ts'
import { percentile, type Verdict } from '../verdict.ts'
import { compareBooks } from './books-compare.ts'
import { Refused } from './desk.ts'
import { type Installation, startInstallation, type Victim } from './installation.ts'
import { type People, signUpFirm } from './people.ts'
import { comeToRest } from './rest.ts'
import { scenes } from './scenes.ts'
import type { Scene, Stage } from './stage.ts'

export interface KillOptions {
  seed: number
  /** It ends when all kills are done and each step was died at so often, but never later. */
  secondsMax: number
  /** Random kills of processes. */
  kills: number
  /** The longest pause between two of them. */
  pauseMaxMs: number
  /** How often a process is to die at each step, at least. Meanwhile it dies at others too. */
  deathsPerStep: number
  /** What the slowest twentieth of first jobs after a start may take; null where nobody may be timed. */
  firstJobMaxMs: number | null
  /** Faults of the outside services, in percent of calls and webhooks. */
  faultPercent: number
  firms: number
  clients: number
  say(line: string): void
}

const lanes = 4
const stepsOfApi = new Set<Step>(['invite.created', 'webhook.stored', 'visit.prepared', 'visit.opened', 'grant.made', 'grant.recorded'])

/**
 * The real programs under kill -9: people and banks go on with their work while API, worker, database and machine die, at random
 * and at every named step; then everything may come to rest, and what the outside world holds is compared with what we hold.
 */
export async function runKills(options: KillOptions): Promise<Verdict> {
  const random = createRandom(options.seed)
  const deaths = new Map<Step, number>(steps.map((step) => [step, 0]))
  const since = performance.now()
  let crashing = false
  const installation = await startInstallation({
    nextCrash: (program) => (crashing ? chooseSteps(program, deaths, options.deathsPerStep, random) : null),
    onCrash: (step) => void deaths.set(step, (deaths.get(step) ?? 0) + 1),
  })
  try {
    await installation.ready()
    const people: People = { desks: [], clients: [], deleted: [] }
    for (let number = 1; number <= options.firms; number++) people.desks.push(await signUpFirm(installation, number))
    const stage: Stage = { installation, people, random, clientsMax: options.clients }
    installation.network.setFaults(options.faultPercent > 0 ? { seed: options.seed, percent: options.faultPercent } : null)
    crashing = true
    const over = (): boolean => performance.now() - since > options.secondsMax * 1_000
    const theatre = openTheatre(stage)
    const killed = await killAtRandom(installation, { ...options, random, deaths, over })
    crashing = false
    await theatre.close()
    const faults = JSON.stringify(installation.network.faults())
    installation.network.setFaults(null)
    options.say(`  everything done in ${Math.round((performance.now() - since) / 1_000)} s, coming to rest`)
    await comeToRest(installation)
    const { counts, violations } = await compareBooks(installation, people)
    return verdictOf({ options, people, installation, deaths, killed, theatre, faults, since, counts, violations })
  } finally {
    await installation.close()
  }
}

/**
 * The steps of this program that were died at least often, so that all come round, and the rare ones whenever they come; every
 * second time all that were not died at often enough, so that a rare one keeps nothing waiting.
 */
function chooseSteps(program: 'api' | 'worker', deaths: Map<Step, number>, enough: number, random: Random): Crash {
  const own = [...deaths].filter(([step]) => stepsOfApi.has(step) === (program === 'api'))
  const least = Math.min(...own.map(([, count]) => count))
  const most = random.percent(50) ? least : Math.max(least, enough - 1)
  const behind = own.filter(([, count]) => count <= most).map(([step]) => step)
  // Few are behind: they come rarely, and seldom more than once before something else dies
  return { steps: behind, nth: random.integer(1, Math.min(5, behind.length)) }
}

interface Killing extends KillOptions {
  random: Random
  deaths: Map<Step, number>
  over(): boolean
}

async function killAtRandom(
  installation: Installation,
  { random, deaths, kills, pauseMaxMs, deathsPerStep, over, say }: Killing,
): Promise<Map<Victim, number>> {
  const killed = new Map<Victim, number>()
  let count = 0
  const stepsLeft = (): number => [...deaths.values()].filter((died) => died < deathsPerStep).length
  while (!over() && (count < kills || stepsLeft() > 0)) {
    await sleep(random.integer(500, pauseMaxMs))
    const victim = random.pick(['api', 'api', 'worker', 'worker', 'worker', 'database', 'machine'] as const)
    // The clock of a machine that comes up again is ahead, now and then behind
    if (victim === 'machine') await installation.jump(random.percent(20) ? -random.integer(1, 5_000) : random.integer(60_000, 900_000))
    else await installation.kill(victim)
    count += 1
    killed.set(victim, (killed.get(victim) ?? 0) + 1)
    if (count % 20 === 0)
      say(
        `  ${count} random kills, ${[...deaths.values()].reduce((sum, died) => sum + died, 0)} deaths at steps, ${stepsLeft()} steps to go`,
      )
  }
  return killed
}

interface Theatre {
  played: Map<string, number>
  /** What went wrong in scenes, in words, counted. */
  broken: Map<string, number>
  close(): Promise<void>
}

/** Several scenes at any time, until it is closed. */
function openTheatre(stage: Stage): Theatre {
  const [played, broken] = [new Map<string, number>(), new Map<string, number>()]
  const program = scenes.flatMap((scene) => Array.from({ length: scene.weight }, () => scene))
  let closed = false
  const play = async (scene: Scene): Promise<void> => {
    try {
      if (await scene.play(stage)) played.set(scene.name, (played.get(scene.name) ?? 0) + 1)
    } catch (error) {
      const words = wordsOf(error)
      if (words !== null) broken.set(`${scene.name}: ${words}`, (broken.get(`${scene.name}: ${words}`) ?? 0) + 1)
    }
  }
  const lane = async (): Promise<void> => {
    while (!closed) {
      await play(stage.random.pick(program))
      await sleep(stage.random.integer(5, 60))
    }
  }
  const running = Array.from({ length: lanes }, lane)
  return {
    played,
    broken,
    async close() {
      closed = true
      await Promise.all(running)
    },
  }
}

/** Null for what a killed process or a refusal of the moment explains; everything else is told. */
function wordsOf(error: unknown): string | null {
  if (error instanceof Refused || isDatabaseLost(error)) return null
  const message = error instanceof Error ? error.message : String(error)
  return /fetch failed|aborted|timeout/i.test(message) ? null : message.slice(0, 200)
}

interface Findings {
  options: KillOptions
  people: People
  installation: Installation
  deaths: Map<Step, number>
  killed: Map<Victim, number>
  theatre: Theatre
  faults: string
  since: number
  counts: Record<string, number>
  violations: string[]
}

const listed = (counts: Iterable<[string, number]>): string => [...counts].map(([name, count]) => `${name} ${count}`).join(', ') || 'none'

function countFailures({ desks }: People): Map<string, number> {
  const sum = new Map<string, number>()
  for (const { failures } of desks) for (const [status, count] of failures) sum.set(String(status), (sum.get(String(status)) ?? 0) + count)
  return sum
}

function verdictOf({ options, people, installation, deaths, killed, theatre, faults, since, counts, violations }: Findings): Verdict {
  const failures = countFailures(people)
  const firstJob = percentile(installation.firstJobs, 95)
  const missed = [...deaths].filter(([, count]) => count < options.deathsPerStep)
  const found = [
    ...violations,
    ...installation.unexpectedEnds(),
    ...[...theatre.broken].map(([words, count]) => `${words} (${count} times)`),
  ]
  if (missed.length > 0) found.push(`not died at often enough: ${listed(missed)}`)
  if (options.firstJobMaxMs !== null && firstJob > options.firstJobMaxMs)
    found.push(`first job after ${Math.round(firstJob)} ms (p95 of ${installation.firstJobs.length})`)
  return {
    name: `Kills (seed ${options.seed})`,
    lines: [
      `random kills: ${listed(killed)}`,
      `deaths at steps: ${listed(deaths)}`,
      `faults: ${faults}`,
      `scenes: ${listed(theatre.played)}`,
      `programs that ended with their database: ${installation.endedAlong()}`,
      `answers of 500 and above meanwhile: ${listed(failures)}`,
      `first job after a start: median ${Math.round(percentile(installation.firstJobs, 50))} ms, p95 ${Math.round(firstJob)} ms of ${installation.firstJobs.length}`,
      `at rest: ${listed(Object.entries(counts))}`,
      `${Math.round((performance.now() - since) / 1_000)} s in all`,
    ],
    violations: found,
  }
}
