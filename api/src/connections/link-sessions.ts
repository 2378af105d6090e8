import { and, eq, lt } from 'drizzle-orm'
import { getUnlockedClient } from '../clients/visibility.ts'
import { countAttempt } from '../core/attempts.ts'
import { recordAudit } from '../core/audit.ts'
import type { ClientActor, Ctx, StaffCtx } from '../core/context.ts'
import { type Place, seal } from '../core/crypto.ts'
import { enqueue } from '../core/enqueue.ts'
import { AppError, notFound, ProviderError } from '../core/errors.ts'
import { newId, newToken, tokenHash } from '../core/ids.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { claimKey } from '../db/global.ts'
import { connectionsTable, linkSessionsTable } from '../db/schema/banks.ts'
import { wantedBanksTable } from '../db/schema/clients.ts'
import { firmsTable } from '../db/schema/firms.ts'
import { senderNameOf } from '../firms/sender.ts'
import { bankTrouble } from '../providers/plaid/causes.ts'
import type { LinkOptions } from '../providers/plaid/client.ts'
import { type ConnectionRecord, lockConnection, openAccess } from './access.ts'
import { recordTrouble } from './health.ts'

type Starter = StaffCtx | Ctx<ClientActor>
export type LinkSession = typeof linkSessionsTable.$inferSelect

export interface LinkSessionOptions {
  /** The asked-for bank that is to be opened. */
  wantedBankId?: string
  /** The connection to repair, instead of adding one. */
  connectionId?: string
  /** The invite through which the client came. */
  inviteId?: string
}

/** Each visit costs a call at the bank provider, and an open sign-in there. */
const startLimits = {
  client: { windowSeconds: 3600, max: 20, sentence: 'This sign-in was opened very often. Wait an hour, then try again.' },
  staff: { windowSeconds: 3600, max: 120, sentence: 'You opened very many sign-ins. Wait an hour, then try again.' },
}
const firstPollMs = 20_000
const pollMaxMs = 10 * 60_000
/** A visit whose link token never arrived is over after this. */
const openingMs = 60 * 60_000

export const sessionPlace = (column: 'link_token' | 'hosted_url', rowId: string): Place => ({ table: 'link_sessions', column, rowId })

/**
 * Looks at the visit again after a while: 20 s at first, growing to ten minutes; never later than somebody has asked for already.
 * `Date.now()`, for jobs run by the database's clock.
 */
export async function enqueueCheck(tx: Tx, session: { firmId: string; id: string; polls: number }, atOnce = false): Promise<void> {
  const delayMs = Math.min(firstPollMs * 1.5 ** session.polls, pollMaxMs)
  await enqueue(
    tx,
    'finish_link_session',
    { firmId: session.firmId, linkSessionId: session.id },
    {
      key: `finish_link_session:${session.id}`,
      queue: `link:${session.id}`,
      ...(atOnce ? {} : { runAt: new Date(Date.now() + delayMs), keepRunAt: true }),
    },
  )
}

/**
 * Begins a visit to the bank's sign-in for this client and answers its address. Asked for a bank whose connection needs the
 * client, it repairs that connection instead of adding a second. Throws `not_found`, `client_locked`, `conflict` when the
 * connection cannot be repaired any more, `too_many_requests` and `provider_unavailable`.
 */
export async function startLinkSession(ctx: Starter, clientId: string, options: LinkSessionOptions): Promise<{ url: string }> {
  const by = ctx.actor.kind === 'staff' ? ctx.actor.staffId : clientId
  await countAttempt(ctx.deps, `visit-start:${by}`, startLimits[ctx.actor.kind])
  const { session, nonce, link } = await withFirm(ctx, (tx) => prepare(tx, ctx, clientId, options))
  ctx.deps.reached('visit.prepared')
  try {
    const opened = await ctx.deps.plaid.createLink({ ...link, returnUrl: `${ctx.deps.publicUrl}/i/back/${nonce}` })
    ctx.deps.reached('visit.opened')
    await withFirm(ctx, async (tx) => {
      const updated = await tx
        .update(linkSessionsTable)
        .set({
          state: 'open',
          linkTokenSealed: await seal(tx, ctx, sessionPlace('link_token', session.id), opened.linkToken),
          hostedUrlSealed: await seal(tx, ctx, sessionPlace('hosted_url', session.id), opened.hostedUrl),
          expiresAt: opened.expiresAt,
        })
        .where(and(eq(linkSessionsTable.firmId, ctx.firmId), eq(linkSessionsTable.id, session.id), eq(linkSessionsTable.state, 'opening')))
        .returning({ id: linkSessionsTable.id })
      if (updated.length === 0) throw new AppError('conflict', 'This visit is over. Start again.')
      await claimKey(tx, 'plaid_link_token', tokenHash(opened.linkToken), { firmId: ctx.firmId, rowId: session.id })
      await enqueueCheck(tx, session)
    })
    return { url: opened.hostedUrl }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    throw await recordRefusal(ctx, session, error)
  }
}

