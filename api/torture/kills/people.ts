import { setTimeout as sleep } from 'node:timers/promises'
import { auth } from '@ledgersync/shared/auth'
import { type Desk, openDesk, Refused } from './desk.ts'
import type { Installation } from './installation.ts'

/** A client of one firm, as the firm's accountant and the client's own phone know it. */
export interface Client {
  id: string
  desk: Desk
  phone: string
  email: string
  channel: 'sms' | 'email' | 'both'
  /** What the client knows of the sign-in at the bank: the emulated user's accounts and first rows. */
  password: string
  /** Those of the client's phone. */
  cookies: Map<string, string>
  /** The QuickBooks company, once it is connected. */
  realmId: string | null
  hasRule: boolean
}

/** Everybody in play. */
export interface People {
  desks: Desk[]
  clients: Client[]
  /** Clients that were deleted: of them nothing is left with us. */
  deleted: Client[]
}

const patienceMs = 30_000

/** Signs a firm up through the front door, verifies its e-mail with the code that was sent, and opens its accountant's desk. */
export async function signUpFirm({ origin, network }: Installation, number: number): Promise<Desk> {
  const email = `dana@firm${number}.example`
  const password = 'copper lantern over the bay'
  const desk = openDesk(origin, { email, password })
  await desk.call(auth.signUp, {
    body: { firmName: `Quillstone ${number}`, name: 'Dana Whitlock', email, password, timeZone: 'America/Los_Angeles' },
  })
  // By the link, which needs no session: should an answer to signing up get lost there are two firms, and theirs is the verified one
  const token = await until('the link', () => {
    const mail = network.sendgrid.messages().findLast(({ to }) => to.email === email)
    return /verify-email#([\w-]{43})/.exec(mail?.text ?? '')?.[1]
  })
  try {
    await desk.call(auth.verifyEmailLink, { body: { token } })
  } catch (error) {
    // Its answer was lost the first time
    if (!(error instanceof Refused && error.code === 'code_refused')) throw error
  }
  await desk.call(auth.signIn, { body: { username: email, password } })
  return desk
}

/** Looks until there is something. Throws after half a minute. */
async function until<T>(what: string, look: () => T | undefined | null | Promise<T | undefined | null>): Promise<T> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(50)) {
    const found = await look()
    if (found !== undefined && found !== null) return found
  }
  throw new Error(`Waited in vain for ${what}`)
}

/** The name of the company a client's books are in. */
export const companyName = ({ email }: Client): string => `Books of ${email}`
