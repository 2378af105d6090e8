import { Health } from '@ledgersync/shared/client-states'

/** How `client_list.health` writes the worst health. */
export const healthRank: Record<Health, number> = { none: 0, healthy: 1, syncing: 2, disconnected: 3, bank_down: 4, needs_client: 5 }

/** The health that a rank of the list stands for. */
export function healthName(rank: number): Health {
  const found = Health.enum.find((health) => healthRank[health] === rank)
  if (found === undefined) throw new Error(`No health has the rank ${rank}`)
  return found
}
