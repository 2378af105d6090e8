import { parseArgs } from 'node:util'
import { verdictOf } from './fuzz/report.ts'
import { runFuzz } from './fuzz/fuzz.ts'
import { makeSite } from './fuzz/site.ts'
import { runIsolation } from './isolation.ts'
import { runInvites } from './kills/invites.ts'
import { runKills } from './kills/run.ts'
import { startTestCluster } from '../dev/test-cluster.mjs'
import { startTestApp, type TestApp, type TestOptions } from '../test/harness.ts'
import { runMessages } from './messages.ts'
import { runPushes } from './pushes.ts'
import { modelNetwork } from './model/real.ts'
import { runModel } from './model/run.ts'
import { runSchedules } from './schedules.ts'
import { runTimes } from './times.ts'
import { report, type Verdict } from './verdict.ts'

const usage = `npm run torture -- [options]

  --only NAMES     comma-separated: kills, invites, messages, schedules, pushes, model, fuzz, isolation, times (all when left out)
  --seed N         replays; random when left out
  --seconds N      bound of the part with kills (1800)
  --kills N        random kill -9 of API, worker, database and machine (200)
  --deaths N       deaths at each step of an outside effect (8)
  --faults N       percent of calls and webhooks of the outside services that go wrong (5)
  --clients N      clients who are invited in one go while workers die (3000)
  --worker-kills N kill -9 of the worker meanwhile (50)
  --invites N      people who are invited by text and mail (2000)
  --message-faults N  percent of calls of the text and mail services that go wrong meanwhile (30)
  --schedules N    schedules of faults while rows arrive (1000)
  --transactions N rows the bank sends in each, at least (500)
  --schedule-faults N  percent of calls and webhooks of the bank that go wrong meanwhile (25)
  --entries N      entries pushed into books that ignore the request id (20000)
  --companies N    over so many companies (8)
  --dropped N      percent of answers lost meanwhile, after the entries were made (5)
  --sequences N    of what people, banks and bookkeepers do, compared with a model of it (5000)
  --path N         of these only the one a violation names with its seed
  --questions N    interleaved requests of people who must see what is theirs (10000)
  --firms N        of the people of so many firms (50)
  --calls N        sign-ins and the like, timed for known and unknown people (400)
  --requests N     generated requests to every operation, page and webhook (100000)
`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string' },
    seconds: { type: 'string' },
    kills: { type: 'string' },
    deaths: { type: 'string' },
    faults: { type: 'string' },
    clients: { type: 'string' },
    'worker-kills': { type: 'string' },
    invites: { type: 'string' },
    'message-faults': { type: 'string' },
    schedules: { type: 'string' },
    transactions: { type: 'string' },
    'schedule-faults': { type: 'string' },
    entries: { type: 'string' },
    companies: { type: 'string' },
    dropped: { type: 'string' },
    sequences: { type: 'string' },
    path: { type: 'string' },
    requests: { type: 'string' },
    questions: { type: 'string' },
    firms: { type: 'string' },
    calls: { type: 'string' },
    help: { type: 'boolean' },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)

function number(name: Exclude<keyof typeof values, 'only' | 'path' | 'help'>, otherwise: number): number {
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
      pauseMaxMs: 6_000,
      deathsPerStep: number('deaths', 8),
      faultPercent: number('faults', 5),
      firstJobMaxMs: 2_000,
      firms: 4,
      clients: 60,
      say,
    }),
  invites: () =>
    runInvites({
      seed,
      clients: number('clients', 3_000),
      kills: number('worker-kills', 50),
      faultPercent: number('faults', 5),
      say,
    }),
  messages: () =>
    onProduct(
      (product) => runMessages(product, { seed, invites: number('invites', 2_000), faultPercent: number('message-faults', 30), say }),
      // At any hour of the day
      { LOG_LEVEL: 'silent', QUIET_HOURS: 'off' },
    ),
  schedules: () =>
    onProduct((product) =>
      runSchedules(product, {
        seed,
        schedules: number('schedules', 1_000),
        transactions: number('transactions', 500),
        faultPercent: number('schedule-faults', 25),
        say,
      }),
    ),
  pushes: () =>
    onProduct(
      (product) =>
        runPushes(product, {
          seed,
          entries: number('entries', 20_000),
          companies: number('companies', 8),
          droppedPercent: number('dropped', 5),
          say,
        }),
      { LOG_LEVEL: 'silent' },
      // Minutes pass at once, and the bookkeeping service counts by the minute
      { oneClock: true },
    ),
  model: () =>
    onProduct(
      (product) =>
        runModel(product, { seed, sequences: number('sequences', 5_000), ...(values.path !== undefined && { path: values.path }), say }),
      { LOG_LEVEL: 'error' },
      { network: modelNetwork },
    ),
  fuzz: async () =>
    onProduct(
      async (product) => verdictOf(await runFuzz(product, { seed, requests: number('requests', 100_000), say })),
      // What the product logs is judged, too
      { LOG_LEVEL: 'info', WEB_DIR: await makeSite() },
    ),
  isolation: () =>
    onProduct((product) => runIsolation(product, { seed, requests: number('questions', 10_000), firms: number('firms', 50), say }), {
      LOG_LEVEL: 'silent',
      DATABASE_CONNECTIONS_MAX: '5',
    }),
  times: () => onProduct((product) => runTimes(product, { seed, calls: number('calls', 400), say })),
}

/** Runs a part on the product in this process, with a database of its own. */
async function onProduct(
  work: (product: TestApp) => Promise<Verdict>,
  env: Record<string, string> = { LOG_LEVEL: 'silent' },
  options: TestOptions = {},
): Promise<Verdict> {
  const cluster = await startTestCluster()
  process.env.LEDGERSYNC_TEST_CLUSTER = cluster.url
  const product = await startTestApp(env, { network: { plaid: { firstSyncReadyMs: 0 }, webhookWaitsMs: [5, 20, 80] }, ...options })
  try {
    return await work(product)
  } finally {
    await product.close()
    cluster.removeNow()
  }
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
