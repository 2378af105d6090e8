import { randomInt } from 'node:crypto'
import { and, eq, gt, lt, sql } from 'drizzle-orm'
import { toGsm } from '@ledgersync/shared/sms'
import { claimCodeMessage } from '@ledgersync/shared/texts'
import { isEmailOptedOut, optedOutPhones } from '../clients/opt-outs.ts'
import { recordAudit } from '../core/audit.ts'
import type { ClientActor, Ctx, Deps } from '../core/context.ts'
import { keyedDigest, sameBytes } from '../core/ids.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { hitAttempt } from '../db/global.ts'
import { linksTable } from '../db/schema/clients.ts'
import { queueMessage } from '../messages/service.ts'
import { addClaim, type KnownLink } from './links.ts'
import { type ClientValues, findClient, holdClient } from './reach.ts'

export type CodeChannel = 'sms' | 'email'

const validMs = 10 * 60_000
const triesMax = 5
const hourSeconds = 60 * 60
const sendsMax = 3

/** Ways to the client that a code can take, the phone first: those on file that still take messages of ours. */
export function codeChannels(deps: Deps, link: KnownLink): Promise<CodeChannel[]> {
  const ctx = ctxOf(deps, link, null)
  return withFirm(
    ctx,
    // The addresses are kept by channel
    async (tx) => Object.keys(await addressesOf(tx, ctx, link)) as CodeChannel[],
    'read',
  )
}

const ctxOf = (deps: Deps, { firmId, clientId }: KnownLink, ip: string | null): Ctx<ClientActor> => ({
  deps,
  firmId,
  actor: { kind: 'client', clientId },
  requestId: null,
  ip,
})

/** Those of the person: what only one of several clients has may be read by somebody who has nothing to do with the others. */
async function addressesOf(tx: Tx, ctx: Ctx, { members }: KnownLink): Promise<Partial<Record<CodeChannel, string>>> {
  const clients: ClientValues[] = []
  for (const { clientId } of members) {
    const client = await findClient(tx, ctx, clientId)
    if (client !== undefined) clients.push(client)
  }
  const [first] = clients
  const shared = (channel: 'phone' | 'email'): string | null => {
    const address = first?.[channel] ?? null
    return clients.every((client) => client[channel]?.toLowerCase() === address?.toLowerCase()) ? address : null
  }
  const [phone, email] = [shared('phone'), shared('email')]
  const byText = phone !== null && (await optedOutPhones(tx, ctx.deps, [phone])).size === 0
  const byMail = email !== null && !(await isEmailOptedOut(tx, ctx.deps, ctx.firmId, email))
  return { ...(byText && { sms: phone }), ...(byMail && { email }) }
}

const codeDigest = (deps: Deps, linkId: string, code: string): Buffer => keyedDigest(deps.sessionSecret, 'claim-code', linkId, code)

/**
 * Sends six digits to the phone or the address on file; an earlier code stops working. Three an hour for one person, over all their
 * links: `too_often` past that, `unreachable` where that way has gone.
 */
export async function sendClaimCode(
  deps: Deps,
  link: KnownLink,
  channel: CodeChannel,
  ip: string | null,
): Promise<'sent' | 'too_often' | 'unreachable'> {
  const ctx = ctxOf(deps, link, ip)
  const to = await withFirm(ctx, async (tx) => (await addressesOf(tx, ctx, link))[channel], 'read')
  if (to === undefined) return 'unreachable'
  const person = keyedDigest(deps.sessionSecret, 'claim-code-to', link.firmId, to.toLowerCase()).toString('base64url')
  if ((await hitAttempt(deps.db, `claim_code:${person}`, hourSeconds, deps.now())) > sendsMax) return 'too_often'
  const code = randomInt(0, 1_000_000).toString().padStart(6, '0')
  await withFirm(ctx, async (tx) => {
    const client = await holdClient(tx, ctx, link.clientId)
    if (client === undefined) return
    const digest = codeDigest(deps, link.linkId, code).toString('hex')
    const expiresAt = new Date(deps.now().getTime() + validMs)
    await tx
      .update(linksTable)
      .set({ codeDigest: digest, codeExpiresAt: expiresAt, codeTries: 0 })
      .where(and(eq(linksTable.firmId, ctx.firmId), eq(linksTable.id, link.linkId)))
    const { subject, body } = claimCodeMessage(client.language, link.firmName)
    const words = channel === 'sms' ? { body: toGsm(body) } : { subject, body }
    await queueMessage(tx, ctx, { purpose: 'claim_code', channel, clientId: client.id, to, ...words, secrets: { code } })
    await recordAudit(tx, ctx, 'link.code_sent', { id: link.linkId, clientId: client.id, details: { channel } })
  })
  return 'sent'
}

/**
 * Lets the browser in when these are the digits that were sent. A wrong code counts, and with the fifth the code is `void`, as it is
 * once it has been used and ten minutes after it was sent. `newClaim` is to be set as the claim cookie.
 */
export async function claimByCode(
  deps: Deps,
  link: KnownLink,
  { code, claimCookie, ip }: { code: string; claimCookie: string | undefined; ip: string | null },
): Promise<{ newClaim: string | null } | 'wrong' | 'void'> {
  const ctx = ctxOf(deps, link, ip)
  return withFirm(ctx, async (tx) => {
    const { firmId, id, codeExpiresAt, codeTries } = linksTable
    // Counted before it is compared, and the row is held: guesses at the same time do not share a try
    const [tried] = await tx
      .update(linksTable)
      .set({ codeTries: sql`${codeTries} + 1` })
      .where(and(eq(firmId, ctx.firmId), eq(id, link.linkId), gt(codeExpiresAt, deps.now()), lt(codeTries, triesMax)))
      .returning()
    if (tried?.codeDigest == null) return 'void'
    if (!sameBytes(Buffer.from(tried.codeDigest, 'hex'), codeDigest(deps, link.linkId, code)))
      return tried.codeTries < triesMax ? 'wrong' : 'void'
    await tx
      .update(linksTable)
      .set({ codeDigest: null, codeExpiresAt: null, codeTries: 0 })
      .where(and(eq(firmId, ctx.firmId), eq(id, link.linkId)))
    return addClaim(tx, ctx, link, claimCookie)
  })
}
