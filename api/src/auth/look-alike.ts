import { domainToUnicode } from 'node:url'

/** Mail services whose names are mistyped and imitated, long enough that what is near them is hardly anybody's own. */
const services = ['gmail', 'googlemail', 'yahoo', 'outlook', 'hotmail', 'icloud', 'protonmail']
/** Under another ending a word of its own, which a firm may well be called. */
const ordinaryWords = new Set(['outlook'])
/** Where mistyped addresses end; a firm's own name near one of the services has better endings. */
const mistypedEndings = new Set(['com', 'co', 'cm', 'om', 'net', 'org'])

/** Letters and digits that look like the Latin ones of the services' names, beyond those that lose their marks. */
const looks = new Map(
  Object.entries({ a: 'аαɑ', c: 'сϲ', d: 'ԁɗ', e: 'еҽ3', g: 'ɡց', h: 'һհ', i: 'іıιɩ', k: 'κк', l: 'ӏ1', m: 'м', n: 'ո', o: 'οоօ0' })
    .concat(Object.entries({ p: 'рρ', r: 'г', t: 'тτ', u: 'υս', y: 'уγ' }))
    .flatMap(([latin, others]) => [...others].map((other) => [other, latin] as const)),
)

/** The keyboard: neighbours are hit by mistake. */
const rows = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm']

/**
 * The mail service a registrable domain (ASCII) is a misspelling or an imitation of, such as `gmail.com` for `gmial.com`, `gmaill.com`
 * or a name with a Cyrillic letter in it; null for every other domain.
 */
export function lookAlikeOf(domain: string): string | null {
  const [label = '', ...rest] = domain.split('.')
  const shown = domainToUnicode(label)
  const folded = fold(shown)
  for (const service of services) {
    const isImitation = folded === service && (shown !== service || !ordinaryWords.has(service))
    if (isImitation || (mistypedEndings.has(rest.join('.')) && isMistyped(shown, service))) return `${service}.com`
  }
  return null
}

function fold(text: string): string {
  const plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return [...plain]
    .map((letter) => looks.get(letter) ?? letter)
    .join('')
    .replaceAll('rn', 'm')
}

/** Two letters changed places, one came twice, one is missing (but not at the beginning), or its neighbour was hit. */
function isMistyped(label: string, service: string): boolean {
  for (let at = 0; at < service.length; at++) {
    const [before, letter, after] = [service.slice(0, at), service[at] ?? '', service.slice(at + 1)]
    const swapped = before + after.slice(0, 1) + letter + after.slice(1)
    if (label !== service && label === swapped) return true
    if (label === before + letter + letter + after) return true
    if (at >= 2 && label === before + after) return true
    if (at >= 1 && neighbours(letter).some((other) => label === before + other + after)) return true
  }
  return false
}

function neighbours(letter: string): string[] {
  const row = rows.find((each) => each.includes(letter)) ?? ''
  const at = row.indexOf(letter)
  return [row[at - 1], row[at + 1]].filter((each) => each !== undefined)
}
