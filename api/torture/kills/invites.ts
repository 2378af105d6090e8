import { setTimeout as sleep } from 'node:timers/promises'
import { bulk } from '@ledgersync/shared/bulk'
import { clients } from '@ledgersync/shared/clients'
import { uploads } from '@ledgersync/shared/uploads'
import { one } from '../../src/db/client.ts'
import { createRandom, type Random } from '../random.ts'
import type { Verdict } from '../verdict.ts'
import { compareMessages } from './books-compare.ts'
import type { Desk } from './desk.ts'
import { type Installation, startInstallation } from './installation.ts'
import { signUpFirm } from './people.ts'
import { comeToRest, messageMinutes } from './rest.ts'
import { findStuck } from './stuck.ts'

export interface InviteOptions {
  seed: number
  /** Invited by a text and a mail in one go; some of them are one person's, who gets one of each. */
  clients: number
  /** kill -9 of the worker while the messages go out. */
  kills: number
  /** Percent of calls and webhooks of the outside services that go wrong meanwhile. */
  faultPercent: number
  say(line: string): void
}

const uploadMax = 5_000
/** One in so many has a number that no carrier knows, and another a mail address that does not exist. */
const wrongEvery = 50
const patienceMs = 10 * 60_000

/**
 * A firm invites all its clients at once, each person by text and mail, while its workers are killed and the outside services fail: when all
 * has come to rest every person has got each message once, and what we say of each is what its carrier's books say.
 */
export async function runInvites(options: InviteOptions): Promise<Verdict> {
  const since = performance.now()
  const random = createRandom(options.seed)
  const installation = await startInstallation({ nextCrash: () => null, onCrash: () => {} })
  try {
    await installation.ready()
    const desk = await signUpFirm(installation, 1)
    await addClients(desk, options.clients)
    for (let nth = 0; nth < options.clients; nth += wrongEvery) installation.network.twilio.failHandset(phoneOf(nth), unknownHandset)
    const percent = options.faultPercent
    installation.network.setFaults(percent > 0 ? { seed: options.seed, percent } : null)
    const run = await desk.call(bulk.start, { body: { action: { kind: 'invite', channel: 'both' }, filter: {} } })
    const spans = await killWorkers(installation, options, random)
    const faults = JSON.stringify(installation.network.faults())
    installation.network.setFaults(null)
    options.say(`  killed ${options.kills} workers in ${Math.round((performance.now() - since) / 1_000)} s, coming to rest`)
    await comeToRest(installation, messageMinutes)
    const violations = await findViolations(installation, desk, run.id, options)
    return {
      name: `Invites (seed ${options.seed})`,
      lines: [
        `${options.clients} clients of ${peopleOf(options.clients)} people invited by text and mail in one go; ${options.kills} workers killed, the last when ${spans} % of the messages were out`,
        `faults: ${faults}`,
        ...violations.lines,
        `${Math.round((performance.now() - since) / 1_000)} s in all`,
      ],
      violations: [...violations.found, ...installation.unexpectedEnds()],
    }
  } finally {
    await installation.close()
  }
}

/** Of every ten clients the last three are one person's. */
const personOf = (nth: number): number => (nth % 10 >= 7 ? nth - (nth % 10) + 7 : nth)
const peopleOf = (count: number): number => new Set(Array.from({ length: count }, (_, nth) => personOf(nth))).size
const phoneOf = (nth: number): string => `+1503${5_550_000 + personOf(nth)}`
/** The carrier: this handset is not known. */
const unknownHandset = 30_003
const emailOf = (nth: number): string =>
  nth % wrongEvery === 1 ? `bounce+${nth}@larkspur.example` : `owner${personOf(nth)}@larkspur.example`

/** As firms do that come with thousands: by a list. */
async function addClients(desk: Desk, count: number): Promise<void> {
  for (let from = 0; from < count; from += uploadMax) {
    const rows = Array.from({ length: Math.min(uploadMax, count - from) }, (_, index) => from + index).map(
      (nth) => `Business ${nth},${emailOf(nth)},owner${nth},${phoneOf(nth)},no`,
    )
    const text = ['Business name,E-mail,Username,Cell phone,Bank login', ...rows].join('\n')
    const made = await desk.call(uploads.create, { body: { fileName: 'clients.csv', content: Buffer.from(text).toString('base64') } })
    const params = { uploadId: made.id }
    await desk.call(uploads.match, { params, body: { fields: made.columns.map(({ field }) => field), staffHaveAccess: false } })
    await desk.call(uploads.run, { params, body: { badRows: 'refuse', invite: 'none' } })
  }
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(200))
    if ((await desk.call(clients.counts, {})).all === count) return
  throw new Error(`The clients did not come to be ${count}`)
}

