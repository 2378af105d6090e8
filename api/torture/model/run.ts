import fc from 'fast-check'
import { verifyAudit } from '../../src/core/audit.ts'
import type { TestApp } from '../../test/harness.ts'
import type { Verdict } from '../verdict.ts'
import { compare } from './compare.ts'
import { makeReal, type Real, withoutPace } from './real.ts'
import { type Command, rest } from './step.ts'
import { emptyModel, living, type Model } from './state.ts'
import { allCommands, beginnings } from './steps/all.ts'
import { synchronizeClient } from './steps/banks.ts'
import { deleteClient, setLocked } from './steps/people.ts'

export interface ModelOptions {
  seed: number
  sequences: number
  /** Plays one run again, as a violation names it. */
  path?: string
  say?(line: string): void
}

export interface ModelVerdict extends Verdict {
  sequences: number
  /** How often each thing was done. */
  commands: Record<string, number>
  seconds: number
}

/** The longest sequence after its beginning. Most are shorter, and of a sequence what cannot be done is left out. */
const commandsMax = 30
const violationsMax = 5
/** Playing on to find a shorter sequence that fails ends after so many. */
const shrinksMax = 150
const auditEvery = 20

/**
 * Plays sequences of what people, banks and bookkeepers do against the product and, in plain data, against a model of it. After
 * each, when everything is at rest, the database, the banks, the phones and the books of QuickBooks must be what the model says; then
 * every client is deleted, and nothing may be left of them.
 */
export async function runModel(product: TestApp, options: ModelOptions): Promise<ModelVerdict> {
  const since = performance.now()
  const seconds = (): number => (performance.now() - since) / 1_000
  const commands = new Map<string, number>()
  const violations: string[] = []
  let [played, seed] = [0, options.seed]
  while (played < options.sequences && violations.length < violationsMax) {
    const round = await playRound(product, { ...options, seed, sequences: options.sequences - played, since, commands })
    played += round.played
    if (round.violation === null) break
    violations.push(round.violation)
    options.say?.(`  VIOLATION  ${round.violation}`)
    if (options.path !== undefined) break
    seed = (seed + 1) % 2 ** 31
  }
  const counts = Object.fromEntries([...commands].sort(([, a], [, b]) => b - a))
  return {
    name: `Model of the whole product (seed ${options.seed})`,
    lines: [
      `${played} sequences, ${[...commands.values()].reduce((sum, count) => sum + count, 0)} commands, ${Math.round(seconds())} s`,
      JSON.stringify(counts),
    ],
    violations,
    sequences: played,
    commands: counts,
    seconds: seconds(),
  }
}

interface Round extends ModelOptions {
  since: number
  commands: Map<string, number>
}

/** Plays sequences until one fails, and answers the shortest like it that was found. */
async function playRound(product: TestApp, round: Round): Promise<{ played: number; violation: string | null }> {
  let [played, failing] = [0, 0]
  const property = fc.asyncProperty(
    fc.nat(beginnings.length - 1),
    fc.commands(allCommands, { maxCommands: commandsMax, size: 'max', disableReplayLog: true }),
    async (beginning, sequence) => {
      // Once one has failed, what follows are shorter ones like it
      if (failing > 0) failing += 1
      if (failing > shrinksMax) return
      if (failing === 0) played += 1
      try {
        await playSequence(product, [...(beginnings[beginning] ?? [])], { sequence, round, withAudit: played % auditEvery === 0 })
      } catch (error) {
        failing = Math.max(1, failing)
        throw error
      }
      if (failing === 0 && played % 100 === 0)
        round.say?.(`  ${played} sequences, ${Math.round((performance.now() - round.since) / 1_000)} s`)
    },
  )
  const { seed, sequences: numRuns, path } = round
  const found = await fc.check(property, { seed, numRuns: path === undefined ? numRuns : 1, ...(path !== undefined && { path }) })
  if (!found.failed) return { played, violation: null }
  const run = (found.counterexamplePath ?? '').split(':')[0]
  const [beginning, commands] = found.counterexample ?? []
  const what = found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance)
  return { played, violation: `seed ${seed}, path ${run}: beginning ${beginning}, ${fc.stringify(commands)}: ${what}` }
}

async function playSequence(
  product: TestApp,
  beginning: Command[],
  { sequence, round, withAudit }: { sequence: Iterable<Command>; round: Round; withAudit: boolean },
): Promise<void> {
  const [model, real] = [emptyModel(), await makeReal(product)]
  // New adapters also forget the keys of a bank provider that there was before
  const putBack = withoutPace(product)
  try {
    for (const command of beginning) await command.run(model, real)
    await fc.asyncModelRun(() => ({ model, real }), sequence)
    await settleAll(model, real)
    await mustMatch(model, real)
    for (const _client of living(model)) await deleteClient.act(model, real, { client: 0 })
    await rest(model, real)
    await mustMatch(model, real)
    if (withAudit) await mustVerify(real)
  } finally {
    await clearWorld(product)
    putBack()
    for (const [name, count] of real.counts) round.commands.set(name, (round.commands.get(name) ?? 0) + count)
  }
}

/** Everything comes to its end, and every bank that can be asked is asked. */
async function settleAll(model: Model, real: Real): Promise<void> {
  await rest(model, real)
  for (const client of living(model)) {
    if (client.locked) await setLocked(client, real, false)
    else await synchronizeClient(client, real)
  }
  await rest(model, real)
}

async function mustMatch(model: Model, real: Real): Promise<void> {
  const found = await compare(model, real)
  if (found.length > 0) throw new Error(found.join('\n    '))
}

/** The chain of the firm's history holds, deletions included. */
async function mustVerify(real: Real): Promise<void> {
  await real.product.advance(sealedAfterMs)
  await rest(emptyModel(), real)
  const { ok, unsealed, problem } = await verifyAudit(real.dana.ctx)
  if (!ok || unsealed > 0) throw new Error(`The history does not verify: ${problem}, ${unsealed} not sealed`)
}

const sealedAfterMs = 10_000

/** The next sequence finds an empty outside world, in which companies are numbered from the beginning again. */
async function clearWorld(product: TestApp): Promise<void> {
  await product.network.settled()
  await product.admin.query('delete from graphile_worker._private_jobs')
  await product.admin.query(`delete from global_keys where kind = 'realm'`)
  await product.network.reset()
}
