import type { FaultPlan } from '../kit/fault-plan.ts'
import type { FaultCounts } from '../kit/faults.ts'
import type { PlaidItemView } from '../plaid/types.ts'
import type { Mail } from '../sendgrid/books.ts'
import type { Message } from '../twilio/books.ts'

export interface HubUrls {
  plaidUrl: string
  intuitUrl: string
  twilioUrl: string
  sendgridUrl: string
}

/** What the hub shows. A source that cannot be reached is null, and the page says so. */
export interface World {
  texts: Message[] | null
  /** Without their bodies. */
  mails: Mail[] | null
  items: PlaidItemView[] | null
  chaos: Chaos | null
}

/** What goes wrong at the four providers: they have the same plan, and each counts what happened at it. */
export interface Chaos {
  plan: FaultPlan | null
  counts: Record<keyof HubUrls, FaultCounts>
}

const timeoutMs = 5000

async function getJson(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    return response.ok ? await response.json() : null
  } catch {
    // Not reachable: null tells the page to say that this part is not running
    return null
  }
}

async function getList<T>(url: string, name: string): Promise<T[] | null> {
  const answer = await getJson(url)
  if (typeof answer !== 'object' || answer === null || !(name in answer)) return null
  // The emulators of this package answer with the type the caller names
  return (answer as Record<string, T[]>)[name] ?? null
}

const urlNames = ['plaidUrl', 'intuitUrl', 'twilioUrl', 'sendgridUrl'] as const

async function readChaos(urls: HubUrls): Promise<Chaos | null> {
  // The emulators of this package answer with these members
  const read = async (name: keyof HubUrls) =>
    (await getJson(`${urls[name]}/_emulator/faults`)) as { plan: FaultPlan | null; counts: FaultCounts } | null
  const [plaid, intuit, twilio, sendgrid] = await Promise.all(urlNames.map(read))
  if (!plaid || !intuit || !twilio || !sendgrid) return null
  const counts = { plaidUrl: plaid.counts, intuitUrl: intuit.counts, twilioUrl: twilio.counts, sendgridUrl: sendgrid.counts }
  return { plan: plaid.plan, counts }
}

/** Gives all four the same plan; false when one of them did not take it. */
export async function setChaos(urls: HubUrls, plan: FaultPlan | null): Promise<boolean> {
  const taken = await Promise.all(urlNames.map((name) => postTo(`${urls[name]}/_emulator/faults`, { plan })))
  return taken.every(Boolean)
}

export async function readWorld(urls: HubUrls): Promise<World> {
  const [texts, mails, items, chaos] = await Promise.all([
    getList<Message>(`${urls.twilioUrl}/_emulator/conversations`, 'messages'),
    getList<Mail>(`${urls.sendgridUrl}/_emulator/messages?summary=1`, 'messages'),
    getList<PlaidItemView>(`${urls.plaidUrl}/_emulator/items`, 'items'),
    readChaos(urls),
  ])
  return { texts, mails, items, chaos }
}

export async function readMail(urls: HubUrls, id: string): Promise<Mail | null> {
  // The SendGrid emulator answers with a Mail
  return (await getJson(`${urls.sendgridUrl}/_emulator/messages/${encodeURIComponent(id)}`)) as Mail | null
}

/** Posts JSON to an emulator; false when it refused or cannot be reached. */
export async function postTo(url: string, body: unknown): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    })
    await response.arrayBuffer()
    return response.ok
  } catch {
    // The page tells the person that it did not work
    return false
  }
}
