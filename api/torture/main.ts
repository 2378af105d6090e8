import { parseArgs } from 'node:util'
import { runKills } from './kills/run.ts'
import { report, type Verdict } from './verdict.ts'

const usage = `npm run torture -- [options]

  --only NAMES     comma-separated: kills (all when left out)
  --seed N         replays; random when left out
  --seconds N      bound of the part with kills (1800)
  --kills N        random kill -9 of API, worker, database and machine (200)
  --deaths N       deaths at each step of an outside effect (8)
  --faults N       percent of calls and webhooks of the outside services that go wrong (5)
`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string' },
    seconds: { type: 'string' },
    kills: { type: 'string' },
    deaths: { type: 'string' },
    faults: { type: 'string' },
    help: { type: 'boolean' },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)

function number(name: 'seed' | 'seconds' | 'kills' | 'deaths' | 'faults', otherwise: number): number {
  const text = values[name]
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number, not "${text}"`)
  return value
}

const seed = number('seed', Math.floor(Math.random() * 2 ** 31))

const parts: Record<string, () => Promise<Verdict>> = {
  kills: () =>
    runKills({
      seed,
      secondsMax: number('seconds', 1_800),
      kills: number('kills', 200),
      deathsPerStep: number('deaths', 8),
      faultPercent: number('faults', 5),
      firms: 4,
      clients: 60,
      say,
    }),
}

if (values.help) {
  say(usage)
} else {
  const names = values.only?.split(',') ?? Object.keys(parts)
  say(`Torture with seed ${seed}: ${names.join(', ')}`)
  let holds = true
  for (const name of names) {
    const part = parts[name]
    if (part === undefined) throw new Error(`There is no part called ${name}. ${usage}`)
    holds = report(await part(), say) && holds
  }
  say(holds ? '\nEverything holds.' : '\nBROKEN.')
  process.exitCode = holds ? 0 : 1
}
