import { auth } from '@ledgersync/shared/auth'
import { givePassword, password } from '../test/auth-kit.ts'
import { makeFirm, makeStaff } from '../test/factories.ts'
import type { TestApp } from '../test/harness.ts'
import { createRandom, type Random } from './random.ts'
import { percentile, type Verdict } from './verdict.ts'

interface TimesOptions {
  seed: number
  /** Calls of each kind, half of them about somebody. */
  calls: number
  say: (line: string) => void
}

/** Guesses at one name before it is closed. */
const guessesPerName = 10
/** Beyond so many standard deviations two samples of this size do not differ by chance: once in 15,000 runs. */
const zMax = 4
/** A difference of the medians that nobody could measure over a network. */
const differenceMaxMs = 0.5

/**
 * Whether anybody can tell by the time of an answer that somebody has a name: calls about known and unknown people, in random order, so
 * that whatever else slows the machine meets both. Compared by rank (Mann-Whitney), which no outlier moves; both the rank and the
 * medians must differ before it is held against the product.
 */
export async function runTimes(product: TestApp, { seed, calls, say }: TimesOptions): Promise<Verdict> {
  const random = createRandom(seed)
  const names = await makeNames(product, Math.ceil(calls / 2 / guessesPerName))
  const violations: string[] = []
  const lines: string[] = []
  for (const [kind, ask] of Object.entries(kinds(product))) {
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
    const order = Array.from({ length: calls }, (_, index) => (index % 2 === 0 ? ('known' as const) : ('unknown' as const)))
    shuffle(order, random)
    for (const who of order) {
      const nth = times[who].length
      const name = names[who][nth % names[who].length] ?? ''
      const started = performance.now()
      await ask(name, nth)
      times[who].push(performance.now() - started)
      // What is limited by the hour is to be measured past it
      if (nth % 20 === 19) await product.admin.query('delete from attempts')
    }
    const [z, difference] = [rankZ(times.known, times.unknown), median(times.known) - median(times.unknown)]
    const line = `${kind}, ${calls} calls: known ${spread(times.known)}, unknown ${spread(times.unknown)}, z ${z.toFixed(2)}`
    say(line)
    lines.push(line)
    if (Math.abs(z) > zMax && Math.abs(difference) > differenceMaxMs) {
      violations.push(`${kind} tells by its time who is known: medians ${difference.toFixed(2)} ms apart, z ${z.toFixed(1)}`)
    }
  }
  return { name: 'What times tell', lines, violations }
}

type Ask = (name: string, nth: number) => Promise<unknown>

function kinds(product: TestApp): Record<string, Ask> {
  return {
    'sign-in': (username) => product.call(auth.signIn, { body: { username, password: 'not the password at all' } }),
    'password recovery': (username) => product.call(auth.recoverPassword, { body: { username, channel: 'email' } }),
    'username recovery': (email) => product.call(auth.recoverUsername, { body: { email } }),
    'sign-up': (email) => product.call(auth.signUp, { body: { firmName: 'Northgate', name: 'Ada Marsh', email, password } }),
  }
}

async function makeNames(product: TestApp, count: number): Promise<Record<'known' | 'unknown', string[]>> {
  const dana = await makeFirm(product)
  const known: string[] = []
  for (let nth = 0; nth < count; nth++) {
    const person = await makeStaff(product, dana.firmId, 'employee')
    await givePassword(product, person)
    known.push(person.email)
  }
  return { known, unknown: known.map((_name, nth) => `nobody${nth}@quillstone.example`) }
}

function shuffle<T>(list: T[], random: Random): void {
  for (let index = list.length - 1; index > 0; index--) {
    const other = random.integer(0, index)
    const [a, b] = [list[index], list[other]]
    if (a !== undefined && b !== undefined) [list[index], list[other]] = [b, a]
  }
}

const median = (times: number[]): number => percentile(times, 50)
const spread = (times: number[]): string =>
  `${[10, 50, 90].map((percent) => percentile(times, percent).toFixed(2)).join('/')} ms (p10/p50/p90)`

/** Mann-Whitney's U of two samples as standard deviations from what chance gives. */
function rankZ(a: number[], b: number[]): number {
  const all = [...a.map((time) => ({ time, isA: true })), ...b.map((time) => ({ time, isA: false }))].sort((x, y) => x.time - y.time)
  const rankSum = all.reduce((sum, { isA }, index) => (isA ? sum + index + 1 : sum), 0)
  const u = rankSum - (a.length * (a.length + 1)) / 2
  const mean = (a.length * b.length) / 2
  return (u - mean) / Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12)
}
