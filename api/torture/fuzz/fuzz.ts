import fc from 'fast-check'
import type { TestApp } from '../../test/harness.ts'
import { build } from './build.ts'
import { fingerprint } from './fingerprint.ts'
import { learn } from './learn.ts'
import { type Finding, judge, judgeLog, slowMs } from './oracles.ts'
import { type Plan, plans } from './plan.ts'
import { showRequest } from './report.ts'
import type { FuzzResult, Tally, Violation } from './result.ts'
import { otherTargets } from './surfaces.ts'
import { documentedTargets, type Target } from './target.ts'
import { Members, Ref } from './values.ts'
import { type Answer, type Outgoing, send } from './wire.ts'
import { makeWorld, type World } from './world.ts'

export interface FuzzOptions {
  /** All that is sent follows from it; what is answered depends on what the requests before have left. */
  seed: number
  /** How many requests to send. A few more may go out to finish a round. */
  requests: number
  /** Sends only this one request again, by the seed and path of a violation. */
  only?: { seed: number; path: string }
  /** Only these targets; all when left out. */
  targets?: (id: string) => boolean
  /** The firms of an earlier run; new ones when left out. */
  world?: World
  /** Told how far it is, a line at a time. */
  say?: (line: string) => void
}

const lanes = 5
const perLane = 50
/** So many are drawn, of which the writes of staff are sent, at most so many. */
const stormDrawn = 200
const stormMax = 14
/** Whoever deletes a client types its name. */
const confirmation = new Members([['businessName', new Ref('businessName', 'fact', 0)]])
const tellEvery = 5_000
const shrinksMax = 25
const shrinkMs = 5_000

/**
 * Sends generated requests at a running product and judges every answer. Five lanes at a time, in rounds: after each, all jobs are
 * run, the log is read, and what the requests used up is put back.
 */
export async function runFuzz(test: TestApp, options: FuzzOptions): Promise<FuzzResult> {
  const since = performance.now()
  const world = options.world ?? (await makeWorld(test))
  const before = await fingerprint(test, world.otherFirmId)
  const targets = [...(await documentedTargets(test)), ...otherTargets()].filter(({ id }) => options.targets?.(id) ?? true)
  const run = new Run(world, plans(targets))
  if (options.only === undefined) await run.all(options)
  else await run.one(options.only)
  await run.settle()
  const after = await fingerprint(test, world.otherFirmId)
  const { requests, byTarget, byStatus } = run
  const seconds = Math.round((performance.now() - since) / 100) / 10
  return { seed: options.seed, requests, seconds, byTarget, byStatus, violations: [...run.violations.values()], before, after }
}

class Run {
  requests = 0
  readonly byTarget: Record<string, Tally> = {}
  readonly byStatus: Record<string, number> = {}
  readonly violations = new Map<string, Violation>()
  private readonly shrunk = new Set<string>()
  private readonly world: World
  private readonly any: fc.Arbitrary<Plan>
  private readonly port: number

  constructor(world: World, any: fc.Arbitrary<Plan>) {
    this.world = world
    this.any = any
    this.port = Number(new URL(world.test.config.publicUrl).port)
  }

  async all({ seed, requests, say }: FuzzOptions): Promise<void> {
    let told = 0
    const shown = new Set<Violation>()
    for (let round = 0; this.requests < requests; round++) {
      await this.world.replenish(round)
      const each = Math.min(perLane, Math.ceil((requests - this.requests) / lanes))
      await Promise.all(Array.from({ length: lanes }, (_, lane) => this.lane(laneSeed(seed, round, lane), each)))
      await this.storm(laneSeed(seed, round, lanes), round)
      await this.settle()
      await this.shrinkNew()
      for (const violation of this.violations.values()) {
        if (shown.has(violation)) continue
        shown.add(violation)
        say?.(`${violation.oracle} at ${violation.target}: ${violation.detail.slice(0, 300)}`)
      }
      if (this.requests < told + tellEvery) continue
      told = this.requests
      say?.(`${told} requests, ${this.violations.size} violations`)
    }
  }

  async one({ seed, path }: { seed: number; path: string }): Promise<void> {
    await this.world.replenish(0)
    await fc.check(this.property(seed, path), { seed, path, numRuns: 1, endOnFailure: true })
  }

  /** Runs what is left to do and reads the log. */
  async settle(): Promise<void> {
    const { test } = this.world
    const failures = await test.drain()
    const lines = test.logs.splice(0)
    const findings: Finding[] = [...failures.map((detail): Finding => ({ oracle: 'job', detail })), ...judgeLog(lines)]
    for (const finding of findings) this.note(finding, { target: 'after a round', seed: 0, path: '', request: '' })
  }

