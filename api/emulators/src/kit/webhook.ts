import type { Faults, WebhookFate } from './faults.ts'
import { pause } from './pause.ts'

/** What came of one delivery. */
export interface Delivery {
  url: string
  /** Null when no answer came. */
  status: number | null
  attempts: number
  /** The receiver's last answer, as text, at most 64 KB of it. */
  body: string
}

/** What is posted: the body byte for byte, for it has been signed. */
export interface Letter {
  url: string
  body: string | Buffer
  headers: Record<string, string>
  /** The header with the signature, in lower case. */
  signedBy: string
}

/** How a provider repeats a webhook that was not taken. */
export interface RetryPolicy {
  /** The wait before each further attempt, in milliseconds. */
  waitsMs: readonly number[]
  timeoutMs: number
  /** Whether an answer ends the attempts. That no connection came about never does. */
  isFinal(status: number): boolean
}

/** Delivers one provider's webhooks, with what the plan of faults does to them. */
export interface Courier {
  /** Draws what happens to the next webhook of this kind. */
  draw(operation: string): WebhookFate
  /**
   * Posts the letter, again as the policy says, and resolves when it was taken or given up. Never throws: a receiver that is
   * down is part of life. A letter that the plan loses counts as never answered.
   */
  deliver(letter: Letter, policy: RetryPolicy, how: { fate: WebhookFate; signal: AbortSignal }): Promise<Delivery>
}

const answerMax = 64 * 1024

export function createCourier(faults: Faults): Courier {
  const overtake: (() => void)[] = []
  /** Resolves when a later webhook has been delivered, or after the longest hold when none comes. */
  const untilOvertaken = (signal: AbortSignal): Promise<void> =>
    Promise.race([new Promise<void>((resolve) => overtake.push(resolve)), pause(faults.holdMsMax(), signal)])
  const forge = async (letter: Letter, fate: WebhookFate, signal: AbortSignal): Promise<void> => {
    const { status } = await post(forged(letter, fate), signal)
    if (status !== null && status >= 200 && status < 300) faults.note('webhook_forged_taken')
  }
  return {
    draw: (operation) => faults.forWebhook(operation),
    async deliver(letter, policy, { fate, signal }) {
      const { kind } = fate
      if (kind !== null) faults.note(kind)
      if (kind === 'webhook_lost') return { url: letter.url, status: null, body: '', attempts: 0 }
      if (kind === 'webhook_reordered') await untilOvertaken(signal)
      if (kind === 'webhook_delayed') await pause(Math.ceil(fate.chance('delay') * faults.holdMsMax()), signal)
      const others: Promise<unknown>[] = []
      if (kind === 'webhook_duplicated') others.push(repeat(letter, policy, signal))
      if (kind === 'webhook_forged') others.push(forge(letter, fate, AbortSignal.any([AbortSignal.timeout(policy.timeoutMs), signal])))
      const delivery = await repeat(letter, policy, signal)
      for (const resolve of overtake.splice(0)) resolve()
      await Promise.all(others)
      return delivery
    },
  }
}

/** The letter with one letter or digit of the body, or of the signature, exchanged for another: it still reads well, but they do not fit. */
function forged(letter: Letter, fate: WebhookFate): Letter {
  const at = fate.chance('character')
  if (fate.chance('body or signature') < 0.5) return { ...letter, body: withOneCharacterChanged(letter.body.toString(), at) }
  const signature = letter.headers[letter.signedBy]
  if (signature === undefined) throw new Error(`A webhook to ${letter.url} has no ${letter.signedBy}`)
  // In the last characters of base64 there are bits that mean nothing
  return { ...letter, headers: { ...letter.headers, [letter.signedBy]: withOneCharacterChanged(signature, at / 2) } }
}

function withOneCharacterChanged(text: string, at: number): string {
  const places = [...text.matchAll(/[A-Za-z0-9]/g)].map(({ index }) => index)
  const place = places[Math.floor(at * places.length)]
  if (place === undefined) return `${text} `
  return text.slice(0, place) + (text[place] === '7' ? '8' : '7') + text.slice(place + 1)
}

async function repeat(letter: Letter, { waitsMs, timeoutMs, isFinal }: RetryPolicy, signal: AbortSignal): Promise<Delivery> {
  for (let attempt = 1; ; attempt++) {
    const answer = await post(letter, AbortSignal.any([AbortSignal.timeout(timeoutMs), signal]))
    const waitMs = waitsMs[attempt - 1]
    const isDone = answer.status !== null && isFinal(answer.status)
    if (isDone || signal.aborted || waitMs === undefined) return { url: letter.url, ...answer, attempts: attempt }
    await pause(waitMs, signal)
  }
}

interface Answer {
  status: number | null
  body: string
}

async function post({ url, body, headers }: Letter, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers, signal })
    return { status: response.status, body: (await response.text()).slice(0, answerMax) }
  } catch {
    // Unreachable counts as "no status"; the caller sees it in the Delivery
    return { status: null, body: '' }
  }
}
