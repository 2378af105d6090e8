import { ProviderError } from '../../core/errors.ts'
import type { Pace } from '../../core/pace.ts'
import { isDoubtful, readFault, toSilence } from './errors.ts'
import { postText } from './http.ts'
import { companyTurn } from './limits.ts'
import type { CompanyAccess, QuickbooksConfig } from './types.ts'

/** Intuit has answered every request in this version since August 2025, whatever is asked for. */
export const minorVersion = '75'
/** Intuit's limit. */
const itemsPerBatchMax = 30

interface Batch {
  operation: 'post' | 'remove'
  /** The same one with the same items is a repeat. Null for what is safe to repeat without. */
  requestId: string | null
  items: object[]
}

/** What became of one item: Intuit's answer, or why it was refused. */
export interface ItemAnswer {
  body: Record<string, unknown>
  refused: { code: string; detail: string } | null
}

/**
 * Posts up to 30 items and answers each in its place; they come back in any order. When one is missing or Intuit stumbled over
 * it, the whole request is doubtful: looking then tells what became of each.
 */
export async function postBatch(
  { config, pace }: { config: QuickbooksConfig; pace: Pace },
  { realmId, accessToken }: CompanyAccess,
  { operation, requestId, items }: Batch,
): Promise<ItemAnswer[]> {
  if (items.length === 0 || items.length > itemsPerBatchMax) throw new RangeError(`A batch takes 1 to ${itemsPerBatchMax} items`)
  const url = new URL(`${config.apiUrl}/v3/company/${encodeURIComponent(realmId)}/batch`)
  if (requestId !== null) url.searchParams.set('requestid', requestId)
  url.searchParams.set('minorversion', minorVersion)
  const body = JSON.stringify({ BatchItemRequest: items.map((item, index) => ({ bId: String(index), ...item })) })
  const answer = await pace.inTurn(companyTurn(realmId, operation, { batch: true }), (timeoutMs) =>
    postText({
      operation,
      url: url.href,
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body,
      timeoutMs,
    }),
  )
  // Every member is checked below
  const answered = (answer as { BatchItemResponse?: unknown } | null)?.BatchItemResponse
  if (!Array.isArray(answered)) throw toSilence(operation, null)
  const byId = new Map(answered.map((item: Record<string, unknown>) => [item['bId'], item]))
  return items.map((_item, index) => readItem(operation, byId.get(String(index)) ?? {}))
}

function readItem(operation: Batch['operation'], body: Record<string, unknown>): ItemAnswer {
  const fault = readFault(body)
  if (fault === null) return { body, refused: null }
  if (fault.code === null || isDoubtful(fault)) throw doubt(operation, fault.code)
  return { body, refused: { code: fault.code, detail: fault.detail } }
}

/** Nobody knows what became of an item of a request that was answered. */
export function doubt(operation: Batch['operation'], code: string | null): ProviderError {
  return new ProviderError({ provider: 'quickbooks', operation, outcome: 'unknown', status: 200, code, transient: true })
}
