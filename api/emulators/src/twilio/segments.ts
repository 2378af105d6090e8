const basic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const extension = '\f^{}\\[~]|€'
const basicSet = new Set(basic)
const extensionSet = new Set(extension)

export interface Segments {
  encoding: 'GSM-7' | 'UCS-2'
  count: number
}

/**
 * How many SMS segments a text takes. GSM-7 (3GPP TS 23.038): 160 septets in one, 153 each when split, extension characters
 * take two and are never parted; UCS-2: 70 code units in one, 67 each when split, surrogate pairs are never parted.
 */
export function countSegments(text: string): Segments {
  const characters = [...text]
  const gsm = characters.every((character) => basicSet.has(character) || extensionSet.has(character))
  const widths = characters.map((character) => (gsm ? (extensionSet.has(character) ? 2 : 1) : character.length))
  const [single, each] = gsm ? [160, 153] : [70, 67]
  return { encoding: gsm ? 'GSM-7' : 'UCS-2', count: fill(widths, single, each) }
}

function fill(widths: number[], single: number, each: number): number {
  const total = widths.reduce((sum, width) => sum + width, 0)
  if (total <= single) return 1
  let count = 1
  let used = 0
  for (const width of widths) {
    if (used + width > each) {
      count++
      used = 0
    }
    used += width
  }
  return count
}

const smartCharacters: Record<string, string> = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201a': "'",
  '\u201b': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u201e': '"',
  '\u00ab': '"',
  '\u00bb': '"',
  '\u2010': '-',
  '\u2011': '-',
  '\u2012': '-',
  '\u2013': '-',
  '\u2014': '-',
  '\u2015': '-',
  '\u2026': '...',
  '\u00a0': ' ',
  '\u2002': ' ',
  '\u2003': ' ',
  '\u2009': ' ',
  '\u202f': ' ',
  '\u200b': '',
  '\ufeff': '',
  '\u2022': '-',
  '\u00b4': "'",
  '`': "'",
}

/** SmartEncoded: replaces typographic characters by their GSM-7 look-alikes, so that one quote does not double the price. */
export function smartEncode(text: string): string {
  return [...text].map((character) => smartCharacters[character] ?? character).join('')
}
