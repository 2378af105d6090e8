import type { FastifyInstance } from 'fastify'
import { createBackground } from './kit/background.ts'
import { createFaults } from './kit/faults.ts'
import { type EmulatorOptions, type RunningServer, startServer } from './kit/server.ts'
import { openStore } from './kit/store.ts'
import { createCourier } from './kit/webhook.ts'
import { addEndpoint, faultAnswer, toFault } from './plaid/api.ts'
import { type Controls, createControls } from './plaid/control.ts'
import { addControlRoutes } from './plaid/control-routes.ts'
import { institutionEndpoints } from './plaid/endpoints-institutions.ts'
import { itemEndpoints } from './plaid/endpoints-items.ts'
import { linkEndpoints } from './plaid/endpoints-link.ts'
import { sandboxEndpoints } from './plaid/endpoints-sandbox.ts'
import { transactionEndpoints } from './plaid/endpoints-transactions.ts'
import { PlaidFault } from './plaid/errors.ts'
import { plaidFaults } from './plaid/fault-answers.ts'
import { armDownloads } from './plaid/items.ts'
import { addPageRoutes, pagePrefix } from './plaid/page-routes.ts'
import { createThrottle, type PlaidLimits } from './plaid/throttle.ts'
import { createWebhooks } from './plaid/webhooks.ts'
import { emptyBooks, type World } from './plaid/world.ts'

export type { LinkInput } from './plaid/control.ts'
export type { Activity, ActivityCounts } from './plaid/activity.ts'
export { LinkTrouble } from './plaid/link-session.ts'
export type { PlaidItemView, PlaidTransaction, RowChanges, SentRow } from './plaid/types.ts'

export interface PlaidEmulatorOptions extends EmulatorOptions {
  clientId: string
  secret: string
  /** How long /transactions/sync answers NOT_READY for a new Item; its whole history comes after as long again. Default 500. */
  firstSyncReadyMs?: number
  /**
   * Rows on one page of /transactions/sync at most, however many are asked for, so that a short history has many pages.
   * Default 500, Plaid's own limit.
   */
  syncPageMax?: number
  /** Limits by path that differ from the published ones, which hold otherwise. */
  limits?: PlaidLimits
}

/**
 * An emulated Plaid: the API below `url`, Hosted Link pages below `url`/hl/, and the powers of the bank and of the person as
 * methods (and over HTTP below `url`/_emulator/). `items()` and `transactions()` are what really exists, to compare with.
 */
export interface PlaidEmulator extends RunningServer, Controls {}

function notImplemented(what: string): unknown {
  return faultAnswer(new PlaidFault('INVALID_REQUEST', 'NOT_FOUND', what)).body
}

/** Starts the emulator. With `dataDir` its books, signing key included, survive a restart. */
export async function createPlaidEmulator(options: PlaidEmulatorOptions): Promise<PlaidEmulator> {
  const now = options.now ?? (() => new Date())
  const store = openStore('plaid', options.dataDir, () => emptyBooks(now()))
  // The key must outlive a restart from the first webhook on
  store.save()
  const faults = createFaults('plaid')
  let url = ''
  const world: World = {
    store,
    now,
    webhooks: createWebhooks({ books: () => store.data, now, courier: createCourier(faults), waitsMs: options.webhookWaitsMs }),
    throttle: createThrottle(options.limits ?? {}, now),
    faults,
    interruptions: new Map(),
    background: createBackground(),
    firstSyncReadyMs: options.firstSyncReadyMs ?? 500,
    syncPageMax: options.syncPageMax ?? 500,
    url: () => url,
    clientId: options.clientId,
    secret: options.secret,
    closed: false,
  }
  const controls = createControls(world)
  const server = await startServer('Plaid', options, {
    unrecorded: [pagePrefix],
    routes(app: FastifyInstance, calls) {
      app.addHook('onClose', async () => {
        world.closed = true
        world.webhooks.stop()
        await world.background.cancel()
      })
      const endpoints = [linkEndpoints, itemEndpoints, transactionEndpoints, institutionEndpoints, sandboxEndpoints]
      for (const endpoint of endpoints.flatMap((list) => list(world))) addEndpoint(app, world, endpoint)
      addPageRoutes(app, world)
      addControlRoutes(app, world, { controls, calls })
    },
    fault: plaidFaults(world),
    notImplemented: (_req, what) => notImplemented(what),
    failed: (_req, error) => faultAnswer(toFault(error)),
  })
  url = server.url
  for (const item of Object.values(store.data.items)) armDownloads(world, item)
  return { ...server, ...controls }
}
