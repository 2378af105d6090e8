import type { Books, OptOut } from './books.ts'

export type KeywordKind = 'STOP' | 'START' | 'HELP'

/** Twilio's default keywords (twilio.com/docs/messaging/tutorials/advanced-opt-out); REVOKE and OPTOUT since 2025. */
const keywords: Record<KeywordKind, string[]> = {
  STOP: ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT'],
  START: ['START', 'YES', 'UNSTOP'],
  HELP: ['HELP', 'INFO'],
}

const kinds: KeywordKind[] = ['STOP', 'START', 'HELP']

/** What Twilio itself texts back. */
export const keywordAnswers: Record<KeywordKind, string> = {
  STOP: 'You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.',
  START:
    'You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.',
  HELP: 'Reply STOP to unsubscribe. Msg&Data Rates May Apply.',
}

/** The keyword a text consists of, or null. Only a text that is nothing but the keyword counts; letter case and spaces around it do not matter. */
export function keywordOf(body: string): { kind: KeywordKind; keyword: string } | null {
  const keyword = body.trim().toUpperCase()
  const kind = kinds.find((candidate) => keywords[candidate].includes(keyword))
  return kind === undefined ? null : { kind, keyword }
}

export function findOptOut(books: Books, phone: string, senders: readonly string[]): OptOut | undefined {
  return books.optOuts.find((optOut) => optOut.phone === phone && senders.includes(optOut.sender))
}

/** Enters a STOP or START for the pair of numbers. Returns whether the register changed: only then does Twilio answer. */
export function applyKeyword(books: Books, optOut: OptOut, kind: KeywordKind): boolean {
  const present = findOptOut(books, optOut.phone, [optOut.sender]) !== undefined
  if (kind === 'STOP' && !present) books.optOuts.push(optOut)
  if (kind === 'START' && present) {
    books.optOuts = books.optOuts.filter((other) => other.phone !== optOut.phone || other.sender !== optOut.sender)
  }
  return kind === 'HELP' || (kind === 'STOP') !== present
}
