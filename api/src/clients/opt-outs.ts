import type { SQL } from 'drizzle-orm'
import type { Ctx, Deps } from '../core/context.ts'
import { keyedDigest } from '../core/ids.ts'
import type { Db, Tx } from '../db/client.ts'
import { endOptOut, findOptOuts, hasOptOut, setOptOut } from '../db/global.ts'

const phoneHash = (deps: Deps, phone: string): Buffer => keyedDigest(deps.sessionSecret, 'opt-out', phone)
const emailHash = (deps: Deps, email: string): Buffer => keyedDigest(deps.sessionSecret, 'opt-out', email.toLowerCase())
/** E-mail opt-outs belong to one firm, texts to the sending number. */
const emailSender = (firmId: string): string => `email:${firmId}`

/** Which of these phones (E.164) have answered STOP to our sender, and when. */
export async function optedOutPhones(tx: Tx, deps: Deps, phones: readonly string[]): Promise<Map<string, Date>> {
  return found(tx, deps.sms.sender, new Map(phones.map((phone) => [phone, phoneHash(deps, phone)])))
}

/** Which of these addresses take no more mail from the firm, and since when. */
export async function optedOutEmails(tx: Tx, deps: Deps, firmId: string, emails: readonly string[]): Promise<Map<string, Date>> {
  return found(tx, emailSender(firmId), new Map(emails.map((email) => [email, emailHash(deps, email)])))
}

async function found(tx: Tx, sender: string, hashes: ReadonlyMap<string, Buffer>): Promise<Map<string, Date>> {
  const since = await findOptOuts(tx, sender, [...hashes.values()])
  const optedOut = new Map<string, Date>()
  for (const [address, hash] of hashes) {
    const at = since.get(hash.toString('hex'))
    if (at !== undefined) optedOut.set(address, at)
  }
  return optedOut
}

/** Whether this address takes no more mail from the firm. */
export async function isEmailOptedOut(tx: Tx, deps: Deps, firmId: string, email: string): Promise<boolean> {
  return (await optedOutEmails(tx, deps, firmId, [email])).size > 0
}

/** The same within a question of one's own: whether the address of a message takes no more of its channel. */
export function isOptedOut({ deps, firmId }: Ctx, { channel, toAddress }: { channel: 'sms' | 'email'; toAddress: string }): SQL<boolean> {
  return channel === 'sms'
    ? hasOptOut(deps.sms.sender, phoneHash(deps, toAddress))
    : hasOptOut(emailSender(firmId), emailHash(deps, toAddress))
}

/** Records what a phone said at that time; of several words the last one holds, in whatever order they are recorded. */
export async function optOutPhone(db: Db | Tx, deps: Deps, phone: string, at: Date): Promise<void> {
  await setOptOut(db, deps.sms.sender, phoneHash(deps, phone), at)
}
export async function optInPhone(db: Db | Tx, deps: Deps, phone: string, at: Date): Promise<void> {
  await endOptOut(db, deps.sms.sender, phoneHash(deps, phone), at)
}
export async function optOutEmail(db: Db | Tx, deps: Deps, firmId: string, email: string): Promise<void> {
  await setOptOut(db, emailSender(firmId), emailHash(deps, email), deps.now())
}
