import type { MigrationConfig } from './config.ts'
import { migrate, prepareServer } from './db/migrate.ts'
import { createLogger } from './logger.ts'
import { reachOnce } from './reach.ts'
import { ConfigError } from './core/settings.ts'

/** Brings the database up to date and says what it did; answers the exit code. Each address is tried first, for what it says in its own name. */
export async function runMigrate({ adminUrl, ownerUrl, appUrl }: MigrationConfig): Promise<number> {
  const patience = { ms: 0, log: createLogger('error') }
  if (adminUrl !== null) await reachOnce({ name: 'DATABASE_ADMIN_URL', url: adminUrl, role: null }, patience)
  try {
    if (adminUrl !== null) await prepareServer(adminUrl, ownerUrl, appUrl)
    await reachOnce({ name: 'DATABASE_OWNER_URL', url: ownerUrl, role: 'ledgersync_owner' }, patience)
    const ran = await migrate({ ownerUrl, appUrl })
    process.stdout.write(ran.length === 0 ? 'The database is up to date.\n' : `Migrated: ${ran.join(', ')}\n`)
    return 0
  } catch (error) {
    if (error instanceof ConfigError) throw error
    process.stderr.write(`The database could not be migrated: ${sentences(error).join(': ')}\n`)
    return 1
  }
}

/** What failed and why, without the stack: what the migrator asks of the database holds no secret. */
function sentences(error: unknown): string[] {
  return error instanceof Error ? [error.message, ...sentences(error.cause)] : []
}
