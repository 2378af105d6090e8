/** Words that end and begin texts when a reply is nothing but the word. Twilio knows the English ones by itself. */
const stopWords = new Set(['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT'])
const spanishStopWords = new Set(['ALTO', 'PARAR', 'CANCELAR', 'BAJA'])
const startWords = new Set(['START', 'UNSTOP', 'YES', 'SI'])

export interface Keyword {
  kind: 'stop' | 'start'
  /** Twilio answers and blocks by itself; for the others the confirmation is ours. */
  answeredByProvider: boolean
}

/** What a reply asks for, or null for any other text. Case, accents, and spaces and punctuation around the word do not matter. */
export function keywordOf(body: string): Keyword | null {
  const word = body
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toUpperCase()
    .replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  if (stopWords.has(word)) return { kind: 'stop', answeredByProvider: true }
  if (spanishStopWords.has(word)) return { kind: 'stop', answeredByProvider: false }
  if (startWords.has(word)) return { kind: 'start', answeredByProvider: true }
  return null
}
