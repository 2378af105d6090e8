import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { erasure } from '@ledgersync/shared/erasure'
import { bothBooks, customAccount, customUser, type LinkedBank, signInAtBank } from '../test/bank-factories.ts'
import { makeClient, makeFirm, makeStaff, type Person } from '../test/factories.ts'
import type { TestApp } from '../test/harness.ts'
import { createRandom } from './random.ts'
import type { Verdict } from './verdict.ts'

export interface ScheduleOptions {
  seed: number
  schedules: number
  /** How many rows the bank sends in each, at least; meanwhile others post, change and go. */
  transactions: number
  faultPercent: number
  say(line: string): void
}

const roundsMax = 40
/** How often in a schedule there may be a sync. */
const rounds = 6
const hourMs = 60 * 60_000

/**
 * Schedules of faults at the bank while rows come, post, change and go: after each, our table must equal the bank's. Webhooks and
 * answers are lost, doubled, cut and late; rows change between pages.
 */
export async function runSchedules(product: TestApp, options: ScheduleOptions): Promise<Verdict> {
  const since = performance.now()
  const violations: string[] = []
  const counts = { faults: 0, sent: 0, standing: 0 }
  // One firm for all: the poll of a day asks every firm
  const { firmId } = await makeFirm(product)
  for (let number = 0; number < options.schedules; number++) {
    const seed = options.seed + number
    try {
      const { bank, sent, leave } = await playSchedule(product, firmId, { ...options, seed })
      counts.faults += Object.values(product.network.faults().plaid).reduce((sum, count) => sum + count, 0)
      product.network.setFaults(null)
      violations.push(...(await differences(product, bank)).map((line) => `schedule ${seed}: ${line}`))
      counts.sent += sent
      counts.standing += product.network.plaid.transactions(bank.itemId).length
      await leave()
    } catch (error) {
      product.network.setFaults(null)
      violations.push(`schedule ${seed}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`)
    }
    if ((number + 1) % 100 === 0) options.say(`  ${number + 1} schedules, ${Math.round((performance.now() - since) / 1_000)} s`)
  }
  return {
    name: `Fault schedules (seed ${options.seed})`,
    lines: [
      `${options.schedules} schedules, ${options.faultPercent} % faults: ${counts.faults} faults, ${counts.sent} rows sent, ${counts.standing} stand at the end`,
      `${violations.length} differences, ${Math.round((performance.now() - since) / 1_000)} s`,
    ],
    violations,
  }
}

async function playSchedule(
  product: TestApp,
  firmId: string,
  { seed, transactions, faultPercent }: ScheduleOptions,
): Promise<{ bank: LinkedBank; sent: number; leave(): Promise<void> }> {
  const random = createRandom(seed)
  const dana = await makeStaff(product, firmId, 'administrator')
  const clientId = await makeClient(product, dana)
  const bank = await linkEmptyBank(product, dana, clientId)
  product.network.setFaults({ seed, percent: faultPercent, slowMsMax: 5, holdMsMax: 20 })
  let sent = 0
  for (let round = 0; round < roundsMax && sent < transactions; round++) {
    const activity = { seed: seed * roundsMax + round, steps: Math.ceil((2 * transactions) / rounds), rowsMax: 2 * transactions }
    const { added, addedPending } = product.network.plaid.act(bank.itemId, activity)
    sent += added + addedPending
    if (random.percent(70)) await product.drain()
    if (random.percent(20)) await product.advance(random.integer(1, 3) * hourMs)
  }
  await product.drain()
  return { bank, sent, leave: () => deleteClient(product, firmId, clientId) }
}

/** Or every schedule would have the banks of all before it polled. By somebody signed in now, for days have passed. */
async function deleteClient(product: TestApp, firmId: string, clientId: string): Promise<void> {
  const dana = await makeStaff(product, firmId, 'administrator')
  const params = { clientId }
  const { businessName } = (await product.call(clients.get, { params }, dana)).body
  const { status } = await product.call(erasure.remove, { params, body: { businessName } }, dana)
  if (status >= 300) throw new Error(`The client's deletion was answered ${status}`)
  await product.drain()
}

/** Whatever went wrong, one day later the poll has mended it. */
async function differences(product: TestApp, bank: LinkedBank): Promise<string[]> {
  await product.advance(25 * hourMs)
  await product.admin.query(`select graphile_worker.add_job('poll_connections', '{}'::json, job_key => 'torture:poll')`)
  await product.drain()
  await product.drain()
  const { ours, theirs } = await bothBooks(product, bank)
  const [had, want] = [new Set(ours), new Set(theirs)]
  const found = [
    ...ours.filter((line) => !want.has(line)).map((line) => `ours alone: ${line}`),
    ...theirs.filter((line) => !had.has(line)).map((line) => `the bank's alone: ${line}`),
  ]
  if (ours.length !== had.size) found.push(`${ours.length - had.size} rows twice`)
  return found.slice(0, 5)
}

async function linkEmptyBank(product: TestApp, dana: Person, clientId: string): Promise<LinkedBank> {
  const { status } = await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  if (status !== 201) throw new Error(`The visit was answered ${status}`)
  await signInAtBank(product, dana, clientId, customUser(customAccount({ type: 'depository', subtype: 'checking' })))
  const failures = await product.drain()
  const { rows } = await product.admin.query<LinkedBank>(
    `select id as "connectionId", provider_item_id as "itemId" from connections where client_id = $1 and complete`,
    [clientId],
  )
  const [bank] = rows
  if (bank === undefined) throw new Error(`The bank was not connected: ${failures.join('; ')}`)
  return bank
}
