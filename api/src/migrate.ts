import { migrate } from './db/migrate.ts'

const { DATABASE_ADMIN_URL: adminUrl, DATABASE_OWNER_URL: ownerUrl, DATABASE_URL: appUrl } = process.env
if (ownerUrl === undefined || appUrl === undefined) {
  process.stderr.write('DATABASE_OWNER_URL and DATABASE_URL must be set.\n')
  process.exit(78)
}
const ran = await migrate({ ownerUrl, appUrl, ...(adminUrl !== undefined && { adminUrl }) })
process.stdout.write(ran.length === 0 ? 'The database is up to date.\n' : `Migrated: ${ran.join(', ')}\n`)
