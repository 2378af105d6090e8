import { get } from 'node:http'
import { sql } from 'drizzle-orm'
import { inTransaction } from '../src/db/client.ts'
import type { TestApp } from '../test/harness.ts'
import { type Ask, asks, type Due, type Question, type Reply } from './isolation-asks.ts'
import { disturbances } from './isolation-disturbances.ts'
import { makeWorld, markPattern, type Member, type Place, type World } from './isolation-world.ts'
import { createRandom, type Random } from './random.ts'
import type { Verdict } from './verdict.ts'

export interface IsolationOptions {
  seed: number
  requests: number
  firms: number
  say(line: string): void
}

/** How many requests are under way at once: several for each connection of the pool. */
const atOnce = 32
const streamsMax = 20

/**
 * Requests of the people of many firms, interleaved on few connections, with failing and abandoned ones between: every answer is
 * compared with what that person must see, and searched for the ids and marks of everything else.
 */
export async function runIsolation(product: TestApp, { seed, requests, firms, say }: IsolationOptions): Promise<Verdict> {
  const since = performance.now()
  const random = createRandom(seed)
  const world = await makeWorld(product, random, firms)
  say(`${firms} firms are made`)
  const questions = Array.from({ length: requests }, () => pickQuestion(product, random, world))
  const violations: string[] = []
  const statuses = new Map<string, number>()
  const streams = await openStreams(product, world, random)
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < questions.length; index = next++) {
      const question = questions[index]
      if (question === undefined) return
      const { ask, ...rest } = question
      const reply = await ask.ask(rest)
      statuses.set(String(reply.status), (statuses.get(String(reply.status)) ?? 0) + 1)
      violations.push(...judge(world, rest, ask.due(rest), reply).map((what) => `${index} ${ask.name}: ${what}`))
      if ((index + 1) % 2_000 === 0) say(`${index + 1} requests`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  for (const { member, text, close } of streams) {
    close()
    violations.push(...strangersIn(world, member, text(), []).map((what) => `the stream of ${member.firm.mark}: ${what}`))
  }
  violations.push(...(await leftBehind(product, world)))
  const said = [...statuses].sort().map(([status, count]) => `${status}: ${count}`)
  const events = streams.reduce((sum, { text }) => sum + (text().match(/^data: /gm)?.length ?? 0), 0)
  return {
    name: `Isolation (seed ${seed})`,
    lines: [
      `${requests} interleaved requests of ${world.firms.reduce((sum, { members }) => sum + members.length, 0)} people of ${firms} firms on ${product.config.databaseConnectionsMax} connections, ${atOnce} at once`,
      `answers by status (0: not by HTTP, or abandoned): ${said.join(', ')}; ${streams.length} event streams with ${events} events`,
      `${Math.round((performance.now() - since) / 1_000)} s`,
    ],
    violations,
  }
}

type Asked = Question & { ask: Ask }

const everything = [...asks, ...disturbances]

/** Half of the time about a client of one's own firm, else about anybody's. */
function pickQuestion(product: TestApp, random: Random, { firms }: World): Asked {
  const firm = random.pick(firms)
  const by = random.pick(firm.members)
  const about = random.pick(random.percent(50) ? firm.places : random.pick(firms).places)
  return { product, by, about, salt: random.integer(1, 999_999), ask: random.pick(everything) }
}

function judge(world: World, question: Question, due: Due, reply: Reply): string[] {
  const found = strangersIn(world, question.by, reply.text, due.asked ?? [])
  if (reply.status >= 500) found.push(`status ${reply.status}`)
  if (due.status !== null && reply.status !== due.status) found.push(`status ${reply.status} instead of ${due.status}`)
  if (reply.ids !== undefined && due.ids !== undefined) {
    const [is, must] = [[...reply.ids].sort().join(' '), [...due.ids].sort().join(' ')]
    if (is !== must) found.push(`${reply.ids.length} instead of ${due.ids.length}: ${is.slice(0, 120)} instead of ${must.slice(0, 120)}`)
  }
  return found
}

/** Ids and marks in a text that are of another firm, or of a client that the person is not assigned to. */
function strangersIn({ owners }: World, member: Member, text: string, asked: readonly string[]): string[] {
  const isForeign = (place: Place | null, firm: Member['firm']): boolean =>
    firm !== member.firm || (place !== null && !member.visible.has(place))
  const ids = [...new Set(text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [])].filter((id) => {
    const owner = owners.get(id)
    return owner !== undefined && !asked.includes(id) && isForeign(owner.place, owner.firm)
  })
  const own = new Set([member.firm.mark, ...[...member.visible].map(({ mark }) => mark)])
  const marks = [...new Set(text.match(markPattern) ?? [])].filter((mark) => !own.has(mark) && !asked.includes(mark))
  return [...ids.map((id) => `the id ${id}`), ...marks.map((mark) => `the mark ${mark}`)]
}

interface Stream {
  member: Member
  text(): string
  close(): void
}

/** Event streams of some people: what happens at other firms and clients must not come through. */
function openStreams(product: TestApp, { firms }: World, random: Random): Promise<Stream[]> {
  const members = Array.from({ length: Math.min(streamsMax, firms.length) }, () => random.pick(random.pick(firms).members))
  return Promise.all(
    [...new Set(members)].map(
      (member) =>
        new Promise<Stream>((resolve, reject) => {
          let text = ''
          const options = {
            host: '127.0.0.1',
            port: new URL(product.config.publicUrl).port,
            path: '/v1/events',
            headers: { cookie: member.person.cookie },
            agent: false,
          }
          const stream = get(options, (response) => {
            response.on('data', (chunk: Buffer) => void (text += chunk.toString()))
            response.on('error', () => {})
            resolve({ member, text: () => text, close: () => stream.destroy() })
          })
          stream.once('error', reject)
          stream.on('error', () => {})
        }),
    ),
  )
}

/** Afterwards: no connection of the pool belongs to a firm, and every write stands where it was meant to. */
async function leftBehind(product: TestApp, { firms }: World): Promise<string[]> {
  const { db } = product.deps
  const looks = Array.from({ length: product.config.databaseConnectionsMax }, () =>
    inTransaction(db, async (tx) => {
      await tx.execute(sql`select pg_sleep(0.05)`)
      const { rows } = await tx.execute<{ firm: string | null }>(sql`select current_setting('app.firm', true) as firm`)
      return rows[0]?.firm ?? ''
    }),
  )
  const found = (await Promise.all(looks)).filter((firm) => firm !== '').map((firm) => `a connection of the pool still is of firm ${firm}`)
  const { rows } = await product.admin.query<{ id: string; name: string; memos: string[] }>(
    `select c.id, c.contact_last_name as name, array(select t.memo from transactions t where t.client_id = c.id and t.memo is not null) as memos from clients c`,
  )
  const byId = new Map(rows.map((row) => [row.id, row]))
  for (const { places } of firms) {
    for (const { clientId, mark } of places) {
      const row = byId.get(clientId)
      for (const text of [row?.name ?? '', ...(row?.memos ?? [])])
        if (!text.startsWith(mark)) found.push(`“${text}” was written into the client of ${mark}`)
    }
  }
  return found
}
