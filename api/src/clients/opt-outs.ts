import type { Deps } from '../core/context.ts'
import { keyedDigest } from '../core/ids.ts'
import type { Db, Tx } from '../db/client.ts'
import { endOptOut, findOptOuts, setOptOut } from '../db/global.ts'

const phoneHash = (deps: Deps, phone: string): Buffer => keyedDigest(deps.sessionSecret, 'opt-out', phone)
const emailHash = (deps: Deps, email: string): Buffer => keyedDigest(deps.sessionSecret, 'opt-out', email.toLowerCase())
/** E-mail opt-outs belong to one firm, texts to the sending number. */
const emailSender = (firmId: string): string => `email:${firmId}`

/** Which of these phones (E.164) have answered STOP to our sender. */
export async function optedOutPhones(tx: Tx, deps: Deps, phones: readonly string[]): Promise<Set<string>> {
  const found = await findOptOuts(
    tx,
    deps.sms.sender,
    phones.map((phone) => phoneHash(deps, phone)),
  )
  return new Set(phones.filter((phone) => found.has(phoneHash(deps, phone).toString('hex'))))
}

/** Whether this address takes no more mail from the firm. */
export async function isEmailOptedOut(tx: Tx, deps: Deps, firmId: string, email: string): Promise<boolean> {
  return (await findOptOuts(tx, emailSender(firmId), [emailHash(deps, email)])).size > 0
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
