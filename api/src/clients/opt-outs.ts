import type { Deps } from '../core/context.ts'
import { keyedDigest } from '../core/ids.ts'
import type { Db, Tx } from '../db/client.ts'
import { clearOptOut, findOptOuts, setOptOut } from '../db/global.ts'

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

export async function optOutPhone(db: Db | Tx, deps: Deps, phone: string): Promise<void> {
  await setOptOut(db, deps.sms.sender, phoneHash(deps, phone), deps.now())
}
export async function optInPhone(db: Db | Tx, deps: Deps, phone: string): Promise<void> {
  await clearOptOut(db, deps.sms.sender, phoneHash(deps, phone))
}
export async function optOutEmail(db: Db | Tx, deps: Deps, firmId: string, email: string): Promise<void> {
  await setOptOut(db, emailSender(firmId), emailHash(deps, email), deps.now())
}
