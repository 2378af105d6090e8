import { and, eq, inArray } from 'drizzle-orm'
import type { Language } from '@ledgersync/shared/common'
import { type Deps, systemCtx } from '../core/context.ts'
import { tokenHash } from '../core/ids.ts'
import { withFirm } from '../db/client.ts'
import { findKey, hitAttempt } from '../db/global.ts'
import { connectionsTable, linkSessionsTable } from '../db/schema/banks.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { firmsTable } from '../db/schema/firms.ts'
import { senderName } from '../firms/sender.ts'
import { enqueueCheck, type LinkSession } from './link-sessions.ts'

/** A visit to the bank's sign-in, as the page shows it to which the browser returns. */
export interface Visit {
  firmId: string
  clientId: string
  startedByKind: LinkSession['startedByKind']
  /** `waiting` while it may still become connected by itself. */
  state: 'waiting' | 'connected' | 'left' | 'failed' | 'expired'
  /** Set when another bank was connected than the one asked for. */
  isOther: boolean
  bankName: string
  firmName: string
  language: Language
}

const noncePattern = /^[\w-]{43}$/
const checksPerMinuteMax = 60

const shown: Record<LinkSession['state'], Visit['state']> = {
  opening: 'waiting',
  open: 'waiting',
  exchanging: 'waiting',
  done: 'connected',
  exited: 'left',
  failed: 'failed',
  expired: 'expired',
}

/** Reads a visit by the name that its return address carries, of whatever firm. Changes nothing. */
export async function findVisit(deps: Deps, nonce: string): Promise<Visit | null> {
  const owner = noncePattern.test(nonce) ? await findKey(deps.db, 'link_session', tokenHash(nonce)) : null
  if (owner === null) return null
  const { firmId, rowId } = owner
  const [row] = await withFirm(
    { deps, firmId },
    (tx) =>
      tx
        .select({
          session: linkSessionsTable,
          firmName: senderName,
          language: clientsTable.language,
          bankName: connectionsTable.institutionName,
        })
        .from(linkSessionsTable)
        .innerJoin(firmsTable, eq(firmsTable.firmId, linkSessionsTable.firmId))
        .innerJoin(clientsTable, and(eq(clientsTable.firmId, linkSessionsTable.firmId), eq(clientsTable.id, linkSessionsTable.clientId)))
        .leftJoin(
          connectionsTable,
          and(eq(connectionsTable.firmId, linkSessionsTable.firmId), eq(connectionsTable.id, linkSessionsTable.connectionId)),
        )
        .where(and(eq(linkSessionsTable.firmId, firmId), eq(linkSessionsTable.id, rowId))),
    'read',
  )
  if (row === undefined) return null
  const { session, firmName, language, bankName } = row
  const { clientId, startedByKind, state, reason } = session
  return {
    firmId,
    clientId,
    startedByKind,
    state: shown[state],
    isOther: state === 'done' && reason !== null,
    bankName: bankName ?? '',
    firmName,
    language,
  }
}

/** Looks at the visit now rather than when its turn comes: somebody is waiting. At most so often a minute. */
export async function checkVisit(deps: Deps, nonce: string): Promise<Visit | null> {
  const visit = await findVisit(deps, nonce)
  if (visit === null || visit.state !== 'waiting') return visit
  if ((await hitAttempt(deps.db, `visit:${tokenHash(nonce)}`, 60, deps.now())) > checksPerMinuteMax) return visit
  const { firmId } = visit
  const ctx = systemCtx(deps, firmId, 'check_visit')
  await withFirm(ctx, async (tx) => {
    const mine = and(eq(linkSessionsTable.firmId, firmId), eq(linkSessionsTable.returnHash, tokenHash(nonce)))
    const [session] = await tx
      .select()
      .from(linkSessionsTable)
      .where(and(mine, inArray(linkSessionsTable.state, ['open', 'exchanging'])))
    if (session !== undefined) await enqueueCheck(tx, session, true)
  })
  return visit
}
