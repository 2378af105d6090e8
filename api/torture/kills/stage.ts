import type { Random } from '../random.ts'
import type { Installation } from './installation.ts'
import type { People } from './people.ts'

/** What people and banks do, one scene at a time, each of them possible at any moment. */
export interface Stage {
  installation: Installation
  people: People
  random: Random
  clientsMax: number
}

/** Plays a scene; false when it could not be played now. */
type Play = (stage: Stage) => Promise<boolean>

export interface Scene {
  name: string
  /** How often it comes, beside the others. */
  weight: number
  play: Play
}
