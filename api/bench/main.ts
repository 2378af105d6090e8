import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { startTestCluster } from '../dev/test-cluster.mjs'
import { startTestApp, type TestApp } from '../test/harness.ts'
import { report, type Verdict } from '../torture/verdict.ts'
import { benchClients } from './clients/run.ts'
import { benchLanding } from './landing.ts'
import { benchScroll } from './scroll.ts'
import { benchUpload } from './upload.ts'

const usage = `npm run bench -- [options] [NAMES]

  NAMES        of what to measure: clients, landing, scroll, upload (all when left out)
  --clients N  clients of the firm (50000)
  --requests N measured requests of each kind (40)
  --rows N     rows of an uploaded list (5000)
  --loads N    loads of the client's page (10)
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    clients: { type: 'string' },
    requests: { type: 'string' },
    rows: { type: 'string' },
    loads: { type: 'string' },
    help: { type: 'boolean' },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)

function number(name: 'clients' | 'requests' | 'rows' | 'loads', otherwise: number): number {
  const value = Number(values[name] ?? otherwise)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above 0, not "${values[name]}"`)
  return value
}

const parts: Record<string, () => Promise<Verdict>> = {
  clients: () =>
    withProduct((product) => benchClients(product, { clients: number('clients', 50_000), requests: number('requests', 40), say })),
  landing: () => withProduct((product) => benchLanding(product, { loads: number('loads', 10) })),
  scroll: () => withProduct((product) => benchScroll(product, { clients: number('clients', 50_000), say })),
  upload: () => withProduct((product) => benchUpload(product, { rows: number('rows', 5_000), say })),
}

async function withProduct(measure: (product: TestApp) => Promise<Verdict>): Promise<Verdict> {
  const cluster = await startTestCluster()
  process.env.LEDGERSYNC_TEST_CLUSTER = cluster.url
  const product = await startTestApp({ LOG_LEVEL: 'silent' })
  try {
    return await measure(product)
  } finally {
    await product.close()
    cluster.removeNow()
  }
}

if (values.help) {
  say(usage)
} else {
  say(`${cpus().length} processors, Node ${process.versions.node}`)
  let holds = true
  for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) {
    const part = parts[name]
    if (part === undefined) throw new Error(`There is nothing called ${name} to measure. ${usage}`)
    holds = report(await part(), say) && holds
  }
  process.exitCode = holds ? 0 : 1
}
