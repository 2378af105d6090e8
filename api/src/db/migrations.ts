import { readdirSync } from 'node:fs'
import { inCheckout } from './checkout.ts'
import type { Db } from './client.ts'

/** The migrations that the program comes with. */
export const migrationsFolder = inCheckout('migrations')

/** Names of the migrations in a folder, in the order in which they run. */
export const migrationsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /^\d{4}_.+\.sql$/.test(name))
    .sort()

let needed: string[] | null = null

/** Which of the program's migrations have not run in the database, in order. It may have run others, of a newer program. */
export async function missingMigrations(db: Db): Promise<string[]> {
  needed ??= migrationsIn(migrationsFolder)
  const applied = await appliedMigrations(db)
  return needed.filter((name) => !applied.has(name))
}

const undefinedFunction = '42883'

async function appliedMigrations(db: Db): Promise<Set<string>> {
  try {
    const { rows } = await db.$client.query<{ name: string }>('select name from applied_migrations() as name')
    return new Set(rows.map(({ name }) => name))
  } catch (error) {
    // Before the migration that makes it, there was no way to ask
    if (error instanceof Error && 'code' in error && error.code === undefinedFunction) return new Set()
    throw error
  }
}
