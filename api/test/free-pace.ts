import type { Pace } from '../src/core/pace.ts'

/** Lets every call go at once: for tests of adapters that have no database. */
export const freePace: Pace = { inTurn: (turn, call) => call(turn.callMs) }
