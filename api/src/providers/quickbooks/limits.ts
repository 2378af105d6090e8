import { type Limit, limitOf, type Turn } from '../../core/pace.ts'

/** Intuit works on a request for two minutes at most, whoever has stopped waiting for it. */
const theirCallMs = 120_000
/** The longest that a job waits for Intuit. */
const callMs = 30_000
/** Somebody waits for these. */
export const interactiveMs = 10_000
/** Shorter than the lease of who refreshes, so that nobody else begins while one still waits. */
const tokenMs = 20_000

const patienceMs = 5_000
const urgentPatienceMs = 3_000
/** Less than a batch takes to come back: a company with thousands of entries makes room for others between two of its batches. */
const batchPatienceMs = 2_000

/**
 * Of one company: 500 requests a minute, ten a second, ten at once (Intuit, "API call limits and throttles"). A place is taken
 * until a second after the answer, so that ten places are ten requests in any second too; one that brought no answer, until
 * Intuit has certainly given it up.
 */
const ofCompany = (realmId: string): Limit =>
  limitOf(
    `quickbooks/${realmId}`,
    { callsMax: 500, burst: 100, reserved: 10 },
    { max: 10, reserved: 2, leaseMs: theirCallMs + 5_000, restMs: 1_000 },
  )
/** Of one company: 40 batches a minute, for each program that is connected to it. */
const batchesOf = (realmId: string): Limit => limitOf(`quickbooks/${realmId}/batches`, { callsMax: 40, burst: 20 })
/** Intuit names no limit for its token endpoints; this is what it lets a company do, for all companies together. */
const ofTokens = limitOf('quickbooks/tokens', { callsMax: 500, burst: 100, reserved: 20 })

export function tokenTurn(operation: string, urgent: boolean): Turn {
  return {
    provider: 'quickbooks',
    operation,
    limits: [ofTokens],
    urgent,
    patienceMs: urgent ? urgentPatienceMs : patienceMs,
    callMs: urgent ? interactiveMs : tokenMs,
  }
}

/** A request to one company. */
export function companyTurn(realmId: string, operation: string, { batch = false, urgentMs }: { batch?: boolean; urgentMs?: number }): Turn {
  const urgent = urgentMs !== undefined
  return {
    provider: 'quickbooks',
    operation,
    limits: batch ? [ofCompany(realmId), batchesOf(realmId)] : [ofCompany(realmId)],
    urgent,
    patienceMs: urgent ? Math.min(urgentPatienceMs, urgentMs) : batch ? batchPatienceMs : patienceMs,
    callMs: urgentMs ?? callMs,
  }
}
