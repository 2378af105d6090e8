import { booksWebhooks } from '../books/webhook.ts'
import type { Deps } from '../core/context.ts'
import { messageWebhooks } from '../messages/webhook.ts'
import { plaidWebhooks } from '../sync/webhook.ts'
import type { App } from './app-type.ts'

/** Where providers call us: verify, store once, enqueue, answer 200. Each provider's routes stand in a scope of their own. */
export async function webhookRoutes(app: App, deps: Deps): Promise<void> {
  await messageWebhooks(app, deps)
  await plaidWebhooks(app, deps)
  await booksWebhooks(app, deps)
}
