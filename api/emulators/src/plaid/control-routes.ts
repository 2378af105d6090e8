import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Calls } from '../kit/calls.ts'
import { Fields } from './fields.ts'
import type { Activity } from './activity.ts'
import type { Controls } from './control.ts'
import type { RowChanges, SentRow } from './types.ts'
import type { World } from './world.ts'

function fieldsOf(body: unknown): Fields {
  const object = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}
  // A non-null object that is no array has string keys
  return new Fields(object as Record<string, unknown>)
}

function readRow(row: Fields): SentRow {
  row.need('amount', 'description')
  const optional = <T>(name: string, value: T | null): Record<string, T> => (value === null ? {} : { [name]: value })
  return {
    amount: row.number('amount') ?? 0,
    description: row.needText('description'),
    pending: row.flag('pending'),
    ...optional('accountId', row.text('accountId')),
    ...optional('date', row.text('date')),
    ...optional('postsOn', row.text('postsOn')),
    ...optional('checkNumber', row.text('checkNumber')),
    ...optional('merchantName', row.text('merchantName')),
    ...optional('currency', row.text('currency')),
  }
}

function readChanges(body: Fields): RowChanges {
  const changes = body.object('changes')
  const optional = <T>(name: string, value: T | null): Record<string, T> => (value === null ? {} : { [name]: value })
  return {
    ...optional('amount', changes.number('amount')),
    ...optional('date', changes.text('date')),
    ...optional('authorizedDate', changes.text('authorizedDate')),
    ...optional('description', changes.text('description')),
    ...optional('merchantName', changes.text('merchantName')),
    ...optional('checkNumber', changes.text('checkNumber')),
    ...(changes.has('keepPointer') ? { keepPointer: changes.flag('keepPointer') } : {}),
  }
}

function readActivity(body: Fields): Activity {
  body.need('seed', 'steps', 'rowsMax')
  const whole = (name: string, max: number): number => body.integer(name, 0, max) ?? 0
  return { seed: whole('seed', Number.MAX_SAFE_INTEGER), steps: whole('steps', 1_000_000), rowsMax: whole('rowsMax', 1_000_000) }
}

/** What one button does with an Item. */
type Press = (itemId: string, body: Fields) => unknown

/**
 * The emulator's powers over HTTP, below `/_emulator/`, for a page in another process. Answers JSON; an id that does not exist
 * or a body that cannot be read is 400 with `{ error }`.
 */
export function addControlRoutes(app: FastifyInstance, world: World, { controls, calls }: { controls: Controls; calls: Calls }): void {
  const presses: Record<string, Press> = {
    // Without rows the bank makes some up
    'send-transactions': (id, body) => ({
      transactions: body.has('rows') ? controls.bankSends(id, body.objects('rows').map(readRow)) : controls.bankSendsSample(id),
    }),
    // Without an id everything that is pending posts
    'post-pending': (id, body) => ({
      transactions: body.has('transactionId')
        ? [controls.post(id, body.needText('transactionId'), readChanges(body))]
        : controls.postAll(id),
    }),
    modify: (id, body) => ({ transactions: [controls.modify(id, body.needText('transactionId'), readChanges(body))] }),
    'remove-transaction': (id, body) => controls.remove(id, body.needText('transactionId')),
    act: (id, body) => controls.act(id, readActivity(body)),
    'break-login': (id) => controls.breakLogin(id),
    repair: (id) => controls.repair(id),
    revoke: (id) => controls.revoke(id),
    'new-accounts': (id) => controls.newAccounts(id),
  }
  const guarded = (reply: FastifyReply, run: () => unknown): FastifyReply => {
    try {
      return reply.send(run() ?? { ok: true })
    } catch (error) {
      return reply.code(400).send({ error: error instanceof Error ? error.message : 'unknown' })
    }
  }
  app.get('/_emulator/items', () => ({ items: controls.items().map((item) => ({ id: item.itemId, ...item })) }))
  app.get<{ Params: { id: string } }>('/_emulator/items/:id/transactions', (req, reply) =>
    guarded(reply, () => ({ transactions: controls.transactions(req.params.id) })),
  )
  app.post<{ Params: { id: string; press: string } }>('/_emulator/items/:id/:press', (req, reply) =>
    guarded(reply, () => {
      const press = presses[req.params.press]
      if (!press) throw new Error(`There is no ${req.params.press}; there are ${Object.keys(presses).join(', ')}`)
      return press(req.params.id, fieldsOf(req.body))
    }),
  )
  app.get('/_emulator/calls', (req) => ({ calls: calls.list(fieldsOf(req.query).text('path') ?? undefined) }))
  app.get('/_emulator/webhooks', () => ({ deliveries: world.webhooks.deliveries() }))
  app.post('/_emulator/complete-link', async (req, reply) => {
    const body = fieldsOf(req.body)
    try {
      await controls.completeLink(body.needText('linkToken'), {
        username: body.needText('username'),
        password: body.needText('password', { max: 2_000_000 }),
        ...(body.has('institutionId') ? { institutionId: body.needText('institutionId') } : {}),
      })
      return { ok: true }
    } catch (error) {
      return reply.code(400).send({ error: error instanceof Error ? error.message : 'unknown' })
    }
  })
  app.post('/_emulator/settled', async () => {
    await controls.settled()
    return { ok: true }
  })
  app.post('/_emulator/reset', () => {
    controls.reset()
    calls.clear()
    return { ok: true }
  })
}
