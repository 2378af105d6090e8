import { runAuditCheck } from './audit/checks.ts'
import { handleAccessRequest } from './auth/recovery.ts'
import { refreshBooksLists } from './books/jobs.ts'
import { pollBooks } from './books/poll.ts'
import { revokeBooks } from './books/revocations.ts'
import { handleBooksEvent } from './books/webhook.ts'
import { runBulk } from './bulk/jobs.ts'
import { disconnectBank } from './connections/disconnects.ts'
import { finishLinkSession } from './connections/finish.ts'
import { sealAudit } from './core/audit.ts'
import type { Deps } from './core/context.ts'
import { rewrapFirmKey } from './core/crypto.ts'
import type { JobPayloads } from './core/enqueue.ts'
import { describeFailure } from './core/failures.ts'
import { withFirm } from './db/client.ts'
import { finishWebhook, firmIdsAfter, readWebhook, sweepGlobal } from './db/global.ts'
import { sweepGuesses } from './db/guesses.ts'
import { sweepJobs } from './db/ops.ts'
import { writeAgain } from './invites/outgoing.ts'
import { remindFirm } from './invites/reminders.ts'
import { askForRepairs } from './invites/repairs.ts'
import { deliverMessage } from './messages/deliver.ts'
import { handleMessageEvent, type MessageEvent } from './messages/events.ts'
import type { PlaidEvent } from './providers/plaid/webhook.ts'
import type { IntuitEvent } from './providers/quickbooks/webhook.ts'
import { pushBooks } from './pushes/jobs.ts'
import { recoverAccessRequests, recoverFirm, recoverWebhooks } from './recovery/service.ts'
import { applyRules } from './rules/apply.ts'
import { handlePlaidWebhook } from './sync/events.ts'
import { sweepUploads } from './uploads/keep.ts'
import { runUpload } from './uploads/run.ts'
import { pollFirm, syncConnection } from './sync/jobs.ts'

/** Task name -> handler: the table of contents of background work. Every handler is safe to run twice. */
export type Tasks = { [T in keyof JobPayloads]: (deps: Deps, payload: JobPayloads[T]) => Promise<void> }

export const tasks: Tasks = {
  seal_audit: sealAudit,
  verify_audit: runAuditCheck,
  rewrap_keys: rewrapKeys,
  sweep,
  handle_webhook: handleWebhook,
  handle_access_request: handleAccessRequest,
  deliver_message: (deps, payload) => deliverMessage(deps, payload, writeAgain),
  disconnect_bank: disconnectBank,
  finish_link_session: finishLinkSession,
  sync_connection: syncConnection,
  poll_connections: (deps) =>
    forEachFirm(deps, async (firmId) => {
      await pollFirm(deps, firmId)
      await pollBooks(deps, firmId)
    }),
  async recover_work(deps) {
    await recoverWebhooks(deps)
    await recoverAccessRequests(deps)
    await forEachFirm(deps, (firmId) => recoverFirm(deps, firmId))
  },
  ask_repairs: (deps) => forEachFirm(deps, (firmId) => askForRepairs(deps, firmId)),
  remind_invites: (deps) => forEachFirm(deps, (firmId) => remindFirm(deps, firmId)),
  apply_rules: applyRules,
  refresh_books: refreshBooksLists,
  revoke_books: revokeBooks,
  push_books: pushBooks,
  run_bulk: runBulk,
  run_upload: runUpload,
}

/** Work that comes by the clock: task and cron pattern (UTC). What comes again within minutes is not tried again meanwhile. */
export const schedule: { task: keyof JobPayloads; match: string; attemptsMax?: number }[] = [
  { task: 'poll_connections', match: '*/5 * * * *', attemptsMax: 1 },
  { task: 'recover_work', match: '2,7,12,17,22,27,32,37,42,47,52,57 * * * *', attemptsMax: 1 },
  { task: 'ask_repairs', match: '1,6,11,16,21,26,31,36,41,46,51,56 * * * *', attemptsMax: 1 },
  { task: 'remind_invites', match: '3,8,13,18,23,28,33,38,43,48,53,58 * * * *', attemptsMax: 1 },
  { task: 'sweep', match: '23 * * * *' },
  { task: 'rewrap_keys', match: '41 3 * * *' },
]

/** Job: hands a stored webhook to the feature of its provider, then empties it. One that was handled already is gone. */
async function handleWebhook(deps: Deps, { webhookId }: JobPayloads['handle_webhook']): Promise<void> {
  const webhook = await readWebhook(deps.db, webhookId)
  if (webhook === null) return
  switch (webhook.provider) {
    case 'twilio':
    case 'sendgrid':
      // Only messages/webhook.ts stores webhooks of these providers
      await handleMessageEvent(deps, webhook.payload as MessageEvent, (tx) => finishWebhook(tx, webhookId, deps.now()))
      deps.reached('webhook.handled')
      return
    case 'plaid':
      // Only sync/webhook.ts stores webhooks of this provider
      await handlePlaidWebhook(deps, webhook.payload as PlaidEvent)
      break
    case 'intuit':
      // Only books/webhook.ts stores webhooks of this provider
      await handleBooksEvent(deps, webhook.payload as IntuitEvent)
      break
    default:
      throw new Error(`A webhook of ${webhook.provider} has no handler`)
  }
  deps.reached('webhook.handled')
  await finishWebhook(deps.db, webhookId, deps.now())
}

const firmPage = 500

const toldMax = 10

/**
 * Runs `work` for every firm, in order of id. One firm's failure keeps no other from its turn: afterwards it throws, with how many
 * firms failed, so that the job counts as failed.
 */
async function forEachFirm(deps: Deps, work: (firmId: string) => Promise<void>): Promise<void> {
  let after: string | null = null
  let [walked, failed] = [0, 0]
  for (;;) {
    const ids: string[] = await firmIdsAfter(deps.db, after, firmPage)
    for (const firmId of ids) {
      walked += 1
      try {
        await work(firmId)
      } catch (error) {
        failed += 1
        if (failed <= toldMax) deps.log.error({ firmId, ...describeFailure(error) }, 'work of the schedule failed for a firm')
      }
    }
    const last = ids.at(-1)
    if (ids.length < firmPage || last === undefined) break
    after = last
  }
  if (failed > 0) throw new Error(`It failed for ${failed} of ${walked} firms`)
}

async function rewrapKeys(deps: Deps): Promise<void> {
  let rewrapped = 0
  await forEachFirm(deps, async (firmId) => {
    if (await withFirm({ deps, firmId }, (tx) => rewrapFirmKey(tx, { deps, firmId }))) rewrapped += 1
  })
  deps.log.info({ key: deps.keyring.current.id, rewrapped }, 'every data key is wrapped by the current key')
}

const dayMs = 24 * 60 * 60_000

async function sweep(deps: Deps): Promise<void> {
  const now = deps.now().getTime()
  await sweepGlobal(deps.db, new Date(now - 7 * dayMs), new Date(now - 2 * dayMs))
  await sweepGuesses(deps.db, new Date(now - 400 * dayMs))
  await sweepJobs(deps.db)
  await forEachFirm(deps, (firmId) => sweepUploads(deps, firmId))
}