/** Spread over the time that the messages take. Answers how many percent of them were out at the last. */
async function killWorkers(installation: Installation, { clients: count, kills }: InviteOptions, random: Random): Promise<number> {
  const out = async (): Promise<number> => {
    const [row] = await installation.query<{ n: number }>(
      `select count(*)::int as n from messages where purpose = 'invite' and state in ('sent', 'delivered', 'failed', 'unknown')`,
    )
    return ((row?.n ?? 0) / (2 * peopleOf(count))) * 100
  }
  let percent = 0
  for (let killed = 0; killed < kills; killed++) {
    // Not all at the start, nor the last when there is nothing left to do
    const until = Date.now() + random.integer(1_200, 3_000)
    while (Date.now() < until || (percent < (killed / kills) * 90 && Date.now() < until + 10_000)) {
      await sleep(100)
      percent = await out()
    }
    await installation.kill('worker')
  }
  return Math.round(percent)
}

async function findViolations(
  installation: Installation,
  desk: Desk,
  runId: string,
  { clients: count }: InviteOptions,
): Promise<{ lines: string[]; found: string[] }> {
  const run = await desk.call(bulk.get, { params: { runId } })
  const messages = await compareMessages(installation, { deleted: [] })
  const states = await compareStates(installation)
  const stuck = await findStuck(installation)
  const { query } = installation
  const invites = one(
    await query<{ clients: number; invites: number; messages: number }>(
      `select count(distinct i.client_id)::int as clients, count(*)::int as invites, (select count(*)::int from messages where purpose = 'invite') as messages from invites i`,
    ),
  )
  const found = [...messages.violations, ...states.violations, ...stuck.violations]
  if (run.finishedAt === null || run.done !== count)
    found.push(`The run says ${run.done} done, ${run.skipped} skipped, ${run.failed} failed`)
  if (invites.clients !== count || invites.invites !== count || invites.messages !== 2 * peopleOf(count))
    found.push(`There are ${JSON.stringify(invites)}`)
  const counts = { ...messages.counts, ...states.counts }
  return {
    lines: [
      `at rest: ${Object.entries(counts)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}`,
    ],
    found,
  }
}

/** What becomes of a message once its carrier has it, in our words. Nobody tells us where a webhook was lost. */
const outcomes: Record<string, string> = {
  delivered: 'delivered',
  undelivered: 'failed',
  failed: 'failed',
  bounce: 'failed',
  dropped: 'failed',
  blocked: 'failed',
}

/** Our state of each message beside its carrier's. Each person is told by both ways once. */
async function compareStates({ network, query }: Installation): Promise<{ counts: Record<string, number>; violations: string[] }> {
  const rows = await query<{ to: string; channel: string; state: string; id: string }>(
    `select id, to_address as to, channel, state from messages where purpose = 'invite'`,
  )
  const theirs = new Map<string, string[]>()
  const note = (id: string | undefined, status: string): void => {
    if (id !== undefined) theirs.set(id, [...(theirs.get(id) ?? []), status])
  }
  for (const { statusCallback, status } of network.twilio.messages())
    note(/message=[0-9a-f-]+\.([0-9a-f-]+)/.exec(decodeURIComponent(statusCallback ?? ''))?.[1], status)
  for (const { customArgs, status } of network.sendgrid.messages()) note(customArgs.message_id, status)
  const violations: string[] = []
  const counts = { delivered: 0, failed: 0, 'told nothing more': 0, 'mails left in doubt': 0 }
  for (const { id, channel, state, to } of rows) {
    const [status = 'none', ...others] = theirs.get(id) ?? []
    if (others.length > 0) continue
    const outcome = outcomes[status]
    if (state === 'unknown' && channel === 'email') counts['mails left in doubt'] += 1
    else if (state === outcome) counts[state === 'failed' ? 'failed' : 'delivered'] += 1
    else if (state === 'sent' && outcome !== undefined) counts['told nothing more'] += 1
    else violations.push(`${channel} ${id} to ${to} is ${state}, and its carrier says ${status}`)
  }
  const people = new Set(rows.map(({ to, channel }) => `${channel} ${to}`))
  if (people.size !== rows.length) violations.push(`${rows.length} messages for ${people.size} addresses`)
  return { counts, violations }
}
