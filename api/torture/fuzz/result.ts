import type { Fingerprint } from './fingerprint.ts'
import type { Finding } from './oracles.ts'

/** One way in which the product broke its word. */
export interface Violation extends Finding {
  target: string
  /** The request, secrets masked; the smallest that still shows it. Empty for what no single request did. */
  request: string
  /** For the option `only`; `storm` when many requests at once did it, which only the whole run repeats. */
  seed: number
  path: string
  /** How often it happened. */
  count: number
}

/** How often a target answered what. `cut`: closed without an answer, where that is allowed. */
export type Tally = Record<'2xx' | '3xx' | '4xx' | '5xx' | 'cut', number>

export interface FuzzResult {
  seed: number
  /** Requests sent. */
  requests: number
  seconds: number
  byTarget: Record<string, Tally>
  byStatus: Record<string, number>
  violations: Violation[]
  /** The other firm's rows before and after. */
  before: Fingerprint
  after: Fingerprint
}
