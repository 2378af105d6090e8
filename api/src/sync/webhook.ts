import type { Deps } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { keepWebhook } from '../core/webhooks.ts'
import type { App } from '../http/app-type.ts'
import { readPlaidWebhook } from '../providers/plaid/webhook.ts'

/** One event; the longest, the end of a visit, tells all of its steps. */
const bodyBytesMax = 256 * 1024

/**
 * Where the bank provider calls: verify over the exact bytes, store once, enqueue, 200. What is stored is the event in our words,
 * which holds no token. Two deliveries of one event have the same signature; two events of the same words have not.
 */
export async function plaidWebhooks(app: App, deps: Deps): Promise<void> {
  await app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_req, body, done) => done(null, body))
    const options = { config: { access: 'provider', rateLimit: false }, schema: { hide: true }, bodyLimit: bodyBytesMax } as const
    scope.post('/webhooks/plaid', options, async (req, reply) => {
      const signature = req.headers['plaid-verification']
      const header = typeof signature === 'string' ? signature : undefined
      const webhook = Buffer.isBuffer(req.body) ? await deps.plaid.verifyWebhook(req.body, header) : null
      if (webhook === null) throw new AppError('signature_refused', 'The signature of this webhook does not fit.')
      const event = readPlaidWebhook(webhook.body)
      if (event.kind !== 'ignored') await keepWebhook(deps, { provider: 'plaid', dedupeKey: webhook.deliveryId, payload: event })
      return reply.code(200).send()
    })
  })
}
