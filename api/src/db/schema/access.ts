import { bigint, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { bytes, firmId, id, instant } from '../columns.ts'

export const passwordResetsTable = pgTable(
  'password_resets',
  {
    firmId: firmId(),
    id: id(),
    staffId: uuid('staff_id').notNull(),
    channel: text('channel').$type<'sms' | 'email'>().notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const phoneVerificationsTable = pgTable(
  'phone_verifications',
  {
    firmId: firmId(),
    id: id(),
    staffId: uuid('staff_id').notNull(),
    phone: text('phone').notNull(),
    codeDigest: bytes('code_digest').notNull(),
    tries: integer('tries').notNull().default(0),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const secondFactorsTable = pgTable(
  'second_factors',
  {
    firmId: firmId(),
    id: id(),
    staffId: uuid('staff_id').notNull(),
    secretSealed: bytes('secret_sealed').notNull(),
    createdAt: instant('created_at').notNull(),
    confirmedAt: instant('confirmed_at'),
    lastStep: bigint('last_step', { mode: 'number' }).notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const recoveryCodesTable = pgTable(
  'recovery_codes',
  {
    firmId: firmId(),
    id: id(),
    staffId: uuid('staff_id').notNull(),
    codeDigest: bytes('code_digest').notNull(),
    createdAt: instant('created_at').notNull(),
    usedAt: instant('used_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const passkeysTable = pgTable(
  'passkeys',
  {
    firmId: firmId(),
    id: id(),
    staffId: uuid('staff_id').notNull(),
    name: text('name').notNull(),
    credentialId: text('credential_id').notNull(),
    publicKey: bytes('public_key').notNull(),
    counter: bigint('counter', { mode: 'number' }).notNull(),
    createdAt: instant('created_at').notNull(),
    lastUsedAt: instant('last_used_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)
