import { sql } from 'drizzle-orm'
import { clients } from '@ledgersync/shared/clients'
import { withFirm } from '../../src/db/client.ts'
import type { Person } from '../../test/factories.ts'
import type { TestApp } from '../../test/harness.ts'
import { percentile, type Verdict } from '../../torture/verdict.ts'
import { type Caller, startCaller } from './caller.ts'
import { type Case, cases } from './cases.ts'
import { makeData } from './data.ts'
import { plainSql } from './plain.ts'

export interface BenchOptions {
  clients: number
  requests: number
  say: (line: string) => void
}

/** What a first page may take at the API, for nineteen of twenty. */
const boundMs = 50
/** What the dashboard, and the search over everything, may take for nineteen of twenty. */
const otherBoundMs = 150
/** Plain SQL is slow enough that a few runs tell. */
const plainRuns = 3

/**
 * Measures the first page of the client list with every order, filter and search, for an administrator, an employee assigned to
 * all clients and one assigned to few; beside it the same in plain SQL, whose answer must be the same.
 */
export async function benchClients(product: TestApp, options: BenchOptions): Promise<Verdict> {
  const caller = startCaller()
  try {
    return await measureAll(product, caller, options)
  } finally {
    await caller.close()
  }
}

async function measureAll(product: TestApp, caller: Caller, options: BenchOptions): Promise<Verdict> {
  const { say } = options
  say(`Making ${options.clients} clients`)
  const people = await makeData(product, options.clients)
  const lines: string[] = []
  const violations: string[] = []
  const asked: [string, Person][] = [
    ['administrator', people.administrator],
    ['employee of all', people.everywhere],
    ['employee of few', people.few],
  ]
  for (const [who, person] of asked) {
    const times: number[] = []
    for (const one of cases) {
      const measured = await measure({ product, caller }, one, person, options.requests)
      times.push(measured.p95)
      const line = `${who.padEnd(16)} ${one.name.padEnd(30)} p50 ${ms(measured.p50)}  p95 ${ms(measured.p95)}  plain SQL ${ms(measured.plain)}`
      say(line)
      if (measured.p95 > boundMs) violations.push(line)
      if (!measured.same) violations.push(`${who}, ${one.name}: not the clients that plain SQL finds`)
    }
    lines.push(
      `${who.padEnd(16)} ${cases.length} kinds of page, ${options.requests} requests each: the slowest p95 ${ms(Math.max(...times))}`,
    )
  }
  for (const [name, path, mostMs] of [
    ['counts of the tabs', '/v1/clients/counts', boundMs],
    ['how many match', '/v1/clients/total?health=needs_client&search=kestrel', boundMs],
    ['dashboard', '/v1/dashboard', otherBoundMs],
    ['search everywhere', '/v1/search?query=kestrel%20911', otherBoundMs],
    ['search everywhere, a bank', '/v1/search?query=harborview', otherBoundMs],
  ] as const) {
    const { taken: times } = await caller.ask(new URL(path, product.config.publicUrl), people.everywhere.cookie, options.requests)
    const line = `${'employee of all'.padEnd(16)} ${name.padEnd(30)} p50 ${ms(percentile(times, 50))}  p95 ${ms(percentile(times, 95))}`
    lines.push(line)
    if (percentile(times, 95) > mostMs) violations.push(line)
  }
  return { name: `clients: ${options.clients} of one firm, first page <= ${boundMs} ms (p95)`, lines, violations }
}

const ms = (value: number): string => `${value.toFixed(1).padStart(6)} ms`

async function measure(
  { product, caller }: { product: TestApp; caller: Caller },
  one: Case,
  person: Person,
  requests: number,
): Promise<{ p50: number; p95: number; plain: number; same: boolean }> {
  const query = Object.entries(one.query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  const path = `/v1${clients.list.url}?${query.join('&')}`
  const url = new URL(path, product.config.publicUrl)
  const { body } = await caller.ask(url, person.cookie, 1)
  // The endpoint's answer, by its contract
  const found = (body as { items: { id: string }[] }).items.map(({ id }) => id)
  const { taken: times } = await caller.ask(url, person.cookie, requests)
  const text = plainSql(one, person)
  let plainIds: string[] = []
  const plain = await timesOf(plainRuns, async () => {
    const { rows } = await withFirm(person.ctx, (tx) => tx.execute<{ id: string }>(sql.raw(text)), 'read')
    plainIds = rows.map(({ id }) => id)
  })
  const same = found.join() === plainIds.join()
  return { p50: percentile(times, 50), p95: percentile(times, 95), plain: percentile(plain, 50), same }
}

async function timesOf(times: number, work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = []
  for (let run = 0; run < times; run++) {
    const start = performance.now()
    await work()
    taken.push(performance.now() - start)
  }
  return taken
}
