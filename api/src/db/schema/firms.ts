import { bigint, boolean, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { Role } from '@ledgersync/shared/auth'
import type { Firm } from '@ledgersync/shared/firms'
import type { Permission } from '@ledgersync/shared/permissions'
import { bytes, firmId, id, instant } from '../columns.ts'

export const firmsTable = pgTable('firms', {
  firmId: firmId().primaryKey(),
  name: text('name').notNull(),
  emailDomain: text('email_domain').notNull(),
  timeZone: text('time_zone').notNull(),
  createdAt: instant('created_at').notNull(),
  assignAll: boolean('assign_all').notNull().default(false),
  senderName: text('sender_name'),
  mailSender: text('mail_sender').$type<Firm['mailSender']>().notNull().default('person'),
  defaultLanguage: text('default_language').$type<Firm['defaultLanguage']>().notNull().default('en'),
  defaultInvite: text('default_invite').$type<Firm['defaultInvite']>().notNull().default('sms'),
  defaultTimeZone: text('default_time_zone'),
  askRepairs: boolean('ask_repairs').notNull().default(true),
  messagesPerPersonDay: integer('messages_per_person_day').notNull().default(3),
  messagesPerHour: integer('messages_per_hour').notNull().default(10_000),
})

export const firmKeysTable = pgTable('firm_keys', {
  firmId: firmId().primaryKey(),
  kekId: text('kek_id').notNull(),
  wrappedKey: bytes('wrapped_key').notNull(),
  wrappedAt: instant('wrapped_at').notNull(),
})

export const staffTable = pgTable(
  'staff',
  {
    firmId: firmId(),
    id: id(),
    name: text('name').notNull(),
    email: text('email').notNull(),
    username: text('username').notNull(),
    passwordHash: text('password_hash').notNull(),
    role: text('role').$type<Role>().notNull(),
    emailVerifiedAt: instant('email_verified_at'),
    timeZone: text('time_zone'),
    createdAt: instant('created_at').notNull(),
    phone: text('phone'),
    phoneVerifiedAt: instant('phone_verified_at'),
    passwordIsShort: boolean('password_is_short').notNull().default(false),
    deactivatedAt: instant('deactivated_at'),
    permissions: text('permissions').array().$type<Permission[]>().notNull().default([]),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const staffInvitesTable = pgTable(
  'staff_invites',
  {
    firmId: firmId(),
    id: id(),
    email: text('email').notNull(),
    name: text('name').notNull(),
    role: text('role').$type<Role>().notNull(),
    permissions: text('permissions').array().$type<Permission[]>().notNull(),
    createdAt: instant('created_at').notNull(),
    createdBy: uuid('created_by').notNull(),
    tokenHash: text('token_hash').notNull(),
    messageId: uuid('message_id').notNull(),
    sentAt: instant('sent_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    acceptedAt: instant('accepted_at'),
    staffId: uuid('staff_id'),
    withdrawnAt: instant('withdrawn_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const sessionsTable = pgTable(
  'sessions',
  {
    firmId: firmId(),
    id: id(),
    staffId: uuid('staff_id').notNull(),
    refreshSalt: bytes('refresh_salt').notNull(),
    refreshGeneration: integer('refresh_generation').notNull().default(0),
    refreshedAt: instant('refreshed_at').notNull(),
    createdAt: instant('created_at').notNull(),
    lastActiveAt: instant('last_active_at').notNull(),
    revokedAt: instant('revoked_at'),
    ip: text('ip').notNull(),
    userAgent: text('user_agent').notNull(),
    confirmedAt: instant('confirmed_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const emailVerificationsTable = pgTable(
  'email_verifications',
  {
    firmId: firmId(),
    id: id(),
    staffId: uuid('staff_id').notNull(),
    email: text('email').notNull(),
    codeDigest: bytes('code_digest').notNull(),
    tries: integer('tries').notNull().default(0),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const auditLogTable = pgTable(
  'audit_log',
  {
    firmId: firmId(),
    id: id(),
    at: instant('at').notNull(),
    actorKind: text('actor_kind').$type<'staff' | 'client' | 'system'>().notNull(),
    actorId: uuid('actor_id'),
    action: text('action').notNull(),
    subjectId: uuid('subject_id'),
    clientId: uuid('client_id'),
    ip: text('ip'),
    requestId: text('request_id'),
    detailsDigest: bytes('details_digest'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const auditDetailsTable = pgTable(
  'audit_details',
  {
    firmId: firmId(),
    auditId: uuid('audit_id').notNull(),
    clientId: uuid('client_id'),
    salt: bytes('salt').notNull(),
    details: jsonb('details').$type<Record<string, unknown>>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.auditId] })],
)

export const auditChecksTable = pgTable(
  'audit_checks',
  {
    firmId: firmId(),
    id: id(),
    requestedAt: instant('requested_at').notNull(),
    requestedBy: uuid('requested_by').notNull(),
    checked: integer('checked').notNull().default(0),
    finishedAt: instant('finished_at'),
    ok: boolean('ok'),
    sealed: integer('sealed'),
    unsealed: integer('unsealed'),
    problem: text('problem'),
    head: bytes('head'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const auditChainTable = pgTable(
  'audit_chain',
  {
    firmId: firmId(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    auditId: uuid('audit_id').notNull(),
    hash: bytes('hash').notNull(),
    sealedAt: instant('sealed_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.seq] })],
)
