import { createHash } from 'node:crypto'
import type { Deps } from '../core/context.ts'
import { systemCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { keepWebhook } from '../core/webhooks.ts'
import { withFirm } from '../db/client.ts'
import { findKey } from '../db/global.ts'
import type { App } from '../http/app-type.ts'
import { type IntuitEvent, readIntuitWebhook } from '../providers/quickbooks/webhook.ts'
import { requestRefresh } from './service.ts'

/** Intuit gathers the changes of some minutes, over all companies. */
const bodyBytesMax = 1024 * 1024

/** Where Intuit reports changes: verify the exact bytes, store once, enqueue, answer 200. */
export async function booksWebhooks(app: App, deps: Deps): Promise<void> {
  await app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_req, body, done) => done(null, body))
    const options = { config: { access: 'provider', rateLimit: false }, schema: { hide: true }, bodyLimit: bodyBytesMax } as const
    scope.post('/webhooks/intuit', options, async (req, reply) => {
      const bytes = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)
      const signature = req.headers['intuit-signature']
      if (typeof signature !== 'string' || !deps.quickbooks.verifyWebhook(bytes, signature)) {
        throw new AppError('signature_refused', 'The signature of this request does not fit.')
      }
      await takeEvent(deps, bytes)
      return reply.code(200).send()
    })
  })
}

async function takeEvent(deps: Deps, bytes: Buffer): Promise<void> {
  const event = readIntuitWebhook(bytes)
  if (event.realmIds.length === 0) return
  // Events carry times, so equal bytes are a repeat
  const dedupeKey = createHash('sha256').update(bytes).digest('hex')
  await keepWebhook(deps, { provider: 'intuit', dedupeKey, payload: event })
}

/** Has the lists of the companies we know read again. */
export async function handleBooksEvent(deps: Deps, event: IntuitEvent): Promise<void> {
  for (const realmId of event.realmIds) {
    const owner = await findKey(deps.db, 'realm', realmId)
    if (owner === null) continue
    const ctx = systemCtx(deps, owner.firmId, 'intuit_webhook')
    await withFirm(ctx, (tx) => requestRefresh(tx, ctx, owner.rowId))
  }
}
