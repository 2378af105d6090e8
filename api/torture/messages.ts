import { invites } from '@ledgersync/shared/invites'
import { makeClient, makeFirm } from '../test/factories.ts'
import type { TestApp } from '../test/harness.ts'
import type { Verdict } from './verdict.ts'

export interface MessageOptions {
  seed: number
  /** How many people are invited, each by a text and a mail. */
  invites: number
  /** Percent of calls of the text and the mail service that go wrong, a third of them after the message was taken. */
  faultPercent: number
  say(line: string): void
}

const minuteMs = 60_000
const roundsMax = 200
/** What moves on by itself; a mail about which nobody can find out anything has no lease any more. */
const underWay = `(state in ('queued', 'sending') or (state = 'unknown' and lease_until is not null))`

/**
 * Invites while answers are lost and no callback of the text service comes at all, so that nothing but looking tells what became of
 * a text: each must arrive once. The mail service's events do come, for nothing else tells what became of a mail.
 */
export async function runMessages(product: TestApp, options: MessageOptions): Promise<Verdict> {
  const since = performance.now()
  const dana = await makeFirm(product)
  const clientIds: string[] = []
  for (let number = 1; number <= options.invites; number++) {
    const [phone, email] = [`+1971${String(5_550_000 + number)}`, `message${number}@saltgrass.example`]
    const clientId = await makeClient(product, dana, { phone, email })
    const { status } = await product.call(invites.create, { params: { clientId }, body: { channel: 'both' } }, dana)
    if (status !== 201) throw new Error(`The invite was answered ${status}`)
    clientIds.push(clientId)
  }
  const { twilio, sendgrid } = product.network
  const each = options.faultPercent / 6
  const rates = { cut_before: each, cut_after: each, half_body: each, server_error: each, throttled: each, unauthorized: each }
  twilio.setFaults({ seed: options.seed, rates: { ...rates, webhook_lost: 100 } })
  sendgrid.setFaults({ seed: options.seed, rates })
  const minutes = await deliverEverything(product)
  const faults = JSON.stringify({ twilio: twilio.faults(), sendgrid: sendgrid.faults() })
  product.network.setFaults(null)
  const { violations, line } = await compare(product, clientIds)
  return {
    name: `Messages (seed ${options.seed})`,
    lines: [
      `${options.invites} people invited by text and mail, ${options.faultPercent} % of calls gone wrong, no callback of a text: ${faults}`,
      `${line} after ${minutes} minutes of the product's clock, ${Math.round((performance.now() - since) / 1_000)} s`,
    ],
    violations,
  }
}

/** Works, minute by minute of the product's clock, until nothing is under way. Answers how many went by. */
async function deliverEverything(product: TestApp): Promise<number> {
  for (let round = 1; round <= roundsMax; round++) {
    await product.drain()
    const { rows } = await product.admin.query(`select 1 from messages where ${underWay} limit 1`)
    if (rows.length === 0) return round
    await product.advance(minuteMs)
  }
  return roundsMax
}

async function compare(product: TestApp, clientIds: string[]): Promise<{ violations: string[]; line: string }> {
  const { twilio, sendgrid } = product.network
  const { rows } = await product.admin.query<{ id: string; channel: string; state: string; to: string; reason: string | null }>(
    `select id, channel, state, to_address as to, reason from messages where client_id = any ($1::uuid[])`,
    [clientIds],
  )
  const violations: string[] = []
  let arrived = 0
  for (const { id, channel, state, to, reason } of rows) {
    const isText = channel === 'sms'
    const count = isText
      ? twilio.messages().filter((message) => message.to === to).length
      : sendgrid.messages().filter((message) => message.to.email === to).length
    arrived += count
    // A mail that was lost twice is left to people to decide
    const mayBeNone = !isText && state === 'unknown'
    if (count > 1 || (count === 0 && !mayBeNone))
      violations.push(`${channel} ${id} (${state}: ${reason ?? 'no reason'}) arrived ${count} times`)
    if (state !== 'sent' && state !== 'delivered' && !mayBeNone) violations.push(`${channel} ${id} is ${state}: ${reason ?? 'no reason'}`)
  }
  if (rows.length !== 2 * clientIds.length) violations.push(`${rows.length} messages for ${clientIds.length} people`)
  return { violations, line: `${arrived} of ${rows.length} messages arrived` }
}
