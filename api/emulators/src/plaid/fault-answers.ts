import type { FastifyRequest } from 'fastify'
import type { Answer } from '../kit/faults.ts'
import { pause } from '../kit/pause.ts'
import type { ServerParts } from '../kit/server.ts'
import { faultAnswer, itemOf } from './api.ts'
import { faultOf, PlaidFault } from './errors.ts'
import { Fields } from './fields.ts'
import { breakLogin, repairLogin } from './items.ts'
import type { Item } from './types.ts'
import type { World } from './world.ts'

/** Codes of RATE_LIMIT_EXCEEDED by endpoint (plaid.com/docs/errors/rate-limit-exceeded). */
const limits: Record<string, string> = {
  '/accounts/balance/get': 'BALANCE_LIMIT',
  '/accounts/get': 'ACCOUNTS_LIMIT',
  '/institutions/get': 'INSTITUTIONS_GET_LIMIT',
  '/institutions/get_by_id': 'INSTITUTIONS_GET_BY_ID_LIMIT',
  '/item/get': 'ITEM_GET_LIMIT',
  '/transactions/sync': 'TRANSACTIONS_SYNC_LIMIT',
}

/** Calls for which Plaid needs the bank, and which fail when the bank wants the person to sign in again. */
const needsBank = ['POST /transactions/sync', 'POST /transactions/refresh', 'POST /accounts/balance/get']

/**
 * How a plan of faults looks at Plaid. It has no 401; what stops working in the middle is the login at the bank: the Item is
 * really broken for a while and then mends by itself, with the webhooks of both.
 */
export function plaidFaults(world: World): ServerParts['fault'] {
  return {
    faults: world.faults,
    inside: (operation) => (operation === 'POST /transactions/sync' ? ['mutation'] : []),
    throttled(req) {
      const code = limits[req.routeOptions.url ?? ''] ?? 'RATE_LIMIT'
      const text = 'rate limit exceeded for attempts to access this item or endpoint. please try again later'
      return faultAnswer(new PlaidFault('RATE_LIMIT_EXCEEDED', code, text, { status: 429 }))
    },
    serverError: () => faultAnswer(faultOf('INTERNAL_SERVER_ERROR')),
    canBeUnauthorized: (operation) => needsBank.includes(operation),
    unauthorized: (req) => loseLogin(world, req),
  }
}

function loseLogin(world: World, req: FastifyRequest): Answer | null {
  const item = healthyItem(world, req)
  if (item === null) return null
  breakLogin(world, item)
  world.store.save()
  world.background.run(async () => {
    await pause(world.faults.holdMsMax(), world.background.signal)
    // A reset meanwhile has taken the Item away; a person may have repaired or ended it
    if (world.store.data.items[item.itemId] !== item || item.errorCode !== 'ITEM_LOGIN_REQUIRED') return
    repairLogin(world, item, true)
    world.store.save()
  })
  return faultAnswer(faultOf('ITEM_LOGIN_REQUIRED'))
}

function healthyItem(world: World, req: FastifyRequest): Item | null {
  // The endpoints take an object; what else is sent has no token and is refused by the endpoint itself
  const body = (typeof req.body === 'object' && req.body !== null ? req.body : {}) as Record<string, unknown>
  try {
    const item = itemOf(world, new Fields(body))
    return item.errorCode === null ? item : null
  } catch (error) {
    if (error instanceof PlaidFault) return null
    throw error
  }
}
