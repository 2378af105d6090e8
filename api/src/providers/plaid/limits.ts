import { tokenHash } from '../../core/ids.ts'
import { limitOf, type Turn } from '../../core/pace.ts'

/** Calls in any minute, and how many of them may come at once. */
type Rate = readonly [callsMax: number, burst: number]

interface OperationLimits {
  /** Of our account at Plaid as a whole. */
  client: Rate
  /** Of one Item, or of one link token. */
  each?: Rate
  urgent?: boolean
  callMs: number
}

/** Somebody waits for these. */
const interactiveMs = 10_000
/** A page of history may take the provider longer. */
const syncMs = 30_000
/** The provider itself waits ten seconds for our answer to its webhook. */
const keyMs = 5_000

/**
 * Plaid's limits in production (plaid.com/docs/errors/rate-limit-exceeded). It names none for the operations marked "assumed"; they get
 * what is common among its neighbours, or less. Half of an Item's calls may come at once (a sync of two years is a burst), of the
 * account's a fifth.
 */
const limits = {
  transactionsSync: { each: [50, 25], client: [2_500, 500], callMs: syncMs },
  accountsGet: { each: [15, 8], client: [15_000, 3_000], callMs: interactiveMs },
  itemGet: { each: [15, 8], client: [5_000, 1_000], callMs: interactiveMs },
  itemRemove: { each: [30, 10], client: [2_000, 400], callMs: interactiveMs },
  // Assumed: asked for once for each Item when our address changed
  itemWebhookUpdate: { each: [15, 8], client: [1_000, 200], callMs: interactiveMs },
  // Assumed: what /institutions/get_by_id has
  institutionsSearch: { client: [400, 150], urgent: true, callMs: interactiveMs },
  // Assumed
  linkTokenCreate: { client: [600, 200], urgent: true, callMs: interactiveMs },
  // Assumed: somebody at our page asks a few times a minute, the job rarer and rarer
  linkTokenGet: { each: [30, 15], client: [1_000, 300], callMs: interactiveMs },
  // Assumed
  itemPublicTokenExchange: { client: [600, 200], callMs: interactiveMs },
  // Assumed: keys are kept for an hour and unknown ones bounded (webhook.ts)
  webhookVerificationKeyGet: { client: [100, 40], urgent: true, callMs: keyMs },
} as const satisfies Record<string, OperationLimits>

export type PlaidOperation = keyof typeof limits

/** Waited here for a turn; pages of one sync must not be thrown away for less than the steady rate of an Item. */
const patienceMs = 5_000
const urgentPatienceMs = 3_000

/** What a call needs before it goes out. `token` says whose it is; only its hash is kept. */
export function turnOf(operation: PlaidOperation, token: string | null): Turn {
  const { client, each, urgent = false, callMs }: OperationLimits = limits[operation]
  const clientKey = `plaid/${operation}`
  const ofClient = limitOf(clientKey, { callsMax: client[0], burst: client[1] })
  const common = { provider: 'plaid', operation, urgent, callMs, patienceMs: urgent ? urgentPatienceMs : patienceMs } as const
  if (each === undefined || token === null) return { ...common, limits: [ofClient] }
  const ofOne = limitOf(`${clientKey}/${tokenHash(token).slice(0, 32)}`, { callsMax: each[0], burst: each[1] })
  return { ...common, limits: [ofOne, ofClient], wider: clientKey }
}
