import type { Health } from '@ledgersync/shared/client-states'
import type { ConnectionHealth } from '@ledgersync/shared/connections'

/** The worst first: what a person must act on, then what only waits. */
export const healthOrder: readonly ConnectionHealth[] = ['needs_client', 'bank_down', 'disconnected', 'syncing', 'healthy']

/** One health for several connections, as the client list shows it; `none` without any. */
export function worstHealth(connections: readonly { health: ConnectionHealth }[]): Health {
  return healthOrder.find((health) => connections.some((connection) => connection.health === health)) ?? 'none'
}
