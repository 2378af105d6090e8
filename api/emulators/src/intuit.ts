import { randomUUID } from 'node:crypto'
import type { Calls } from './kit/calls.ts'
import { createFaults } from './kit/faults.ts'
import { startServer } from './kit/server.ts'
import { openStore } from './kit/store.ts'
import { createCourier } from './kit/webhook.ts'
import { createActions } from './intuit/actions.ts'
import { booksRoutes } from './intuit/books-pages.ts'
import { intuitFaults } from './intuit/fault-answers.ts'
import { companyRoutes } from './intuit/company-routes.ts'
import { controlRoutes } from './intuit/control-routes.ts'
import { notEmulated, systemFailure, unreadable } from './intuit/faults.ts'
import { oauthRoutes } from './intuit/oauth-routes.ts'
import { firstState } from './intuit/state.ts'
import { createThrottle } from './intuit/throttle.ts'
import type { IntuitEmulator, IntuitEmulatorOptions } from './intuit/types.ts'
import { createWebhooks } from './intuit/webhooks.ts'
import type { World } from './intuit/world.ts'

export type {
  CompanySettings,
  CompanyView,
  EntryLineView,
  EntryView,
  IntuitEmulator,
  IntuitEmulatorOptions,
  NewAccount,
} from './intuit/types.ts'

/**
 * Starts QuickBooks Online: the OAuth page and token endpoints, the accounting API below `/v3/company/{realmId}/`, the
 * books for a person below `/app` and the emulator's own interface below `/_emulator/`. What it does not emulate is
 * answered 501 in Intuit's Fault shape.
 */
export async function createIntuitEmulator(options: IntuitEmulatorOptions): Promise<IntuitEmulator> {
  const now = options.now ?? (() => new Date())
  const faults = createFaults('intuit')
  const world: World = {
    options,
    store: openStore('intuit', options.dataDir, () => firstState(now())),
    now,
    throttle: createThrottle(options, now),
    webhooks: createWebhooks(options, createCourier(faults)),
    faults,
  }
  let recorded: Calls | null = null
  const actions = createActions(world, () => recorded)
  const server = await startServer('intuit', options, {
    routes(app, calls) {
      recorded = calls
      app.addHook('onClose', async () => world.webhooks.stop())
      app.addHook('onRequest', async (_req, reply) => {
        reply.header('intuit_tid', `1-${randomUUID()}`)
      })
      // A query may be posted as bare text
      app.addContentTypeParser(['application/text', 'text/plain'], { parseAs: 'string' }, (_req, body, done) => done(null, body))
      oauthRoutes(app, world)
      companyRoutes(app, world)
      booksRoutes(app, world)
      controlRoutes(app, actions, calls)
    },
    fault: intuitFaults(world),
    notImplemented: (_req, what) => notEmulated(what).toBody(now()),
    failed(_req, error) {
      // Fastify puts the status of a body it cannot read on the error
      const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
      const fault = status < 500 ? unreadable(error.message) : systemFailure()
      if (status >= 500) process.stderr.write(`intuit emulator: ${error.stack ?? error.message}\n`)
      return { status, body: fault.toBody(now()) }
    },
  })
  return { ...server, ...actions }
}
