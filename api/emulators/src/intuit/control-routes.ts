import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Calls } from '../kit/calls.ts'
import type { Actions } from './actions.ts'
import { IntuitFault } from './faults.ts'
import { flagAt, isObject, type JsonObject, objectAt, textAt } from './json.ts'
import { type TransactionName, transactionNames } from './state.ts'

type Act = (body: JsonObject) => unknown

const inactivable = ['Account', 'Vendor', 'Customer', 'Class', 'Department'] as const

/** A member the caller has to send. */
function need(body: JsonObject, key: string): string {
  const value = textAt(body, key)
  if (value === null || value === '') throw new Error(`${key} is missing`)
  return value
}

/** The kind of entry the caller named. */
function entityOf(body: JsonObject): TransactionName {
  const named = need(body, 'entity')
  const entity = transactionNames.find((candidate) => candidate === named)
  if (entity === undefined) throw new Error(`entity must be one of ${transactionNames.join(', ')}`)
  return entity
}

/** What can be done by `POST /_emulator/{name}`; each takes a JSON object. */
function actsOf(actions: Actions): Record<string, Act> {
  return {
    companies: (body) => ({ realmId: actions.addCompany(need(body, 'name')) }),
    vendors: (body) => ({ id: actions.addVendor(need(body, 'realmId'), need(body, 'displayName')) }),
    accounts: (body) => {
      const [subType, parentId] = [textAt(body, 'subType'), textAt(body, 'parentId')]
      const account = { name: need(body, 'name'), type: need(body, 'type') }
      return {
        id: actions.addAccount(need(body, 'realmId'), {
          ...account,
          ...(subType === null ? {} : { subType }),
          ...(parentId === null ? {} : { parentId }),
        }),
      }
    },
    entries: (body) => ({ id: actions.addEntry(need(body, 'realmId'), entityOf(body), objectAt(body, 'entry') ?? {}) }),
    'change-entry': (body) => actions.changeEntry(need(body, 'realmId'), entityOf(body), need(body, 'id'), objectAt(body, 'changes') ?? {}),
    'delete-entry': (body) => actions.deleteEntry(need(body, 'realmId'), entityOf(body), need(body, 'id')),
    'deposit-entry': (body) => actions.depositEntry(need(body, 'realmId'), entityOf(body), need(body, 'id'), need(body, 'depositId')),
    'close-books': (body) => actions.closeBooks(need(body, 'realmId'), textAt(body, 'date')),
    'make-inactive': (body) => {
      const named = need(body, 'entity')
      const entity = inactivable.find((candidate) => candidate === named)
      if (entity === undefined) throw new Error(`entity must be one of ${inactivable.join(', ')}`)
      actions.makeInactive(need(body, 'realmId'), entity, need(body, 'id'))
    },
    preferences: (body) => {
      const settings = ['useAccountNumbers', 'trackDepartments', 'classTrackingPerTxn', 'classTrackingPerTxnLine', 'warnDuplicateDocNumber']
      const chosen = settings.map((key) => [key, flagAt(body, key)] as const).filter(([, value]) => value !== null)
      actions.setPreferences(need(body, 'realmId'), Object.fromEntries(chosen))
    },
    'subscription-lapsed': (body) => actions.setSubscriptionLapsed(need(body, 'realmId'), flagAt(body, 'lapsed') ?? true),
    authorize: async (body) => {
      const url = need(body, 'authorizeUrl')
      if (flagAt(body, 'deny') === true) return { redirectUrl: actions.denyAuthorization(url) }
      return { redirectUrl: await actions.completeAuthorization(url, textAt(body, 'company') ?? undefined) }
    },
    'expire-access-tokens': (body) => actions.expireAccessTokens(need(body, 'realmId')),
    revoke: (body) => actions.revoke(need(body, 'realmId')),
    settled: () => actions.settled(),
    reset: () => actions.reset(),
  }
}

/**
 * The emulator's own interface, JSON below `/_emulator/`: GET `companies`, `entries?realmId=`,
 * `balance?realmId=&accountId=` and `calls?path=`, and POST for what changes something. Errors are
 * 400 `{error}` in plain words.
 */
export function controlRoutes(app: FastifyInstance, actions: Actions, calls: Calls): void {
  const attempt = async (reply: FastifyReply, work: () => unknown): Promise<FastifyReply> => {
    try {
      return await reply.send((await work()) ?? { ok: true })
    } catch (error) {
      if (error instanceof IntuitFault) return reply.code(400).send({ error: error.detail, code: error.code })
      return reply.code(400).send({ error: error instanceof Error ? error.message : 'unknown' })
    }
  }
  type Query = { Querystring: { realmId?: string; accountId?: string; path?: string } }
  app.get('/_emulator/companies', async (_req, reply) => attempt(reply, () => actions.companies()))
  app.get<Query>('/_emulator/entries', async (req, reply) => attempt(reply, () => actions.entries(req.query.realmId)))
  app.get<Query>('/_emulator/balance', async (req, reply) =>
    attempt(reply, () => ({ balanceMinor: actions.accountBalanceMinor(req.query.realmId ?? '', req.query.accountId ?? '') })),
  )
  // Calls of the OAuth endpoints carry tokens in their bodies, so the bodies stay here
  app.get<Query>('/_emulator/calls', async (req, reply) =>
    attempt(reply, () => calls.list(req.query.path).map((call) => (call.path.includes('/oauth2/') ? { ...call, body: null } : call))),
  )
  for (const [name, act] of Object.entries(actsOf(actions))) {
    app.post(`/_emulator/${name}`, async (req, reply) => attempt(reply, () => act(isObject(req.body) ? req.body : {})))
  }
}
