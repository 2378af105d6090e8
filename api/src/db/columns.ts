import { bigint, customType, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { Minor } from '@ledgersync/shared/money'

/** An instant, UTC, as a JavaScript Date. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
export const firmId = () => uuid('firm_id').notNull()
export const id = () => uuid('id').notNull()
/** An amount in minor units; PostgreSQL's bigint, read as an exact JavaScript integer. */
export const amount = (name: string) => bigint(name, { mode: 'number' }).$type<Minor>()
export const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