  /** Many different things done to one client at the same moment, its deletion among them now and then. */
  private async storm(seed: number, round: number): Promise<void> {
    const drawn = fc.sample(this.any, { seed, numRuns: stormDrawn }).filter(({ target }) => target.method !== 'GET' && target.forStaff)
    const onClient = (plan: Plan): Plan => ({ ...plan, focus: round, honest: true, role: 'administrator', spoils: [] })
    const deletion = drawn.filter(({ target }) => target.id === 'deleteClient').map((plan): Plan => ({ ...plan, body: confirmation }))
    const storm = drawn
      .filter(({ target }) => target.id !== 'deleteClient' && !target.path.startsWith('/v1/auth'))
      .slice(0, stormMax)
      .map((plan): Plan => ({ ...onClient(plan), times: 'pair' }))
    if (round % 3 === 2) storm.splice(round % stormMax, 0, ...deletion.slice(0, 1).map(onClient))
    await Promise.all(
      storm.map(async (plan) => {
        const { request, findings } = await this.exchange(plan)
        for (const finding of findings)
          this.note(finding, { target: plan.target.id, seed, path: 'storm', request: showRequest(request, this.world.secrets()) })
      }),
    )
  }

  private async lane(seed: number, numRuns: number): Promise<void> {
    await fc.check(this.property(seed), { seed, numRuns, endOnFailure: true })
  }

  private property(seed: number, onlyPath?: string): fc.IAsyncProperty<[Plan]> {
    let index = -1
    return fc.asyncProperty(this.any, async (plan) => {
      index += 1
      const path = onlyPath ?? String(index)
      const { request, findings } = await this.exchange(plan)
      for (const finding of findings)
        this.note(finding, { target: plan.target.id, seed, path, request: showRequest(request, this.world.secrets()) })
    })
  }

  /** Sends the plan's request as often as it says, and judges what came back. */
  private async exchange(plan: Plan): Promise<{ request: Outgoing; findings: Finding[] }> {
    const request = build(plan, this.world)
    const sent = [this.judged(plan, request)]
    if (plan.times === 'twice') await sent[0]
    const more = { once: 0, twice: 1, pair: 1, crowd: 4 }[plan.times]
    for (let extra = 0; extra < more; extra++) sent.push(this.judged(plan, request))
    return { request, findings: (await Promise.all(sent)).flat() }
  }

  private async judged(plan: Plan, request: Outgoing): Promise<Finding[]> {
    let answer = await send(this.port, request)
    // The machine may have paused: what is slow twice is slow
    if (answer.ms > slowMs) answer = await send(this.port, request)
    this.count(plan.target, answer)
    learn(this.world.pool, answer)
    if (answer.status === 401 || (answer.status === 204 && /sign-out|sessions/.test(plan.target.path))) await this.world.renew(plan.role)
    return judge(plan, request, answer, this.world.secrets())
  }

  private count(target: Target, answer: Answer): void {
    this.requests += 1
    const tally = (this.byTarget[target.id] ??= { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, cut: 0 })
    const group = `${Math.floor(answer.status / 100)}xx`
    tally[group === '2xx' || group === '3xx' || group === '4xx' || group === '5xx' ? group : 'cut'] += 1
    const status = answer.outcome === 'answered' ? String(answer.status) : answer.outcome
    this.byStatus[status] = (this.byStatus[status] ?? 0) + 1
  }

  private note(finding: Finding, where: Pick<Violation, 'target' | 'seed' | 'path' | 'request'>): void {
    const key = keyOf(finding, where.target)
    const known = this.violations.get(key)
    if (known === undefined) this.violations.set(key, { ...finding, ...where, count: 1 })
    else known.count += 1
  }

  /** Looks for the smallest request that shows each new violation, from the one that did. */
  private async shrinkNew(): Promise<void> {
    for (const [key, violation] of this.violations) {
      if (this.shrunk.has(key) || !/^\d/.test(violation.path) || this.shrunk.size >= shrinksMax) continue
      this.shrunk.add(key)
      const { seed, path } = violation
      let request = violation.request
      const property = fc.asyncProperty(this.any, async (plan) => {
        const tried = await this.exchange(plan)
        if (!tried.findings.some((finding) => keyOf(finding, plan.target.id) === key)) return true
        request = showRequest(tried.request, this.world.secrets())
        return false
      })
      const found = await fc.check(property, { seed, path, numRuns: 1, interruptAfterTimeLimit: shrinkMs })
      violation.request = request
      if (found.counterexamplePath !== null) violation.path = found.counterexamplePath
    }
  }
}

/** Violations that differ only in numbers and ids are one. */
function keyOf({ oracle, detail }: Finding, target: string): string {
  const gist = detail.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id').replaceAll(/\d+/g, 'n')
  return `${oracle}|${target}|${gist.slice(0, 60)}`
}

/** Seeds that stand side by side lead to lanes that do not. */
const laneSeed = (seed: number, round: number, lane: number): number => (Math.imul(seed, 0x9e3779b1) + round * (lanes + 1) + lane) | 0
