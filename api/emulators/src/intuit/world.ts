import type { Faults } from '../kit/faults.ts'
import type { Store } from '../kit/store.ts'
import type { Company, State } from './state.ts'
import type { Throttle } from './throttle.ts'
import type { IntuitEmulatorOptions } from './types.ts'
import type { Webhooks } from './webhooks.ts'

/** What the parts of the emulator share. */
export interface World {
  options: IntuitEmulatorOptions
  store: Store<State>
  now: () => Date
  throttle: Throttle
  webhooks: Webhooks
  faults: Faults
}

/** The company, for a caller that names one by mistake: throws when there is none. */
export function companyOf(world: World, realmId: string): Company {
  const company = world.store.data.companies[realmId]
  if (company === undefined) throw new Error(`There is no company ${realmId}`)
  return company
}
