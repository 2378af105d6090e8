/** The basic GSM-7 alphabet and its extension (3GPP TS 23.038, 6.2.1): one septet each, two for an extension character. */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const extension = new Set('\f^{}\\[~]|€')

export interface SegmentCount {
  encoding: 'GSM-7' | 'UCS-2'
  /** Septets for GSM-7, 16-bit units for UCS-2. */
  units: number
  segments: number
  /** Units that still fit into the last segment. */
  unitsLeft: number
  /** The first character that forces UCS-2, or null. */
  culprit: string | null
}

/**
 * How many SMS segments a text takes. GSM-7: 160 septets in one, 153 each when split; UCS-2: 70 units in one, 67 each.
 * An extension character and a surrogate pair are never parted between two segments. An empty text takes one.
 */
export function countSegments(text: string): SegmentCount {
  const characters = [...text]
  const culprit = characters.find((character) => !basic.has(character) && !extension.has(character)) ?? null
  const gsm = culprit === null
  const widths = characters.map((character) => (gsm ? (extension.has(character) ? 2 : 1) : character.length))
  const units = widths.reduce((sum, width) => sum + width, 0)
  const [single, each] = gsm ? [160, 153] : [70, 67]
  const encoding = gsm ? 'GSM-7' : 'UCS-2'
  if (units <= single) return { encoding, units, segments: 1, unitsLeft: single - units, culprit }
  let segments = 1
  let used = 0
  for (const width of widths) {
    if (used + width > each) {
      segments += 1
      used = 0
    }
    used += width
  }
  return { encoding, units, segments, unitsLeft: each - used, culprit }
}

const lookAlikes: Record<string, string> = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201A': "'",
  '\u201C': '"',
  '\u201D': '"',
  '\u201E': '"',
  '\u00AB': '"',
  '\u00BB': '"',
  '\u2013': '-',
  '\u2014': '-',
  '\u2026': '...',
  '\u00A0': ' ',
  '\u202F': ' ',
  '\u2022': '-',
  '\u00B4': "'",
  '`': "'",
  á: 'a',
  í: 'i',
  ó: 'o',
  ú: 'u',
  Á: 'A',
  Í: 'I',
  Ó: 'O',
  Ú: 'U',
  ç: 'c',
  ã: 'a',
  õ: 'o',
  â: 'a',
  ê: 'e',
  ô: 'o',
  ë: 'e',
  ï: 'i',
}

/**
 * The text with characters outside GSM-7 replaced by their look-alikes where there is one: one curly quote or Spanish
 * accent would more than double the segments. What has no look-alike stays.
 */
export function toGsm(text: string): string {
  return [...text.normalize('NFC')]
    .map((character) => (basic.has(character) || extension.has(character) ? character : (lookAlikes[character] ?? character)))
    .join('')
}