/** Ends visits whose sign-in never opened: whoever began them died before the provider answered. */
export async function expireUnopened(tx: Tx, ctx: Ctx): Promise<void> {
  const { firmId, state, expiresAt } = linkSessionsTable
  const now = ctx.deps.now()
  await tx
    .update(linkSessionsTable)
    .set({ state: 'expired', reason: 'The sign-in could not be opened.', finishedAt: now })
    .where(and(eq(firmId, ctx.firmId), eq(state, 'opening'), lt(expiresAt, now)))
}

async function prepare(tx: Tx, ctx: Starter, clientId: string, options: LinkSessionOptions) {
  if (ctx.actor.kind === 'client' && ctx.actor.clientId !== clientId) throw notFound('client')
  const client = await getUnlockedClient(tx, ctx, clientId)
  const firm = one(await tx.select().from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId)))
  const wanted = options.wantedBankId === undefined ? null : await findWanted(tx, ctx, clientId, options.wantedBankId)
  const repaired = await findRepaired(tx, ctx, clientId, { connectionId: options.connectionId, institutionId: wanted?.institutionId })
  const nonce = newToken()
  const now = ctx.deps.now()
  const session = one(
    await tx
      .insert(linkSessionsTable)
      .values({
        firmId: ctx.firmId,
        id: newId(),
        clientId,
        inviteId: options.inviteId ?? null,
        wantedBankId: wanted?.id ?? null,
        connectionId: repaired?.connection.id ?? null,
        startedByKind: ctx.actor.kind,
        startedBy: ctx.actor.kind === 'staff' ? ctx.actor.staffId : null,
        returnHash: tokenHash(nonce),
        state: 'opening',
        webhookMark: ctx.deps.plaid.webhookMark,
        createdAt: now,
        expiresAt: new Date(now.getTime() + openingMs),
      })
      .returning(),
  )
  await claimKey(tx, 'link_session', session.returnHash, { firmId: ctx.firmId, rowId: session.id })
  await recordAudit(tx, ctx, 'connection.sign_in_opened', { id: session.id, clientId })
  const link: Omit<LinkOptions, 'returnUrl'> = {
    clientId,
    firmName: senderNameOf(firm),
    language: client.language,
    routingNumber: wanted?.routingNumber ?? null,
    accessToken: repaired?.accessToken ?? null,
  }
  return { session, nonce, link }
}

async function findWanted(tx: Tx, ctx: Ctx, clientId: string, wantedBankId: string): Promise<typeof wantedBanksTable.$inferSelect> {
  const [wanted] = await tx
    .select()
    .from(wantedBanksTable)
    .where(and(eq(wantedBanksTable.firmId, ctx.firmId), eq(wantedBanksTable.clientId, clientId), eq(wantedBanksTable.id, wantedBankId)))
  if (wanted === undefined) throw notFound('bank')
  return wanted
}

interface Repaired {
  connection: ConnectionRecord
  accessToken: string
}

async function findRepaired(
  tx: Tx,
  ctx: Ctx,
  clientId: string,
  by: { connectionId: string | undefined; institutionId: string | undefined },
): Promise<Repaired | null> {
  const ofClient = and(
    eq(connectionsTable.firmId, ctx.firmId),
    eq(connectionsTable.clientId, clientId),
    eq(connectionsTable.complete, true),
  )
  if (by.connectionId !== undefined) {
    const [connection] = await tx
      .select()
      .from(connectionsTable)
      .where(and(ofClient, eq(connectionsTable.id, by.connectionId)))
    if (connection === undefined) throw notFound('connection')
    const accessToken = await openAccess(tx, ctx, connection)
    if (accessToken === null)
      throw new AppError('conflict', 'Access to this bank was withdrawn, so it cannot be repaired. Add the bank again.')
    return { connection, accessToken }
  }
  if (by.institutionId === undefined) return null
  const broken = and(ofClient, eq(connectionsTable.institutionId, by.institutionId), eq(connectionsTable.health, 'needs_client'))
  const [connection] = await tx.select().from(connectionsTable).where(broken).limit(1)
  const accessToken = connection === undefined ? null : await openAccess(tx, ctx, connection)
  return connection === undefined || accessToken === null ? null : { connection, accessToken }
}

async function recordRefusal(ctx: Ctx, session: LinkSession, error: ProviderError): Promise<AppError> {
  const { requestId, code, status } = error
  ctx.deps.log.warn({ linkSessionId: session.id, code, status, providerRequestId: requestId }, 'the sign-in of a bank could not be opened')
  const trouble = bankTrouble(error.code)
  await withFirm(ctx, async (tx) => {
    await tx
      .update(linkSessionsTable)
      .set({ state: 'failed', reason: 'The sign-in could not be opened.', finishedAt: ctx.deps.now() })
      .where(and(eq(linkSessionsTable.firmId, ctx.firmId), eq(linkSessionsTable.id, session.id)))
    const connection = session.connectionId === null ? null : await lockConnection(tx, ctx, session.connectionId)
    if (connection !== null && trouble?.health === 'disconnected') await recordTrouble(tx, ctx, connection, trouble)
  })
  if (session.connectionId !== null && trouble?.health === 'disconnected') return new AppError('conflict', trouble.cause, { cause: error })
  return new AppError('provider_unavailable', 'The sign-in of the bank cannot be opened at the moment. Try again in a minute.', {
    cause: error,
  })
}
