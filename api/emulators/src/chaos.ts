import { randomInt } from 'node:crypto'
import type { FaultPlan } from './kit/fault-plan.ts'

/** What a person may ask for: a number from 0 to 100, in decimal. Null when the text is none. */
export function readPercent(text: string): number | null {
  return /^\d{1,3}(\.\d{1,3})?$/.test(text) && Number(text) <= 100 ? Number(text) : null
}

/** A whole number that can be told and typed again. Null when the text is none. */
export function readSeed(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null
}

export const newSeed = (): number => randomInt(1_000_000)

/**
 * The plan `CHAOS=<percent>` and `CHAOS_SEED=<number>` ask for; null when CHAOS is unset or 0. Without a seed one is picked.
 * Throws an Error that says what is wrong with them.
 */
export function readChaos({ CHAOS: percentText = '', CHAOS_SEED: seedText = '' }: NodeJS.ProcessEnv): FaultPlan | null {
  const percent = readPercent(percentText === '' ? '0' : percentText)
  if (percent === null) throw new Error(`CHAOS must be a number from 0 to 100, the percent of calls to disturb, not "${percentText}"`)
  const seed = seedText === '' ? newSeed() : readSeed(seedText)
  if (seed === null) throw new Error(`CHAOS_SEED must be a whole number of at most 15 digits, not "${seedText}"`)
  return percent === 0 ? null : { seed, percent }
}
